"""What the evaluations share: rates with their denominators, precision and
recall, the area under a curve, and tables of them."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Rate:
    """A share that keeps what it is a share of."""
    hit: int
    of: int

    @property
    def share(self):
        return self.hit / self.of if self.of else None

    def __str__(self):
        if not self.of:
            return "- (0)"
        share = f"{self.share:.3f}"
        if 0 < self.hit and self.share < 0.01:
            share = f"{100 * self.share:.2f}%"
        return f"{share} ({self.hit}/{self.of})"

    def as_json(self):
        return {"hit": self.hit, "of": self.of, "share": self.share}


def rate(wanted):
    """The share of the items that are true."""
    items = list(wanted)
    return Rate(sum(map(bool, items)), len(items))


def of_counts(tp, fp, fn):
    """(precision, recall, F1); 1 where there was nothing to be wrong in."""
    p = tp / (tp + fp) if tp + fp else 1.0
    r = tp / (tp + fn) if tp + fn else 1.0
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


def of_pairs(pairs):
    """(precision, recall, F1) of (label, answer) pairs."""
    pairs = [(bool(label), bool(answer)) for label, answer in pairs]
    return of_counts(pairs.count((True, True)), pairs.count((False, True)),
                     pairs.count((True, False)))


def auc(pairs):
    """The area under the ROC curve of (label, score) pairs: how often a row
    with the label scores above one without, ties a half (Mann-Whitney). None
    where all rows are of one kind."""
    ranked = sorted(pairs, key=lambda pair: pair[1])
    positives = sum(bool(label) for label, _ in ranked)
    negatives = len(ranked) - positives
    if not positives or not negatives:
        return None
    ranks, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][1] == ranked[at][1]:
            end += 1
        tied = sum(bool(label) for label, _ in ranked[at:end])
        ranks += tied * (at + 1 + end) / 2
        at = end
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def best_f1(pairs):
    """The highest F1 that any threshold on the scores gives."""
    ranked = sorted(pairs, key=lambda pair: -pair[1])
    positives = sum(bool(label) for label, _ in ranked)
    best, tp = 0.0, 0
    for i, (label, score) in enumerate(ranked):
        tp += bool(label)
        if i + 1 == len(ranked) or ranked[i + 1][1] != score:
            best = max(best, 2 * tp / (i + 1 + positives))
    return best


def counted(counter, most=4):
    """"RULE 12, OTHER 3, +2 more" of a collections.Counter."""
    words = [f"{name} {n}" for name, n in counter.most_common(most)]
    if len(counter) > most:
        words.append(f"+{len(counter) - most} more")
    return ", ".join(words)


def cell(value):
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def plain_value(value):
    return value.as_json() if isinstance(value, Rate) else value


class Table:
    """A heading, named columns, and rows of a name and as many values."""

    def __init__(self, title, *columns, note=""):
        self.title, self.columns, self.note = title, columns, note
        self.rows = []

    def add(self, name, *values):
        assert len(values) == len(self.columns), (name, values)
        self.rows.append((name, values))

    def as_text(self):
        lines = [("", *self.columns)]
        lines += [(name, *map(cell, values)) for name, values in self.rows]
        wide = [max(len(line[i]) for line in lines)
                for i in range(len(self.columns) + 1)]
        out = [self.title] + ([self.note] if self.note else [])
        for line in lines:
            cells = [line[0].ljust(wide[0])]
            cells += [c.rjust(w) if i + 1 < len(self.columns)
                      else c.ljust(w) if not c[:1].isdigit() else c.rjust(w)
                      for i, (c, w) in enumerate(zip(line[1:], wide[1:]))]
            out.append("  ".join(cells).rstrip())
        return "\n".join(out) + "\n"

    def as_markdown(self):
        out = [f"### {self.title}", ""] + ([self.note, ""] if self.note
                                           else [])
        out.append("| | " + " | ".join(self.columns) + " |")
        out.append("|---" * (len(self.columns) + 1) + "|")
        out += [f"| {name} | " + " | ".join(map(cell, values)) + " |"
                for name, values in self.rows]
        return "\n".join(out) + "\n"

    def as_json(self):
        return {"title": self.title, "note": self.note, "rows": {
            name: dict(zip(self.columns, map(plain_value, values)))
            for name, values in self.rows}}
