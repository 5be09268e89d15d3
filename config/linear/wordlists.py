"""The shipped word lists as a plain emulation: whole words of casefolded NFKC
text, with a plural s. Only to measure beside."""
import os
import re
import unicodedata

import numpy as np

LISTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lists")
WORDS = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


def read_terms(name):
    with open(os.path.join(LISTS, name + ".txt"), encoding="utf-8") as lines:
        terms = (line.strip() for line in lines)
        return {t for t in terms if t and t[0] != "#"}


class Lists:
    def __init__(self, texts):
        self.texts = [unicodedata.normalize("NFKC", t).casefold()
                      for t in texts]
        self.known = {}

    def flags(self, names):
        """[texts] True where a term of one of the lists occurs."""
        if names not in self.known:
            self.known[names] = self.find(
                set().union(*(read_terms(n) for n in names)))
        return self.known[names]

    def find(self, terms):
        words = {t for t in terms if " " not in t}
        words |= {t + s for t in words for s in ("s", "es")}
        phrases = sorted(t for t in terms if " " in t)
        pattern = re.compile(
            r"\b(?:" + "|".join(map(re.escape, phrases)) + r")s?\b") \
            if phrases else None
        return np.array([
            any(w in words for w in WORDS.findall(t)) or
            bool(pattern and pattern.search(t)) for t in self.texts],
            dtype=bool)
