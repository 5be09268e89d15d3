#include "sidecar/engine/url_host.h"

#include "sidecar/base/ascii.h"
#include "sidecar/base/utf8.h"
#include "sidecar/engine/fold.h"
#include "sidecar/engine/fold_char.h"
#include "sidecar/engine/pii_char.h"
#include "sidecar/engine/pii_host.h"
#include "sidecar/engine/pii_word.h"

enum { LABEL_POINTS = 63, ADDRESS_PARTS = 4, DECODED_BYTES = 4 * LABEL_POINTS };

/* ---------------------------------------------------------- the spelling */

/* The character that "%2e" stands for, if it is ASCII; else '%'. */
static char
percent_at(struct text text, size_t at)
{
    const int high = ascii_hex(pii_char_at(text, at + 1));
    const int low = ascii_hex(pii_char_at(text, at + 2));

    return high >= 0 && high < 8 && low >= 0 ? (char)(16 * high + low) : '%';
}

static void
put(struct url_host *host, char c, bool *full)
{
    if (host->len == URL_HOST_BYTES) {
        *full = true;
        return;
    }
    host->bytes[host->len++] = ascii_lower(c);
}

/* ------------------------------------------------------------- addresses */

/* A number as browsers read it: decimal, 0x.., 0..; false: it is none. */
static bool
read_number(struct text part, uint64_t *value)
{
    unsigned base = 10;
    size_t at = 0;

    if (part.len > 1 && part.at[0] == '0') {
        base = part.at[1] == 'x' ? 16 : 8;
        at = base == 16 ? 2 : 1;
    }
    *value = 0;
    for (; at < part.len; at++) {
        const int digit = ascii_hex(part.at[at]);

        if (digit < 0 || (unsigned)digit >= base || *value > UINT32_MAX) {
            return false;
        }
        *value = *value * base + (unsigned)digit;
    }
    return part.len > 0;
}

/* The WHATWG URL Standard's IPv4 parser: 1 to 4 numbers, the last one fills. */
static bool
read_ipv4(struct text host, uint32_t *out)
{
    uint64_t parts[ADDRESS_PARTS];
    size_t count = 0, from = 0;

    for (size_t i = 0; i <= host.len; i++) {
        if (i < host.len && host.at[i] != '.') {
            continue;
        }
        if (count == ADDRESS_PARTS ||
            !read_number(text_part(host, from, i), &parts[count])) {
            return false;
        }
        count++;
        from = i + 1;
    }
    uint64_t value = parts[count - 1];

    if (value >> (8 * (5 - count)) != 0) {
        return false;
    }
    for (size_t i = 0; i + 1 < count; i++) {
        if (parts[i] > 255) {
            return false;
        }
        value |= parts[i] << (8 * (3 - i));
    }
    *out = (uint32_t)value;
    return true;
}

/* RFC 6890: this machine, private, shared, link-local networks. */
static bool
is_local_ipv4(uint32_t ip)
{
    return ip >> 24 == 0 || ip >> 24 == 10 || ip >> 24 == 127 ||
           ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8 || ip >> 16 == 0xa9fe ||
           ip >> 22 == 0x191;
}

static bool
is_local_ipv6(struct text ip)
{
    return text_is(ip, "::1") || text_is(ip, "::") ||
           text_starts(ip, TEXT("fc")) || text_starts(ip, TEXT("fd")) ||
           text_starts(ip, TEXT("fe8")) || text_starts(ip, TEXT("fe9")) ||
           text_starts(ip, TEXT("fea")) || text_starts(ip, TEXT("feb")) ||
           text_starts(ip, TEXT("::ffff:127.")) ||
           text_starts(ip, TEXT("::ffff:10.")) ||
           text_starts(ip, TEXT("::ffff:192.168."));
}

static bool
is_local_name(struct text name)
{
    static const char tops[] = "localhost local internal lan home corp "
                               "intranet localdomain arpa";
    size_t at = name.len;

    while (at > 0 && name.at[at - 1] != '.') {
        at--;
    }
    return at == 0 || pii_word_listed(text_part(name, at, name.len), tops);
}

