#!/usr/bin/env python3
"""Make sidecar/engine/fold_table.c: what looks like a Latin letter, and which
characters are Latin.

    python3 config/data/make_confusables.py confusables.txt \\
        > sidecar/engine/fold_table.c

confusables.txt is the data of Unicode Technical Standard 39 (17.0.0 when the
table was made), under the Unicode licence beside this file
(confusables.LICENSE). Python's own unicodedata gives names and categories.

Three kinds of look-alike, because a wrong fold is worse than a missed one:

ALWAYS  Latin letters that Unicode gives no decomposition (o with stroke, small
        capitals, script g), and letters drawn as symbols: no language spells
        words of its own with them.
ALONE   letters of another script that UTS 39 calls the same shape in both
        cases: they fold beside a Latin letter, and where a whole word is made
        of them.
BESIDE  letters that only resemble, or whose cases resemble different letters,
        or whose script spells everyday words with nothing else (Armenian,
        Hebrew): they fold only beside a Latin letter.
"""

import re
import sys
import unicodedata as ucd

# Scripts whose letters may fold with no Latin letter near: their look-alikes
# are the ones disguises are made of, and UTS 39 lists them one by one.
ALONE_SCRIPTS = {"CYRILLIC", "GREEK", "CHEROKEE", "COPTIC", "LISU"}

# Joined scripts (Arabic, Indic and kin) are written in clusters of which one
# letter alone resembles a Latin one only in isolation.
JOINED_SCRIPTS = {
    "ARABIC", "NKO", "ORIYA", "MALAYALAM", "MYANMAR", "TIRHUTA", "AHOM",
    "BENGALI", "DEVANAGARI", "GUJARATI", "GURMUKHI", "KANNADA", "TAMIL",
    "TELUGU", "SINHALA", "KHMER", "THAI", "LAO",
}

# UTS 39 gives these a Latin letter that a reader takes them for only in a
# Latin word; alone they would rewrite everyday words (gia, san, rog).
LOOSE = set("гшьбσγυνηθѡ")

# What UTS 39 lacks as a single ASCII letter.
OWN_BESIDE = {
    # Cyrillic small letters drawn as small capitals: UTS 39 stops at the
    # small capital.
    "в": "b", "к": "k", "м": "m", "н": "h", "т": "t",
    # Cyrillic that "fancy text" tools use for Latin shapes.
    "ԍ": "g", "ь": "b", "б": "b", "є": "e", "и": "n", "п": "n", "я": "r",
    "ц": "u",
    # Greek small letters used likewise; UTS 39 stops at an IPA letter.
    "β": "b", "δ": "d", "ε": "e", "κ": "k", "μ": "u", "π": "n", "τ": "t",
    "χ": "x", "ω": "w",
    # The partial differential is every tool's "fancy" d; the others are
    # symbols in UTS 39 that stand for letters.
    "∂": "d", "℮": "e", "⍺": "a", "⍳": "i", "⍴": "p", "⍵": "w",
    # Canadian syllabics as "fancy" capitals.
    "ᗩ": "a", "ᗷ": "b", "ᑕ": "c", "ᗪ": "d", "ᖴ": "f", "ᕼ": "h", "ᒍ": "j",
    "ᒪ": "l", "ᗰ": "m", "ᑎ": "n", "ᑭ": "p", "ᑫ": "q", "ᖇ": "r", "ᔕ": "s",
    "ᑌ": "u", "ᐯ": "v", "ᗯ": "w", "ᘔ": "z",
}
OWN_ALWAYS = {
    # The small letter of a pair of which UTS 39 has the capital; turned and
    # open e, kra, dotless j: read as the letter in a disguise.
    "ð": "d", "ə": "e", "ǝ": "e", "ɛ": "e", "ĸ": "k", "ȷ": "j",
}

# Regional indicators that make a flag in pairs: ISO 3166-1 and the exceptional
# reservations that CLDR has flags for.
REGIONS = """
AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ
BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CP CR
CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET EU FI FJ FK FM
FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU IC ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ
MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG
PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK
SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
""".split()


def script(c):
    return ucd.name(c, "?").split()[0]


def lower(c):
    """NFKC casefold of one character, decomposed."""
    folded = ucd.normalize("NFKD", ucd.normalize("NFKD", c).casefold())
    return folded.casefold()


def ascii_letter(text):
    """The letter, if text is one ASCII letter and marks."""
    base = ucd.normalize("NFD", text)
    marks = all(ucd.category(m) in ("Mn", "Me") for m in base[1:])
    if base[:1].isascii() and base[:1].isalpha() and marks:
        return base[0]
    return None


def looks_like_i(c):
    """UTS 39 has one class for I, l, 1 and |: capital I goes to i here."""
    name = ucd.name(c, "")
    return "BYELORUSSIAN-UKRAINIAN I" in name or "IOTA" in name or \
        name.endswith(" LETTER I")


