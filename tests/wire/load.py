#!/usr/bin/env python3
"""Load and churn on a running sidecar; each command ends with one line that
says what came of it, and exits 1 if that is not what was promised.

    load.py pipeline ipc:///tmp/leeway.sock
    load.py churn    ipc:///tmp/leeway.sock -n 1000
    load.py dying    ipc:///tmp/leeway.sock --pid "$(pgrep -x leeway)"
"""

import argparse
import os
import struct
import sys
import time

from client_raw import ID, Raw, pack, ping

SCORE = {"v": 1, "op": "score", "id": "00000000", "persona": "falstaff",
         "deadlineMs": 5000,
         "text": "Give me a cup of sack, boy, and be quick about it."}


def template(options):
    """A request whose id has 8 digits, to be put in place of the zeros."""
    if options.op == "score":
        return pack({**SCORE, "persona": options.persona})
    return pack({"v": 1, "op": options.op, "id": "00000000"})


def pipeline(options):
    """Many requests on one connection: each id is answered exactly once."""
    n = options.requests
    before, after = template(options).split(b"00000000")
    with Raw(options.url) as raw:
        frames = [raw.frame(before + b"%08d" % i + after, ID + i)
                  for i in range(n)]
        size = len(frames[0])
        stream = memoryview(b"".join(frames))
        answers = bytearray(n)
        sent = answered = refused = 0
        begun = time.monotonic()
        while answered < n:
            upto = min(n, answered + options.in_flight)
            raw.send(stream[sent * size:upto * size])
            sent = upto
            for payload in raw.frames.feed(raw.sock.recv(1 << 20)):
                i = struct.unpack_from(">I", payload)[0] - ID
                if not 0 <= i < sent or answers[i]:
                    print(f"FAIL request {i}: never sent, or answered twice")
                    return False
                if b"\xa2id\xa8%08d" % i not in payload:
                    print(f"FAIL request {i}: another's id in its reply")
                    return False
                answers[i] = 1
                answered += 1
                refused += b"\xa2ok\xc2" in payload
        seconds = time.monotonic() - begun
    print(f"pipeline: {n} requests answered once each, {refused} of them with "
          f"an error, {n / seconds:.0f}/s with {options.in_flight} in flight")
    return sent == n


def churn(options):
    """Connections that close at once, then one honest request."""
    begun = time.monotonic()
    for _ in range(options.connections):
        Raw(options.url, greet=False).sock.close()
    seconds = time.monotonic() - begun
    with Raw(options.url) as raw:
        fine = raw.ask(ping())["ok"] is True
    print(f"churn: {options.connections} connections in {seconds:.2f} s, then "
          f"a ping was {'answered' if fine else 'refused'}")
    return fine


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def dying(options):
    """Clients that go with requests outstanding: no descriptor stays."""
    with Raw(options.url) as raw:
        raw.ask(ping())
    time.sleep(0.5)  # for that one to be closed
    before = descriptors(options.pid)
    for i in range(options.times):
        with Raw(options.url) as raw:
            raw.send(b"".join(raw.frame(template(options), ID + n)
                              for n in range(options.outstanding)))
    until = time.monotonic() + 10
    while descriptors(options.pid) > before and time.monotonic() < until:
        time.sleep(0.05)
    after = descriptors(options.pid)
    with Raw(options.url) as raw:
        fine = raw.ask(ping())["ok"] is True
    print(f"dying: {options.times} clients gone with {options.outstanding} "
          f"outstanding, descriptors {before} before and {after} after, then "
          f"a ping was {'answered' if fine else 'refused'}")
    return fine and after <= before


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)

    def command(run, op):
        sub = commands.add_parser(run.__name__, help=run.__doc__)
        sub.add_argument("url")
        sub.add_argument("--op", default=op,
                         choices=("ping", "echo", "score"))
        sub.add_argument("--persona", default="falstaff")
        sub.set_defaults(run=run)
        return sub

    sub = command(pipeline, "ping")
    sub.add_argument("-n", "--requests", type=int, default=100000)
    sub.add_argument("--in-flight", type=int, default=64)
    sub = command(churn, "ping")
    sub.add_argument("-n", "--connections", type=int, default=1000)
    sub = command(dying, "score")
    sub.add_argument("--pid", type=int, required=True, help="of the sidecar")
    sub.add_argument("--times", type=int, default=100)
    sub.add_argument("--outstanding", type=int, default=32)

    options = parser.parse_args()
    try:
        return 0 if options.run(options) else 1
    except (OSError, ValueError) as problem:
        print(f"{options.run.__name__}: {type(problem).__name__}: {problem}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
