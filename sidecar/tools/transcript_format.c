#include "sidecar/tools/transcript_format.h"

const struct transcript_format *const transcript_formats[] = {
    &transcript_format_sillytavern,
    &transcript_format_openwebui,
    &transcript_format_litellm,
    &transcript_format_sharegpt,
    &transcript_format_messages,
    &transcript_format_rows,
    &transcript_format_csv,
    &transcript_format_text,
    NULL};

/* Is the word one of those with blanks between? */
static bool
among(const char *word, const char *words)
{
    const size_t len = strlen(word);

    for (const char *at = words; len > 0 && *at != '\0';) {
        const size_t n = strcspn(at, " ");
        if (n == len && memcmp(at, word, n) == 0) {
            return true;
        }
        at += n + (at[n] == ' ');
    }
    return false;
}

const struct transcript_format *
transcript_format_find(const char *name)
{
    for (size_t i = 0; transcript_formats[i] != NULL; i++) {
        if (strcmp(transcript_formats[i]->name, name) == 0 ||
            among(name, transcript_formats[i]->aliases)) {
            return transcript_formats[i];
        }
    }
    return NULL;
}

const struct transcript_format *
transcript_format_of_value(struct text value)
{
    for (size_t i = 0; transcript_formats[i] != NULL; i++) {
        if (transcript_formats[i]->knows != NULL &&
            transcript_formats[i]->knows(value)) {
            return transcript_formats[i];
        }
    }
    return NULL;
}
