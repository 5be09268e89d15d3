#!/usr/bin/env python3
"""Makes words_en.txt: the words that are never a disguise of another.

    make_words.py [SCOWL] [-o FILE] [--check]

SCOWL is the folder of the lists of Debian's package `scowl` (by default
/usr/share/dict/scowl). words_extra.txt, beside this file, adds names, places
and chat words that SCOWL lacks. Listed terms (the other *_en.txt here) are
kept apart: a listed term is never ordinary. The same input gives the same bytes.

Sections of the file: [common] words of everyday English, [listed] words of
English that are listed terms, [known] all others.
Of SCOWL's rarest words (sizes 80 and 95, half a million) only those are taken
that look like a listed term: that hold one, or differ from one by one letter.
"""
import argparse
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
HEADER = """\
# words_en: {count} ordinary words, made by make_words.py out of SCOWL.
# Sources and licences: README.md and NOTICE in this folder.
"""
NATIONS = ["english", "american", "british", "british_z", "canadian",
           "australian"]
VARIANTS = [f"{nation}_variant_{i}" for nation in NATIONS for i in (1, 2)]
VARIANTS += ["variant_1", "variant_2", "variant_3"]
RUDE = r"profanity(_strong)?_en|slurs_en"
NEVER = re.compile(r"persona_break|words_")

# All other pairs of letters are fragments more often than words.
SHORT = set("""a i am an as at be by do go he hi if in is it me my no of oh ok
    on or so to up us we""".split())

NEAR_LETTERS = 4  # terms shorter than this have too many neighbours
RARE_LETTERS = 5  # nor is a rare word shorter than this taken for one


def words(folder, nations, kind, sizes):
    found = set()
    for nation in nations:
        for size in sizes:
            path = folder / f"{nation}-{kind}.{size}"
            if path.exists():
                text = path.read_text(encoding="utf-8", errors="replace")
                found |= {w.lower() for w in text.split()}
    return {w for w in found if re.fullmatch(r"[a-z]{1,32}", w)}


def listed(folder, which=""):
    found = set()
    for path in folder.glob("*_en.txt"):
        if not NEVER.search(path.name) and re.search(which, path.name):
            found |= set(path.read_text(encoding="utf-8").splitlines())
    return {term for term in found if re.fullmatch("[a-z]+", term)}


def without_one(word):
    return {word[:i] + word[i + 1:] for i in range(len(word))}


def looks_listed(terms):
    """A test: does a word hold a term, or is it one letter away from one?"""
    inside = {t for t in terms if len(t) >= 3}
    near = {t for t in terms if len(t) >= NEAR_LETTERS}
    shorter = set().union(*map(without_one, near))

    def test(word):
        if any(word[i:j] in inside for i in range(len(word))
               for j in range(i + 3, len(word) + 1)):
            return True
        cut = without_one(word)
        return word in shorter or bool(cut & near) or bool(cut & shorter)
    return test


def rude_compound(terms, common):
    """A test: is a word a strong term with an everyday word before or behind
    it ("superbitch")? Strong is a term that hardly any everyday word holds."""
    holders = {}
    for word in common:
        for i in range(len(word)):
            for j in range(i + 4, len(word) + 1):
                if word[i:j] in terms:
                    holders[word[i:j]] = holders.get(word[i:j], 0) + 1
    strong = {t for t in terms if len(t) >= 4 and holders.get(t, 0) <= 5}

    def test(word):
        stem = re.sub(r"(s|es|ed|er|ers|ing|y)$", "", word)
        return any(
            (w[:i] in common and w[i:] in strong) or
            (w[:i] in strong and w[i:] in common)
            for w in {word, stem} for i in range(3, len(w) - 2))
    return test


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scowl", type=pathlib.Path, nargs="?",
                        default=pathlib.Path("/usr/share/dict/scowl"))
    parser.add_argument("-o", "--out", type=pathlib.Path,
                        default=HERE / "words_en.txt")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if not (args.scowl / "english-words.10").exists():
        sys.exit(f"{args.scowl}: no SCOWL there (Debian package scowl)")

    every = NATIONS + VARIANTS
    terms = listed(HERE)
    common = words(args.scowl, NATIONS, "words", [10, 20, 35])
    common = {w for w in common if len(w) > 2} | SHORT
    common -= terms
    known = words(args.scowl, every, "words", [10, 20, 35, 40, 50, 55, 60, 70])
    english = known | words(args.scowl, every, "words", [80, 95])
    known |= words(args.scowl, NATIONS, "upper", [35, 40, 50, 60, 70, 80])
    known |= words(args.scowl, NATIONS, "proper-names",
                   [35, 40, 50, 60, 70, 80])
    known |= words(args.scowl, NATIONS, "abbreviations",
                   [35, 40, 50, 55, 60, 70])
    rare = words(args.scowl, every, "words", [80, 95])
    rare |= words(args.scowl, every, "proper-names", [80, 95])
    rare |= words(args.scowl, every, "upper", [80, 95])
    test = looks_listed(terms)
    rude = rude_compound(listed(HERE, RUDE), common)
    known |= {w for w in rare
              if len(w) >= RARE_LETTERS and test(w) and not rude(w)}
    extra = (HERE / "words_extra.txt").read_text(encoding="utf-8")
    known |= set(re.sub(r"#.*", "", extra).lower().split())
    known = {w for w in known if len(w) > 2} - common - terms

    text = HEADER.format(count=len(common) + len(known))
    for name, part in (("common", common), ("known", known),
                       ("listed", english & terms)):
        text += f"[{name}]\n" + "".join(w + "\n" for w in sorted(part))
    if args.check:
        if not args.out.exists() or args.out.read_text() != text:
            sys.exit(f"would change: {args.out}")
    else:
        args.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
