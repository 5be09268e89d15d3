#!/usr/bin/env python3
"""How well the configuration does on labelled rows: one table a task.

    make eval-moderation DATA=FOLDER [ARGS="..."]
    eval_moderation.py FOLDER [--json] [--show N] [--only TASK] [--fresh SEED]
                       [-- OPTION...]

FOLDER holds the JSON lines files named below, as many of them as there are.
--json prints the tables as one object. --show prints the texts of up to N
wrong rows of each family, which are otherwise never printed: many of them are
foul. --only runs one task, and may stand many times. --fresh adds a set of
other words under the disguises of obfuscated.jsonl, see disguises.py. What
follows "--" goes to judge_rows: -c FILE, -s KEY=VALUE, --robust LEVEL,
--without-linear.

"Flagged" is every verdict but pass. A row that could not be judged counts as
flagged, and is told of at the end.
"""
import argparse
import collections
import json
import pathlib
import sys
import time

import disguises
import eval_pii
import labelled
from figures import Rate, Table, auc, best_f1, counted, of_counts, of_pairs, \
    rate

BENIGN = ("benign_chat.jsonl", "benign_roleplay.jsonl",
          "benign_persona_chat.jsonl", "bench_chat_200.jsonl",
          "assistant_replies_weak.jsonl")
PII = ("pii.jsonl", "pii_hard.jsonl", "pii_presidio.jsonl")
LABELS = {  # file: {label: the categories whose scores speak for it}
    "toxicity.jsonl": {
        name: ("harassment", "hate", "sexual", "violence")
        for name in ("toxic", "profanity", "insult")} | {
        name: ("hate", "harassment")
        for name in ("hate", "sexism", "identity_attack")} | {
        "threat": ("violence", "harassment/threatening", "hate/threatening")},
    "categories.jsonl": {
        "sexual": ("sexual",), "hate": ("hate",), "violence": ("violence",),
        "harassment": ("harassment", "hate"), "self_harm": ("self-harm",),
        "hate_threatening": ("hate/threatening", "hate"),
        "violence_graphic": ("violence/graphic", "violence")},
    "functional_hate.jsonl": {"hate": ("hate", "harassment")},
    "identity_templates.jsonl": {
        "toxic": ("hate", "harassment", "sexual", "violence")},
    "dialogue_safety.jsonl": {
        name: ("harassment", "hate", "sexual", "violence", "self-harm",
               "illicit") for name in ("unsafe", "harassment")},
    "injection.jsonl": {"injection": ("",)},
    "requests.jsonl": {"unsafe_request": ("illicit", "violence", "self-harm",
                                          "harassment", "hate", "sexual"),
                       "self_harm": ("self-harm",)},
    "unsafe_openings.jsonl": {"unsafe_opening": ("illicit", "violence",
                                                 "self-harm", "harassment",
                                                 "hate", "sexual")},
}


def belongs(category, families):
    """Is it one of these, or of their sub-categories? "" is every one but
    those that say nothing of what was meant."""
    if families == ("",):
        return category not in ("pii", "quality")
    return category.split("/")[0] in families or category in families


class Wrong:
    """Texts of wrong rows, to show."""

    def __init__(self, most):
        self.most = most
        self.count = collections.Counter()

    def note(self, family, seen):
        self.count[family] += 1
        if self.count[family] <= self.most:
            print(f"  {family}: {ascii(seen.row['text'][:160])} "
                  f"{seen.decided_by or seen.verdict}", file=sys.stderr)

    def check(self, family, seen, wanted):
        if seen.flagged != bool(wanted):
            self.note(family, seen)


def deciders(rows):
    """Which rules are why, among flagged rows."""
    return counted(collections.Counter(s.decided_by for s in rows
                                       if s.flagged))


# --- profanity ---------------------------------------------------------------

PLAIN = {"plain", "casing", "neg_lookalike", "neg_dictword"}


