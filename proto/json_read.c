#include "proto/json.h"

#include <math.h>
#include <stdlib.h>

#include "proto/wire.h"
#include "sidecar/base/ascii.h"
#include "sidecar/base/hash.h"
#include "sidecar/base/utf8.h"

/*
 * `failed` sticks, and then every step does nothing: the pieces are read one
 * after another and asked once.
 */
struct parser {
    const char *start, *at, *end;
    struct buffer *to;
    struct buffer scratch; /* the string or number being read */
    struct buffer keys;    /* uint64_t: hashes of the keys of open objects */
    struct err *err;
    bool failed;
};

static void
fail(struct parser *p, const char *what)
{
    if (!p->failed) {
        err_set(p->err, ERR_BAD_REQUEST, "JSON: %s at byte %zu", what,
                (size_t)(p->at - p->start));
    }
    p->failed = true;
}

static void
skip_space(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' ||
                              *p->at == '\n' || *p->at == '\r')) {
        p->at++;
    }
}

/* Is this the next byte? Then steps over it. */
static bool
accept(struct parser *p, char byte)
{
    if (p->failed || p->at == p->end || *p->at != byte) {
        return false;
    }
    p->at++;
    return true;
}

static void
need(struct parser *p, char byte, const char *otherwise)
{
    if (!accept(p, byte)) {
        fail(p, otherwise);
    }
}

/* ------------------------------------------------------------------ strings */

/* The four digits after \u; 0 after a failure. */
static uint32_t
read_hex(struct parser *p)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        const char c = p->at < p->end ? *p->at : '\0';
        const int digit = ascii_hex(c);
        if (digit < 0) {
            fail(p, "expected four hexadecimal digits");
            return 0;
        }
        value = value << 4 | (uint32_t)digit;
        p->at++;
    }
    return value;
}

static void
read_unicode(struct parser *p)
{
    uint32_t c = read_hex(p);
    char bytes[4];

    if (c >= 0xd800 && c <= 0xdbff && accept(p, '\\') && accept(p, 'u')) {
        const uint32_t low = read_hex(p);
        if (low >= 0xdc00 && low <= 0xdfff) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    if (c >= 0xd800 && c <= 0xdfff) {
        fail(p, "half a surrogate pair");
        return;
    }
    buffer_add(&p->scratch, bytes, utf8_put(c, bytes));
}

static void
read_escape(struct parser *p)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";

    if (accept(p, 'u')) {
        read_unicode(p);
        return;
    }
    for (size_t i = 0; i < sizeof(letters) - 1; i++) {
        if (accept(p, letters[i])) {
            buffer_add_byte(&p->scratch, meanings[i]);
            return;
        }
    }
    fail(p, "unknown escape");
}

/* The string at `at`, in the scratch. The whole input was checked for UTF-8. */
static struct text
read_string(struct parser *p)
{
    buffer_reset(&p->scratch);
    need(p, '"', "expected a string");
    while (!p->failed && !accept(p, '"')) {
        const char *const run = p->at;
        while (p->at < p->end && *p->at != '"' && *p->at != '\\' &&
               (unsigned char)*p->at >= 0x20) {
            p->at++;
        }
        buffer_add(&p->scratch, run, (size_t)(p->at - run));
        if (p->at == p->end) {
            fail(p, "a string without an end");
        } else if (accept(p, '\\')) {
            read_escape(p);
        } else if (*p->at != '"') {
            fail(p, "a control character in a string");
        }
    }
    return buffer_text(&p->scratch);
}

/* ------------------------------------------------------------------ numbers */

static void
skip_digits(struct parser *p)
{
    const char *const first = p->at;

    while (p->at < p->end && ascii_is_digit(*p->at)) {
        p->at++;
    }
    if (p->at == first) {
        fail(p, "expected a digit");
    }
}

static void
put_integer(struct parser *p, struct text digits, bool negative)
{
    const uint64_t most =
        negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)UINT64_MAX;
    uint64_t value = 0;

    for (size_t i = 0; i < digits.len; i++) {
        const uint64_t digit = (uint64_t)(digits.at[i] - '0');
        if (value > (most - digit) / 10) {
            fail(p, "an integer beyond 64 bits");
            return;
        }
        value = value * 10 + digit;
    }
    if (negative && value > 0) {
        wire_put_int(p->to, -(long long)(value - 1) - 1);
    } else {
        wire_put_uint(p->to, value);
    }
}

static void
put_real(struct parser *p, struct text digits)
{
    buffer_reset(&p->scratch);
    buffer_add_text(&p->scratch, digits);
    buffer_add_byte(&p->scratch, '\0');
    if (p->scratch.failed) {
        return;
    }
    const double value = strtod(p->scratch.at, NULL);
    if (isinf(value)) {
        fail(p, "a number beyond the range of a double");
    }
    wire_put_double(p->to, value);
}

