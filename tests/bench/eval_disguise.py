#!/usr/bin/env python3
"""Recall by transform and false positives of the disguise finder.

    eval_disguise.py PROGRAM DATA [FILE...] [-v SUB]

PROGRAM is the built eval_disguise; DATA holds obfuscated.jsonl and the
benign_*.jsonl files. FILE: other rows of the same form. A row counts as found
if a listed word stands in its fold plainly or the finder reports one.
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
LISTS = ROOT / "config" / "lists"
FUZZY = ["profanity_strong_en", "profanity_en", "slurs_en", "slurs_dated_en",
         "sexual_explicit_en"]
STRONG = ["profanity_mild_en", "sexual_terms_en", "sexual_minors_en"]
PLAIN = ["slurs_en", "slurs_dated_en", "profanity_strong_en", "profanity_en",
         "sexual_explicit_en"]


def plain_terms():
    found = set()
    for name in PLAIN:
        for line in (LISTS / f"{name}.txt").read_text().splitlines():
            if line and not line.startswith("#"):
                found.add(line)
    return found


def run(program, texts):
    args = [program, LISTS / "words_en.txt"]
    args += [LISTS / f"{name}.txt" for name in FUZZY]
    args += ["-strong"] + [LISTS / f"{name}.txt" for name in STRONG]
    lines = "\n".join(t.replace("\n", " ").replace("\r", " ") for t in texts)
    out = subprocess.run([str(a) for a in args], input=(lines + "\n").encode(),
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    rows = []
    for line in out.split("\n")[:-1]:
        fold, finds = line.rsplit("\t", 1)
        rows.append((fold, [f for f in finds.split(";") if f]))
    assert len(rows) == len(texts), (len(rows), len(texts))
    return rows


def has_plain(fold, terms):
    words = re.findall(r"[^\W_]+", fold)
    return any(w in terms or (w.endswith("s") and w[:-1] in terms)
               for w in words)


def load(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def label(row):
    return row["label"].get("profanity", row["label"].get("flag", 0))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("-v", "--verbose", action="append", default=[])
    args = parser.parse_args()
    terms = plain_terms()
    files = args.files or [args.data / "obfuscated.jsonl"] + sorted(
        args.data.glob("benign_*.jsonl")) + [
            args.data / "assistant_replies_weak.jsonl",
            args.data / "bench_chat_200.jsonl"]
    for path in files:
        rows = load(path)
        seen = run(args.program, [r["text"] for r in rows])
        counts = collections.defaultdict(lambda: [0, 0])
        how = collections.Counter()
        tp = fp = fn = 0
        for row, (fold, finds) in zip(rows, seen):
            sub = row.get("sub") or path.stem
            hit = bool(finds) or has_plain(fold, terms)
            counts[sub][0] += 1
            counts[sub][1] += hit
            tp += hit and label(row)
            fp += hit and not label(row)
            fn += not hit and label(row)
            if not label(row):
                how.update(f.split()[1] for f in finds)
            if bool(label(row)) != hit and (
                    sub in args.verbose or "all" in args.verbose):
                print("  ", sub, row.get("word"), "|", fold, "|", finds)
        print(f"{path.stem}: {len(rows)} rows, recall "
              f"{tp / max(1, tp + fn):.4f}, precision "
              f"{tp / max(1, tp + fp):.4f}, {fp} false; {dict(how)}")
        if len(counts) > 1:
            print("   " + "  ".join(f"{s} {n[1]}/{n[0]}"
                                    for s, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
