#!/usr/bin/env python3
"""Filters from npm beside Leeway, on the same rows and in the same run.

    make peers DATA=FOLDER [ARGS="..."]
    run.py FOLDER [--json] [--offline] [--no-time] [--fresh SEED]
           [-- OPTION...]

Prints markdown tables: profanity plain and disguised, the 49 disguises, harm-
less lines, personal data, microseconds a message. FOLDER is as for
eval_moderation.py; the packages (package.json) are fetched into build/peers,
with --offline not again. --fresh takes a set of other words (disguises.py) in
place of obfuscated.jsonl. What follows "--" goes to judge_rows, for other
settings of ours.
"""
import argparse
import collections
import json
import pathlib
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PLACE = ROOT / "build/peers"
sys.path[:0] = [str(HERE.parent), str(ROOT / "tests/e2e")]

import disguises  # noqa: E402
import eval_moderation  # noqa: E402
import eval_pii  # noqa: E402
import labelled  # noqa: E402
from figures import Rate, Table, of_counts, of_pairs, rate  # noqa: E402
from sidecar import Sidecar  # noqa: E402

OURS = "**Leeway**"
OUR_LISTS = ("profanity_strong_en", "profanity_en", "slurs_en",
             "slurs_dated_en", "sexual_explicit_en")
BENIGN = ("benign_chat.jsonl", "benign_persona_chat.jsonl",
          "benign_roleplay.jsonl")
TIMED = "bench_chat_200.jsonl"
THEIRS = {"LOCATION": "STREET_ADDRESS"}  # their name: ours


# --- what both are asked -----------------------------------------------------


def load(data, seed):
    names = ("obfuscated.jsonl", *BENIGN, *eval_moderation.PII)
    files = {n: labelled.read_rows(data / n) for n in names
             if (data / n).exists()}
    if seed is not None:
        files["obfuscated.jsonl"] = disguises.fresh(
            seed, *disguises.words_of(data))
    files["disguises"] = [{**row, "sub": row["family"],
                           "label": {"profanity": 1}} for row in
                          labelled.read_rows(disguises.LIST_FILE)]
    return files


def keywords(data):
    """For a peer without words of its own: the field's list, and ours."""
    words = {"our lists": sorted(disguises.terms(OUR_LISTS))}
    path = data / "wordlists/ldnoobw_en.txt"
    if path.exists():
        words["LDNOOBW"] = path.read_text(encoding="utf-8").split("\n")
        words["LDNOOBW"] = [w for w in words["LDNOOBW"] if w]
    return words


def install(offline):
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "peers.mjs"):
        shutil.copy(HERE / name, PLACE / name)
    if not offline:
        subprocess.run(["npm", "install", "--no-audit", "--no-fund",
                        "--loglevel=error"], cwd=PLACE, check=True,
                       stdout=sys.stderr)


