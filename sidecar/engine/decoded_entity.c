#include "sidecar/engine/decoded_entity.h"

#include <stdlib.h>

#include "sidecar/engine/decoded_read.h"

enum { BARE_MOST = 6 }; // letters of a name that needs no semicolon

/* Source: the HTML Standard's table; `bare` ones need no semicolon. */
struct entity {
    const char *name;
    uint16_t c;
    bool bare;
};

// clang-format off
static const struct entity entities[] = {
    {"AElig", 0xc6, true}, {"AMP", 0x26, true}, {"Aacute", 0xc1, true},
    {"Abreve", 0x102, false}, {"Acirc", 0xc2, true}, {"Acy", 0x410, false},
    {"Agrave", 0xc0, true}, {"Alpha", 0x391, false}, {"Amacr", 0x100, false},
    {"Aogon", 0x104, false}, {"ApplyFunction", 0x2061, false},
    {"Aring", 0xc5, true}, {"Atilde", 0xc3, true}, {"Auml", 0xc4, true},
    {"Bcy", 0x411, false}, {"Beta", 0x392, false}, {"CHcy", 0x427, false},
    {"COPY", 0xa9, true}, {"Cacute", 0x106, false}, {"Ccaron", 0x10c, false},
    {"Ccedil", 0xc7, true}, {"Ccirc", 0x108, false}, {"Cdot", 0x10a, false},
    {"Chi", 0x3a7, false}, {"DJcy", 0x402, false}, {"DScy", 0x405, false},
    {"DZcy", 0x40f, false}, {"Dagger", 0x2021, false}, {"Dcaron", 0x10e, false},
    {"Dcy", 0x414, false}, {"Delta", 0x394, false},
    {"DiacriticalGrave", 0x60, false}, {"Dstrok", 0x110, false},
    {"ENG", 0x14a, false}, {"ETH", 0xd0, true}, {"Eacute", 0xc9, true},
    {"Ecaron", 0x11a, false}, {"Ecirc", 0xca, true}, {"Ecy", 0x42d, false},
    {"Edot", 0x116, false}, {"Egrave", 0xc8, true}, {"Emacr", 0x112, false},
    {"Eogon", 0x118, false}, {"Epsilon", 0x395, false}, {"Eta", 0x397, false},
    {"Euml", 0xcb, true}, {"Fcy", 0x424, false}, {"GJcy", 0x403, false},
    {"GT", 0x3e, true}, {"Gamma", 0x393, false}, {"Gbreve", 0x11e, false},
    {"Gcedil", 0x122, false}, {"Gcirc", 0x11c, false}, {"Gcy", 0x413, false},
    {"Gdot", 0x120, false}, {"HARDcy", 0x42a, false}, {"Hat", 0x5e, false},
    {"Hcirc", 0x124, false}, {"Hstrok", 0x126, false}, {"IEcy", 0x415, false},
    {"IJlig", 0x132, false}, {"IOcy", 0x401, false}, {"Iacute", 0xcd, true},
    {"Icirc", 0xce, true}, {"Icy", 0x418, false}, {"Idot", 0x130, false},
    {"Igrave", 0xcc, true}, {"Imacr", 0x12a, false},
    {"InvisibleComma", 0x2063, false}, {"InvisibleTimes", 0x2062, false},
    {"Iogon", 0x12e, false}, {"Iota", 0x399, false}, {"Itilde", 0x128, false},
    {"Iukcy", 0x406, false}, {"Iuml", 0xcf, true}, {"Jcirc", 0x134, false},
    {"Jcy", 0x419, false}, {"Jsercy", 0x408, false}, {"Jukcy", 0x404, false},
    {"KHcy", 0x425, false}, {"KJcy", 0x40c, false}, {"Kappa", 0x39a, false},
    {"Kcedil", 0x136, false}, {"Kcy", 0x41a, false}, {"LJcy", 0x409, false},
    {"LT", 0x3c, true}, {"Lacute", 0x139, false}, {"Lambda", 0x39b, false},
    {"Lcaron", 0x13d, false}, {"Lcedil", 0x13b, false}, {"Lcy", 0x41b, false},
    {"Lmidot", 0x13f, false}, {"Lstrok", 0x141, false}, {"Mcy", 0x41c, false},
    {"Mu", 0x39c, false}, {"NJcy", 0x40a, false}, {"Nacute", 0x143, false},
    {"Ncaron", 0x147, false}, {"Ncedil", 0x145, false}, {"Ncy", 0x41d, false},
    {"NewLine", 0xa, false}, {"NoBreak", 0x2060, false}, {"Ntilde", 0xd1, true},
    {"Nu", 0x39d, false}, {"OElig", 0x152, false}, {"Oacute", 0xd3, true},
    {"Ocirc", 0xd4, true}, {"Ocy", 0x41e, false}, {"Odblac", 0x150, false},
    {"Ograve", 0xd2, true}, {"Omacr", 0x14c, false}, {"Omega", 0x3a9, false},
    {"Omicron", 0x39f, false}, {"Oslash", 0xd8, true}, {"Otilde", 0xd5, true},
    {"Ouml", 0xd6, true}, {"Pcy", 0x41f, false}, {"Phi", 0x3a6, false},
    {"Pi", 0x3a0, false}, {"Psi", 0x3a8, false}, {"QUOT", 0x22, true},
    {"REG", 0xae, true}, {"Racute", 0x154, false}, {"Rcaron", 0x158, false},
    {"Rcedil", 0x156, false}, {"Rcy", 0x420, false}, {"Rho", 0x3a1, false},
    {"SHCHcy", 0x429, false}, {"SHcy", 0x428, false}, {"SOFTcy", 0x42c, false},
    {"Sacute", 0x15a, false}, {"Scaron", 0x160, false},
    {"Scedil", 0x15e, false}, {"Scirc", 0x15c, false}, {"Scy", 0x421, false},
    {"Sigma", 0x3a3, false}, {"THORN", 0xde, true}, {"TSHcy", 0x40b, false},
    {"TScy", 0x426, false}, {"Tab", 0x9, false}, {"Tau", 0x3a4, false},
    {"Tcaron", 0x164, false}, {"Tcedil", 0x162, false}, {"Tcy", 0x422, false},
    {"Theta", 0x398, false}, {"Tstrok", 0x166, false}, {"Uacute", 0xda, true},
    {"Ubrcy", 0x40e, false}, {"Ubreve", 0x16c, false}, {"Ucirc", 0xdb, true},
    {"Ucy", 0x423, false}, {"Udblac", 0x170, false}, {"Ugrave", 0xd9, true},
    {"Umacr", 0x16a, false}, {"UnderBar", 0x5f, false}, {"Uogon", 0x172, false},
    {"Upsilon", 0x3a5, false}, {"Uring", 0x16e, false},
    {"Utilde", 0x168, false}, {"Uuml", 0xdc, true}, {"Vcy", 0x412, false},
    {"VerticalLine", 0x7c, false}, {"Wcirc", 0x174, false},
    {"Xi", 0x39e, false}, {"YAcy", 0x42f, false}, {"YIcy", 0x407, false},
    {"YUcy", 0x42e, false}, {"Yacute", 0xdd, true}, {"Ycirc", 0x176, false},
    {"Ycy", 0x42b, false}, {"Yuml", 0x178, false}, {"ZHcy", 0x416, false},
    {"Zacute", 0x179, false}, {"Zcaron", 0x17d, false}, {"Zcy", 0x417, false},
    {"Zdot", 0x17b, false}, {"ZeroWidthSpace", 0x200b, false},
    {"Zeta", 0x396, false}, {"aacute", 0xe1, true}, {"abreve", 0x103, false},
    {"acirc", 0xe2, true}, {"acute", 0xb4, true}, {"acy", 0x430, false},
    {"aelig", 0xe6, true}, {"af", 0x2061, false}, {"agrave", 0xe0, true},
    {"alpha", 0x3b1, false}, {"amacr", 0x101, false}, {"amp", 0x26, true},
    {"aogon", 0x105, false}, {"apos", 0x27, false}, {"aring", 0xe5, true},
    {"ast", 0x2a, false}, {"atilde", 0xe3, true}, {"auml", 0xe4, true},
    {"bcy", 0x431, false}, {"bdquo", 0x201e, false}, {"beta", 0x3b2, false},
    {"brvbar", 0xa6, true}, {"bsol", 0x5c, false}, {"bull", 0x2022, false},
    {"cacute", 0x107, false}, {"ccaron", 0x10d, false}, {"ccedil", 0xe7, true},
    {"ccirc", 0x109, false}, {"cdot", 0x10b, false}, {"cedil", 0xb8, true},
    {"cent", 0xa2, true}, {"chcy", 0x447, false}, {"chi", 0x3c7, false},
    {"colon", 0x3a, false}, {"comma", 0x2c, false}, {"commat", 0x40, false},
    {"copy", 0xa9, true}, {"curren", 0xa4, true}, {"dagger", 0x2020, false},
    {"dash", 0x2010, false}, {"dcaron", 0x10f, false}, {"dcy", 0x434, false},
    {"deg", 0xb0, true}, {"delta", 0x3b4, false}, {"divide", 0xf7, true},
    {"djcy", 0x452, false}, {"dollar", 0x24, false}, {"dscy", 0x455, false},
    {"dstrok", 0x111, false}, {"dzcy", 0x45f, false}, {"eacute", 0xe9, true},
    {"ecaron", 0x11b, false}, {"ecirc", 0xea, true}, {"ecy", 0x44d, false},
    {"edot", 0x117, false}, {"egrave", 0xe8, true}, {"emacr", 0x113, false},
    {"emsp", 0x2003, false}, {"emsp13", 0x2004, false},
    {"emsp14", 0x2005, false}, {"eng", 0x14b, false}, {"ensp", 0x2002, false},
    {"eogon", 0x119, false}, {"epsi", 0x3b5, false}, {"epsilon", 0x3b5, false},
    {"equals", 0x3d, false}, {"eta", 0x3b7, false}, {"eth", 0xf0, true},
    {"euml", 0xeb, true}, {"euro", 0x20ac, false}, {"excl", 0x21, false},
    {"fcy", 0x444, false}, {"fnof", 0x192, false}, {"frac12", 0xbd, true},
    {"frac14", 0xbc, true}, {"frac34", 0xbe, true}, {"gamma", 0x3b3, false},
    {"gbreve", 0x11f, false}, {"gcirc", 0x11d, false}, {"gcy", 0x433, false},
    {"gdot", 0x121, false}, {"gjcy", 0x453, false}, {"grave", 0x60, false},
    {"gt", 0x3e, true}, {"hairsp", 0x200a, false}, {"hardcy", 0x44a, false},
    {"hcirc", 0x125, false}, {"hellip", 0x2026, false},
    {"horbar", 0x2015, false}, {"hstrok", 0x127, false}, {"iacute", 0xed, true},
    {"ic", 0x2063, false}, {"icirc", 0xee, true}, {"icy", 0x438, false},
    {"iecy", 0x435, false}, {"iexcl", 0xa1, true}, {"igrave", 0xec, true},
    {"ijlig", 0x133, false}, {"imacr", 0x12b, false}, {"imath", 0x131, false},
    {"inodot", 0x131, false}, {"iocy", 0x451, false}, {"iogon", 0x12f, false},
    {"iota", 0x3b9, false}, {"iquest", 0xbf, true}, {"it", 0x2062, false},
    {"itilde", 0x129, false}, {"iukcy", 0x456, false}, {"iuml", 0xef, true},
    {"jcirc", 0x135, false}, {"jcy", 0x439, false}, {"jmath", 0x237, false},
    {"jsercy", 0x458, false}, {"jukcy", 0x454, false}, {"kappa", 0x3ba, false},
    {"kcedil", 0x137, false}, {"kcy", 0x43a, false}, {"kgreen", 0x138, false},
    {"khcy", 0x445, false}, {"kjcy", 0x45c, false}, {"lacute", 0x13a, false},
    {"lambda", 0x3bb, false}, {"laquo", 0xab, true}, {"lbrace", 0x7b, false},
    {"lbrack", 0x5b, false}, {"lcaron", 0x13e, false}, {"lcedil", 0x13c, false},
    {"lcub", 0x7b, false}, {"lcy", 0x43b, false}, {"ldquo", 0x201c, false},
    {"ljcy", 0x459, false}, {"lmidot", 0x140, false}, {"lowbar", 0x5f, false},
    {"lpar", 0x28, false}, {"lrm", 0x200e, false}, {"lsaquo", 0x2039, false},
    {"lsqb", 0x5b, false}, {"lsquo", 0x2018, false}, {"lstrok", 0x142, false},
    {"lt", 0x3c, true}, {"macr", 0xaf, true}, {"mcy", 0x43c, false},
    {"mdash", 0x2014, false}, {"micro", 0xb5, true}, {"midast", 0x2a, false},
    {"middot", 0xb7, true}, {"minus", 0x2212, false}, {"mu", 0x3bc, false},
    {"nacute", 0x144, false}, {"napos", 0x149, false}, {"nbsp", 0xa0, true},
    {"ncaron", 0x148, false}, {"ncedil", 0x146, false}, {"ncy", 0x43d, false},
    {"ndash", 0x2013, false}, {"njcy", 0x45a, false}, {"not", 0xac, true},
    {"ntilde", 0xf1, true}, {"nu", 0x3bd, false}, {"num", 0x23, false},
    {"numsp", 0x2007, false}, {"oacute", 0xf3, true}, {"ocirc", 0xf4, true},
    {"ocy", 0x43e, false}, {"odblac", 0x151, false}, {"oelig", 0x153, false},
    {"ograve", 0xf2, true}, {"ohm", 0x3a9, false}, {"oline", 0x203e, false},
    {"omacr", 0x14d, false}, {"omega", 0x3c9, false}, {"omicron", 0x3bf, false},
    {"ordf", 0xaa, true}, {"ordm", 0xba, true}, {"oslash", 0xf8, true},
    {"otilde", 0xf5, true}, {"ouml", 0xf6, true}, {"para", 0xb6, true},
    {"pcy", 0x43f, false}, {"percnt", 0x25, false}, {"period", 0x2e, false},
    {"phi", 0x3c6, false}, {"pi", 0x3c0, false}, {"plus", 0x2b, false},
    {"plusmn", 0xb1, true}, {"pound", 0xa3, true}, {"psi", 0x3c8, false},
    {"puncsp", 0x2008, false}, {"quest", 0x3f, false}, {"quot", 0x22, true},
    {"racute", 0x155, false}, {"raquo", 0xbb, true}, {"rbrace", 0x7d, false},
    {"rbrack", 0x5d, false}, {"rcaron", 0x159, false}, {"rcedil", 0x157, false},
    {"rcub", 0x7d, false}, {"rcy", 0x440, false}, {"rdquo", 0x201d, false},
    {"reg", 0xae, true}, {"rho", 0x3c1, false}, {"rlm", 0x200f, false},
    {"rpar", 0x29, false}, {"rsaquo", 0x203a, false}, {"rsqb", 0x5d, false},
    {"rsquo", 0x2019, false}, {"sacute", 0x15b, false},
    {"sbquo", 0x201a, false}, {"scaron", 0x161, false},
    {"scedil", 0x15f, false}, {"scirc", 0x15d, false}, {"scy", 0x441, false},
    {"sect", 0xa7, true}, {"semi", 0x3b, false}, {"shchcy", 0x449, false},
    {"shcy", 0x448, false}, {"shy", 0xad, true}, {"sigma", 0x3c3, false},
    {"sigmaf", 0x3c2, false}, {"sigmav", 0x3c2, false},
    {"softcy", 0x44c, false}, {"sol", 0x2f, false}, {"sup1", 0xb9, true},
    {"sup2", 0xb2, true}, {"sup3", 0xb3, true}, {"szlig", 0xdf, true},
    {"tau", 0x3c4, false}, {"tcaron", 0x165, false}, {"tcedil", 0x163, false},
    {"tcy", 0x442, false}, {"theta", 0x3b8, false}, {"thinsp", 0x2009, false},
    {"thorn", 0xfe, true}, {"times", 0xd7, true}, {"trade", 0x2122, false},
    {"tscy", 0x446, false}, {"tshcy", 0x45b, false}, {"tstrok", 0x167, false},
    {"uacute", 0xfa, true}, {"ubrcy", 0x45e, false}, {"ubreve", 0x16d, false},
    {"ucirc", 0xfb, true}, {"ucy", 0x443, false}, {"udblac", 0x171, false},
    {"ugrave", 0xf9, true}, {"umacr", 0x16b, false}, {"uml", 0xa8, true},
    {"uogon", 0x173, false}, {"upsi", 0x3c5, false}, {"upsilon", 0x3c5, false},
    {"uring", 0x16f, false}, {"utilde", 0x169, false}, {"uuml", 0xfc, true},
    {"varsigma", 0x3c2, false}, {"vcy", 0x432, false}, {"verbar", 0x7c, false},
    {"vert", 0x7c, false}, {"wcirc", 0x175, false}, {"xi", 0x3be, false},
    {"yacute", 0xfd, true}, {"yacy", 0x44f, false}, {"ycirc", 0x177, false},
    {"ycy", 0x44b, false}, {"yen", 0xa5, true}, {"yicy", 0x457, false},
    {"yucy", 0x44e, false}, {"yuml", 0xff, true}, {"zacute", 0x17a, false},
    {"zcaron", 0x17e, false}, {"zcy", 0x437, false}, {"zdot", 0x17c, false},
    {"zeta", 0x3b6, false}, {"zhcy", 0x436, false}, {"zwj", 0x200d, false},
    {"zwnj", 0x200c, false},
};
// clang-format on

