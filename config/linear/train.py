#!/usr/bin/python3
"""Trains the linear model: reads labelled rows, writes the weights file and
the tables of measured quality beside it.

    train.py TOOL ROWS VOICES OUT

TOOL is build/release/bench/linear_features, which reads texts with the
engine's own code; ROWS the folder of moderation rows, VOICES that of the
speakers' lines, OUT the folder that gets en.bin, model.json and QUALITY.md.
Same inputs, same versions of numpy, scipy and scikit-learn: same bytes.
"""
import hashlib
import json
import multiprocessing
import os
import struct
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

try:
    import numpy as np
    import scipy
    import sklearn
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
except ImportError as missing:
    sys.exit(f"{missing}: apt-get install python3-sklearn")

from heads import BENIGN_GROUPS, HEADS, SOURCES, TEST_ONLY, read_rows
from wordlists import Lists

BITS = 16           # buckets: measured 2^15, 2^16, 2^17 (README)
FOLDS = 5
SEED = 0
VERSION, GRAMS = 1, 1
SHARED = []         # table, n-grams, word lists
PRESETS = (("strict", 0.001), ("balanced", 0.003), ("sensitive", 0.01))


def as_matrix(rows):
    """Lists of hashes as rows of counts / sqrt(number)."""
    ends, columns, values = [0], [], []
    for hashes in rows:
        kinds, times = np.unique(hashes >> (32 - BITS), return_counts=True)
        columns.append(kinds.astype(np.int32))
        values.append(times / np.sqrt(max(len(hashes), 1)))
        ends.append(ends[-1] + len(kinds))
    return sparse.csr_matrix(
        (np.concatenate(values), np.concatenate(columns), np.array(ends)),
        shape=(len(rows), 1 << BITS))


class Grams:
    """The texts' n-grams: each whole, to train on, and in the windows of two
    pieces that the engine scores, to measure on."""

    def __init__(self, tool, texts):
        data = b"".join(
            struct.pack("<I", len(b)) + b for b in (t.encode() for t in texts))
        out = subprocess.run([tool], input=data, stdout=subprocess.PIPE,
                             check=True).stdout
        words = np.frombuffer(out, dtype="<u4")
        at, whole, windows, self.first = 0, [], [], []
        for _ in texts:
            pieces = []
            count, at = int(words[at]), at + 1
            for _ in range(count):
                n = int(words[at])
                pieces.append(words[at + 1:at + 1 + n])
                at += 1 + n
            pieces = pieces or [words[:0]]
            self.first.append(len(windows))
            whole.append(np.concatenate(pieces))
            windows += [np.concatenate(pieces[i:i + 2])
                        for i in range(max(len(pieces) - 1, 1))]
        self.whole, self.windows = as_matrix(whole), as_matrix(windows)

    def odds(self, fitted):
        """Of every text: those of its worst window."""
        z = self.windows @ fitted[0] + fitted[1]
        return np.maximum.reduceat(z, self.first)


def fold_of(text):
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % FOLDS


def fit(head, x, y, weight, rows):
    """Weights and bias of a logistic regression on the rows of the mask."""
    model = LogisticRegression(solver="liblinear", dual=True, C=head.strength,
                               max_iter=100, tol=0.02, random_state=SEED)
    model.fit(x[rows], y[rows], sample_weight=weight[rows])
    return model.coef_[0], model.intercept_[0]


def platt(z, y):
    """Slope and offset that make 1 / (1 + exp(-(a z + b))) a probability,
    both classes weighing the same."""
    model = LogisticRegression(C=1e6, class_weight="balanced", tol=1e-10)
    model.fit(z.reshape(-1, 1), y)
    return float(model.coef_[0][0]), float(model.intercept_[0])


def quantile(z, groups, share):
    """The threshold that this share of benign rows exceeds, every group of
    them weighing the same."""
    names, where, sizes = np.unique(groups, return_inverse=True,
                                    return_counts=True)
    order = np.argsort(-z, kind="stable")
    above = np.cumsum((1.0 / sizes[where] / len(names))[order])
    i = int(np.searchsorted(above, share, side="right"))
    i = min(max(i, 1), len(z) - 1)
    return float((z[order[i - 1]] + z[order[i]]) / 2)


def auc(y, z):
    return roc_auc_score(y, z) if 0 < y.sum() < len(y) else float("nan")


def best_f1(y, z):
    order = np.argsort(-z, kind="stable")
    true = np.cumsum(y[order])
    return float((2 * true / (np.arange(1, len(y) + 1) + y.sum())).max())


def at_list(y, flagged):
    true = float((y & flagged).sum())
    precision = true / max(flagged.sum(), 1)
    recall = true / max(y.sum(), 1)
    return precision, recall, 2 * true / max(flagged.sum() + y.sum(), 1)