def disguised(name, rows, wrong):
    """Two tables of a file of the form of obfuscated.jsonl."""
    by = collections.defaultdict(list)
    for seen in rows:
        by[seen.sub].append(seen)
        wrong.check(f"{name} {seen.sub}", seen, seen.label("profanity"))
    table = Table(f"{name}: flagged, by disguise", "profanity", "ordinary",
                  "rules that flagged the ordinary")
    subs = [s for s in by if not s.startswith("neg_")]
    for sub in sorted(subs, key=lambda s: (s not in PLAIN, s)):
        ordinary = by.get("neg_" + sub, [])
        table.add(sub, rate(s.flagged for s in by[sub]),
                  rate(s.flagged for s in ordinary), deciders(ordinary))
    for sub in sorted(s for s in by if s.startswith("neg_")
                      and s[4:] not in by):
        table.add(sub[4:], Rate(0, 0), rate(s.flagged for s in by[sub]),
                  deciders(by[sub]))
    whole = Table(f"{name}: overall", "precision", "recall", "F1",
                  "found", "false")
    for title, part in (
            ("plain and case", [s for s in rows if s.sub in PLAIN]),
            ("disguised", [s for s in rows if s.sub not in PLAIN]),
            ("all", rows)):
        pairs = [(s.label("profanity"), s.flagged) for s in part]
        whole.add(title, *of_pairs(pairs),
                  rate(a for label, a in pairs if label),
                  rate(a for label, a in pairs if not label))
    return [table, whole]


def obfuscated(seen, wrong):
    if "obfuscated.jsonl" not in seen:
        return []
    return disguised("obfuscated", seen["obfuscated.jsonl"], wrong)


def fresh(seen, wrong):
    if "fresh" not in seen:
        return []
    return disguised("fresh words", seen["fresh"], wrong)


def forty_nine(seen, wrong):
    rows = seen["disguises"]
    by = collections.defaultdict(list)
    for s in rows:
        by[s.row["family"]].append(s)
        wrong.check("49 disguises", s, True)
    table = Table("49 disguises of one word", "found", "missed")
    for family, members in by.items():
        table.add(family, rate(s.flagged for s in members),
                  ", ".join(s.row["name"] for s in members if not s.flagged))
    table.add("all", rate(s.flagged for s in rows), "")
    return [table]


# --- harmless lines ----------------------------------------------------------


def benign(seen, wrong):
    table = Table("harmless lines", "flagged", "redacted or refused",
                  "refused", "decided by")
    parts = {name: seen[name] for name in BENIGN if name in seen}
    for name in list(parts):
        fantasy = [s for s in parts[name] if s.label("fantasy")]
        if fantasy and len(fantasy) < len(parts[name]):
            parts[name] = [s for s in parts[name] if not s.label("fantasy")]
            parts[name + " (fantasy)"] = fantasy
    parts["all"] = [s for part in list(parts.values()) for s in part]
    for name, rows in parts.items():
        table.add(name.replace(".jsonl", ""), rate(s.flagged for s in rows),
                  rate(s.verdict in ("redact", "refuse") for s in rows),
                  rate(s.verdict == "refuse" for s in rows), deciders(rows))
    for name in BENIGN:
        for s in seen.get(name, []):
            wrong.check(f"harmless {name}", s, False)
    return [table] if parts["all"] else []


# --- out of character --------------------------------------------------------


def persona(seen, wrong):
    rows = seen.get("persona.jsonl")
    if not rows:
        return []
    table = Table("persona: replies out of their part", "out of part",
                  "in part, flagged", "decided by")
    by = collections.defaultdict(list)
    for s in rows:
        by[s.sub].append(s)
        wrong.check(f"persona {s.sub}", s, s.label("persona"))
    for sub, members in sorted(by.items()):
        table.add(sub, rate(s.flagged for s in members if s.label("persona")),
                  rate(s.flagged for s in members if not s.label("persona")),
                  deciders(members))
    whole = Table("persona: overall", "precision", "recall", "F1", "rows")
    whole.add("all", *of_pairs((s.label("persona"), s.flagged) for s in rows),
              len(rows))
    return [table, whole]


