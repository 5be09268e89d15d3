#!/usr/bin/env python3
"""Words in disguise: 49 of one word, and sets of unseen ones.

    disguises.py list                writes disguises.jsonl, beside this file
    disguises.py list --check        fails if that would change it
    disguises.py fresh SEED [DATA]   prints rows made of other words

The 49 are one word in the disguises of nine families, those that filters of
this kind are compared by. A fresh set has the form of obfuscated.jsonl: words
of config/lists plain and under 18 transforms, ordinary words under the same
transforms, and dictionary words that hold a listed one. A seed always gives
the same set, as long as the lists stay. DATA is a folder of labelled rows: then
the words of its obfuscated.jsonl are left out, and only those are taken which
people use in its toxicity.jsonl; half of them are no relations of one that is
left out, neither holding it nor held by it.
"""
import base64
import collections
import json
import pathlib
import random
import re
import sys
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
LISTS = HERE.parents[1] / "config" / "lists"
LIST_FILE = HERE / "disguises.jsonl"

# --- characters ----------------------------------------------------------

INVISIBLE = {
    "ZWSP": "\u200b", "ZWNJ": "\u200c", "ZWJ": "\u200d", "WJ": "\u2060",
    "BOM": "\ufeff", "SHY": "\u00ad", "CGJ": "\u034f", "VS16": "\ufe0f",
    "TAG": "\U000e0061", "HangulFiller": "\u3164", "BrailleBlank": "\u2800",
    "MVS": "\u180e", "U+2062": "\u2062",
}
CYRILLIC = {"a": "а", "b": "Ь", "c": "с", "d": "ԁ", "e": "е", "g": "ԍ",
            "h": "һ", "i": "і", "j": "ј", "k": "к", "l": "ӏ", "m": "м",
            "o": "о", "p": "р", "q": "ԛ", "r": "г", "s": "ѕ", "t": "т",
            "w": "ԝ", "x": "х", "y": "у"}
GREEK = {"a": "α", "b": "β", "e": "ε", "i": "ι", "k": "κ", "n": "η",
         "o": "ο", "p": "ρ", "t": "τ", "u": "υ", "v": "ν", "w": "ω",
         "x": "χ", "y": "γ"}
OTHER_SCRIPTS = {"a": "ɑ", "c": "ϲ", "f": "ƒ", "g": "ɡ", "i": "ı", "n": "ո",
                 "o": "օ", "s": "ꜱ", "u": "ս", "y": "ʏ", "z": "ᴢ"}
SMALL_CAPS = dict(zip("abcdefghijklmnoprstuvwyz",
                      "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"))
SUPERSCRIPT = dict(zip("abcdefghijklmnoprstuvwxyz",
                       "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"))
ACCENTED = {"a": "àáâãäå", "c": "çćč", "d": "ď", "e": "èéêë", "g": "ğ",
            "i": "ìíîï", "k": "ķ", "l": "ĺľ", "n": "ñńň", "o": "òóôõö",
            "r": "ŕř", "s": "śšş", "t": "ťţ", "u": "ùúûü", "w": "ŵ",
            "y": "ýÿ", "z": "źžż"}
MARKS = "\u0300\u0301\u0302\u0308\u0323\u0331\u0336\u0338\u0489"
LEET = {"a": "4@", "b": "8", "c": "(", "e": "3", "g": "9", "i": "1!",
        "l": "1|", "o": "0", "s": "5$", "t": "7+", "z": "2"}
MATH_STARTS = (0x1D41A, 0x1D44E, 0x1D482, 0x1D4EA, 0x1D586, 0x1D5BA, 0x1D5EE,
               0x1D622, 0x1D656, 0x1D68A)
MATH_HOLES = {0x1D455: "\u210e"}  # italic h is not in its row
SEPARATORS = " .-_*/|~'"
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\u2063\ufeff\u00ad\u034f\u180e"


def swapped(word, table):
    return "".join(table.get(c, c) for c in word)


def row_of(word, start):
    """The word in the 26 letters from a code point on."""
    codes = (start + ord(c) - ord("a") for c in word)
    return "".join(MATH_HOLES.get(code, chr(code)) for code in codes)


def every_letter(word, mark):
    return "".join(c + mark for c in word)


def marked(word, rng, most):
    return "".join(c + "".join(rng.choices(MARKS, k=rng.randint(1, most)))
                   for c in word)


# --- 49 disguises of one word ----------------------------------------------

WORD = "bastard"


