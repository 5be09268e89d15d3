#include "config/override.h"

#include "tests/unit/harness.h"
#include "tests/unit/support_config.h"

#define A_RULE "{type: terms, terms: [x], action: flag, id: "

#define TWO                                                                    \
    "rules:\n- " A_RULE "A}\n- " A_RULE "A_B}\n"                               \
    "personas:\n- {id: a.b}\n- {id: a}\n"

static const struct {
    const char *set;
    const char *said;
} sets[] = {
    {"limits.wrokers=4", "--set limits.wrokers: unknown key; did you mean "
                         "\"workers\"?\n"},
    {"limits.workers=400", "--set limits.workers: 400 is outside 0..64\n"},
    {"limits.workers=", "--set limits.workers: expected a whole number, "
                        "found "
                        "nothing\n"},
    {"limits.workers", "--set limits.workers: expected "
                       "KEY=VALUE, in UTF-8\n"},
    {"=4", "--set =4: expected KEY=VALUE, in UTF-8\n"},
    {"limits=4", "--set limits: holds other keys; set "
                 "one of those\n"},
    {"rules=4", "--set rules: holds other keys; set "
                "one of those\n"},
    {"limits.workers.x=4", "--set limits.workers.x: \"workers\" holds no "
                           "other keys\n"},
    {"zzz=4", "--set zzz: unknown key\n"},
    {"alerts.webhooks=x", "--set alerts.webhooks: this build "
                          "does not have it\n"},
    {"include=x", "--set include: cannot be set from "
                  "the command line\n"},
    {"severities.low=0.1", "--set severities.low: set engine.severities "
                           "instead\n"},
    {"drift.threshold=7.5", "--set drift.threshold: 7.5 is outside 0..1 "
                            "(distance)\n"},
    {"rules.A_C.mode=monitor",
     "--set rules.A_C.mode: there is no rule \"A_C\"; "
     "did you mean \"A_B\"?\n"},
    {"rules.A=x", "--set rules.A: holds other keys; "
                  "set one of those\n"},
    {"categories.haet.thresholds.flag=0.1",
     "--set categories.haet.thresholds.flag: there is "
     "no category \"haet\"; "
     "did you mean \"hate\"?\n"},
    {"categories.hate.thresholds.flag=0.9",
     "--set categories.hate.thresholds.flag: 0.9 is "
     "more than fallback, 0.6; "
     "the order is flag, redact, fallback, block\n"},
    {"http.listen=127.0.0.1:7711", "--set http.listen: this build has no HTTP "
                                   "gateway; only none is "
                                   "accepted\n"},
    {"listen=tcp://0.0.0.0:1", "--set listen[0]: other machines reach this "
                               "address; say allow_remote: "
                               "true if that is meant\n"},
    {"limits.deadline_max_ms=100",
     "--set limits.deadline_max_ms: 100 is less than "
     "deadline_ms, 200\n"},
    {"token=", "--set token: is empty\n"},
    {"drift.background=none", "--set drift.background: cannot open none: No "
                              "such file or directory\n"},
};

START_TEST(wrong_override_is_told_as_it_was_typed)
{
    const char *const overrides[] = {sets[_i].set, NULL};

    support_config_enter();
    support_config_expect(TWO, overrides, sets[_i].said);
    support_config_leave();
}
END_TEST

START_TEST(override_stands_above_every_file)
{
    static const char *const overrides[] = {
        "limits.workers=4",
        "limits.workers=5",
        "listen=ipc:///tmp/x.sock,tcp://"
        "127.0.0.1:1",
        "log.level=debug",
        "http.listen=none",
        "admin.on_serving=true",
        "token=null",
        "drift.threshold=0.5",
        "rules.A_B.mode=monitor",
        "rules.A.directions=input,output",
        "personas.a.b.locale=de",
        "personas.a.drift.threshold=0.25",
        "categories.hate.thresholds.flag=0.25",
        "engine.severities.low=0.2",
        "drift.background=/dev/../etc/passwd",
        NULL};

    support_config_enter();
    struct support_config loaded =
        support_config_good(TWO "limits: {workers: "
                                "1}\nlisten: [\"ipc://x\"]\n",
                            overrides);
    const struct config *c = loaded.config;
    ck_assert_int_eq(c->limits.workers, 5);
    ck_assert_uint_eq(c->listen.count, 2);
    ck_assert(text_is(c->listen.at[1], "tcp://127.0.0.1:1"));
    ck_assert_int_eq(c->log.level, 3);
    ck_assert(c->admin_on_serving && text_is(c->token, "null"));
    ck_assert(c->rules[0].mode == CONFIG_ENFORCE);
    ck_assert(c->rules[1].mode == CONFIG_MONITOR);
    ck_assert_int_eq(c->rules[0].directions, CONFIG_INPUT | CONFIG_OUTPUT);
    ck_assert(text_is(c->personas[0].locale, "de"));
    ck_assert(c->personas[0].drift.threshold == 0.5);
    ck_assert(c->personas[1].drift.threshold == 0.25);
    ck_assert(c->engine.severities[CONFIG_LOW] == 0.2);
    ck_assert(text_is(c->drift.background, "/etc/passwd"));
    for (size_t i = 0; i < c->category_count; i++) {
        if (text_is(c->categories[i].id, "hate")) {
            ck_assert(c->categories[i].thresholds.flag == 0.25);
            ck_assert(c->categories[i].thresholds.fallback == 0.6);
        }
    }
    support_config_clear(&loaded);
    support_config_leave();
}
END_TEST

TEST_MAIN("override",
          tcase_add_loop_test(tc, wrong_override_is_told_as_it_was_typed, 0,
                              (int)(sizeof(sets) / sizeof(sets[0])));
          tcase_add_test(tc, override_stands_above_every_file);)
