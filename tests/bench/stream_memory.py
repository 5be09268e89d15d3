#!/usr/bin/env python3
"""What open streams take: resident memory and descriptors of a sidecar, before
them, with them, and after they were closed, aborted or left.

    make stream-memory [STREAMS=10000]
"""

import argparse
import os
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path.insert(0, os.path.join(ROOT, "tests/e2e"))

from sidecar import PATIENCE, SHIPPED, Raw, Sidecar, pack, until  # noqa: E402

PERSONAS = ("falstaff", "judy", "hamlet", "algernon")
TEXT = ("Give me a cup of sack, boy, and be quick about it, for I am dry. "
        "What time of day is it, lad? Indeed, you come near me now. ") * 5


def resident_kb(sidecar):
    with open(f"/proc/{sidecar.process.pid}/status",
              encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines
                    if line.startswith("VmRSS:"))


def descriptors(sidecar):
    return len(os.listdir(f"/proc/{sidecar.process.pid}/fd"))


def call(raw, op, **fields):
    reply = raw.ask(pack({"v": 1, "op": op, "deadlineMs": 5000, **fields}))
    assert reply["ok"], reply
    return reply


def show(sidecar, when):
    stats = sidecar.stats()
    print(f"  {when:<22} {resident_kb(sidecar) / 1024:7.1f} MiB resident, "
          f"{stats['streams.bytes'] / 1048576:6.1f} MiB told, "
          f"{descriptors(sidecar)} descriptors, {stats['streams.open']} open",
          flush=True)


def fill(connections, number, start):
    streams = []
    for n in range(number):
        raw = connections[n % len(connections)]
        stream = call(raw, "stream.open", mode="gate",
                      persona=PERSONAS[n % len(PERSONAS)])["stream"]
        call(raw, "stream.feed", stream=stream, seq=0,
             text=TEXT[start:start + 500])
        streams.append((raw, stream))
    return streams


def play(number, clients):
    print(f"{number} streams of 500 bytes, mode gate, {clients} connections:")
    with Sidecar("limits.streams_per_connection=65536",
                 "limits.stream_bytes=1GiB", "limits.stream_idle=10m",
                 config=SHIPPED) as sidecar:
        show(sidecar, "begun")
        for again in range(2):
            connections = [Raw(sidecar.ipc, timeout=PATIENCE)
                           for _ in range(clients)]
            for raw, stream in fill(connections, 64, 0):
                call(raw, "stream.close", stream=stream)
            show(sidecar, "warm")
            before = resident_kb(sidecar)
            streams = fill(connections, number, again)
            show(sidecar, "open")
            each = (resident_kb(sidecar) - before) * 1024 / number
            print(f"  {each:.0f} bytes each")
            for raw, stream in streams[:len(streams) // 2]:
                call(raw, "stream.close" if again == 0 else "stream.abort",
                     stream=stream)
            show(sidecar, "half of them ended")
            for raw in connections:
                raw.__exit__()
            assert until(lambda: sidecar.stats()["streams.open"] == 0)
            show(sidecar, "left by the others")
        assert sidecar.stats()["streams.bytes"] == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=10000)
    options = parser.parse_args()
    for clients in (1, 50):
        play(options.streams, clients)


if __name__ == "__main__":
    main()
