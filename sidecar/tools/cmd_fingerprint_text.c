#include "sidecar/tools/cmd_fingerprint_text.h"

#include <time.h>

void
cmd_fingerprint_text_time(int64_t seconds, char out[CMD_FINGERPRINT_TEXT_TIME])
{
    const time_t created = (time_t)seconds;
    struct tm utc;

    if (seconds <= 0 || gmtime_r(&created, &utc) == NULL ||
        strftime(out, CMD_FINGERPRINT_TEXT_TIME, "%Y-%m-%dT%H:%M:%SZ", &utc) ==
            0) {
        out[0] = '\0';
    }
}

size_t
cmd_fingerprint_text_registers(const struct fingerprint *print)
{
    size_t most = 1;

    for (size_t i = 0; i < print->vector_count; i++) {
        const size_t count = print->vectors[i].register_count;
        most = count > most ? count : most;
    }
    return most;
}

static void
put_or_null(struct show_json *json, const char *key, struct text value)
{
    show_json_key(json, key);
    if (value.len > 0) {
        wire_put_str(&json->wire, value);
    } else {
        wire_put_nil(&json->wire);
    }
}

void
cmd_fingerprint_text_json(struct show_json *json,
                          const struct fingerprint *print, const char *path)
{
    char hex[DIGEST_HEX], made[CMD_FINGERPRINT_TEXT_TIME];
    char warning[CMD_FINGERPRINT_TEXT_WARNING] = "";

    digest_hex(&print->digest, hex);
    cmd_fingerprint_text_time(print->created, made);
    (void)fingerprint_warning(print, warning, sizeof(warning));
    show_json_text(json, "persona", print->persona);
    put_or_null(json, "file", text_of(path));
    show_json_text(json, "digest", text_of(hex));
    put_or_null(json, "created", text_of(made));
    show_json_uint(json, "lines", print->line_count);
    show_json_key(json, "models");
    wire_put_array(&json->wire, print->vector_count);
    for (size_t i = 0; i < print->vector_count; i++) {
        wire_put_str(&json->wire, print->vectors[i].model);
    }
    show_json_uint(json, "registers", cmd_fingerprint_text_registers(print));
    put_or_null(json, "warning", text_of(warning));
}
