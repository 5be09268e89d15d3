#!/usr/bin/env python3
"""Makes the word lists of this folder from their sources.

    make_lists.py SOURCES [-o FOLDER] [--check]

SOURCES holds the upstream lists (README.md says which and where from);
selection.txt and selection_other.txt, beside this file, say what is taken, for
English and for the other languages. --check writes nothing and fails if a list
would change. The same input gives the same bytes.
"""
import argparse
import csv
import json
import pathlib
import re
import sys
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
PLAIN = re.compile(r"[a-z][a-z' -]*[a-z]")
HEADER = """\
# {name}: {count} terms, made by make_lists.py; edit {selection} instead.
# Sources and licences: README.md and NOTICE in this folder.
"""


def surge(path):
    with open(path, encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            yield row["text"]


def dsojevic(path):
    for entry in json.loads(path.read_text(encoding="utf-8")):
        # "ba*sta*rd": the letter before a star may repeat.
        yield from entry["match"].replace("*", "").split("|")


def lines(path):
    yield from path.read_text(encoding="utf-8").splitlines()


def json_list(path):
    yield from json.loads(path.read_text(encoding="utf-8"))


SOURCES = {
    "surge_profanity_en.csv": surge,
    "dsojevic_profanity_en.json": dsojevic,
    "ldnoobw_en.txt": lines,
    "google_profanity.txt": lines,
    "profane_words_wtfpl.json": json_list,
}


def fold(term):
    """As the engine folds a text, for plain English."""
    term = unicodedata.normalize("NFKC", term).casefold()
    return re.sub(r"[\s-]+", " ", term).strip()


def as_written(term):
    """For other languages: hyphens and accents mean something."""
    return unicodedata.normalize("NFKC", term).casefold().strip()


def letters(term):
    return re.sub(r"[ '-]", "", term)


def spelled_out(term):
    """"f u c k": the engine joins single letters itself, where asked to."""
    return sum(len(word) == 1 for word in term.split()) > 1


def read_sources(folder):
    """Every plain upstream term. Those with digits or signs are spellings
    that the engine's views undo."""
    found = set()
    for name, read in SOURCES.items():
        for raw in read(folder / name):
            term = fold(raw)
            if PLAIN.fullmatch(term) and not spelled_out(term):
                found.add(term)
    return found


def read_selection(path):
    """[(name, plural, [(verb, term)])] and what every list drops."""
    lists, drops = [], set()
    for number, line in enumerate(lines(path), 1):
        line = line.strip()
        if line == "" or line.startswith("#"):
            continue
        head = re.fullmatch(r"\[(\w+)( plural)?\]", line)
        if head:
            lists.append((head[1], head[2] is not None, []))
            continue
        verb, _, term = line.partition(" ")
        if verb not in ("stem", "take", "add", "drop") or not term:
            sys.exit(f"{path}:{number}: stem, take, add or drop TERM")
        if verb == "drop":
            drops.add(fold(term))
        else:
            lists[-1][2].append((verb, fold(term)))
    return lists, drops


def plural(term):
    if term.endswith(("s", "z", "g", "ing")) and term[-2:] != "ag":
        return None
    if term.endswith("y") and term[-2] not in "aeiou":
        return term[:-1] + "ies"
    return term + ("es" if term.endswith(("x", "ch", "sh")) else "s")


def pick(upstream, drops, taken, rules, missing):
    chosen = set()
    for verb, term in rules:
        if verb == "stem":
            chosen |= {t for t in upstream if letters(term) in letters(t)}
        elif verb == "add" or term in upstream:
            chosen.add(term)
        elif term.replace(" ", "") in upstream:
            chosen.add(term.replace(" ", ""))
        else:
            missing.append(term)
    return chosen - drops - taken


def shortest(terms):
    """Without the phrases that a term inside them finds already."""
    def covered(term):
        words = term.split()
        return any(" ".join(words[i:j]) in terms
                   for i in range(len(words))
                   for j in range(i + 1, len(words) + 1)
                   if j - i < len(words))
    return {t for t in terms if not covered(t)}


def spellings(term):
    """A term of several words stands with spaces and with hyphens."""
    return {term, term.replace(" ", "-")}


def english(folder, missing):
    """(name, terms) of each list of selection.txt."""
    upstream = read_sources(folder)
    lists, drops = read_selection(HERE / "selection.txt")
    taken = set()
    for name, with_plural, rules in lists:
        chosen = pick(upstream, drops, taken, rules, missing)
        if with_plural:
            chosen |= {p for p in map(plural, chosen) if p} - drops
        taken |= chosen
        yield name, set().union(*map(spellings, shortest(chosen)))


def read_other(path):
    """[(name, source, [(verb, term)])] of selection_other.txt."""
    lists = []
    for number, line in enumerate(lines(path), 1):
        line = line.strip()
        if line == "" or line.startswith("#"):
            continue
        head = re.fullmatch(r"\[(\w+) from ([\w.]+)\]", line)
        if head:
            lists.append((head[1], head[2], []))
            continue
        verb, _, term = line.partition(" ")
        if verb not in ("take", "add") or not term:
            sys.exit(f"{path}:{number}: take or add TERM")
        lists[-1][2].append((verb, as_written(term)))
    return lists


def other(folder, missing):
    """(name, terms) of each list of selection_other.txt. A term keeps its
    accents: the engine folds lists and text alike where a rule says so."""
    for name, source, rules in read_other(HERE / "selection_other.txt"):
        upstream = set(map(as_written, lines(folder / source)))
        missing += [f"{term} ({source})" for verb, term in rules
                    if verb == "take" and term not in upstream]
        yield name, {term for _, term in rules}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sources", type=pathlib.Path)
    parser.add_argument("-o", "--out", type=pathlib.Path, default=HERE)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()

    missing, stale = [], []
    made = [("selection.txt", english), ("selection_other.txt", other)]
    for selection, lists in made:
        for name, chosen in lists(args.sources, missing):
            terms = sorted(chosen)
            text = HEADER.format(name=name, count=len(terms),
                                 selection=selection)
            text += "".join(term + "\n" for term in terms)
            path = args.out / f"{name}.txt"
            if not args.check:
                path.write_text(text, encoding="utf-8")
                print(f"{path}: {len(terms)} terms", file=sys.stderr)
            elif (not path.exists() or
                  path.read_text(encoding="utf-8") != text):
                stale.append(str(path))
    if missing or stale:
        sys.exit("\n".join([f"in no source: {t}" for t in missing] +
                           [f"would change: {p}" for p in stale]))


if __name__ == "__main__":
    main()
