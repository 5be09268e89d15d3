#!/usr/bin/env python3
"""The lines of a folder of voices as tab-separated text, for the C tools.

    voice_lines.py FOLDER [FILE]

Reads background.jsonl, assistant_drift.jsonl and dev.jsonl (or FILE in its
place), as many of them as there are, and writes one line for each of theirs:

    split <TAB> persona <TAB> group <TAB> block <TAB> text

split is background, assistant, handwritten, or dev's own enrol, calib or test;
group is the author, under which impostors are hard to tell apart, and for
background lines the source: an author's plays or one narrator's book. block
numbers runs of five neighbours and is -1 where there is none. Background lines
come sorted by group.
"""

import hashlib
import json
import os
import sys

# Narrators of one book each: in dev they are each other's hard impostors.
NARRATORS = "narrators"


def rows(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def group_of(persona, background):
    if persona.count(":") > 1:
        return persona.split(":")[0]
    return persona if background else NARRATORS


def emit(split, row):
    persona = row["persona"]
    author = group_of(persona, split == "background")
    text = " ".join(row["text"].split())
    print(split, persona, author, row.get("block", -1), text, sep="\t")


SPLITS = ("enrol", "test", "enrol", "test", "calib")


def completed(personas):
    """Rows with split and block, side by side for each persona."""
    seen = {}
    out = {}
    for row in personas:
        persona = row["persona"]
        n = seen[persona] = seen.get(persona, -1) + 1
        row.setdefault("block", n // 5)
        if row.get("split") not in SPLITS:
            key = "%s %d" % (persona, row["block"])
            digest = hashlib.sha256(key.encode()).digest()
            row["split"] = SPLITS[digest[0] % 5]
        out.setdefault(persona, []).append(row)
    return [row for lines in out.values() for row in lines]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder = sys.argv[1]
    people = os.path.abspath(sys.argv[2]) if len(sys.argv) == 3 else "dev.jsonl"
    background = list(rows(folder, "background.jsonl"))
    background.sort(key=lambda row: group_of(row["persona"], True))
    for row in background:
        emit("background", row)
    for row in rows(folder, "assistant_drift.jsonl"):
        by_hand = row["persona"] == "assistant:handwritten"
        emit("handwritten" if by_hand else "assistant", row)
    for row in completed(rows(folder, people)):
        emit(row["split"], row)


main()
