#!/usr/bin/env python3
"""Are the limits that proto/PROTOCOL.md states the program's?

    make && python3 tests/e2e/protocol_limits.py

Its table of limits is compared with what the schema says of each setting
(`leeway check --explain`); of the limits on a message, one message at the limit
and one above are sent to a sidecar of this test's own. Exits 1 where the page
and the program differ.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from sidecar import PROGRAM, ROOT, Raw, Sidecar, pack  # noqa: E402

PAGE = os.path.join(ROOT, "proto/PROTOCOL.md")
UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
         "ms": 1, "s": 1000, "m": 60000}
# Settings of `limits` that no client meets.
UNSEEN = {"workers"}


def number(words):
    """1MiB, 2s or 64 as a number: bytes, milliseconds or a count."""
    digits, unit = re.fullmatch(r"(\d+)([A-Za-z]*)", words).groups()
    return int(digits) * UNITS[unit]


def limits_of_page():
    """{setting: (default, what is past it)} as the page's table has it."""
    with open(PAGE, encoding="utf-8") as page:
        section = page.read().partition("\n## Limits\n")[2].partition(
            "\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| .* \| (.*) \|$", section,
                      re.MULTILINE)
    return {name: (number(default), past) for name, default, past in rows}


def limits_of_program(program):
    """{setting: default} as the schema has it."""
    told = subprocess.run([program, "check", "--explain"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    return {name: number(default) for name, default in re.findall(
        r"^limits\.(\w+): .*?default (\w+)", told, re.MULTILINE)}


def compare(page, program):
    """What differs, as lines."""
    for name in sorted(set(page) | (set(program) - UNSEEN)):
        if name not in page:
            yield f"limits.{name} does not stand on the page"
        elif name not in program:
            yield f"there is no limits.{name}"
        elif page[name][0] != program[name]:
            yield (f"limits.{name}: the page says {page[name][0]}, the "
                   f"program {program[name]}")


def score(**fields):
    return pack({"v": 1, "op": "score", "deadlineMs": 5000, **fields})


def nested(depth):
    """A message of that depth, itself counted."""
    value = "x"
    for _ in range(depth - 1):
        value = [value]
    return pack({"v": 1, "op": "echo", "id": value})


def vector(numbers):
    return score(candidates=[{"text": "", "embeddings": {"model": numbers}}])


def values(count):
    """A message of that many keys and values, itself counted."""
    return vector([0] * (count - 16))


def filled(size):
    """A body whose payload, with the 4 bytes of the id, has that size."""
    return b"\0" * (size - 4)


# How to meet a limit: a message that does so exactly.
MEET = {
    "message_bytes": filled,
    "text_bytes": lambda n: score(text="x" * n),
    "prompt_bytes": lambda n: score(text="x", systemPrompt="x" * n),
    "depth": nested,
    "nodes": values,
    "vector_dimensions": lambda n: vector(b"\0\0\0\0" * n),
    "guardrails": lambda n: score(text="x", extraGuardrails=["x"] * n),
    "guardrail_bytes": lambda n: score(text="x", extraGuardrails=["x" * n]),
}


def code_of(url, body):
    with Raw(url) as raw:
        return raw.ask(body).get("error", {}).get("code", "ok")


def play(url, page):
    """What the sidecar does otherwise than the page says, as lines."""
    for name, meet in MEET.items():
        limit = page[name][0]
        expected = page[name][1].split("`")[1]
        if code_of(url, meet(limit)) == expected:
            yield f"{name}: {limit} is refused already"
        above = code_of(url, meet(limit + 1))
        if above != expected:
            yield f"{name}: {limit + 1} gets {above}, not {expected}"


def main():
    page = limits_of_page()
    wrong = list(compare(page, limits_of_program(PROGRAM)))
    if not wrong:
        with Sidecar() as sidecar:
            wrong = list(play(sidecar.ipc, page))
    print("\n".join(wrong) or f"all fine: {len(page)} limits")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