def lookalikes():
    yield "Cyrillic", swapped(WORD, {"a": "а", "s": "ѕ"})
    yield "Greek", swapped(WORD, {"a": "α", "t": "τ"})
    yield "mixed", swapped(WORD, {"b": "Ь", "a": "α", "s": "ѕ", "d": "ԁ"})
    yield "fullwidth", row_of(WORD, ord("ａ"))
    yield "math bold", row_of(WORD, 0x1D41A)
    yield "circled", row_of(WORD, ord("ⓐ"))
    yield "squared", row_of(WORD, 0x1F130)
    yield "small caps", swapped(WORD, SMALL_CAPS)
    yield "superscript", swapped(WORD, SUPERSCRIPT)


def others():
    yield "RTL override", "\u202e" + WORD[::-1] + "\u202c"
    yield "reversed", WORD[::-1]
    yield "masked", "b*st*rd"
    yield "plural", WORD + "s"
    yield "camel", "SuchBastardLogic"


def disguises():
    """(family, name, disguise) of each, in the families' order."""
    zalgo = marked(WORD, random.Random(0), 6)
    yield from (("plain", "plain", WORD), ("plain", "upper", WORD.upper()))
    for leet in ("b@st@rd", "b4574rd", "8@$7@rd"):
        yield "leet", leet, leet
    for name, char in INVISIBLE.items():
        yield "invisible", name, char.join(WORD)
    for name, word in lookalikes():
        yield "lookalike", name, word
    yield "diacritics", "combining", every_letter(WORD, "\u0301")
    yield "diacritics", "precomposed", "båstárd"
    yield "diacritics", "zalgo", zalgo
    for name, mark in (("space", " "), ("nbsp", "\u00a0"), (".", "."),
                       ("-", "-"), ("_", "_"), ("*", "*"), ("/", "/"),
                       ("newline", "\n")):
        yield "separators", name, mark.join(WORD)
    yield "stretching", "one", "baaaastard"
    yield "stretching", "all", "bbaassttaarrdd"
    yield "encodings", "HTML entity", "".join(f"&#{ord(c)};" for c in WORD)
    yield "encodings", "percent", "".join(f"%{ord(c):02x}" for c in WORD)
    yield "encodings", "base64", base64.b64encode(WORD.encode()).decode()
    yield "encodings", "markdown split", "bas**tard**"
    for name, word in others():
        yield "other", name, word


def list_rows():
    for family, name, disguise in disguises():
        yield {"family": family, "name": name,
               "text": f"You {disguise}, sir."}


def as_lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


# --- transforms of any word ------------------------------------------------
#
# Each takes a word of lower-case letters and a random.Random, and gives the
# disguised word; None where it has nothing to change in this one.

VOWELS = "aeiou"


def chosen(word, rng, share=0.6):
    """Indices of about that share of the letters, one at least."""
    some = [i for i in range(len(word)) if rng.random() < share]
    return some or [rng.randrange(len(word))]


def replaced(word, rng, table, share=0.6):
    able = [i for i in range(len(word)) if word[i] in table]
    if not able:
        return None
    some = [i for i in able if rng.random() < share] or [rng.choice(able)]
    return "".join(rng.choice(table[c]) if i in some else c
                   for i, c in enumerate(word))


def casing(word, rng):
    out = "".join(c.upper() if rng.random() < 0.5 else c for c in word)
    return word.upper() if out == word else out


def leet(word, rng):
    return replaced(word, rng, LEET)


def homoglyph(word, rng):
    tables = (CYRILLIC, GREEK, OTHER_SCRIPTS)
    table = {c: "".join(t[c] for t in tables if c in t)
             for c in "abcdefghijklmnopqrstuvwxyz"}
    return replaced(word, rng, {c: t for c, t in table.items() if t})


def zero_width(word, rng):
    inner = [i for i in chosen(word, rng) if i < len(word) - 1] or [0]
    return "".join(c + (rng.choice(ZERO_WIDTH) if i in inner else "")
                   for i, c in enumerate(word))


def spaced(word, rng):
    """Between letters; marks stay with theirs."""
    mark = rng.choice(SEPARATORS)
    return "".join(mark + c if i and not unicodedata.combining(c)
                   and unicodedata.category(c) != "Me" else c
                   for i, c in enumerate(word))


def fullwidth(word, _rng):
    return row_of(word, ord("ａ"))


def repeat(word, rng):
    long = rng.sample(range(len(word)), rng.choice((1, 1, 2)))
    return "".join(c * (rng.randint(3, 9) if i in long else 1)
                   for i, c in enumerate(word))


def repeat_all(word, rng):
    return "".join(c * rng.randint(2, 3) for c in word)


def diacritic(word, rng):
    if rng.random() < 0.5:
        return replaced(word, rng, ACCENTED)
    some = chosen(word, rng)
    return "".join(c + (rng.choice(MARKS) if i in some else "")
                   for i, c in enumerate(word))


