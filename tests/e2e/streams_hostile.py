#!/usr/bin/env python3
"""Streams that are abused: what is broken is refused where it is broken, what
is empty costs nothing, and nothing is left of whoever goes away.

    make && python3 tests/e2e/streams_hostile.py
"""

import os
import random
import signal
import sys
import time
import unittest

from sidecar import SHIPPED, Sidecar, configuration, many, pack, until
from streams import LIMITS, SEED, Caller

WORDS = ("zorblax", "z o r b l a x", "ann@example.org", "4111 1111 1111 1111",
         "\u200b", "e\u0301", "👩\u200d👩\u200d👧", "https://x.y/z", "a ", "\u202e",
         "&#107;", "a2lsbA==", "раypal", "```", "\"", "\n")


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sidecar = Sidecar("limits.stream_idle=10m",
                              "limits.streams_per_connection=2000",
                              config=SHIPPED)
        cls.addClassCleanup(cls.sidecar.__exit__, None)

    def setUp(self):
        self.caller = Caller(self.sidecar)
        self.addCleanup(self.caller.sock.close)

    def code(self, reply):
        return None if reply["ok"] else reply["error"]["code"]

    def test_broken_bytes_anywhere(self):
        """Refused at their place; the text goes on as if they had not been."""
        text = "Grüß Gott, 你好 🙂, a e\u0301 and 12345."
        data = text.encode()
        whole = self.caller.call("score", text=text)["results"]
        for at in range(len(data) + 1):
            s = self.caller.open()
            seq, shown = 0, ""
            if at > 0:
                shown += self.caller.feed(s, 0, data[:at])["emit"]
                seq = 1
            for broken in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80",
                           b"\xf5\x80\x80\x80"):
                reply = self.caller.feed(s, seq, broken)
                self.assertEqual(self.code(reply), "bad_request", (at, broken))
            shown += self.caller.feed(s, seq, data[at:])["emit"]
            end = self.caller.close_stream(s)
            self.assertEqual(end["results"], whole)
            self.assertEqual(shown + end["emit"], whole[0].get("content", text))

    def test_sequence_numbers_of_all_kinds(self):
        s = self.caller.open()
        for seq in (-1, 2 ** 53 + 1, 2 ** 63, 1.5, "0", None, True, [0]):
            self.assertEqual(self.code(self.caller.feed(s, seq, "a")),
                             "validation_failed", seq)
        for seq in (1, 7, 2 ** 53):
            self.assertEqual(self.code(self.caller.feed(s, seq, "a")),
                             "state_conflict", seq)
        self.assertTrue(self.caller.feed(s, 0, "a")["ok"])

    def test_ids_of_all_kinds(self):
        s = self.caller.open()
        for name in ("", s[:31], s + "0", s.upper() + " ", "\0" * 32, "g" * 32,
                     "é" * 16, s[::-1]):
            for op in ("stream.feed", "stream.close", "stream.abort"):
                more = {"seq": 0, "text": "a"} if op == "stream.feed" else {}
                self.assertIn(self.code(self.caller.call(op, stream=name,
                                                         **more)),
                              ("not_found", "validation_failed"), name)
        for name in (1, None, b"x" * 32, [s]):
            self.assertEqual(self.code(self.caller.call("stream.close",
                                                        stream=name)),
                             "validation_failed", name)
        self.assertTrue(self.caller.close_stream(s)["ok"])

    def test_empty_deltas_cost_nothing(self):
        s = self.caller.open()
        self.caller.feed(s, 0, "Then ")
        before = self.sidecar.stats()["streams.bytes"]
        for seq in range(1, many(20000)):
            reply = self.caller.feed(s, seq, b"" if seq % 2 else "")
            if not reply["ok"] or reply["emit"] or reply["held"] > 5:
                self.fail(reply)
        self.assertEqual(self.sidecar.stats()["streams.bytes"], before)
        self.assertTrue(self.caller.close_stream(s)["ok"])

    def test_long_cruel_texts(self):
        """64 KiB of each, in small pieces: equal to the whole, and no feed
        takes long."""
        source = random.Random(SEED)
        for word in WORDS[:max(2, many(len(WORDS)))]:
            text = (word * (65536 // len(word.encode()))) or word
            data = text.encode()
            step = source.choice((7, 64, 333))
            if many(10) == 1:
                step *= 16
            s = self.caller.open(persona="falstaff")
            shown, slowest = "", 0
            for seq, at in enumerate(range(0, len(data), step)):
                begun = time.monotonic()
                reply = self.caller.feed(s, seq, data[at:at + step])
                slowest = max(slowest, time.monotonic() - begun)
                self.assertTrue(reply["ok"], reply)
                shown += reply["emit"]
            end = self.caller.close_stream(s)
            whole = self.caller.call("score", text=text, persona="falstaff")
            self.assertEqual(end["results"], whole["results"], word)
            print(f"{word!r}: {len(shown.encode())} of {len(data)} bytes "
                  f"before the close, {whole['results'][0]['action']}, "
                  f"slowest feed {slowest * 1000:.1f} ms")

    def test_a_dead_client_takes_200_streams_along(self):
        before = self.sidecar.stats()["streams.open"]
        for _ in range(many(10)):
            with Caller(self.sidecar) as c:
                for _ in range(200):
                    c.feed(c.open(), 0, "Once upon a time")
        self.assertTrue(until(
            lambda: self.sidecar.stats()["streams.open"] == before))

    def test_unanswered_feeds_and_gone(self):
        """A client that sends and never reads, and then is not there."""
        for _ in range(many(20)):
            with Caller(self.sidecar) as c:
                s = c.open()
                for seq in range(50):
                    c.sock.sendall(c.frame(pack(
                        {"v": 1, "op": "stream.feed", "stream": s, "seq": seq,
                         "text": "So it goes on. "}), 0x80000001 + seq))
        self.assertTrue(until(
            lambda: self.sidecar.stats()["streams.open"] == 0))


class Limit(unittest.TestCase):
    def test_limit_of_text_reached_inside_a_character(self):
        config = configuration(more=LIMITS)
        with Sidecar(config=config) as sidecar, Caller(sidecar) as c:
            data = ("é" * 2048).encode()
            for cut in (1, 2, 3, 4093, 4094, 4095):
                s = c.open()
                self.assertTrue(c.feed(s, 0, data[:cut])["ok"])
                self.assertEqual(c.feed(s, 1, data[cut:] + b"\xc3")["error"]
                                 ["code"], "too_large")
                self.assertTrue(c.feed(s, 1, data[cut:])["ok"])
                self.assertEqual(c.feed(s, 2, b"\xc3")["error"]["code"],
                                 "too_large")
                self.assertTrue(c.close_stream(s)["ok"])


if __name__ == "__main__":
    # Whoever ends this program ends the sidecars too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    unittest.main()
