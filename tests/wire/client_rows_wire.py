"""Rows 1 to 17 of the bad-input catalogue: bytes below the messages."""

import os
import select
import socket
import struct
import time

from client_expect import (SKIP, Table, either, error, judged, reply_fault,
                           score, score_list, text_of, Bytes)
from client_raw import GREETING_REQ, ID, Raw, ping, unpack

SOFT, HARD = 1 << 20, 16 << 20  # bytes of a message: refused, cut off

ROWS = Table()
row, played = ROWS.row, ROWS.played


def closes(raw, within=2.0, after=0.0, slack=3.0):
    """None when the other side closes in time, but not before `after`."""
    took = raw.seconds_to_close(within + slack)
    if took is None:
        return f"still open after {within + slack:.1f} s"
    return f"closed after {took:.1f} s" if took < after else None


def first_bytes(run, data, **timing):
    with Raw(run.url, greet=False) as raw:
        raw.send(data)
        return closes(raw, **timing)


@played(1, "HTTP instead of a greeting")
def _(run):
    return first_bytes(run, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")


@played(2, "greeting of another protocol")
def _(run):
    return first_bytes(run, b"\x00SP\x00\x00\x10\x00\x00")


@played(3, "5,000 connections that close at once")
def _(run):
    for _ in range(5000):
        Raw(run.url, greet=False).sock.close()


@played(4, "half a greeting, then silence: closed at 2 s")
def _(run):
    return first_bytes(run, GREETING_REQ[:4], within=2, after=1)


@played(5, "lengths of 2^40, 2^62, 2^64-1")
def _(run):
    for length in (1 << 40, 1 << 62, (1 << 64) - 1):
        with Raw(run.url) as raw:
            raw.send(raw.head(length) + b"xxxx")
            wrong = closes(raw)
            if wrong:
                return f"{length}: {wrong}"


@played(6, "hard cap + 1 byte")
def _(run):
    with Raw(run.url) as raw:
        raw.send(raw.head(HARD + 1) + b"xxxx")
        return closes(raw)


def padded(bytes_in_all):
    """A score message of this length, in 16 candidates."""
    bare = len(score_list(*[{"text": Bytes(b"\xdb\0\0\0\0")}] * 16))
    each, more = divmod(bytes_in_all - bare, 16)
    texts = [b"a " * ((each + 1) // 2) for _ in range(16)]
    texts = [text[:each] for text in texts]
    texts[0] += b"a" * more
    return score_list(*[{"text": text_of(text)} for text in texts])


row(6, "just below the soft limit is served", padded(SOFT - 64), judged())
row(7, "just above the soft limit", padded(SOFT + 64), error("too_large"))


@played(7, "at the hard cap")
def _(run):
    with Raw(run.url) as raw:
        reply = raw.ask(bytes(HARD - 4))
        return reply_fault(reply) or error("too_large")(reply)


@played(8, "lengths 0 to 3")
def _(run):
    for length in range(4):
        with Raw(run.url) as raw:
            raw.send(raw.head(length) + b"\xff" * length)
            wrong = closes(raw)
            if wrong:
                return f"{length}: {wrong}"


@played(9, "one and two hops before the request id are echoed")
def _(run):
    for hops in (1, 2):
        with Raw(run.url) as raw:
            words = struct.pack(f">{hops + 1}I", *range(1, hops + 1), ID)
            raw.send(raw.head(len(words) + len(ping())) + words + ping())
            payload = raw.payload()
            if payload[:len(words)] != words:
                return f"{hops} hops came back as {payload[:12].hex()}"
            if not unpack(payload[len(words):])["ok"]:
                return "not answered"


@played(9, "hops without end: closed or dropped")
def _(run):
    for hops in (1, 9, 300):
        with Raw(run.url) as raw:
            words = struct.pack(f">{hops}I", *range(1, hops + 1))
            raw.send(raw.head(len(words)) + words)
            raw.seconds_to_close(0.3)  # fails where there is an answer


@played(10, "first byte of a frame is not 0x01")
def _(run):
    if not run.url.startswith("ipc://"):
        return None
    with Raw(run.url) as raw:
        raw.send(b"\x02" + raw.frame(ping())[1:])
        return closes(raw)


@played(11, "half a message, then silence: closed at 5 s")
def _(run):
    with Raw(run.url) as raw:
        raw.send(raw.frame(score())[:40])
        return closes(raw, within=5, after=4)


@played(12, "never reads its replies: closed at 1 s")
def _(run):
    with Raw(run.url) as raw:
        flood = raw.frame(ping()) * 500
        at = 0
        raw.sock.setblocking(False)
        until = time.monotonic() + 15
        while time.monotonic() < until:
            if not select.select([], [raw.sock], [], 0.1)[1]:
                continue
            try:
                at = (at + raw.sock.send(flood[at:])) % len(flood)
            except BlockingIOError:
                continue
            except OSError:
                return None
        return "still open after 15 s of requests"


@played(13, "exits with 3, 8, 32 requests outstanding")
def _(run):
    for outstanding in (3, 8, 32) * 20:
        with Raw(run.url) as raw:
            raw.send(raw.frame(score()) * outstanding)


@played(14, "more requests than may be in flight: each answered once")
def _(run):
    count = 400
    body = run.fit(score(text="lorem ipsum " * 4000))
    with Raw(run.url) as raw:
        replies = raw.ask_many([body.replace(b"\xa3row", b"\xa3%03d" % n)
                                for n in range(count)], 60)
    if sorted(replies) != list(range(ID, ID + count)):
        return f"{len(replies)} of {count} answered"
    for got in replies.values():
        if len(got) > 1:
            return "one answered twice"
        wrong = reply_fault(got[0]) or either(
            judged(), error("overloaded"), error("deadline_exceeded"))(got[0])
        if wrong:
            return wrong
        if not got[0]["ok"] and got[0]["error"]["code"] == "overloaded":
            if "retryAfterMs" not in got[0]["error"]:
                return "overloaded without retryAfterMs"


@played(15, "a request byte by byte is served")
def _(run):
    with Raw(run.url) as raw:
        for byte in raw.frame(run.fit(score())):
            raw.send(bytes([byte]))
            time.sleep(0.001)
        reply = unpack(raw.payload()[4:])
        return reply_fault(reply) or judged()(reply)


@played(16, "reset in the middle of replies")
def _(run):
    for _ in range(50):
        with Raw(run.url) as raw:
            raw.send(raw.frame(ping()) * 20)
            raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))


def let_in(url):
    """Is this process answered? For a user who should not be."""
    try:
        with Raw(url, timeout=3) as raw:
            raw.ask(ping())
        return True
    except (OSError, ValueError):
        return False


@played(17, "another user is not let in")
def _(run):
    if not run.url.startswith("ipc://") or os.geteuid() != 0:
        return SKIP + "needs root and ipc"
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os._exit(let_in(run.url))
    _, status = os.waitpid(child, 0)
    return "it was" if os.waitstatus_to_exitcode(status) != 0 else None
