#include "sidecar/engine/fold_marked.h"

#include "sidecar/base/utf8.h"

void
fold_marked_init(struct fold_marked *m, struct text text)
{
    m->text = text;
    m->at = 0;
    m->ahead_at = 0;
    m->ahead_count = 0;
    m->count = 0;
}

/* The next character, not yet taken. False: there is none. */
static bool
peek(struct fold_marked *m, uint32_t *c)
{
    while (m->ahead_at == m->ahead_count) {
        size_t len;
        if (m->at == m->text.len) {
            return false;
        }
        const uint32_t raw = utf8_at(m->text, m->at, &len);
        const unsigned flags = fold_char(raw)->flags;
        m->at += len;
        m->ahead_at = 0;
        m->ahead_count = 0;
        if ((flags & FOLD_CHAR_REGION) != 0) {
            m->ahead[m->ahead_count++] = 'a' + (raw - FOLD_CHAR_REGION_A);
        } else if ((flags & FOLD_CHAR_IGNORED) == 0) {
            m->ahead_count = fold_char_marked(raw, m->ahead);
        }
    }
    *c = m->ahead[m->ahead_at];
    return true;
}

bool
fold_marked_next(struct fold_marked *m)
{
    uint32_t c;

    m->count = 0;
    if (!peek(m, &c)) {
        return false;
    }
    m->letter[m->count++] = c;
    m->ahead_at++;
    while (peek(m, &c) && fold_char(c)->ccc != 0) {
        m->ahead_at++;
        if (m->count == FOLD_MARKED_MOST) {
            continue;
        }
        size_t i = m->count++;
        for (; i > 1 && fold_char(m->letter[i - 1])->ccc > fold_char(c)->ccc;
             i--) {
            m->letter[i] = m->letter[i - 1];
        }
        m->letter[i] = c;
    }
    return true;
}
