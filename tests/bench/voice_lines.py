#!/usr/bin/env python3
"""The lines of a folder of voices as tab-separated text, for the C tools.

    voice_lines.py FOLDER

Reads background.jsonl, assistant_drift.jsonl and dev.jsonl, as many of them as
there are, and writes one line for each of theirs:

    split <TAB> persona <TAB> group <TAB> block <TAB> text

split is background, assistant, handwritten, or dev's own enrol, calib or test;
group is the author, under which impostors are hard to tell apart, and for
background lines the source: an author's plays or one narrator's book. block
numbers runs of five neighbours and is -1 where there is none. Background lines
come sorted by group.
"""

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


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = sys.argv[1]
    background = list(rows(folder, "background.jsonl"))
    background.sort(key=lambda row: group_of(row["persona"], True))
    for row in background:
        emit("background", row)
    for row in rows(folder, "assistant_drift.jsonl"):
        by_hand = row["persona"] == "assistant:handwritten"
        emit("handwritten" if by_hand else "assistant", row)
    for row in rows(folder, "dev.jsonl"):
        emit(row["split"], row)


main()