def read_uts39(path):
    """character -> ASCII letter, for letters that NFKC does not fold."""
    found = {}
    row = re.compile(r"([0-9A-F]+) ;\t([0-9A-F ]+) ;\tMA")
    for line in open(path, encoding="utf-8-sig"):
        match = row.match(line)
        if not match:
            continue
        c = chr(int(match[1], 16))
        letter = ascii_letter("".join(chr(int(x, 16))
                                      for x in match[2].split()))
        if letter is None or ord(c) < 0x80 or lower(c)[0].isascii():
            continue
        if not ucd.category(c).startswith("L") or script(c) in JOINED_SCRIPTS:
            continue
        if len(lower(c)) > 1 and ucd.decomposition(c):
            continue  # its base has a row of its own
        found[c] = "i" if letter == "l" and looks_like_i(c) else letter.lower()
    return found


def latin_by_name():
    """Latin letters that are another Latin letter and a stroke, hook or tail
    in one piece, and small capitals."""
    found = {}
    mark = re.compile(r"LATIN (?:SMALL|CAPITAL) LETTER ([A-Z]) WITH ")
    small = re.compile(r"LATIN LETTER SMALL CAPITAL ([A-Z])$")
    for code in range(0x80, 0x20000):
        c = chr(code)
        name = ucd.name(c, "")
        match = mark.match(name) or small.match(name)
        if match and not lower(c)[0].isascii():
            found[c] = match[1].lower()
    return found


def symbols():
    """Letters drawn in boxes, circles and brackets that NFKC leaves alone or
    opens into three characters."""
    found = {}
    for first in (0x249C, 0x1F110, 0x1F150, 0x1F170):
        for i in range(26):
            found[chr(first + i)] = chr(ord("a") + i)
    found["\U0001F18A"] = "p"  # crossed negative squared p
    return found


def kinds(uts39):
    """character -> (letter, kind); one answer for both cases of a letter
    wherever the fold could show which case was written."""
    table = {}
    always = latin_by_name()
    always.update({c: x for c, x in uts39.items() if script(c) == "LATIN"})
    always.update(OWN_ALWAYS)
    for c in list(always):
        small = lower(c)
        if len(small) == 1 and small != c:
            always.setdefault(small, always[c])
            always[c] = always[small]
    always.update(symbols())
    others = {c: x for c, x in uts39.items() if script(c) != "LATIN"}
    for c, letter in OWN_BESIDE.items():
        others.setdefault(c, letter)
    upper = {}
    for c in others:
        if lower(c) != c:
            upper.setdefault(lower(c), []).append(c)
    for c, letter in others.items():
        small = lower(c)
        same = others.get(small) == letter and \
            all(others[u] == others[small] for u in upper.get(small, []))
        alone = same and script(small) in ALONE_SCRIPTS and \
            small not in LOOSE and small not in OWN_BESIDE
        table[c] = (letter, "ALONE" if alone else "BESIDE")
    table.update({c: (x, "ALWAYS") for c, x in always.items()})
    return table


def latin_ranges():
    """Latin letters that a fold can leave in a text, gaps of unassigned code
    points closed."""
    ranges = []
    for code in range(0x80, 0x20000):
        c = chr(code)
        name = ucd.name(c, "")
        if not ucd.category(c).startswith("L") or lower(c)[0].isascii():
            continue
        if not name.startswith("LATIN ") or ucd.decomposition(c)[:1] == "<":
            continue
        if ranges and all(ucd.category(chr(x)) == "Cn" or
                          lower(chr(x))[0].isascii()
                          for x in range(ranges[-1][1] + 1, code)):
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


HEAD = """\
/*
 * Made by config/data/make_confusables.py: change that, not this.
 *
 * The look-alikes are derived from confusables.txt of UTS 39, version %s:
 * Copyright (c) 1991-2025 Unicode, Inc. Unicode and the Unicode Logo are
 * registered trademarks of Unicode, Inc. in the U.S. and other countries.
 * Terms of use: https://www.unicode.org/terms_of_use.html, and
 * config/data/confusables.LICENSE.
 */
#include "sidecar/engine/fold_table.h"

// clang-format off
"""


def rows(items, per_line):
    for i in range(0, len(items), per_line):
        print("    " + " ".join(items[i:i + per_line]))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    version = re.search(r"# Version: (\S+)",
                        open(sys.argv[1], encoding="utf-8-sig").read())[1]
    table = kinds(read_uts39(sys.argv[1]))
    print(HEAD % version)
    print("const struct fold_table_row fold_table_rows[] = {")
    rows(["{0x%04x, '%s', FOLD_%s}," % (ord(c), *table[c])
          for c in sorted(table)], 2)
    print("};")
    print("const size_t fold_table_row_count =\n"
          "    sizeof(fold_table_rows) / sizeof(*fold_table_rows);\n")
    print("const struct fold_table_range fold_table_latin[] = {")
    rows(["{0x%04x, 0x%04x}," % tuple(r) for r in latin_ranges()], 4)
    print("};")
    print("const size_t fold_table_latin_count =\n"
          "    sizeof(fold_table_latin) / sizeof(*fold_table_latin);\n")
    print("const uint32_t fold_table_flags[26] = {")
    masks = [0] * 26
    for first, second in REGIONS:
        masks[ord(first) - 65] |= 1 << (ord(second) - 65)
    rows(["0x%07x," % mask for mask in masks], 6)
    print("};")


main()