def node(what, job):
    done = subprocess.run(["node", "peers.mjs", what], cwd=PLACE, check=True,
                          input=json.dumps(job).encode(),
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


# --- words ---------------------------------------------------------------------


def triple(pairs):
    return "/".join(f"{x:.3f}".lstrip("0") for x in of_pairs(pairs))


def word_row(table, name, files):
    """files: {file: [(row, flagged)]}."""
    rows = [(r["label"]["profanity"], r["sub"], a)
            for r, a in files["obfuscated.jsonl"]]
    plain = [(y, a) for y, sub, a in rows if sub in eval_moderation.PLAIN]
    hidden = [(y, a) for y, sub, a in rows
              if sub not in eval_moderation.PLAIN]
    table.add(name, triple(plain), triple(hidden),
              of_pairs((y, a) for y, _, a in rows)[2],
              rate(a for _, sub, a in rows if sub == "neg_lookalike"),
              rate(a for _, sub, a in rows if sub == "neg_dictword"),
              rate(a for y, sub, a in rows if not y
                   and sub not in eval_moderation.PLAIN),
              *(rate(a for _, a in files[n]) if n in files else Rate(0, 0)
                for n in BENIGN))


def word_tables(answers):
    """answers: {name: {file: [(row, flagged)]}}."""
    some = {n: f for n, f in answers.items() if "obfuscated.jsonl" in f}
    if not some:
        return []
    overall = Table(
        "Profanity, plain and disguised, and harmless lines",
        "plain P/R/F1", "disguised P/R/F1", "all F1", "look-alikes flagged",
        "dictionary flagged", "ordinary disguised flagged",
        *(n.replace(".jsonl", "") for n in BENIGN))
    for name, files in some.items():
        word_row(overall, name, files)
    return [overall, by_sub("Recall by disguise", some, "obfuscated.jsonl"),
            by_sub("49 disguises of one word", some, "disguises", every=1)]


def by_sub(title, answers, file, every=None):
    """Found by family, a column a peer."""
    counts = {name: collections.defaultdict(list) for name in answers}
    for name, files in answers.items():
        for row, flagged in files[file]:
            if row["label"]["profanity"]:
                counts[name][row["sub"]].append(flagged)
                counts[name]["all"].append(flagged)
    subs = list(dict.fromkeys(s for c in counts.values() for s in c))
    subs.sort(key=lambda s: s == "all")
    table = Table(title, *answers)
    for sub in subs:
        cells = [rate(counts[name][sub]) for name in answers]
        table.add(sub, *(f"{c.hit}/{c.of}" if every else c for c in cells))
    return table


# --- personal data ---------------------------------------------------------------


KINDS = {**eval_pii.TYPES, "IPV6": "IPV6"}  # no peer finds that one


def wanted_types(row):
    return {KINDS[s["type"]] for s in row.get("spans", ())
            if s["type"] in KINDS}


def our_types(seen):
    found = eval_moderation.types_found(seen)
    types = set(found)
    addresses = [seen.row["text"][a:b] for a, b in found.get("IP_ADDRESS",
                                                             ())]
    if any(":" in a for a in addresses):
        types.add("IPV6")
        if all(":" in a for a in addresses):
            types.remove("IP_ADDRESS")
    return types


def pii_table(answers):
    """answers: {name: {file: [(row, set of types)]}}."""
    table = Table(
        "Personal data: types present in a row",
        "all types P/R/F1", "7 common F1", "near-misses flagged",
        "hard forms F1", "presidio, 7 common F1", "harmless chat flagged")
    known = set(KINDS.values())
    for name, files in answers.items():
        if "pii.jsonl" not in files:
            continue
        scored = {f: [(found, wanted_types(row)) for row, found in rows]
                  for f, rows in files.items()}
        kinds = {k for _, wanted in scored["pii.jsonl"] for k in wanted}

        def f1(file, part):
            if file not in scored:
                return None
            return of_counts(*eval_moderation.presence(scored[file],
                                                       part))[2]

        whole = of_counts(*eval_moderation.presence(scored["pii.jsonl"],
                                                    kinds))
        harmless = [bool(found) for n in BENIGN[:1]
                    for found, _ in scored.get(n, ())]
        table.add(name, "/".join(f"{x:.3f}".lstrip("0") for x in whole),
                  f1("pii.jsonl", eval_pii.COMMON),
                  rate(found for found, wanted in scored["pii.jsonl"]
                       if not wanted), f1("pii_hard.jsonl", known),
                  f1("pii_presidio.jsonl", eval_pii.COMMON), rate(harmless))
    return [table] if table.rows else []


# --- time --------------------------------------------------------------------------


def time_table(data, words, options):
    if not (data / TIMED).exists():
        return []
    rows = labelled.read_rows(data / TIMED)
    texts = [row["text"] for row in rows]
    with Sidecar() as server:
        ours = labelled.time_us(rows, options)
        theirs = node("time", {
            "files": {TIMED: texts}, "words": words, "url": server.ipc,
            "client": str(ROOT / "proto/clients/node/leeway.mjs")})
    length = statistics.mean(map(len, texts))
    table = Table(
        f"Microseconds a message ({len(rows)} of {length:.0f} characters, "
        "one thread)", "median of 5 rounds", "fastest round", "messages/s",
        note=f"Of single messages in our process: p50 {ours['p50_us']:.1f}, "
        f"p99 {ours['p99_us']:.1f}. Over ipc the caller is Node, with our own "
        "client.")
    table.add(f"{OURS} in process, everything that ships", ours["mean_us"],
              ours["best_us"], f"{1e6 / ours['mean_us']:,.0f}")
    for name, times in theirs.items():
        middle = statistics.median(times)
        table.add(name.replace("ours", OURS), middle, min(times),
                  f"{1e6 / middle:,.0f}")
    return [table]


# --- all ------------------------------------------------------------------------------


def all_answers(files, words, options):
    """({name: {file: [(row, flagged)]}}, the same with types)."""
    asked = node("answers", {
        "files": {n: [r["text"] for r in rows] for n, rows in files.items()},
        "words": words})
    judged = labelled.judge(files, options)
    flags = {OURS: {n: [(s.row, s.flagged) for s in seen]
                    for n, seen in judged.items()}}
    types = {OURS: {n: [(s.row, our_types(s)) for s in seen]
                    for n, seen in judged.items()}}
    for name, peer in asked.items():
        got = {n: list(zip(files[n][::part["every"]], part["answers"]))
               for n, part in peer.items()}
        if "guardrails PII" in name:
            types[name] = {n: [(r, {THEIRS.get(t, t) for t in a})
                               for r, a in rows] for n, rows in got.items()}
            continue
        every = max(part["every"] for part in peer.values())
        if every > 1:
            name += f" (1 row in {every})"
        flags[name] = got
    return flags, types


def read_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--no-time", action="store_true")
    parser.add_argument("--fresh", type=int, metavar="SEED")
    own = sys.argv[1:]
    cut = own.index("--") if "--" in own else len(own)
    return parser.parse_args(own[:cut]), own[cut + 1:]


def main():
    args, options = read_args()
    install(args.offline)
    words = keywords(args.data)
    flags, types = all_answers(load(args.data, args.fresh), words, options)
    tables = word_tables(flags) + pii_table(types)
    if not args.no_time:
        tables += time_table(args.data, words, options)
    if args.json:
        print(json.dumps({"tables": [t.as_json() for t in tables]}, indent=1))
    else:
        print("\n".join(t.as_markdown() for t in tables))


if __name__ == "__main__":
    main()
