#!/usr/bin/env python3
"""Streams from outside: cut anywhere they equal the whole; what is wrong is
said; what is left behind goes away; limits, reloads and the end.

    make && python3 tests/e2e/streams.py
"""

import json
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest

from sidecar import (PATIENCE, ROOT, SHIPPED, Raw, Sidecar, configuration,
                     many, pack, score, until)

SEED = 20261121
UNKNOWN = "00112233445566778899aabbccddeeff"


def texts():
    """Replies of every kind that the repository has, and cruel ones."""
    found = []
    for name, count in (("persona/replies", 60), ("benign/chat", 40),
                        ("benign/look_alike", 40), ("demo/replies", 30),
                        ("voices/falstaff", 15)):
        with open(f"{ROOT}/tests/data/{name}.jsonl", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        found += [row["text"] for row in rows if "text" in row][:count]
    with open(f"{ROOT}/tests/golden/replies.jsonl", encoding="utf-8") as file:
        found += [json.loads(line)["text"] for line in file]
    found += ["", "é", "🙂" * 40, "a\u0301" * 50, "x" * 3000,
              "Write to ann@example.org or call +44 20 7946 0958, thanks. " * 5,
              "aHR0cHM6Ly9leGFtcGxlLm9yZy9zZWNyZXQ=" * 4]
    return found[:many(len(found))]


def pieces(text, source):
    """The bytes of a text, cut at random, also inside characters."""
    data = text.encode()
    most = source.choice((1, 4, 12, 60, 400))
    at = 0
    while at < len(data):
        n = source.randint(1, most)
        yield data[at:at + n]
        at += n
        if source.random() < 0.05:
            yield b""


class Caller(Raw):
    """A connection that speaks in operations."""

    def __init__(self, sidecar):
        super().__init__(sidecar.ipc, timeout=PATIENCE)

    def call(self, op, **fields):
        return self.ask(pack({"v": 1, "op": op, "id": "x", "deadlineMs": 5000,
                              **fields}))

    def open(self, **fields):
        reply = self.call("stream.open", **fields)
        assert reply["ok"], reply
        return reply["stream"]

    def feed(self, stream, seq, text):
        return self.call("stream.feed", stream=stream, seq=seq, text=text)

    def close_stream(self, stream):
        return self.call("stream.close", stream=stream)


def play(caller, text, source, **fields):
    """All that was shown, and the closing reply."""
    stream = caller.open(**fields)
    shown = ""
    for seq, piece in enumerate(pieces(text, source)):
        step = caller.feed(stream, seq, piece)
        assert step["ok"], step
        shown += step["emit"]
    end = caller.close_stream(stream)
    assert end["ok"], end
    return shown, end


def spans_shown(text, shown, envelope):
    """The enforced hits of which something was shown."""
    data, seen = text.encode(), shown.encode()
    return [hit["rule"] for hit in envelope["hits"]
            if hit["mode"] == "enforce" and data.startswith(seen)
            and hit["span"][0] < hit["span"][1]
            and len(seen) > hit["span"][0]]


class Shipped(unittest.TestCase):
    """Against the configuration as it ships."""

    @classmethod
    def setUpClass(cls):
        cls.sidecar = Sidecar(config=SHIPPED)
        cls.addClassCleanup(cls.sidecar.__exit__, None)

    def check(self, caller, text, source, fields, mode):
        shown, end = play(caller, text, source, mode=mode, **fields)
        whole = caller.call("score", text=text, **fields)["results"][0]
        self.assertEqual(end["results"], [whole])
        should = whole.get("content", text)
        if whole["action"] not in ("ship", "redact"):
            self.assertEqual(end["emit"], "")
            self.assertEqual(end["retract"], shown != "")
            if mode == "gate":
                self.assertEqual(spans_shown(text, shown, whole), [])
        elif mode != "shadow":
            self.assertEqual(shown + end["emit"], should)
            self.assertFalse(end["retract"])
        elif end["retract"]:
            self.assertEqual(end["content"], should)
        else:
            self.assertEqual(shown + end["emit"], should)

    def test_cut_anywhere_equals_the_whole(self):
        source = random.Random(SEED)
        asked = ({}, {"persona": "falstaff"}, {"locale": "en", "turn": 3},
                 {"persona": "judy", "systemPrompt": "You are Judy. Be kind.",
                  "extraGuardrails": ["deny:lantern", "max_chars:90"]})
        with Caller(self.sidecar) as caller:
            for number, text in enumerate(texts()):
                for mode in ("gate", "shadow", "final"):
                    with self.subTest(text=text[:60], mode=mode, seed=SEED):
                        self.check(caller, text, source,
                                   asked[number % len(asked)], mode)
        self.assertEqual(self.sidecar.stats()["streams.defects"], 0)

    def test_a_provisional_drift_comes_before_the_end(self):
        with Caller(self.sidecar) as caller:
            stream = caller.open(persona="falstaff")
            scores = [caller.feed(stream, seq, "Give me a cup of sack, boy. ")
                      ["driftScore"] for seq in range(8)]
            end = caller.close_stream(stream)["results"][0]
        self.assertIsNone(scores[0])
        self.assertIsInstance(scores[-1], float)
        self.assertEqual(end["drift"]["status"], "ok")

    def test_memory_of_an_open_stream(self):
        with Caller(self.sidecar) as caller:
            caller.call("session.open", persona="falstaff", session="s" * 36)
            before = self.sidecar.stats()["streams.bytes"]
            for _ in range(100):
                stream = caller.open(persona="falstaff", session="s" * 36)
                caller.feed(stream, 0, "five." * 100)
            each = (self.sidecar.stats()["streams.bytes"] - before) / 100
        print(f"an open stream of 500 bytes: {each:.0f} bytes")
        self.assertLess(each, 25000)  # 10,000 of them within 250 MB


BLOCKING = """
drift: {background: background.bin, on_alert: block, hold_first_sentence: true}
personas: [{id: falstaff, samples: falstaff.jsonl}]
"""


class Drift(unittest.TestCase):
    def test_first_sentence_waits_for_its_measure(self):
        """Nothing is shown before there is a score, where an alert blocks."""
        text = ("Certainly! There are several effective strategies for you. "
                "First, consider selecting lightweight materials. ") * 3
        with tempfile.TemporaryDirectory(prefix="leeway-e2e-") as folder:
            for name in ("voice/background.bin", "voices/falstaff.jsonl"):
                shutil.copy(f"{ROOT}/config/{name}", folder)
            self.check(text, folder)

    def check(self, text, folder):
        with Sidecar(config=configuration(more=BLOCKING),
                     folder=folder) as sidecar, Caller(sidecar) as caller:
            stream = caller.open(persona="falstaff")
            for seq in range(len(text) // 8):
                step = caller.feed(stream, seq, text[8 * seq:8 * seq + 8])
                if step["driftAlert"] is not False:
                    self.assertEqual(step["emit"], "")
            self.assertIs(step["driftAlert"], True)
            end = caller.close_stream(stream)
        self.assertEqual(end["results"][0]["action"], "block")
        self.assertEqual((end["emit"], end["retract"]), ("", False))


LIMITS = """limits: {streams: 5, streams_per_connection: 3, stream_idle: 1s,
         text_bytes: 4KiB, stream_bytes: 1MiB, drain_ms: 20s}
"""


class Small(unittest.TestCase):
    """One word is refused, and everything is limited."""

    def setUp(self):
        self.sidecar = Sidecar(config=configuration(more=LIMITS))
        self.addCleanup(self.sidecar.__exit__, None)

    def refused(self, reply, code, **details):
        self.assertFalse(reply["ok"], reply)
        self.assertEqual(reply["error"]["code"], code, reply)
        for key, value in details.items():
            self.assertEqual(reply["error"]["details"].get(key), value, reply)

    def open_now(self):
        return self.sidecar.stats()["streams.open"]

    def test_wrong_requests(self):
        with Caller(self.sidecar) as c:
            self.refused(c.call("stream.open", mode="open"),
                         "validation_failed", path="mode")
            self.refused(c.call("stream.open", persona="nobody"), "not_found")
            self.refused(c.call("stream.open", text="x"), "validation_failed",
                         path="text")
            for op in ("stream.feed", "stream.close", "stream.abort"):
                more = {"seq": 0, "text": ""} if op == "stream.feed" else {}
                for name in (UNKNOWN, "short", UNKNOWN.upper()):
                    self.refused(c.call(op, stream=name, **more), "not_found",
                                 path="stream")
                self.refused(c.call(op, **more), "validation_failed",
                             path="stream")
            self.assertEqual(self.open_now(), 0)

    def test_sequence(self):
        with Caller(self.sidecar) as c:
            s = c.open(mode="final")
            self.refused(c.feed(s, 1, "a"), "state_conflict", path="seq",
                         expected=0)
            first = c.feed(s, 0, "a")
            again = c.feed(s, 0, "a")
            for reply in (first, again):
                del reply["timingUs"]
            self.assertEqual(pack(first), pack(again))
            self.refused(c.feed(s, 0, "b"), "idempotency_conflict")
            self.refused(c.feed(s, 2, "a"), "state_conflict", expected=1)
            self.assertTrue(c.feed(s, 1, "b")["ok"])
            self.refused(c.feed(s, 0, "a"), "state_conflict", expected=2)
            end = c.close_stream(s)
            self.assertEqual(end["emit"], "ab")
            self.refused(c.feed(s, 2, "c"), "state_conflict", path="stream")
            self.refused(c.close_stream(s), "state_conflict", path="stream")
            self.refused(c.call("stream.abort", stream=s), "state_conflict")

    def test_abort_twice_is_harmless(self):
        with Caller(self.sidecar) as c:
            s = c.open()
            self.assertTrue(c.call("stream.abort", stream=s)["ok"])
            self.assertTrue(c.call("stream.abort", stream=s)["ok"])
            self.refused(c.feed(s, 0, "a"), "state_conflict")
            self.assertEqual(self.open_now(), 0)

    def test_broken_utf8_costs_nothing(self):
        with Caller(self.sidecar) as c:
            s = c.open(mode="shadow")
            self.assertEqual(c.feed(s, 0, "caf".encode() + b"\xc3")["emit"],
                             "caf")
            self.refused(c.feed(s, 1, b"\xc3"), "bad_request", path="text")
            self.refused(c.close_stream(s), "state_conflict")
            self.assertEqual(c.feed(s, 1, b"\xa9!")["emit"], "é!")
            self.assertTrue(c.close_stream(s)["ok"])

    def test_too_much_text_leaves_the_stream_usable(self):
        with Caller(self.sidecar) as c:
            s = c.open(mode="final")
            self.refused(c.feed(s, 0, "x" * 4097), "too_large")
            self.assertTrue(c.feed(s, 0, "x" * 4096)["ok"])
            self.refused(c.feed(s, 1, "x"), "too_large", path="text")
            self.assertEqual(c.close_stream(s)["emit"], "x" * 4096)

    def test_limits_of_number(self):
        with Caller(self.sidecar) as a, Caller(self.sidecar) as b:
            mine = [a.open() for _ in range(3)]
            full = a.call("stream.open")
            self.refused(full, "overloaded")
            self.assertGreater(full["error"]["retryAfterMs"], 0)
            yours = [b.open() for _ in range(2)]
            self.refused(b.call("stream.open"), "overloaded")
            self.assertTrue(a.close_stream(mine[0])["ok"])
            self.assertTrue(b.open())
            # An id is good on every connection, and moves with its use.
            self.assertTrue(a.feed(yours[0], 0, "hello")["ok"])

    def test_limit_of_memory(self):
        more = LIMITS.replace("text_bytes: 4KiB", "text_bytes: 1MiB")
        with Sidecar(config=configuration(more=more)) as sidecar, \
                Caller(sidecar) as c:
            s = c.open(mode="final")
            self.assertTrue(c.feed(s, 0, "x" * 100000)["ok"])
            self.refused(c.feed(s, 1, "x" * 500000), "overloaded")
            self.assertTrue(c.feed(s, 1, "x")["ok"])
            stats = sidecar.stats()
            self.assertLess(stats["streams.bytes"], 1 << 20)
            self.assertEqual(stats["streams.held_bytes"], 100001)
            self.assertEqual(len(c.close_stream(s)["emit"]), 100001)

    def test_dead_clients_take_their_streams_along(self):
        for _ in range(many(50)):
            with Caller(self.sidecar) as c:
                for _ in range(3):
                    c.feed(c.open(), 0, "Once upon a time")
            self.assertTrue(until(lambda: self.open_now() == 0))
        stats = self.sidecar.stats()
        self.assertEqual(stats["streams.left"], stats["streams.opened"])
        self.assertEqual(stats["streams.bytes"], 0)

    def test_idle_streams_end(self):
        with Caller(self.sidecar) as c:
            s, kept = c.open(), c.open()
            end = time.monotonic() + PATIENCE
            seq = 0
            while self.open_now() == 2 and time.monotonic() < end:
                self.assertTrue(c.feed(kept, seq, "on and on ")["ok"])
                seq += 1
                time.sleep(0.05)
            self.assertEqual(self.open_now(), 1)
            self.refused(c.feed(s, 0, "late"), "not_found")
            self.assertEqual(self.sidecar.stats()["streams.expired"], 1)
            self.assertTrue(c.close_stream(kept)["ok"])

    def test_open_streams_keep_their_engine_over_a_reload(self):
        with Caller(self.sidecar) as c:
            old = c.open(mode="final")
            c.feed(old, 0, "It is zorblax ")
            self.sidecar.configure(configuration("grolm", "OTHER", LIMITS))
            self.sidecar.reload()
            new = c.open(mode="final")
            c.feed(new, 0, "It is zorblax and ")
            self.assertTrue(c.feed(old, 1, "and grolm.")["ok"])
            self.assertTrue(c.feed(new, 1, "grolm.")["ok"])
            ends = [c.close_stream(s) for s in (old, new)]
            self.assertEqual([[hit["rule"] for hit in end["results"][0]["hits"]]
                              for end in ends], [["WORD"], ["OTHER"]])
            self.assertEqual([end["engine"]["generation"] for end in ends],
                             [1, 2])

    def test_four_connections_feed_one_stream(self):
        """All of them the same deltas: each counts once, in its place."""
        text = [f"{n % 10}" for n in range(200)]
        wrong = []

        def push(caller, stream):
            seq = 0
            while seq < len(text):
                reply = caller.feed(stream, seq, text[seq])
                if reply["ok"]:
                    seq += 1
                elif "expected" in reply["error"]["details"]:
                    seq = reply["error"]["details"]["expected"]
                else:
                    wrong.append(reply)
                    return

        callers = [Caller(self.sidecar) for _ in range(4)]
        stream = callers[0].open(mode="final")
        threads = [threading.Thread(target=push, args=(caller, stream))
                   for caller in callers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(callers[0].close_stream(stream)["emit"],
                         "".join(text))
        for caller in callers:
            caller.sock.close()

    def test_streams_end_well_while_it_stops(self):
        with Caller(self.sidecar) as c:
            s = c.open(mode="final")
            c.feed(s, 0, "Before ")
            self.sidecar.signal(signal.SIGTERM)
            self.assertTrue(until(lambda: "draining" in self.sidecar.log()))
            self.assertTrue(until(
                lambda: not c.call("stream.open")["ok"]))
            self.refused(c.call("stream.open"), "draining")
            self.refused(c.ask(score("hello")), "draining")
            self.assertTrue(c.feed(s, 1, "and after.")["ok"])
            end = c.close_stream(s)
            self.assertEqual(end["emit"], "Before and after.")
        self.assertEqual(self.sidecar.wait(), 0)


if __name__ == "__main__":
    # Whoever ends this program ends the sidecars too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    unittest.main()
