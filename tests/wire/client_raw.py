"""A socket to the sidecar with nothing in between: whatever bytes a test wants
to send, in whatever pieces. For tests; callers have proto/clients/.
"""

import errno
import os
import random
import select
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../proto/clients/python"))

from leeway import (GREETING_REP, GREETING_REQ, Frames, frame, pack,  # noqa
                    unpack)

ID = 0x80000001  # a request id: the top bit is set


def ping(request_id="ping"):
    return pack({"v": 1, "op": "ping", "id": request_id})


class Raw:
    """One connection. After greet=False the first bytes are the test's."""

    def __init__(self, url, greet=True, timeout=10.0):
        self.ipc = url.startswith("ipc://")
        self.sock = connect(url, timeout)
        self.sock.settimeout(timeout)
        self.frames = Frames(self.ipc)
        self.ready = []  # payloads that have arrived and nobody took
        if greet:
            self.sock.sendall(GREETING_REQ)
            greeting = b""
            while len(greeting) < 8:
                piece = self.sock.recv(8 - len(greeting))
                if not piece:
                    raise ConnectionError("closed during the greeting")
                greeting += piece
            if greeting != GREETING_REP:
                raise ConnectionError(f"greeting {greeting.hex()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def frame(self, body, request_id=ID):
        """A request as it travels."""
        return frame(struct.pack(">I", request_id) + body, self.ipc)

    def head(self, length):
        """What stands before a payload that claims this length."""
        return (b"\x01" if self.ipc else b"") + struct.pack(">Q", length)

    def send(self, data):
        self.sock.sendall(data)

    def payload(self):
        """The next whole payload: request id and reply."""
        while not self.ready:
            data = self.sock.recv(1 << 16)
            if not data:
                raise ConnectionError("closed instead of a reply")
            self.ready += self.frames.feed(data)
        return self.ready.pop(0)

    def ask(self, body, request_id=ID):
        """The decoded reply to one request."""
        self.send(self.frame(body, request_id))
        payload = self.payload()
        if payload[:4] != struct.pack(">I", request_id):
            raise ValueError(f"reply to {payload[:4].hex()}")
        return unpack(payload[4:])

    def ask_many(self, bodies, seconds):
        """Sends all at once while reading; {request id: [reply, ...]} when as
        many replies as requests have come, or the time is over."""
        data = memoryview(b"".join(self.frame(body, ID + n)
                                   for n, body in enumerate(bodies)))
        until = time.monotonic() + seconds
        replies, count = {}, 0
        self.sock.setblocking(False)
        while count < len(bodies) and time.monotonic() < until:
            readable, writable, _ = select.select(
                [self.sock], [self.sock] if data else [], [], 0.1)
            if writable:
                data = data[self.sock.send(data[:1 << 16]):]
            if readable:
                piece = self.sock.recv(1 << 16)
                if not piece:
                    break
                for payload in self.frames.feed(piece):
                    (n,) = struct.unpack_from(">I", payload)
                    replies.setdefault(n, []).append(unpack(payload[4:]))
                    count += 1
        return replies

    def seconds_to_close(self, within):
        """After how many seconds the other side closes; None: it does not.
        A greeting on the way is let pass, anything else is an error."""
        begun = time.monotonic()
        came = b""
        while True:
            left = begun + within - time.monotonic()
            if left <= 0:
                return None
            self.sock.settimeout(left)
            try:
                piece = self.sock.recv(1 << 16)
            except socket.timeout:
                return None
            except ConnectionError:
                piece = b""
            if not piece:
                return time.monotonic() - begun
            came += piece
            if not GREETING_REP.startswith(came):
                raise ValueError(f"answered {came[:60]!r}")


def connect(url, timeout):
    """A connected socket; waits where a unix socket's backlog is full."""
    if not url.startswith("ipc://"):
        host, _, port = url[len("tcp://"):].rpartition(":")
        sock = socket.create_connection((host.strip("[]"), int(port)), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    until = time.monotonic() + timeout
    while True:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            sock.connect(url[len("ipc://"):])
            return sock
        except OSError as error:
            sock.close()
            if error.errno != errno.EAGAIN or time.monotonic() > until:
                raise
        time.sleep(random.uniform(0.001, 0.003))