# --- personal data -----------------------------------------------------------


def types_found(seen):
    """The data's names of what the rules found, with the places; of rules in
    mode monitor too: what is done about an address is policy."""
    names = {}
    for rule, kind, _, entity, start, end in seen.hits + seen.watched:
        if kind == "secret" or "SECRET" in rule:
            entity = "API_KEY"
        elif kind == "url":
            entity = "URL"
        if entity in eval_pii.TYPES.values():
            names.setdefault(entity, set()).add((start, end))
    return names


def types_wanted(seen):
    names = {}
    for span in seen.row["spans"]:
        if span["type"] in eval_pii.TYPES:
            names.setdefault(eval_pii.TYPES[span["type"]], set()).add(
                (span["start"], span["end"]))
    return names


def presence(rows, kinds):
    """[tp, fp, fn] of types present in rows, of those kinds."""
    counts = [0, 0, 0]
    for found, wanted in rows:
        found, wanted = set(found) & kinds, set(wanted) & kinds
        counts[0] += len(found & wanted)
        counts[1] += len(found - wanted)
        counts[2] += len(wanted - found)
    return counts


def pii(seen, wrong):
    """Types present, by the rules that ship; make eval-pii shows what the
    detectors themselves find."""
    tables = []
    for name in PII:
        if name not in seen:
            continue
        rows = [(types_found(s), types_wanted(s)) for s in seen[name]]
        table = Table(f"{name}: types present in a row", "precision",
                      "recall", "F1", "rows with it")
        kinds = {k for _, wanted in rows for k in wanted}
        for title, part in [(k, {k}) for k in sorted(kinds)] + [
                ("7 common", eval_pii.COMMON), ("all", kinds)]:
            counts = presence(rows, part)
            table.add(title, *of_counts(*counts), counts[0] + counts[2])
        spans = [w <= found.get(kind, set()) for found, wanted in rows
                 for kind, w in wanted.items() if kind in found]
        clean = [(s, found) for s, (found, wanted) in zip(seen[name], rows)
                 if not s.row["spans"]]
        other = Table(f"{name}: the rest", "share", "")
        other.add("exact spans, of types found", rate(spans), "")
        other.add("rows without any, with a type found",
                  rate(found for _, found in clean), "")
        other.add("rows without any, flagged",
                  rate(s.flagged for s, _ in clean),
                  deciders([s for s, _ in clean]))
        for s, found in clean:
            if found or s.flagged:
                wrong.note(f"{name} near-miss", s)
        tables += [table, other]
    return tables


# --- toxicity and its like ----------------------------------------------------


TRAINED = ("The linear model that ships was trained on rows of these kinds: "
           "config/linear/QUALITY.md has its figures on unseen ones.")


def says(seen, families):
    return any(belongs(c, families) for c in seen.reached) or any(
        belongs(hit[2], families) for hit in seen.hits)


def score(seen, families):
    return max((value for name, value in seen.scores.items()
                if belongs(name, families)), default=0.0)


def label_cells(rows, label, families):
    """found, false, AUC, F1 as it stands, best F1."""
    pairs = [(s.label(label), s) for s in rows]
    scored = [(y, score(s, families)) for y, s in pairs]
    both = len({bool(y) for y, _ in pairs}) == 2
    return (rate(says(s, families) for y, s in pairs if y),
            rate(says(s, families) for y, s in pairs if not y),
            auc(scored), of_pairs((y, says(s, families))
                                  for y, s in pairs)[2] if both else None,
            best_f1(scored) if both else None)


