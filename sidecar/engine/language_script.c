#include "sidecar/engine/language_script.h"

static const char codes[LANGUAGE_SCRIPTS][3] = {
    "el", "he", "ar", "fa", "ur", "hi", "bn", "pa", "gu", "ta", "te", "kn",
    "ml", "si", "th", "lo", "my", "km", "ka", "hy", "am", "ko", "ja", "zh",
};

/* Rising. */
static const struct {
    uint32_t first, last;
    enum language_script script;
} blocks[] = {
    {0x370, 0x3ff, LANGUAGE_SCRIPT_EL},
    {0x531, 0x58f, LANGUAGE_SCRIPT_HY},
    {0x5d0, 0x5f2, LANGUAGE_SCRIPT_HE},
    {0x620, 0x6d3, LANGUAGE_SCRIPT_AR},
    {0x750, 0x77f, LANGUAGE_SCRIPT_AR},
    {0x900, 0x97f, LANGUAGE_SCRIPT_HI},
    {0x980, 0x9ff, LANGUAGE_SCRIPT_BN},
    {0xa00, 0xa7f, LANGUAGE_SCRIPT_PA},
    {0xa80, 0xaff, LANGUAGE_SCRIPT_GU},
    {0xb80, 0xbff, LANGUAGE_SCRIPT_TA},
    {0xc00, 0xc7f, LANGUAGE_SCRIPT_TE},
    {0xc80, 0xcff, LANGUAGE_SCRIPT_KN},
    {0xd00, 0xd7f, LANGUAGE_SCRIPT_ML},
    {0xd80, 0xdff, LANGUAGE_SCRIPT_SI},
    {0xe00, 0xe7f, LANGUAGE_SCRIPT_TH},
    {0xe80, 0xeff, LANGUAGE_SCRIPT_LO},
    {0x1000, 0x109f, LANGUAGE_SCRIPT_MY},
    {0x10a0, 0x10ff, LANGUAGE_SCRIPT_KA},
    {0x1100, 0x11ff, LANGUAGE_SCRIPT_KO},
    {0x1200, 0x139f, LANGUAGE_SCRIPT_AM},
    {0x1780, 0x17ff, LANGUAGE_SCRIPT_KM},
    {0x1c90, 0x1cbf, LANGUAGE_SCRIPT_KA},
    {0x1f00, 0x1fff, LANGUAGE_SCRIPT_EL},
    {0x3040, 0x30ff, LANGUAGE_SCRIPT_JA},
    {0x3131, 0x318e, LANGUAGE_SCRIPT_KO},
    {0x31f0, 0x31ff, LANGUAGE_SCRIPT_JA},
    {0x3400, 0x9fff, LANGUAGE_SCRIPT_ZH},
    {0xac00, 0xd7a3, LANGUAGE_SCRIPT_KO},
    {0xf900, 0xfaff, LANGUAGE_SCRIPT_ZH},
    {0xfb1d, 0xfb4f, LANGUAGE_SCRIPT_HE},
    {0xfb50, 0xfdff, LANGUAGE_SCRIPT_AR},
    {0xfe70, 0xfefc, LANGUAGE_SCRIPT_AR},
    {0xff66, 0xff9d, LANGUAGE_SCRIPT_JA},
    {0x20000, 0x3ffff, LANGUAGE_SCRIPT_ZH},
};

const char *
language_script_code(enum language_script script)
{
    return codes[script];
}

static enum language_script
arabic(uint32_t c)
{
    switch (c) {
    case 0x67e: // peh
    case 0x686: // tcheh
    case 0x698: // jeh
    case 0x6a9: // keheh
    case 0x6af: // gaf
    case 0x6cc: // Farsi yeh
        return LANGUAGE_SCRIPT_FA;
    case 0x679: // tteh
    case 0x688: // ddal
    case 0x691: // rreh
    case 0x6ba: // noon ghunna
    case 0x6be: // heh doachashmee
    case 0x6c1: // heh goal
    case 0x6d2: // yeh barree
        return LANGUAGE_SCRIPT_UR;
    }
    return LANGUAGE_SCRIPT_AR;
}

enum language_script
language_script_of(uint32_t c)
{
    size_t from = 0, to = sizeof(blocks) / sizeof(*blocks);

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (blocks[middle].last < c) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    if (from == sizeof(blocks) / sizeof(*blocks) || blocks[from].first > c) {
        return LANGUAGE_SCRIPTS;
    }
    return blocks[from].script == LANGUAGE_SCRIPT_AR ? arabic(c)
                                                     : blocks[from].script;
}

bool
language_script_is_dense(enum language_script script)
{
    return script == LANGUAGE_SCRIPT_KO || script == LANGUAGE_SCRIPT_JA ||
           script == LANGUAGE_SCRIPT_ZH;
}