static void
read_number(struct parser *p)
{
    const char *const start = p->at;
    const bool negative = accept(p, '-');
    const char *const digits = p->at;
    bool whole = true;

    if (!accept(p, '0')) {
        skip_digits(p);
    }
    const struct text integer = {digits, (size_t)(p->at - digits)};
    if (accept(p, '.')) {
        skip_digits(p);
        whole = false;
    }
    if (accept(p, 'e') || accept(p, 'E')) {
        (void)(accept(p, '+') || accept(p, '-'));
        skip_digits(p);
        whole = false;
    }
    if (p->failed) {
        return;
    }
    if (whole) {
        put_integer(p, integer, negative);
    } else {
        put_real(p, (struct text){start, (size_t)(p->at - start)});
    }
}

/* --------------------------------------------------------------- the others */

static void read_value(struct parser *p, int depth);

static void
read_array(struct parser *p, int depth)
{
    const struct wire_open array = wire_open_array(p->to);
    size_t count = 0;

    skip_space(p);
    if (!accept(p, ']')) {
        do {
            read_value(p, depth);
            count++;
        } while (accept(p, ','));
        need(p, ']', "expected , or ]");
    }
    wire_close_array(p->to, array, count);
}

static int
compare_hashes(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/*
 * Do two of the keys noted since `from` agree? By their hashes alone: whoever
 * makes two keys collide has only his own text refused.
 */
static bool
key_twice(struct parser *p, size_t from)
{
    const size_t count = (p->keys.len - from) / sizeof(uint64_t);
    uint64_t *hashes = (uint64_t *)(void *)(p->keys.at + from);

    qsort(hashes, count, sizeof(*hashes), compare_hashes);
    for (size_t i = 1; i < count; i++) {
        if (hashes[i] == hashes[i - 1]) {
            return true;
        }
    }
    return false;
}

static void
read_member(struct parser *p, int depth)
{
    skip_space(p);
    const struct text key = read_string(p);
    const uint64_t hash = hash_text(key, 0);
    buffer_add(&p->keys, &hash, sizeof(hash));
    wire_put_str(p->to, key);
    skip_space(p);
    need(p, ':', "expected :");
    read_value(p, depth);
}

static void
read_object(struct parser *p, int depth)
{
    const struct wire_open map = wire_open_map(p->to);
    const size_t keys = p->keys.len;
    size_t count = 0;

    skip_space(p);
    if (!accept(p, '}')) {
        do {
            read_member(p, depth);
            count++;
        } while (accept(p, ','));
        need(p, '}', "expected , or }");
    }
    if (!p->failed && !p->keys.failed && count > 1 && key_twice(p, keys)) {
        fail(p, "a key twice in the object that ends");
    }
    p->keys.len = keys;
    wire_close_map(p->to, map, count);
}

static bool
accept_word(struct parser *p, struct text word)
{
    const struct text rest = {p->at, (size_t)(p->end - p->at)};

    if (p->failed || !text_starts(rest, word)) {
        return false;
    }
    p->at += word.len;
    return true;
}

/* One value and the white space around it; `depth` are open around it. */
static void
read_value(struct parser *p, int depth)
{
    skip_space(p);
    const char next = p->at < p->end ? *p->at : '\0';
    if (depth == JSON_DEPTH && (next == '[' || next == '{')) {
        fail(p, "nested deeper than 32");
    } else if (accept(p, '[')) {
        read_array(p, depth + 1);
    } else if (accept(p, '{')) {
        read_object(p, depth + 1);
    } else if (next == '"') {
        wire_put_str(p->to, read_string(p));
    } else if (next == '-' || ascii_is_digit(next)) {
        read_number(p);
    } else if (accept_word(p, TEXT("null"))) {
        wire_put_nil(p->to);
    } else if (accept_word(p, TEXT("true"))) {
        wire_put_bool(p->to, true);
    } else if (accept_word(p, TEXT("false"))) {
        wire_put_bool(p->to, false);
    } else {
        fail(p, p->at == p->end ? "ends early" : "expected a value");
    }
    skip_space(p);
}

_Static_assert(JSON_DEPTH == 32, "the message says so");

bool
json_to_wire(struct text json, struct buffer *to, struct err *err)
{
    const char *const at = json.at != NULL ? json.at : "";
    struct parser p = {
        .start = at, .at = at, .end = at + json.len, .to = to, .err = err};
    size_t bad = 0;

    if (!utf8_check(json, &bad)) {
        p.at += bad;
        fail(&p, "not UTF-8");
        return false;
    }
    // Neither can grow beyond the input: a key takes at least 4 bytes of it.
    buffer_init(&p.scratch, json.len + 1);
    buffer_init(&p.keys, json.len * 2 + sizeof(uint64_t));
    read_value(&p, 0);
    if (p.at < p.end) {
        fail(&p, "more after the value");
    }
    if (!p.failed && (p.scratch.failed || p.keys.failed)) {
        err_memory(err, "JSON");
        p.failed = true;
    } else if (!p.failed && to->failed) {
        err_set(err, ERR_TOO_LARGE, "JSON: larger than %zu bytes", to->limit);
        p.failed = true;
    }
    buffer_clear(&p.scratch);
    buffer_clear(&p.keys);
    return !p.failed;
}
