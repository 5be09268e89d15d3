#!/usr/bin/env python3
"""A sidecar that judges nothing and misbehaves on request: what the clients'
own tests talk to.

    client_fake_server.py URL [--greeting good|wrong|http|silent]

prints "ready" and serves until its standard input ends. `ping`, `echo` and
`score` answer as a sidecar would. Any op "fake.NAME" plays the method NAME of
Behaviours below, so that a test says in its request what is to go wrong.
"""

import argparse
import os
import socket
import struct
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../proto/clients/python"))

from leeway import GREETING_REP, Frames, frame, pack, unpack  # noqa: E402

GREETINGS = {"good": GREETING_REP, "wrong": b"\x00SP\x00\x00\x10\x00\x00",
             "http": b"HTTP/1.1 400 Bad Request\r\n\r\n", "silent": b""}


def ok(request, **more):
    return {"v": 1, "op": request.get("op"), "id": request.get("id", ""),
            "ok": True, "engine": {"generation": 1, "hash": "fake"},
            "timingUs": {"total": 1}, **more}


def refusal(request, code, http=503, **more):
    return {**ok(request), "ok": False,
            "error": {"code": code, "http": http, "message": "as asked",
                      "details": {}, **more}}


def passing(_candidate):
    return {"moderationVerdict": "pass", "action": "ship", "flagged": False,
            "driftScore": 0.1, "driftThreshold": 0.3, "driftAlert": False,
            "drift": {"status": "ok"}, "hits": [], "alerts": []}


def refusing(_candidate):
    return {**passing(None), "moderationVerdict": "refuse", "flagged": True,
            "action": "fallback", "content": "Never mind.",
            "contentReplaced": True}


class Stream:
    """Shows whole words, until one of them is "forbidden"."""

    def __init__(self):
        self.data = b""
        self.out = 0
        self.stopped = False

    def feed(self, piece):
        self.data += piece.encode() if isinstance(piece, str) else piece
        to = self.data.rfind(b" ") + 1
        self.stopped = self.stopped or b"forbidden" in self.data
        if self.stopped or to < self.out:
            to = self.out
        emit, self.out = self.data[self.out:to].decode(), to
        return {"emit": emit, "held": len(self.data) - to,
                "stop": self.stopped, **self.retract()}

    def retract(self):
        if self.stopped and self.out > 0:
            return {"retract": True, "content": "Never mind."}
        return {"retract": False}

    def close(self):
        emit = "" if self.stopped else self.data[self.out:].decode()
        envelope = (refusing if self.stopped else passing)(None)
        return {"emit": emit, "results": [envelope], **self.retract()}


class Peer:
    """One connection: reads frames, plays each request."""

    def __init__(self, server, sock):
        self.server = server
        self.sock = sock
        self.ipc = server.ipc
        self.sending = threading.Lock()
        self.held = []  # (head, request) that wait for a reversal
        self.streams = {}

    def run(self):
        try:
            greeting = b""
            while len(greeting) < 8:
                piece = self.sock.recv(8 - len(greeting))
                if not piece:
                    return
                greeting += piece
            self.sock.sendall(self.server.greeting)
            frames = Frames(self.ipc)
            while data := self.sock.recv(1 << 16):
                for payload in frames.feed(data):
                    self.play(payload[:4], unpack(payload[4:]))
        except (OSError, ValueError):
            pass
        finally:
            self.close()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def play(self, head, request):
        self.server.note(request)
        op = request["op"]
        if op == "echo":
            self.answer(head, request)
        elif op == "score":
            self.score(head, request)
        elif op.startswith("stream."):
            self.stream(op[7:], head, request)
        elif op.startswith("fake."):
            getattr(Behaviours, op[5:])(self, head, request)
        else:
            self.answer(head, ok(request))

    def score(self, head, request):
        candidates = request.get("candidates") or [request.get("text")]
        self.answer(head, ok(request, chosen=0,
                             results=[passing(c) for c in candidates]))

    def stream(self, what, head, request):
        """Deltas with "busy", "vanish" and "hang up" do what they say."""
        name = request.get("stream") or f"s{len(self.streams)}"
        if what == "open":
            self.streams[name] = Stream()
            self.answer(head, ok(request, stream=name))
            return
        stream = self.streams.get(name)
        text = request.get("text", "")
        if stream is None or text == "vanish":
            self.answer(head, refusal(request, "not_found", 404))
        elif text == "hang up":
            self.close()
        elif text == "busy":
            self.answer(head, refusal(request, "deadline_exceeded", 504))
        elif what == "feed":
            self.answer(head, ok(request, **stream.feed(text)))
        else:
            del self.streams[name]
            self.answer(head, ok(request, **stream.close()))

    def answer(self, head, reply):
        self.send(frame(head + pack(reply), self.ipc))

    def send(self, data):
        with self.sending:
            try:
                self.sock.sendall(data)
            except OSError:
                pass