class Study:
    """One head: labels, out-of-fold odds, thresholds, the final weights."""

    def __init__(self, head, table, x):
        self.head, self.table, self.x = head, table, x
        self.y = np.array([head.label(r) for r in table.rows])
        self.weight = np.array([head.weight(r) for r in table.rows])
        self.known = (self.y >= 0) & ~table.test_only
        self.yc = np.maximum(self.y, 0)

    def fit(self, rows):
        return fit(self.head, self.x.whole, self.yc, self.weight, rows)

    def out_of_fold(self):
        """Odds of every row by a model that has not seen it."""
        z = np.zeros(len(self.y))
        for k in range(FOLDS):
            fitted = self.fit(self.known & (self.table.fold != k))
            rows = self.table.fold == k
            z[rows] = self.x.odds(fitted)[rows]
        return z

    def unseen_benign(self):
        """Odds of benign rows by a model that has seen no row of that kind of
        text at all."""
        z = np.zeros(len(self.y))
        for kind in sorted(set(self.table.kind) - {""}):
            rows = self.table.kind == kind
            fitted = self.fit(self.known & ~rows)
            z[rows] = self.x.odds(fitted)[rows]
        return z

    def unseen_sources(self):
        """(source, its rows, odds by a model trained without them)."""
        for source in self.head.leave_out:
            rows = (self.table.source == source) | (self.table.file == source)
            fitted = self.fit(self.known & ~rows)
            yield source, rows & (self.y >= 0), self.x.odds(fitted)

    def quantised(self, fitted, slope, offset):
        """int8 weights, and the scale and bias that give calibrated odds."""
        unit = np.abs(fitted[0]).max() / 127
        return (np.rint(fitted[0] / unit).astype(np.int8), slope * unit,
                slope * fitted[1] + offset)


class Table:
    def __init__(self, rows):
        self.rows = rows
        self.fold = np.array([fold_of(r["text"]) for r in rows])
        self.source = np.array([r["source"] for r in rows])
        self.file = np.array([r["file"] for r in rows])
        self.group = np.array([BENIGN_GROUPS.get((r["file"], r["source"]),
                                                 "") for r in rows])
        self.kind = np.array([g.split(":")[0] for g in self.group])
        self.test_only = np.array([r["file"] in TEST_ONLY for r in rows])


def study_head(number):
    """Everything about one head: its part of the model, its part of the
    report. The shared inputs were there before the process forked."""
    head, (table, x, lists) = HEADS[number], SHARED
    study, report = Study(head, table, x), Report()
    y = study.y
    z = study.out_of_fold()
    known = study.known & ~np.isin(table.file, list(head.only_train))
    slope, offset = platt(z[known], y[known])
    zb = study.unseen_benign()
    benign = (table.group != "") & ~np.array([head.skip(r)
                                              for r in table.rows])
    cuts = [quantile(zb[benign], table.group[benign], share)
            for _, share in PRESETS]
    listed = lists.flags(head.lists)
    report.known(head, y[known] == 1, z[known], listed[known], cuts)
    for source in sorted(set(table.source[known])):
        rows = known & (table.source == source)
        report.source(head, source, "same kind", y[rows] == 1, z[rows],
                      listed[rows], cuts)
    for source, rows, zs in study.unseen_sources():
        report.source(head, source, "unseen source", y[rows] == 1, zs[rows],
                      listed[rows], cuts)
    for group in sorted(set(table.group[benign])):
        rows = benign & (table.group == group)
        report.benign(head, group, zb[rows], z[rows], listed[rows], cuts)
    fitted = study.fit(study.known)
    weights, scale, bias = study.quantised(fitted, slope, offset)
    thresholds = [1 / (1 + np.exp(-(slope * c + offset))) for c in cuts]
    print(head.name, "rows", int(study.known.sum()), "for",
          int((y[study.known] == 1).sum()), file=sys.stderr, flush=True)
    return (weights, scale, bias, thresholds), report


def text_bytes(text):
    return struct.pack("<I", len(text.encode())) + text.encode()


def write_model(path, about, trained):
    body = text_bytes(about) + struct.pack("<II", BITS, len(trained))
    for head, (_, scale, bias, thresholds) in trained:
        body += text_bytes(head.name) + struct.pack("<dd", scale, bias)
        body += struct.pack("<3f", *thresholds)
    body += np.stack([w for _, (w, _, _, _) in trained], axis=1).tobytes()
    file = (b"LEEWAYLM" + struct.pack("<II", VERSION, GRAMS) +
            hashlib.sha256(body).digest() + body)
    with open(path, "wb") as out:
        out.write(file)
    return hashlib.sha256(file).hexdigest()


