#!/usr/bin/env python3
"""A reload of 50,000 terms and 500 regular expressions while requests come in:
how long it takes, cold (nothing in the cache) and warm; that no request fails
for it, and that every reply is one engine's verdict and not a mixture's.

    make && python3 tests/e2e/reload_load.py
    python3 tests/e2e/reload_load.py --warm-ms 1000    fails where it took longer

Under a sanitizer a tenth of each.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time

from lifecycle import Loader
from sidecar import SANITIZED, Sidecar, many, pack, rules_hit, score, until

FULL = "--full" in sys.argv[1:]
TERMS = many(50000 if FULL else 5000)
PATTERNS = many(500 if FULL else 50)
WARM = 4  # reloads of each kind once both configurations are known
MARKS = {"ALPHA": "alphamark", "BETA": "betamark"}
# Both marks: whichever engine judges it has one hit, and which one tells.
TEXT = ("The old road bends twice before the mill, alphamark and betamark, and "
        "if you keep the river on your left hand you cannot miss it. ") * 4
RELOAD = pack({"v": 1, "op": "config.reload", "id": "r"})


def words(count):
    """Made-up ones, the same in every run."""
    source = random.Random(20251120)
    made = set()
    while len(made) < count:
        made.add("".join(source.choice("bcdfghjklmnprstvwz") +
                         source.choice("aeiou")
                         for _ in range(source.randint(3, 5))))
    return sorted(made)


def patterns(names, count):
    """In the shapes that rules are written in."""
    shapes = (r"\b(?:{0}|{1}) (?:the |a )?{2}\b",
              r"\b{0}\w{{0,4}} \d{{2,4}}\b",
              r"\b(?:i|you|we) (?:[a-z]{{2,10}} ){{0,2}}{0}(?:s|ed|ing)?\b",
              r"{0}[^.!?\n]{{0,40}}{1}",
              r"\b\d{{3}}-{0}-\d{{4}}\b",
              r"(?<!not )\b{0} (?:{1}|{2})\b")
    source = random.Random(20251121)
    return [shapes[i % len(shapes)].format(*source.sample(names, 3))
            for i in range(count)]


def configuration(rule, names, regexes):
    lines = ["schema: 1",
             "fallbacks: {default: {en: [One thing., Another., A third.]}}",
             "rules:",
             f"  - {{id: {rule}, type: terms, terms: [{MARKS[rule]}], "
             "category: harassment, severity: low, action: flag}",
             "  - id: TERMS", "    type: terms", "    robust: fuzzy",
             "    category: harassment", "    severity: low", "    terms:"]
    lines += [f"      - {name}" for name in names]
    for at in range(0, len(regexes), 10):
        lines += [f"  - id: PATTERNS_{at}", "    type: regex",
                  "    robust: strong", "    category: harassment",
                  "    severity: low", "    patterns:"]
        lines += [f"      - '{regex}'" for regex in regexes[at:at + 10]]
    return "\n".join(lines) + "\n"


def by_operation(sidecar):
    start = time.monotonic()
    reply = sidecar.ask(RELOAD, sidecar.admin)
    assert reply["ok"], reply
    return time.monotonic() - start


def by_signal(sidecar):
    before = sidecar.reloads()
    start = time.monotonic()
    sidecar.signal(signal.SIGHUP)
    assert until(lambda: sidecar.reloads() > before), sidecar.log()
    return time.monotonic() - start


def engine_of(sidecar):
    """Hash and rule of the engine in force."""
    reply = sidecar.ask(score(TEXT))
    return reply["engine"]["hash"], rules_hit(reply)


def play(folder):
    """Seconds of the reloads by kind, the replies, and the two engines."""
    names = words(TERMS)
    regexes = patterns(names, PATTERNS)
    texts = {rule: configuration(rule, names, regexes) for rule in MARKS}
    took = {"cold": [], "warm, config.reload": [], "warm, SIGHUP": []}
    engines = {}
    cache = {"XDG_CACHE_HOME": folder}
    start = time.monotonic()
    with Sidecar(config=texts["ALPHA"], tcp=True, env=cache) as sidecar:
        took["cold"].append(time.monotonic() - start)
        engines.update([engine_of(sidecar)])
        loaders = [Loader(sidecar.ipc, score(TEXT, id="a"), 16),
                   Loader(sidecar.tcp, score(TEXT, id="b"), 16)]
        for loader in loaders:
            loader.start()
        sidecar.configure(texts["BETA"])
        took["cold"].append(by_operation(sidecar))
        engines.update([engine_of(sidecar)])
        for i in range(WARM):
            for kind, reload in (("warm, config.reload", by_operation),
                                 ("warm, SIGHUP", by_signal)):
                rule = ("ALPHA", "BETA")[kind == "warm, SIGHUP"]
                sidecar.configure(texts[rule])
                took[kind].append(reload(sidecar))
        for loader in loaders:
            loader.enough.set()
            loader.join()
        assert sidecar.stats()["reloads_failed"] == 0
    for loader in loaders:
        assert loader.problem is None, loader.problem
        assert len(loader.replies) == loader.sent
    return took, [r for loader in loaders for r in loader.replies], engines


def judge(replies, engines):
    """What is wrong with the replies, or nothing."""
    if len(engines) != 2:
        yield f"{len(engines)} engines, 2 were loaded"
    seen = set()
    for reply in replies:
        if not reply["ok"]:
            yield f"failed: {reply['error']}"
        elif reply["engine"]["hash"] not in engines:
            yield f"judged by an unknown engine: {reply['engine']}"
        elif rules_hit(reply) != engines[reply["engine"]["hash"]]:
            yield (f"{reply['engine']}: hits of {rules_hit(reply)}, its own "
                   f"are {engines[reply['engine']['hash']]}")
        else:
            seen.add(reply["engine"]["hash"])
    if len(seen) != len(engines):
        yield "no reload happened between the replies"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--full", action="store_true",
                        help="50,000 terms and 500 patterns, not a tenth")
    parser.add_argument("--warm-ms", type=float, default=float("inf"))
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="leeway-reload-") as folder:
        os.chmod(folder, 0o700)
        took, replies, engines = play(folder)
    problems = list(judge(replies, engines))
    print(f"{TERMS} terms, {PATTERNS} regular expressions, "
          f"{len(replies)} replies meanwhile")
    for kind, seconds in took.items():
        print(f"  {kind:20} " +
              " ".join(f"{1000 * s:7.0f}" for s in seconds) + " ms")
    slowest = max(s for kind, all_of in took.items() if kind != "cold"
                  for s in all_of)
    if not SANITIZED and slowest * 1000 > wanted.warm_ms:
        problems.append(f"a warm reload took {1000 * slowest:.0f} ms")
    for problem in problems[:10]:
        print(problem)
    print("failed" if problems else "all fine")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