class Behaviours:
    """What fake.NAME does. The request's other keys are its parameters."""

    def delay(peer, head, request):
        threading.Timer(request["ms"] / 1000,
                        lambda: peer.answer(head, ok(request))).start()

    def reverse(peer, head, request):
        """Answers the last `of` requests in the reverse order."""
        peer.held.append((head, request))
        if len(peer.held) == request["of"]:
            for held_head, held in reversed(peer.held):
                peer.answer(held_head, ok(held, n=held["n"]))
            peer.held.clear()

    def silent(peer, head, request):
        pass

    def error(peer, head, request):
        """An error reply, the first `times` times that `key` is seen."""
        seen = peer.server.seen(request["key"])
        if seen <= request.get("times", 1 << 30):
            more = {k: request[k] for k in ("retryAfterMs", "details")
                    if k in request}
            peer.answer(head, refusal(request, request["code"],
                                      request.get("http", 503), **more))
        else:
            peer.answer(head, ok(request, seen=seen))

    def refuse_score(peer, head, request):
        """Every score from now on gets this error."""
        peer.score = lambda h, r: peer.answer(h, refusal(r, request["code"]))
        peer.answer(head, ok(request))

    def empty_score(peer, head, request):
        """Every score from now on is ok and holds no envelope."""
        peer.score = lambda h, r: peer.answer(h, ok(r, results=[], chosen=0))
        peer.answer(head, ok(request))

    def trickle(peer, head, request):
        for byte in frame(head + pack(ok(request)), peer.ipc):
            peer.send(bytes([byte]))

    def half(peer, head, request):
        """Half a reply, and then nothing more."""
        whole = frame(head + pack(ok(request)), peer.ipc)
        peer.send(whole[:len(whole) // 2])

    def half_close(peer, head, request):
        Behaviours.half(peer, head, request)
        peer.close()

    def close(peer, head, request):
        peer.close()

    def late(peer, head, request):
        """A reply to a request that nobody made, one twice, then ours."""
        peer.answer(struct.pack(">I", 0xFFFFFFFF), ok(request, n="other"))
        peer.answer(head, ok(request, n="ours"))
        peer.answer(head, ok(request, n="again"))

    def garbage(peer, head, request):
        """Bytes that are no reply, by `kind`."""
        body = pack(ok(request))
        lead = b"\x01" if peer.ipc else b""
        peer.send({
            "length": lead + b"\xff" * 8 + b"x" * 32,
            "short": lead + struct.pack(">Q", 3) + b"abc",
            "lead": b"\x02" + b"\x7f" * 32,
            "no_id": frame(b"\x00\x00\x00\x01" + body, peer.ipc),
            "no_msgpack": frame(head + b"\xc1", peer.ipc),
            "not_a_map": frame(head + pack([1, 2]), peer.ipc),
            "trailing": frame(head + body + b"\x00", peer.ipc),
            "deep": frame(head + b"\x91" * 100000 + b"\xc0", peer.ipc),
            "no_ok": frame(head + pack({"v": 1, "id": request["id"]}),
                           peer.ipc),
        }[request["kind"]])


class FakeServer:
    """Serves on url from start() to stop()."""

    def __init__(self, url, greeting="good"):
        self.url = url
        self.ipc = url.startswith("ipc://")
        self.greeting = GREETINGS[greeting]
        self.requests = []
        self.connections = 0
        self._keys = {}
        self._peers = []
        self._lock = threading.Lock()

    def start(self):
        if self.ipc:
            path = self.url[len("ipc://"):]
            if os.path.exists(path):
                os.unlink(path)
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(path)
        else:
            host, _, port = self.url[len("tcp://"):].rpartition(":")
            self._listener = socket.create_server((host, int(port)))
            self.url = f"tcp://{host}:{self._listener.getsockname()[1]}"
        self._listener.listen(128)  # as the sidecar
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        if self.ipc and os.path.exists(self.url[len("ipc://"):]):
            os.unlink(self.url[len("ipc://"):])
        for peer in self._peers:
            peer.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def note(self, request):
        self.requests.append(request)

    def seen(self, key):
        """How often key was asked about, this time included."""
        with self._lock:
            self._keys[key] = self._keys.get(key, 0) + 1
            return self._keys[key]

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            peer = Peer(self, sock)
            self._peers.append(peer)
            threading.Thread(target=peer.run, daemon=True).start()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("url")
    parser.add_argument("--greeting", choices=GREETINGS, default="good")
    options = parser.parse_args()
    with FakeServer(options.url, options.greeting) as server:
        print("ready", server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
