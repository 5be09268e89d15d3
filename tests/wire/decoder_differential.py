#!/usr/bin/env python3
"""Mutated messages, judged by our decoder and by Python's msgpack.

usage: decoder_differential.py build/release/wire/decoder_differential [COUNT]

Fixed seed. They may differ only where we mean to: extension types, and depth
(ours is 60 here, Python's about 500). Exit code 1 at the first other difference.
"""

import json
import pathlib
import random
import struct
import subprocess
import sys

import msgpack

SEED = 20240607
GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "msgpack.json"
TYPES = bytes(range(0xC0, 0xE0)) + b"\x80\x81\x8f\x90\x91\x9f\xa0\xa1\xbf\xff\x00"


class Extension(Exception):
    pass


def refuse_extension(code, data):
    raise Extension


def text_of(value):
    """The value as the program writes it."""
    if value is None:
        return "n"
    if value is True or value is False:
        return "t" if value else "f"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        if value != value:
            return "dnan"
        return "d" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + value.encode("utf-8", "surrogateescape").hex()
    if isinstance(value, bytes):
        return "b" + value.hex()
    if isinstance(value, tuple):  # a map, in its order
        return "{" + ",".join(f"{text_of(k)}:{text_of(v)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    raise Extension  # a timestamp is no type of ours


def ask_python(message):
    """(value, None) or (None, why)."""
    try:
        value = msgpack.unpackb(
            message,
            raw=False,
            unicode_errors="surrogateescape",
            strict_map_key=False,
            object_pairs_hook=tuple,
            ext_hook=refuse_extension,
        )
        return text_of(value), None
    except Extension:
        return None, "extension"
    except msgpack.ExtraData:
        return None, "trailing"
    except msgpack.StackError:
        return None, "depth"
    except msgpack.FormatError:
        return None, "type"
    except ValueError as error:
        return None, "truncated" if "incomplete" in str(error) else "length"


def mutate(rng, message):
    message = bytearray(message)
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(message)) if message else 0
        kind = rng.randrange(5)
        if kind == 0 and message:
            message[at] = rng.randrange(256)
        elif kind == 1 and message:
            message[at] = rng.choice(TYPES)
        elif kind == 2:
            message.insert(at, rng.choice(TYPES))
        elif kind == 3:
            del message[at : at + rng.randrange(1, 9)]
        else:
            message[at:at] = message[at : at + rng.randrange(1, 30)]
    return bytes(message[:3000])


def agree(message, ours, value, why):
    if "nested too deep" in ours:
        return True  # and Python goes on to find whatever comes later
    if "extension type" in ours and message[int(ours.split()[-1])] != 0xC1:
        return True  # the same: a timestamp is a value to Python
    if value is not None:
        return ours == value
    if not ours.startswith("refused: "):
        return why == "depth"
    if why == "extension":
        return True  # before or after it, something else may be wrong as well
    # A length that cannot fit is refused before what it holds is looked at.
    said = {
        "trailing": ("trailing",),
        "type": ("type", "length beyond"),
        "truncated": ("truncated", "length beyond", "empty"),
        "length": ("truncated", "length beyond"),
    }
    return any(word in ours for word in said[why])


def main():
    program = sys.argv[1]
    sys.setrecursionlimit(20000)  # Python's decoder nests deeper than its calls
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    rng = random.Random(SEED)
    golden = json.loads(GOLDEN.read_text())
    seeds = [bytes.fromhex(row["hex"]) for row in golden["good"] + golden["bad"]]
    seeds = [seed for seed in seeds if len(seed) < 2000]
    messages = seeds + [mutate(rng, rng.choice(seeds)) for _ in range(count)]
    answers = subprocess.run(
        [program],
        input="".join(message.hex() + "\n" for message in messages),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    if len(answers) != len(messages):
        sys.exit(f"{len(messages)} messages, {len(answers)} answers")
    taken = 0
    for message, ours in zip(messages, answers):
        value, why = ask_python(message)
        taken += value is not None
        if not agree(message, ours, value, why):
            print(f"{message.hex()}\n  ours: {ours}\n  Python: {value or why}")
            return 1
    if not len(messages) // 20 < taken < len(messages) - len(messages) // 20:
        sys.exit(f"{taken} of {len(messages)} taken: the mutations prove nothing")
    print(f"decoder_differential: {len(messages)} messages, {taken} taken, seed {SEED}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
