/*
 * The longest text there may be, of nothing but what some detector looks for:
 * it must be judged within the memory that a request gets. (How long it takes
 * is test_cost.c's.)
 */
#include "tests/unit/harness.h"

#include <math.h>
#include <stdio.h>

#include "sidecar/base/utf8.h"
#include "tests/unit/support_engine.h"

static const char *const units[] = {
    "a",
    " ",
    "\n",
    "1",
    "a ",
    "fuck",
    "f.u.c.k ",
    "fuckfuck ",
    "f\u200bu\u200bc\u200bk ",
    "co\u00f1o ",
    "co\u00f1op\n(%",
    "B!co\u00f1o",
    "Orospu \u00e7ocu\u011fu! ",
    "Zm9yIGZ1Y2tzIHNha2Ugc3RvcCBpdA== ",
    "66756b0a6675636b206974206e6f77 ",
    "%66%75%63%6b ",
    "&#x66;&#117;&#99;&#107; ",
    "<b>f</b>u<i>c</i>k ",
    "4111 1111 1111 1111 ",
    "54362315-K ",
    "tfn 123 456 782 ",
    "DE89 3704 0044 0532 0130 00 ",
    "bob@example.com ",
    "bob [at] example [dot] com ",
    "+44 20 7946 0958 ",
    "zero two oh seven nine four six ",
    "221B Baker Street, London ",
    "192.168.1.1 ",
    "2001:db8::1 ",
    "https://user:pw@example.com/a?b=c#d ",
    "[bank.com](https://evil.example) ",
    "http://0x7f.1/ ",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a ",
    "password=hunter2 ",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N ",
    "as an ai language model, ",
    "\"as an ai language model\" ",
    "I cannot fulfill this request. ",
    "a\u0301\u0302\u0303\u0304\u0305\u0306",
    "\u202e",
    "\U000e0061",
    "\u200d",
    "\ufe0f",
    "\ufdfa",
    "\ue000",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u0430b\u0441 ",
    "\uff46\uff55\uff43\uff4b ",
    "\u6f22\u5b57",
    "\uac00\u11a8",
    "\u0928\u092e\u0938\u094d\u0924\u0947 ",
    "The same again. ",
};
enum { UNITS = sizeof(units) / sizeof(units[0]) };

/* Built once, before the cases are forked. */
static struct support_bench b;

static void
enter(void)
{
    b = support_bench(support_engine_shipped());
}

static void
leave(void)
{
    support_bench_clear(&b);
}

static char *
longest(const char *unit, size_t most, struct text *out)
{
    const size_t len = strlen(unit), n = most / len;

    *out = (struct text){support_repeat(unit, n), n * len};
    return (char *)(uintptr_t)out->at;
}

START_TEST(longest_text_of_one_trigger_is_judged)
{
    struct text text;
    char *bytes =
        longest(units[_i], (size_t)b.engine->config->limits.text_bytes, &text);
    const struct request_candidate candidate = {.text = text};
    struct request request = support_request(&candidate);

    for (int role = REQUEST_ASSISTANT; role <= REQUEST_USER; role++) {
        request.role = (enum request_role)role;
        const struct envelope *e = support_judge(&b, &request);
        ck_assert_uint_eq(e->coverage.errors, 0);
        for (size_t i = 0; i < e->hit_count; i++) {
            const struct envelope_span span = e->hits[i].bytes;
            ck_assert(span.from < span.to || span.to == 0);
            ck_assert_uint_le(span.to, text.len);
            ck_assert(!utf8_inside((unsigned char)text.at[span.from]));
            ck_assert(span.to == text.len ||
                      !utf8_inside((unsigned char)text.at[span.to]));
        }
    }
    free(bytes);
}
END_TEST

TEST_MAIN("hostile", tcase_add_unchecked_fixture(tc, enter, leave);
          tcase_add_loop_test(tc, longest_text_of_one_trigger_is_judged, 0,
                              UNITS);)