def mathalpha(word, rng):
    return row_of(word, rng.choice(MATH_STARTS))


def masked(word, rng):
    inner = [i for i in range(1, len(word)) if word[i] in VOWELS]
    if not inner or len(word) < 4:
        return None
    at = rng.choice(inner)
    return word[:at] + rng.choice("*#@%-") + word[at + 1:]


def masked2(word, rng):
    if len(word) < 4:
        return None
    kept = rng.randint(1, len(word) - 3)  # letters at the end
    return word[0] + "*" * (len(word) - 1 - kept) + word[-kept:]


def typo(word, rng):
    at = rng.randrange(1, len(word) - 1)
    out = word[:at] + word[at + 1:]
    if rng.random() < 0.5:
        out = word[:at] + word[at + 1] + word[at] + word[at + 2:]
    return out if len(word) > 3 and out != word else None


def markup(word, rng):
    at = rng.randrange(1, len(word))
    a, b = word[:at], word[at:]
    return rng.choice((
        "".join(f"&#{ord(c)};" for c in word),
        "".join(f"&#x{ord(c):x};" for c in word),
        f"{a}<b>{b}</b>", f"{a}<i>{b}</i>", f"{a}**{b}**", f"{a}\\{b}"))


def split2(word, rng):
    if len(word) < 5:
        return None
    at = rng.randrange(2, len(word) - 1)
    return word[:at] + " " + word[at:]


def glued(word, rng):
    return rng.choice(("ultra{}", "total{}", "hyper{}s", "my{}friend",
                       "{}wagon", "{}lord", "{}ness", "{}brain", "{}fest",
                       "king{}")).format(word)


def phon(word, rng):
    ways = [word.replace(a, b) for a, b in (
        ("ck", "kk"), ("f", "ph"), ("sh", "sch"), ("oo", "ew"), ("qu", "kw"),
        ("ck", "q"), ("x", "cks")) if a in word]
    if word[0] == "c" and word[1:2] not in "hei":
        ways.append("k" + word[1:])
    if word.endswith("er"):
        ways.append(word[:-2] + "ah")
    return rng.choice(ways) if ways else None


def mixed(word, rng):
    """Two of the others, letters first, so that both can be done."""
    ways = [repeat, rng.choice((leet, homoglyph, diacritic)),
            rng.choice((zero_width, spaced))]
    ways.pop(rng.randrange(len(ways)))
    out = ways[0](word, rng)
    return out and ways[1](out, rng)


TRANSFORMS = {f.__name__: f for f in (
    casing, leet, homoglyph, zero_width, spaced, fullwidth, repeat,
    repeat_all, diacritic, mathalpha, masked, masked2, typo, markup, split2,
    glued, phon, mixed)}
# A suffix makes another word of an ordinary one: it is no look-alike.
POSITIVE_ONLY = {"glued"}

# --- a set of unseen words -------------------------------------------------

CARRIERS = """\
Move aside, you {}, the queen is coming.
I have never met such a {} in all my years at sea.
Is that {} still hiding behind the stove?
The baker said I was a {} and refused to sell me a loaf.
{} again? I thought we had settled that at breakfast.
No more {} at this table, please, we are eating.
My cousin wrote {} on the wall and ran.
He laughed, called her a {} and shut the gate.
Nobody asked you, {}.
Well, {}, here we are at the crossroads.
You could say it was {} all along.
what a {} haha
lol {} much
Tell the sergeant that his {} is waiting outside in the rain.
It is only a {}, go back to sleep.
That was the last {} I will ever trust with a map!
Do you kiss your mother with that mouth, {}?
There goes the {} with my umbrella.
They painted {} in red letters across the sail.
"{}", he muttered, and picked up the oars.
""".splitlines()
DICTIONARY_CARRIERS = """\
The crossword answer was {}, seven down.
Her favourite word that week was {}.
Please spell {} for the class.
I had to look {} up in a dictionary.
""".splitlines()
SOURCES = ("profanity_strong_en", "profanity_en", "slurs_en",
           "sexual_explicit_en")
SHIPPED = sorted(p.stem for p in LISTS.glob("*_en.txt")
                 if p.stem not in ("words_en", "persona_break_phrases_en"))
WORDS, ORDINARY = 32, 24        # words drawn for a set
POSITIVES, NEGATIVES = 80, 48   # rows of each transform
PLAIN, DICTIONARY = 192, 350
HOLDERS = 12                    # dictionary words of each listed one


def terms(names):
    found = set()
    for name in names:
        for line in (LISTS / f"{name}.txt").read_text().splitlines():
            if line and not line.startswith("#"):
                found.add(line)
    return found


def ordinary_words():
    """The common ones of words_en.txt."""
    text = (LISTS / "words_en.txt").read_text().split("[common]\n")[1]
    return [line for line in text.split("\n[")[0].split("\n")
            if is_word(line)]


