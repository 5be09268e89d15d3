"""Labelled rows, and what the engine says of them.

Rows are JSON objects, one a line: "text", "label" {name: 0 or 1}, "source",
and "sub" (a family within the file), "spans", "near", "word" where there are
any. The engine is tests/bench/judge_rows.c, one process for all rows."""
import dataclasses
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/release/bench/judge_rows"
# What users write to a character, and not what it says.
FROM_USERS = ("injection.jsonl", "requests.jsonl")


@dataclasses.dataclass
class Seen:
    """A row, and the engine's verdict on it."""
    row: dict
    verdict: str    # pass, flag, redact, refuse; error: there is none
    hits: list      # (rule, type, category, entity, from, to): enforced ones
    watched: list   # the same of rules in mode monitor
    scores: dict    # by category
    reached: set    # categories at or above a threshold
    decided_by: str

    @property
    def flagged(self):
        return self.verdict != "pass"

    def label(self, name):
        return self.row["label"].get(name)

    @property
    def sub(self):
        return self.row.get("sub", "")


def read_rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def seen_of(row, envelope):
    if "error" in envelope and "moderationVerdict" not in envelope:
        return Seen(row, "error", [], [], {}, set(), envelope["error"])
    hits, watched = [], []
    for h in envelope["hits"]:
        (hits if h["mode"] == "enforce" else watched).append(
            (h["rule"], h["type"], h["category"], h.get("entity", ""),
             *h.get("spanCp", (0, 0))))
    categories = envelope["categories"]
    decided = envelope.get("decidedBy") or {"id": ""}
    return Seen(row, envelope["moderationVerdict"], hits, watched,
                {name: c["score"] for name, c in categories.items()},
                {name for name, c in categories.items() if c["flagged"]},
                decided["id"])


def packed(rows, role):
    texts = (row["text"].encode() for row in rows)
    return b"".join(b"%d %s\n%s" % (len(t), role.encode(), t) for t in texts)


def judge(files, options=()):
    """{name: [Seen]} of {name: rows}, in the same order."""
    given = b"".join(
        packed(rows, "user" if name in FROM_USERS else "assistant")
        for name, rows in files.items())
    done = subprocess.run([str(PROGRAM), *options], input=given, cwd=ROOT,
                          stdout=subprocess.PIPE, check=True)
    answers = map(json.loads, done.stdout.splitlines())
    return {name: [seen_of(row, next(answers)) for row in rows]
            for name, rows in files.items()}


def time_us(rows, options=(), rounds=5):
    """What judging the rows costs: see --time of judge_rows."""
    done = subprocess.run(
        [str(PROGRAM), *options, "--time", str(rounds)], cwd=ROOT,
        input=packed(rows, "assistant"), stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)
