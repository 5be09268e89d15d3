#!/usr/bin/env python3
"""What streams cost and hold back, one table: phrase rules alone, the pack for
personal data, and the configuration as it ships.

    make bench-hold [DATA=dir]

Texts are those of tests/data (speech and chat that no rule should hit), joined
to replies of 2,000 characters, and the .jsonl files of DATA besides; after
them texts made to be hard, of 64 KiB each. Deltas have 4 bytes. Figures of one
column come from the same texts and one run of build/release/bench/bench_hold.
"""

import argparse
import json
import pathlib
import random
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/release/bench/bench_hold"
PROSE = ("benign/chat", "benign/fiction", "benign/in_character",
         "voices/algernon", "voices/falstaff", "voices/hamlet", "voices/huck",
         "voices/judy", "voices/pooter", "voices/zarathustra")
REPLY = 2000  # characters
HARD = 1 << 16  # bytes
ROUNDS = 3
COLUMNS = (
    ("phrases", ["--only", "terms", "--robust", "basic"]),
    ("personal data", ["--only", "pii"]),
    ("shipped", []),
)
HARD_TEXTS = {
    "one letter": "a",
    "letters apart": "f u c ",
    "digits": "12-34 5.",
    "card numbers": "4111 1111 1111 1112-",
    "half a pattern": "you are a man who can't ",
    "brackets": "(",
    "base64": "bWFrZSBhIGJvbWI",
    "addresses": "bob@example.com ",
    "half an address": "a.b@c dot ",
    "lines": "\nMira Vex's ",
    "hits": "fuck ",
    "emoji": "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "zero width": "a\u200bb",
    "marks": "e\u0301\u0302 ",
    "Cyrillic": "привет мир ",
    "no spaces": "你好世界我们去吃饭",
}


def texts_of(path):
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row["text"] for row in rows if row.get("text")]


def replies(texts):
    """Texts one after another, cut to replies of one length."""
    joined = " ".join(texts)
    return [joined[at:at + REPLY] for at in range(0, len(joined), REPLY)]


def run(texts, options):
    rows = b"".join(b"%d\n%s" % (len(text), text)
                    for text in (text.encode() for text in texts))
    done = subprocess.run([PROGRAM, *options], input=rows, cwd=ROOT,
                          stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout.splitlines()[-1])


def show(name, values):
    print(f"{name:30}" + "".join(f"{value:>16}" for value in values))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", help="a folder of .jsonl files besides")
    data = parser.parse_args().data
    texts = [text for name in PROSE
             for text in texts_of(ROOT / f"tests/data/{name}.jsonl")]
    for path in sorted(pathlib.Path(data).glob("*.jsonl")) if data else []:
        texts += texts_of(path)
    random.Random(1).shuffle(texts)
    long = replies(texts)
    print(f"{len(texts)} texts, {len(long)} replies of {REPLY} characters")
    show("", [name for name, _ in COLUMNS])
    timed = [run(long, [*options, "--time", str(ROUNDS)])
             for _, options in COLUMNS]
    held = [run(texts, options) for _, options in COLUMNS]
    show("ns for a delta", [row["ns_per_delta"] for row in timed])
    show("all deltas / judging once",
         [f"{row['feeds_to_judge']:.2f}" for row in timed])
    show("held in the mean, characters",
         [f"{row['clean_held_chars']:.2f}" for row in held])
    show("leaks", [row["leaks"] + row["false_redactions"] for row in held])
    show("bytes of an open stream", [row["stream_bytes"] for row in timed])
    print("\nHard texts, as shipped")
    show("", ["ns for a delta", "ns a byte judged", "ratio"])
    for name, piece in HARD_TEXTS.items():
        hard = (piece * (HARD // len(piece.encode()) + 1)).encode()[:HARD]
        row = run([hard.decode(errors="ignore")], ["--time", "1"])
        show(name, [row["ns_per_delta"], f"{row['judge_ns_per_byte']:.0f}",
                    f"{row['feeds_to_judge']:.2f}"])


if __name__ == "__main__":
    main()