class Report:
    """The rows of QUALITY.md."""

    def __init__(self):
        self.heads, self.sources, self.benigns = [], [], []

    def known(self, head, y, z, listed, cuts):
        p, r, f = at_list(y, listed)
        self.heads.append(
            f"| {head.name} | {y.sum():,} | {(~y).sum():,} | {auc(y, z):.3f} "
            f"| {best_f1(y, z):.3f} | {auc(y, listed):.3f} | {f:.3f} | "
            + " / ".join(f"{(z[y] >= c).mean():.2f}" for c in cuts) + " |")

    def source(self, head, source, kind, y, z, listed, cuts):
        if y.sum() < 10:
            return
        both = [((z >= c) | listed)[y].mean() for c in cuts]
        false = ((z >= cuts[1])[~y].mean() if (~y).any() else float("nan"))
        p, r, f = at_list(y, listed)
        self.sources.append(
            f"| {head.name} | {source} | {kind} | {y.sum():,} | {(~y).sum():,}"
            f" | {auc(y, z):.3f} | {best_f1(y, z):.3f} | {f:.3f} | {r:.2f} | "
            + " / ".join(f"{(z[y] >= c).mean():.2f}" for c in cuts) + " | "
            + " / ".join(f"{b:.2f}" for b in both) + f" | {false:.3f} |")

    def benign(self, head, group, unseen, seen, listed, cuts):
        self.benigns.append(
            f"| {head.name} | {group} | {len(seen):,} | "
            + " / ".join(f"{100 * (unseen >= c).mean():.2f}" for c in cuts)
            + " | "
            + " / ".join(f"{100 * (seen >= c).mean():.2f}" for c in cuts)
            + f" | {100 * listed.mean():.2f} |")

    def add(self, other):
        self.heads += other.heads
        self.sources += other.sources
        self.benigns += other.benigns

    def write(self, path, about):
        with open(path, "w", encoding="utf-8") as out:
            out.write(f"# Measured quality\n\nWritten by train.py with the "
                      f"weights: {about}.\n\nEvery score here is by a model "
                      f"that had not seen the row. \"a / b / c\" is at the "
                      f"presets strict / balanced / sensitive. \"Lists\" are "
                      f"the shipped word lists of the same matter, whole "
                      f"words.\n\n## Heads, five-fold by hash of the text\n\n"
                      "| head | for | against | AUC | best F1 | lists AUC | "
                      "lists F1 | recall |\n|---|---|---|---|---|---|---|---|"
                      "\n" + "\n".join(self.heads) +
                      "\n\n## By source\n\n\"Unseen source\": trained without "
                      "any row of that source, which is what to expect of "
                      "text of another kind.\n\n"
                      "| head | source | | for | against | AUC | best F1 | "
                      "lists F1 | lists recall | recall | lists or head | "
                      "flagged of against, balanced |\n" + "|---" * 12 + "|\n"
                      + "\n".join(self.sources) +
                      "\n\n## Benign text, per cent flagged\n\n\"Unseen\": "
                      "trained without this kind of text (the word before the "
                      "colon); the presets are set on the mean of that "
                      "column. \"Seen\": by folds.\n\n"
                      "| head | text | lines | unseen | seen | lists |\n"
                      + "|---" * 6 + "|\n" + "\n".join(self.benigns) + "\n")


def data_digest(paths):
    """SHA-256 over the inputs' names and contents, in order."""
    whole, each = hashlib.sha256(), {}
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        name = os.path.basename(path)
        each[name] = hashlib.sha256(content).hexdigest()
        whole.update(f"{name} {each[name]}\n".encode())
    return whole.hexdigest(), each


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    tool, rows_dir, voices_dir, out = sys.argv[1:]
    rows, paths = read_rows(rows_dir, voices_dir)
    digest, each = data_digest(paths)
    table = Table(rows)
    x = Grams(tool, [r["text"] for r in rows])
    SHARED.extend((table, x, Lists([r["text"] for r in rows])))
    report, trained = Report(), []
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        for head, (model, part) in zip(
                HEADS, pool.map(study_head, range(len(HEADS)))):
            trained.append((head, model))
            report.add(part)
    about = f"leeway-linear-en-1, data {digest[:16]}"
    sha = write_model(os.path.join(out, "en.bin"), about, trained)
    report.write(os.path.join(out, "QUALITY.md"), about)
    used = sorted(set(table.source[~table.test_only]) & set(SOURCES))
    with open(os.path.join(out, "model.json"), "w", encoding="utf-8") as file:
        json.dump({
            "about": about, "sha256": sha, "data_sha256": digest,
            "inputs": each, "bits": BITS, "seed": SEED,
            "made_with": {"scikit-learn": sklearn.__version__,
                          "numpy": np.__version__,
                          "scipy": scipy.__version__},
            "heads": {h.name: {"thresholds": dict(zip(
                [n for n, _ in PRESETS], (round(float(v), 6) for v in t[3])))}
                for h, t in trained},
            "sources": {s: SOURCES[s] for s in used},
        }, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