def labels(seen, lists):
    """By label: the whole configuration, and lists alone where there are
    linear rules. lists: the same files without those."""
    tables = []
    columns = ("found", "false", "AUC", "F1", "best F1")
    for name, known in LABELS.items():
        if name not in seen:
            continue
        ways = [("", seen[name])]
        if lists:
            ways = [("lists: ", lists[name]), ("", seen[name])]
        table = Table(
            f"{name}: by label", *(prefix + c for prefix, _ in ways
                                   for c in columns),
            note=TRAINED if lists else "")
        sources = sorted({s.row["source"] for s in seen[name]})
        for label, families in known.items():
            for source in ["", *sources] if len(sources) > 1 else [""]:
                parts = [[s for s in rows if s.label(label) is not None
                          and source in ("", s.row["source"])]
                         for _, rows in ways]
                if parts[0] and any(s.label(label) for s in parts[0]):
                    table.add(f"{label} {source}".strip(), *(
                        value for part in parts
                        for value in label_cells(part, label, families)))
        tables.append(table)
    return tables


# --- all ----------------------------------------------------------------------

TASKS = {"obfuscated": obfuscated, "fresh": fresh, "disguises": forty_nine,
         "benign": benign, "persona": persona, "pii": pii}
NAMES = ("obfuscated.jsonl", "persona.jsonl", *BENIGN, *PII, *LABELS)


def load(args, tasks):
    wanted = {"obfuscated": ("obfuscated.jsonl",), "benign": BENIGN,
              "persona": ("persona.jsonl",), "pii": PII,
              "labels": tuple(LABELS)}
    files, missing = {}, []
    for name in (n for task in tasks for n in wanted.get(task, ())):
        path = args.data / name
        if path.exists():
            files[name] = labelled.read_rows(path)
        else:
            missing.append(name)
    if missing:
        print("not there: " + ", ".join(missing), file=sys.stderr)
    files["disguises"] = [{**row, "label": {"profanity": 1}} for row in
                          labelled.read_rows(disguises.LIST_FILE)]
    if args.fresh is not None:
        known = disguises.words_of(args.data)
        files["fresh"] = disguises.fresh(args.fresh, *known)
    return files


def without_linear(seen, files, options):
    """The label files again with lists alone, where there is a difference."""
    if not any(hit[1] == "linear" for rows in seen.values() for s in rows
               for hit in s.hits):
        return None
    again = {name: files[name] for name in files if name in LABELS}
    return labelled.judge(again, [*options, "--without-linear"])


def read_args():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", type=int, default=0, metavar="N")
    parser.add_argument("--only", action="append", metavar="TASK",
                        choices=[*TASKS, "labels"])
    parser.add_argument("--fresh", type=int, metavar="SEED")
    own = sys.argv[1:]
    cut = own.index("--") if "--" in own else len(own)
    return parser.parse_args(own[:cut]), own[cut + 1:]


def main():
    args, options = read_args()
    start = time.monotonic()
    tasks = args.only or [*TASKS, "labels"]
    if args.fresh is not None and "fresh" not in tasks:
        tasks.append("fresh")
    files = load(args, tasks)
    seen = labelled.judge(files, options)
    wrong = Wrong(args.show)
    tables = [table for task in tasks if task in TASKS
              for table in TASKS[task](seen, wrong)]
    if "labels" in tasks:
        tables += labels(seen, without_linear(seen, files, options))
    errors = [s for rows in seen.values() for s in rows
              if s.verdict == "error"]
    if args.json:
        print(json.dumps({"tables": [t.as_json() for t in tables],
                          "not_judged": len(errors)}, indent=1))
    else:
        print("\n".join(t.as_text() for t in tables))
        print(f"{sum(map(len, files.values()))} rows, {len(errors)} not "
              f"judged, {time.monotonic() - start:.1f} s")
    for text, times in collections.Counter(
            s.decided_by for s in errors).items():
        print(f"not judged, {times} times: {text}", file=sys.stderr)


if __name__ == "__main__":
    main()
