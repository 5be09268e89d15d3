/*
 * Languages that their script tells. Internal to language.c and its tests.
 */
#ifndef SIDECAR_ENGINE_LANGUAGE_SCRIPT_H
#define SIDECAR_ENGINE_LANGUAGE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum language_script {
    LANGUAGE_SCRIPT_EL,
    LANGUAGE_SCRIPT_HE,
    LANGUAGE_SCRIPT_AR,
    LANGUAGE_SCRIPT_FA, /* Arabic letters that only Persian and Urdu have */
    LANGUAGE_SCRIPT_UR, /* that only Urdu has */
    LANGUAGE_SCRIPT_HI,
    LANGUAGE_SCRIPT_BN,
    LANGUAGE_SCRIPT_PA,
    LANGUAGE_SCRIPT_GU,
    LANGUAGE_SCRIPT_TA,
    LANGUAGE_SCRIPT_TE,
    LANGUAGE_SCRIPT_KN,
    LANGUAGE_SCRIPT_ML,
    LANGUAGE_SCRIPT_SI,
    LANGUAGE_SCRIPT_TH,
    LANGUAGE_SCRIPT_LO,
    LANGUAGE_SCRIPT_MY,
    LANGUAGE_SCRIPT_KM,
    LANGUAGE_SCRIPT_KA,
    LANGUAGE_SCRIPT_HY,
    LANGUAGE_SCRIPT_AM,
    LANGUAGE_SCRIPT_KO,
    LANGUAGE_SCRIPT_JA, /* kana */
    LANGUAGE_SCRIPT_ZH, /* Han */
    LANGUAGE_SCRIPTS
};

/* ISO 639-1. */
const char *language_script_code(enum language_script script);

/* Whose letter it is; LANGUAGE_SCRIPTS: nobody's here. */
enum language_script language_script_of(uint32_t c);

/* Does a letter stand for about half a word (Han, kana, Hangul)? */
bool language_script_is_dense(enum language_script script);

#endif
