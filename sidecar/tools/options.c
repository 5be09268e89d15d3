#include "sidecar/tools/options.h"

#include <stdio.h>

static int
read_common(const struct options_table *table, int letter,
            struct command_settings *settings, void *context)
{
    switch (letter) {
    case 'c':
        settings->path = optarg;
        return OPTIONS_GO_ON;
    case 's':
        return command_override(settings, optarg)
                   ? OPTIONS_GO_ON
                   : command_usage(table->command, "too many --set");
    case 'h':
        return command_help(table->command);
    case '?':
        return COMMAND_USAGE; // getopt has said what is wrong
    default:
        return table->read(letter, context);
    }
}

int
options_read(const struct options_table *table, int argc, char **argv,
             struct command_settings *settings, void *context)
{
    int code = OPTIONS_GO_ON;
    int letter;

    while (code == OPTIONS_GO_ON &&
           (letter = getopt_long(argc, argv, table->letters, table->rows,
                                 NULL)) != -1) {
        code = read_common(table, letter, settings, context);
    }
    return code;
}

int
options_choice(const struct command *command, const char *option,
               const char *const *names, int *out)
{
    char list[128] = "";
    size_t len = 0;

    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(optarg, names[i]) == 0) {
            *out = i;
            return OPTIONS_GO_ON;
        }
        const char *join = i == 0 ? "" : names[i + 1] == NULL ? " or " : ", ";
        const int more =
            snprintf(list + len, sizeof(list) - len, "%s%s", join, names[i]);
        len += more > 0 && (size_t)more < sizeof(list) - len ? (size_t)more : 0;
    }
    return command_usage(command, "%s %s: %s", option, optarg, list);
}