static void
classify(struct url_host *host)
{
    const struct text name = {host->bytes, host->len};
    uint32_t ip;

    if (host->len > 0 && host->bytes[0] == '[') {
        const size_t to = host->len - (host->bytes[host->len - 1] == ']');

        host->ip = true;
        host->local = is_local_ipv6(text_part(name, 1, to < 1 ? 1 : to));
    } else if (read_ipv4(name, &ip)) {
        host->ip = true;
        host->local = is_local_ipv4(ip);
    } else {
        host->local = host->len > 0 && is_local_name(name);
    }
}

void
url_host_read(struct text written, struct url_host *out)
{
    const bool bracket = pii_char_at(written, 0) == '[' &&
                         memchr(written.at, ':', written.len) != NULL;
    bool full = false;

    *out = (struct url_host){.len = 0};
    for (size_t i = 0; i < written.len && !full;) {
        const size_t dot = bracket ? i : pii_host_dot(written, i);

        if (dot > i) {
            put(out, '.', &full);
            i = dot;
            continue;
        }
        const char c =
            written.at[i] == '%' ? percent_at(written, i) : written.at[i];

        put(out, c, &full);
        i += written.at[i] == '%' && c != '%' ? 3u : 1u;
    }
    while (out->len > 0 && out->bytes[out->len - 1] == '.') {
        out->len--;
    }
    if (out->len > 4 && memcmp(out->bytes, "www.", 4) == 0 &&
        memchr(out->bytes + 4, '.', out->len - 4) != NULL) {
        out->len -= 4;
        memmove(out->bytes, out->bytes + 4, out->len);
    }
    if (full) {
        out->len = 0;
    }
    classify(out);
}

bool
url_host_under(struct text host, struct text domain)
{
    return host.len >= domain.len &&
           text_equal(text_part(host, host.len - domain.len, host.len),
                      domain) &&
           (host.len == domain.len ||
            host.at[host.len - domain.len - 1] == '.');
}

/* ----------------------------------------------------------- what it shows */

/* RFC 3492, section 6.1 */
static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / 700 : delta / 2;
    delta += delta / points;
    for (; delta > 455; k += 36) {
        delta /= 35;
    }
    return k + 36 * delta / (delta + 38);
}

/* One variable-length number (section 3.3); false: malformed. */
static bool
read_delta(struct text label, size_t *at, uint32_t bias, uint32_t *delta)
{
    uint64_t value = 0, weight = 1;

    for (uint32_t k = 36;; k += 36) {
        const char c = ascii_lower(pii_char_at(label, (*at)++));
        const uint32_t digit = c >= 'a' && c <= 'z'   ? (uint32_t)(c - 'a')
                               : c >= '0' && c <= '9' ? (uint32_t)(c - '0') + 26
                                                      : 36;
        const uint32_t least = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;

        if (digit == 36) {
            return false;
        }
        value += digit * weight;
        if (value > UINT32_MAX) {
            return false;
        }
        if (digit < least) {
            *delta = (uint32_t)value;
            return true;
        }
        weight *= 36 - least;
        if (weight > UINT32_MAX) {
            return false;
        }
    }
}

static size_t
put_points(const uint32_t *points, size_t count, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (size - used < 4) {
            return 0;
        }
        used += utf8_put(points[i], out + used);
    }
    return used;
}

size_t
url_host_punycode(struct text label, char *out, size_t size)
{
    uint32_t points[LABEL_POINTS], n = 128, bias = 72;
    uint64_t i = 0;
    size_t count = 0, at = 0;

    for (size_t k = label.len; k > 0; k--) {
        if (label.at[k - 1] == '-') {
            at = k;
            break;
        }
    }
    if (label.len > LABEL_POINTS) {
        return 0;
    }
    for (; count + 1 < at; count++) {
        points[count] = (unsigned char)label.at[count];
        if (points[count] >= 128) {
            return 0;
        }
    }
    for (bool first = true; at < label.len; first = false) {
        uint32_t delta;

        if (!read_delta(label, &at, bias, &delta) || count == LABEL_POINTS) {
            return 0;
        }
        i += delta;
        bias = adapt(delta, (uint32_t)count + 1, first);
        if (i / (count + 1) > 0x10ffff - n) {
            return 0;
        }
        n += (uint32_t)(i / (count + 1));
        i %= count + 1;
        if (n >= 0xd800 && n < 0xe000) {
            return 0;
        }
        memmove(points + i + 1, points + i, (count - i) * sizeof(*points));
        points[i++] = n;
        count++;
    }
    return put_points(points, count, out, size);
}

