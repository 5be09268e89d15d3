#!/usr/bin/env python3
"""How well the detectors of personal data and secrets do on labelled rows.

    eval_pii.py EVAL_PII_BINARY FOLDER [--errors]

FOLDER holds JSON lines files: `pii*.jsonl` with "text", "spans" [{"type",
"start", "end"}] in code points and "near" (kinds of look-alike), and others
with "text" alone, which are taken to hold no personal data. Prints precision,
recall and F1 by type, by exact span and by presence in a row; how many rows
without personal data are flagged, by kind of look-alike; and every match in
the other files when --errors is given.
"""
import collections
import glob
import json
import os
import subprocess
import sys

LEAST = 0.5  # below it a match counts only with the caller's own context
TYPES = {
    "CREDIT_CARD": "CREDIT_CARD", "IBAN": "IBAN_CODE",
    "IBAN_CODE": "IBAN_CODE", "EMAIL": "EMAIL_ADDRESS",
    "EMAIL_ADDRESS": "EMAIL_ADDRESS", "PHONE": "PHONE_NUMBER",
    "PHONE_NUMBER": "PHONE_NUMBER", "IPV4": "IP_ADDRESS",
    "IPV6": "IP_ADDRESS", "IP_ADDRESS": "IP_ADDRESS", "MAC": "MAC_ADDRESS",
    "CRYPTO": "CRYPTO", "URL": "URL", "US_SSN": "US_SSN",
    "UK_NINO": "UK_NINO", "STREET_ADDRESS": "STREET_ADDRESS",
    "API_KEY": "API_KEY",
}
# What the detector of secrets calls them; the data has one name for all.
SECRETS = {"API_KEY", "JWT", "PRIVATE_KEY", "WEBHOOK", "CONNECTION_STRING",
           "PASSWORD", "AUTH_HEADER", "SECRET"}
COMMON = {"EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE",
          "US_SSN", "IP_ADDRESS", "URL"}


def scan(binary, rows):
    """The matches of each row, as (type, start, end) in code points."""
    texts = [row["text"].encode() for row in rows]
    given = b"".join(b"%d\n%s" % (len(t), t) for t in texts)
    got = subprocess.run([binary], input=given, stdout=subprocess.PIPE,
                         check=True).stdout.decode().split("\n")
    out = []
    for text, line in zip(texts, got):
        found = set()
        for item in filter(None, line.split(";")):
            name, start, end, score = item.split()
            if float(score) >= LEAST:
                name = "API_KEY" if name in SECRETS else name
                found.add((name, len(text[:int(start)].decode()),
                           len(text[:int(end)].decode())))
        out.append(found)
    return out


def figures(tp, fp, fn):
    p = tp / (tp + fp) if tp + fp else 1.0
    r = tp / (tp + fn) if tp + fn else 1.0
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


def table(rows, found):
    """Counts by type, [exact, presence] of [tp, fp, fn]."""
    counts = collections.defaultdict(lambda: [[0, 0, 0], [0, 0, 0]])
    for row, got in zip(rows, found):
        want = {(TYPES[s["type"]], s["start"], s["end"])
                for s in row["spans"] if s["type"] in TYPES}
        got = {g for g in got if g[0] in TYPES.values()}
        for kind, have, expected in (
                (0, got, want),
                (1, {(g[0],) for g in got}, {(w[0],) for w in want})):
            for item in have | expected:
                column = 0 if item in have and item in expected else \
                    1 if item in have else 2
                counts[item[0]][kind][column] += 1
    return counts


def add(a, b):
    return [x + y for x, y in zip(a, b)]


def report(name, rows, found, errors):
    print(f"\n{name}: {len(rows)} rows")
    print(f"{'':16}{'rows':>6} {'span P':>7}{'R':>7}{'F1':>7}"
          f" {'row P':>8}{'R':>7}{'F1':>7}")
    counts = table(rows, found)
    for title, types in [(t, {t}) for t in sorted(counts)] + \
            [("7 common", COMMON), ("all", set(TYPES.values()))]:
        exact, row = [0, 0, 0], [0, 0, 0]
        for kind in types & set(counts):
            exact = add(exact, counts[kind][0])
            row = add(row, counts[kind][1])
        p, r, f = figures(*exact)
        rp, rr, rf = figures(*row)
        print(f"{title:16}{row[0] + row[2]:6} {p:7.3f}{r:7.3f}{f:7.3f}"
              f" {rp:8.3f}{rr:7.3f}{rf:7.3f}")
    clean = collections.Counter()
    flagged = collections.Counter()
    for row, got in zip(rows, found):
        if row["spans"]:
            continue
        for near in row.get("near") or ["(none)"]:
            clean[near] += 1
            flagged[near] += bool(got & {g for g in got
                                         if g[0] in TYPES.values()})
    print("rows without personal data, flagged by kind of look-alike: " +
          ", ".join(f"{k} {flagged[k]}/{clean[k]}" for k in sorted(clean)))
    for row, got in zip(rows, found):
        want = {(TYPES[s["type"]], s["start"], s["end"])
                for s in row["spans"] if s["type"] in TYPES}
        if errors:
            for g in sorted(got - want):
                print("  extra ", g[0], repr(row["text"][g[1]:g[2]]), "in",
                      repr(row["text"][max(0, g[1] - 40):g[2] + 20]))
            for w in sorted(want - got):
                print("  missed", w[0], repr(row["text"][w[1]:w[2]]), "in",
                      repr(row["text"][max(0, w[1] - 40):w[2] + 20]))


def main():
    binary, folder = sys.argv[1:3]
    errors = "--errors" in sys.argv
    others = []
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        name = os.path.basename(path)
        found = scan(binary, rows)
        if name.startswith("pii"):
            report(name, rows, found, errors)
        else:
            others.append((name, rows, found))
    print("\nother files: rows with any match, by kind")
    for name, rows, found in others:
        kinds = collections.Counter(g[0] for got in found
                                    for g in {(g[0],) for g in got})
        hit = sum(map(bool, found))
        print(f"{name:34}{hit:5} of {len(rows):6}  {dict(kinds)}")
        for row, got in zip(rows, found):
            for g in sorted(got) if errors else ():
                print("  match ", g[0], repr(row["text"][g[1]:g[2]]))


if __name__ == "__main__":
    main()
