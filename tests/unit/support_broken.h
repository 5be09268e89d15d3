/*
 * Configurations with a mistake in them, and what is said of it.
 */
#ifndef TESTS_UNIT_SUPPORT_BROKEN_H
#define TESTS_UNIT_SUPPORT_BROKEN_H

/* A rule that is fine; it, with more keys; and one of another type. */
#define OK "rules:\n- {id: A, type: terms, terms: [x], category: hate}\n"
#define RULE(keys)                                                             \
    "rules:\n- {id: A, type: terms, terms: [x], category: hate, " keys "}\n"
#define OTHER(keys) "rules:\n- {id: A, " keys "}\n"

/* Behind the good rule; the second composite is fine. */
#define COMPOSITE(keys)  OK "composites:\n- {id: C, " keys ", category: hate}\n"
#define COMPOSITES(keys) COMPOSITE(keys) "- {id: D, when: A, category: hate}\n"
#define PROFILE(keys)    OK "profiles:\n- {id: p, " keys "}\n"

struct support_broken {
    const char *yaml;
    const char *said; /* part of it: "3:10: engine.levl: unknown key; ..." */
};

/*
 * Builds an engine of the configuration, as the server does, in a folder with
 * lists of words (empty.txt, bad.txt, stars.txt) and a linear model (en.bin).
 * The test ends where that is not said, or there is an engine after all.
 */
void support_broken_check(const struct support_broken *row);

#endif