/* The label at `from`, decoded where it is punycode; *to is its end. */
static struct text
label_at(struct text host, size_t from, size_t *to, char decoded[DECODED_BYTES])
{
    *to = from;
    while (*to < host.len && host.at[*to] != '.') {
        (*to)++;
    }
    const struct text label = text_part(host, from, *to);

    if (text_starts(label, TEXT("xn--"))) {
        const size_t len = url_host_punycode(text_part(label, 4, label.len),
                                             decoded, DECODED_BYTES);

        return len > 0 ? (struct text){decoded, len} : label;
    }
    return label;
}

/* Pairs and digits that look like one letter; in place, returns the length. */
static size_t
blur(char *text, size_t len)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        const char next = i + 1 < len ? text[i + 1] : '\0';
        char c = text[i];

        if ((c == 'r' && next == 'n') || (c == 'v' && next == 'v')) {
            c = c == 'r' ? 'm' : 'w';
            i++;
        } else {
            static const char from[] = "01345789i|!$@";
            static const char to[] = "oleastbglllsa";
            const char *const at = c != '\0' ? strchr(from, c) : NULL;

            c = at != NULL ? to[at - from] : c;
        }
        text[used++] = c;
    }
    return used;
}

bool
url_host_skeleton(struct text host, struct arena *arena, struct text *out,
                  struct err *err)
{
    char decoded[DECODED_BYTES];
    size_t used = 0;
    // A label folds to eleven times its length at the worst (fold.h).
    char *const at = arena_take(arena, 11 * DECODED_BYTES + host.len);

    *out = (struct text){NULL, 0};
    if (at == NULL) {
        err_memory(err, "a host");
        return false;
    }
    const size_t room = 11 * DECODED_BYTES + host.len;

    for (size_t from = 0, to; from <= host.len; from = to + 1) {
        struct fold_term folded;

        if (!fold_term(label_at(host, from, &to, decoded), arena, &folded,
                       err)) {
            return false;
        }
        if (folded.alone.len >= room - used) {
            break; // no host is that long once it is written as it is sent
        }
        memcpy(at + used, folded.alone.at, folded.alone.len);
        used += blur(at + used, folded.alone.len);
        if (to < host.len) {
            at[used++] = '.';
        }
    }
    *out = (struct text){at, used};
    return true;
}

bool
url_host_mixed(struct text host)
{
    char decoded[DECODED_BYTES];

    fold_char_ready();
    for (size_t from = 0, to; from <= host.len; from = to + 1) {
        const struct text label = label_at(host, from, &to, decoded);
        bool latin = false, other = false;
        size_t len;

        for (size_t i = 0; i < label.len; i += len) {
            const uint32_t c = utf8_at(label, i, &len);
            const struct fold_char *const ch = fold_char(c);

            if ((ch->flags & FOLD_CHAR_LATIN) != 0) {
                latin = true;
            } else if (c >= 0x80 && ch->look != '\0') {
                other = true;
            }
        }
        if (latin && other) {
            return true;
        }
    }
    return false;
}

bool
url_host_near(struct text a, struct text b)
{
    size_t head = 0, tail = 0;

    if (a.len < b.len) {
        const struct text swap = a;

        a = b;
        b = swap;
    }
    if (a.len - b.len > 1) {
        return false;
    }
    while (head < b.len && a.at[head] == b.at[head]) {
        head++;
    }
    while (tail < b.len - head &&
           a.at[a.len - 1 - tail] == b.at[b.len - 1 - tail]) {
        tail++;
    }
    const size_t left = a.len - head - tail; // of the longer one, in between

    return left == 1 ||
           (left == 2 && a.len == b.len && a.at[head] == b.at[head + 1] &&
            a.at[head + 1] == b.at[head]);
}