static int
compare(const void *key, const void *row)
{
    const struct text *const name = key;
    const struct entity *const entity = row;
    const size_t len = strlen(entity->name);
    const size_t common = name->len < len ? name->len : len;
    const int order = memcmp(name->at, entity->name, common);

    return order != 0 ? order : (name->len > len) - (name->len < len);
}

static const struct entity *
find(struct text name)
{
    return bsearch(&name, entities, sizeof(entities) / sizeof(*entities),
                   sizeof(*entities), compare);
}

/* "&afr;", "&aopf;", "&ascr;": a letter in mathematical dress. */
static bool
is_styled(struct text name)
{
    const struct text style =
        name.len > 1 ? text_part(name, 1, name.len) : (struct text){NULL, 0};

    return name.len > 0 && ascii_is_letter(name.at[0]) &&
           (text_is(style, "fr") || text_is(style, "opf") ||
            text_is(style, "scr"));
}

static size_t
named(struct text text, size_t at, uint32_t *c, bool *starved)
{
    size_t end = at + 1;

    while (end < text.len && end - at < DECODED_ENTITY_BYTES &&
           ascii_is_alnum(text.at[end])) {
        end++;
    }
    *starved = *starved || end == text.len;
    struct text name = {text.at + at + 1, end - at - 1};
    if (end < text.len && text.at[end] == ';') {
        const struct entity *const entity = find(name);
        if (entity != NULL || is_styled(name)) {
            *c = entity != NULL ? entity->c : (unsigned char)name.at[0];
            return name.len + 2;
        }
    }
    // "&ampere" is &amp and "ere".
    for (name.len = name.len < BARE_MOST ? name.len : BARE_MOST; name.len > 1;
         name.len--) {
        const struct entity *const entity = find(name);
        if (entity != NULL && entity->bare) {
            *c = entity->c;
            return name.len + 1;
        }
    }
    return 0;
}

static size_t
numeric(struct text text, size_t at, uint32_t *c, bool *starved)
{
    size_t i = at + 2;
    const bool hex = i < text.len && (text.at[i] | 0x20) == 'x';
    uint32_t value = 0;

    i += hex;
    const size_t first = i;
    for (; i < text.len && i - at < DECODED_ENTITY_BYTES; i++) {
        const int digit = ascii_hex(text.at[i]);
        if (digit < 0 || (!hex && digit > 9)) {
            break;
        }
        if (value < 0x110000) { // beyond it only grows
            value = value * (hex ? 16 : 10) + (uint32_t)digit;
        }
    }
    *starved = *starved || i >= text.len;
    if (i == first || !decoded_shown(value)) {
        return 0;
    }
    i += i < text.len && text.at[i] == ';';
    *c = value;
    return i - at;
}

size_t
decoded_entity(struct text text, size_t at, uint32_t *c, bool *starved)
{
    if (at + 1 == text.len) {
        *starved = true;
        return 0;
    }
    return text.at[at + 1] == '#' ? numeric(text, at, c, starved)
                                  : named(text, at, c, starved);
}