def is_word(text):
    return text.isascii() and text.isalpha() and text.islower()


def edited(word):
    """The word, and all that one letter less or another letter makes of it;
    two words with one in common may be told apart by nobody once masked."""
    yield word
    for i in range(len(word)):
        yield word[:i] + word[i + 1:]
        yield word[:i] + "?" + word[i + 1:]


def draw_words(rng, seen, familiar):
    """Listed words but the seen ones; half of them no relations of those."""
    able = [w for w in sorted(terms(SOURCES))
            if is_word(w) and 4 <= len(w) <= 12 and w not in seen
            and (not familiar or w in familiar)]
    strange = [w for w in able if not any(w in s or s in w for s in seen)]
    half = rng.sample(strange, min(WORDS // 2, len(strange)))
    rest = [w for w in able if w not in half]
    return half + rng.sample(rest, min(WORDS - len(half), len(rest)))


def draw_ordinary(rng, common):
    near = {e for t in terms(SHIPPED) if is_word(t) for e in edited(t)}
    able = [w for w in common
            if 5 <= len(w) <= 9 and near.isdisjoint(edited(w))]
    return rng.sample(able, ORDINARY)


def draw_dictionary(rng, common):
    """Common words that hold a listed one, few of each listed one."""
    listed = terms(SHIPPED)
    drawn = set()
    for part in sorted(w for w in listed if is_word(w) and 3 <= len(w) <= 5):
        holders = [w for w in common if part in w and w not in listed
                   and w not in (part + "s", part + "es")]
        drawn.update(rng.sample(holders, min(HOLDERS, len(holders))))
    return rng.sample(sorted(drawn), min(DICTIONARY, len(drawn)))


def disguised(rng, words, transform, count, common):
    """(word, disguise) count times, or fewer where it takes only some. What
    makes a common word ("sank") tells nobody anything."""
    made = set()
    for _ in range(count * 10):
        word = rng.choice(words)
        out = transform(word, rng)
        if out not in (None, word) and out not in common and \
                len(made) < count:
            made.add((word, out))
    return sorted(made)


def fresh(seed, seen=(), familiar=()):
    """The rows of a set. seen: words that may have been looked at; familiar:
    those to choose from, where there are any."""
    rng = random.Random(seed)
    common = ordinary_words()
    bad = draw_words(rng, seen, familiar)
    good = draw_ordinary(rng, common)
    taken = set(common)
    rows = []

    def add(sub, word, text, label):
        rows.append({"id": f"fresh-{seed}-{len(rows)}", "text": text,
                     "label": {"profanity": label}, "source": "fresh",
                     "sub": sub, "word": word})

    for _ in range(PLAIN):
        word = rng.choice(bad)
        add("plain", word, rng.choice(CARRIERS).format(word), 1)
    for name, transform in TRANSFORMS.items():
        for word, out in disguised(rng, bad, transform, POSITIVES,
                                   taken):
            add(name, word, rng.choice(CARRIERS).format(out), 1)
        for word, out in disguised(rng, good, transform, NEGATIVES,
                                   taken):
            if name not in POSITIVE_ONLY:
                add("neg_" + name, word, rng.choice(CARRIERS).format(out), 0)
    for word in draw_dictionary(rng, common):
        add("neg_dictword", word,
            rng.choice(DICTIONARY_CARRIERS).format(word), 0)
    return rows


def words_of(data):
    """(seen, familiar) of a folder of labelled rows; see the top."""
    with open(data / "obfuscated.jsonl", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    seen = {row["word"] for row in rows
            if row.get("word") and row["label"]["profanity"]}
    uses = collections.Counter()
    with open(data / "toxicity.jsonl", encoding="utf-8") as lines:
        for line in lines:
            uses.update(set(re.findall("[a-z]+",
                                       json.loads(line)["text"].lower())))
    return seen, {word for word, times in uses.items() if times > 1}


def main():
    if sys.argv[1:2] == ["list"]:
        text = as_lines(list_rows())
        if sys.argv[2:] == ["--check"]:
            same = LIST_FILE.read_text(encoding="utf-8") == text
            return 0 if same else "disguises.jsonl is not what this writes"
        LIST_FILE.write_text(text, encoding="utf-8")
    elif sys.argv[1:2] == ["fresh"] and len(sys.argv) in (3, 4):
        known = (words_of(pathlib.Path(sys.argv[3]))
                 if len(sys.argv) == 4 else ())
        sys.stdout.write(as_lines(fresh(int(sys.argv[2]), *known)))
    else:
        return __doc__
    return 0


if __name__ == "__main__":
    sys.exit(main())
