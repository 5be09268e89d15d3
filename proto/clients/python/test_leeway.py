#!/usr/bin/env python3
"""Tests of leeway.py: the codec against tests/golden/msgpack.json, the client
against a fake sidecar that misbehaves on request.

    python3 proto/clients/python/test_leeway.py
"""

import array
import json
import os
import re
import socket
import sys
import tempfile
import textwrap
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../../..")
sys.path[:0] = [HERE, os.path.join(ROOT, "tests/wire")]

import leeway  # noqa: E402
from client_fake_server import FakeServer  # noqa: E402
from leeway import Breaker, Client, Frames, LeewayError, Unavailable  # noqa

with open(os.path.join(ROOT, "tests/golden/msgpack.json")) as golden:
    GOLDEN = json.load(golden)

SPECIAL = {"$int": int, "$float": float, "$bin": bytes.fromhex,
           "$f32": lambda floats: array.array("f", floats)}


def value_of(form):
    """A value from its JSON form in the golden file."""
    if isinstance(form, list):
        return [value_of(item) for item in form]
    if isinstance(form, dict):
        for mark, make in SPECIAL.items():
            if mark in form:
                return make(form[mark])
        return {key: value_of(item) for key, item in form.items()}
    return form


class Codec(unittest.TestCase):
    def test_encodes_golden_values(self):
        for row in GOLDEN["good"]:
            if row.get("encode", True):
                with self.subTest(row["name"]):
                    packed = leeway.pack(value_of(row["value"]))
                    self.assertEqual(packed.hex(), row["hex"])

    def test_decodes_golden_bytes(self):
        for row in GOLDEN["good"]:
            with self.subTest(row["name"]):
                value = leeway.unpack(bytes.fromhex(row["hex"]))
                want = value_of(row.get("decode", row["value"]))
                # repr tells 1 from 1.0 and True, 0.0 from -0.0; NaN is itself
                self.assertEqual(repr(value), repr(want))

    def test_refuses_bad_bytes(self):
        for row in GOLDEN["bad"]:
            with self.subTest(row["name"]):
                with self.assertRaises(ValueError):
                    leeway.unpack(bytes.fromhex(row["hex"]))

    def test_refuses_every_truncation(self):
        for row in GOLDEN["good"]:
            whole = bytes.fromhex(row["hex"])
            for cut in range(len(whole)):
                with self.subTest(row["name"], cut=cut):
                    with self.assertRaises(ValueError):
                        leeway.unpack(whole[:cut])

    def test_lengths_at_each_boundary(self):
        for n in (65535, 65536):
            for value in ("x" * n, b"x" * n, [None] * n,
                          {str(i): i for i in range(n)}):
                self.assertEqual(leeway.unpack(leeway.pack(value)), value)

    def test_depth_limit(self):
        def nested(depth):
            value = None
            for _ in range(depth):
                value = [value]
            return value
        at = nested(leeway.MAX_DEPTH)
        self.assertEqual(leeway.unpack(leeway.pack(at)), at)
        with self.assertRaises(ValueError):
            leeway.pack([at])
        with self.assertRaises(ValueError):
            leeway.unpack(b"\x91" + leeway.pack(at))

    def test_refuses_what_the_wire_has_no_type_for(self):
        for value in (1 << 64, -(1 << 63) - 1, "\ud800", {1: 2}, {"a": {3}},
                      object(), array.array("d", [1.0])):
            with self.subTest(repr(value)):
                with self.assertRaises((TypeError, ValueError)):
                    leeway.pack(value)


class Framing(unittest.TestCase):
    def test_every_way_of_cutting_two_frames(self):
        for ipc in (True, False):
            stream = leeway.frame(b"first", ipc) + leeway.frame(b"next", ipc)
            for cut in range(len(stream) + 1):
                frames = Frames(ipc)
                got = [*frames.feed(stream[:cut]), *frames.feed(stream[cut:])]
                self.assertEqual(got, [b"first", b"next"], f"cut at {cut}")
                self.assertFalse(frames.partial)

    def test_length_limits(self):
        for length, fine in ((3, False), (4, True), (leeway.MAX_MESSAGE, True),
                             (leeway.MAX_MESSAGE + 1, False),
                             (2**64 - 1, False)):
            head = length.to_bytes(8, "big")
            with self.subTest(length=length):
                if fine:
                    self.assertEqual(list(Frames(False).feed(head)), [])
                else:
                    with self.assertRaises(ValueError):
                        list(Frames(False).feed(head))


class WithServer(unittest.TestCase):
    """A fake server on ipc, and a client of it with a fallback line."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.url = f"ipc://{folder.name}/leeway.sock"
        self.server = FakeServer(self.url).start()
        self.addCleanup(lambda: self.server.stop())
        self.client = self.connect()

    def connect(self, **options):
        options = {"timeout": 5, "fallback": "One moment.", **options}
        client = Client(self.url, **options)
        self.addCleanup(client.close)
        return client

    def assert_unavailable(self, reason, call, *args, **kw):
        with self.assertRaises(Unavailable) as caught:
            call(*args, **kw)
        self.assertEqual(caught.exception.reason, reason)
        return caught.exception


class Calls(WithServer):
    def test_ping_and_score(self):
        self.assertTrue(self.client.ping()["ok"])
        reply = self.client.score(persona="mira", text="Aye.")
        envelope = leeway.chosen(reply)
        self.assertEqual(envelope["action"], "ship")
        self.assertEqual(leeway.text_to_show(envelope, "Aye."), "Aye.")
        sent = self.server.requests[-1]
        self.assertEqual({k: sent[k] for k in sent if k != "id"},
                         {"v": 1, "op": "score", "persona": "mira",
                          "text": "Aye."})

    def test_vectors_travel_as_float32(self):
        vector = array.array("f", [1.0, -0.5])
        self.client.score(candidates=[{"text": "Aye.",
                                       "embeddings": {"m": vector}}])
        sent = self.server.requests[-1]["candidates"][0]["embeddings"]["m"]
        self.assertEqual(sent.hex(), "0000803f000000bf")

    def test_token_is_sent(self):
        self.connect(token="s3cret").ping()
        self.assertEqual(self.server.requests[-1]["token"], "s3cret")

    def test_ids_are_distinct(self):
        for _ in range(100):
            self.client.ping()
        self.connect().ping()
        ids = {request["id"] for request in self.server.requests}
        self.assertEqual(len(ids), 101)

    def test_echo(self):
        self.assertEqual(self.client.call("echo", text="x")["text"], "x")

    def test_error_reply_is_typed(self):
        with self.assertRaises(LeewayError) as caught:
            self.client.call("fake.error", key="a", code="validation_failed",
                             http=422, details={"path": "text"})
        error = caught.exception
        self.assertEqual((error.code, error.http, error.message,
                          error.details, error.unchecked),
                         ("validation_failed", 422, "as asked",
                          {"path": "text"}, False))

    def test_replies_out_of_order_find_their_callers(self):
        with ThreadPoolExecutor(8) as pool:
            calls = {n: pool.submit(self.client.call, "fake.reverse", of=8,
                                    n=n) for n in range(8)}
            for n, call in calls.items():
                self.assertEqual(call.result()["n"], n)
        self.assertEqual(self.server.connections, 1)

    def test_slow_call_does_not_hold_up_others(self):
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(self.client.call, "fake.delay", ms=300)
            for _ in range(20):
                self.client.ping()
            self.assertFalse(slow.done())
            self.assertTrue(slow.result()["ok"])

    def test_ten_thousand_calls_with_64_in_flight(self):
        client = self.connect(max_in_flight=64, timeout=60)
        client.ping()  # a busy machine may take a second try to connect
        before = self.server.connections

        def call(n):
            return client.call("echo", n=n)["n"]
        with ThreadPoolExecutor(64) as pool:
            got = list(pool.map(call, range(10000)))
        self.assertEqual(got, list(range(10000)))
        self.assertEqual(self.server.connections, before)

    def test_reply_byte_by_byte(self):
        self.assertTrue(self.client.call("fake.trickle")["ok"])

    def test_replies_nobody_waits_for_are_ignored(self):
        self.assertEqual(self.client.call("fake.late")["n"], "ours")
        self.assertTrue(self.client.ping()["ok"])
        self.assertEqual(self.server.connections, 1)

    def test_over_tcp(self):
        with FakeServer("tcp://127.0.0.1:0") as server:
            with Client(server.url, timeout=5) as client:
                self.assertTrue(client.ping()["ok"])
                self.assertTrue(client.call("fake.trickle")["ok"])

    def test_example_in_the_docstring_runs(self):
        block = re.search(r"\n\n((?:    .*\n|\n)+)", leeway.__doc__).group(1)
        code = textwrap.dedent(block).replace("ipc:///tmp/leeway.sock",
                                              self.url)
        self.assertIn(self.url, code)
        printed = []
        exec(code, {"print": lambda *words: printed.append(words)})
        self.assertEqual(printed, [
            ("ship", "Aye, the harbour gate is shut till dawn.")])


class Failures(WithServer):
    def test_timeout_and_late_reply(self):
        before = time.monotonic()
        self.assert_unavailable("timeout", self.client.call, "fake.delay",
                                ms=300, timeout=0.1)
        self.assertLess(time.monotonic() - before, 0.3)
        time.sleep(0.3)
        self.assertTrue(self.client.ping()["ok"])
        self.assertEqual(self.server.connections, 1)

    def test_calls_beyond_max_in_flight_wait(self):
        client = self.connect(max_in_flight=1)
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(client.call, "fake.delay", ms=300)
            while not self.server.requests:
                time.sleep(0.001)
            self.assert_unavailable("busy", client.ping, timeout=0.05)
            self.assertTrue(client.ping()["ok"])
            self.assertTrue(slow.result()["ok"])

    def test_server_closes_instead_of_replying(self):
        for op in ("fake.close", "fake.half_close"):
            with self.subTest(op):
                self.assert_unavailable("closed", self.client.call, op)
                self.assertTrue(self.client.ping()["ok"])
        sent = [request["op"] for request in self.server.requests]
        self.assertEqual(sent, ["fake.close", "ping", "fake.half_close",
                                "ping"], "nothing was sent twice")

    def test_half_a_reply_and_then_nothing(self):
        self.assert_unavailable("protocol", self.client.call, "fake.half")
        self.assertTrue(self.client.ping()["ok"])

    def test_garbage(self):
        for kind in ("length", "short", "lead", "no_id", "no_msgpack",
                     "not_a_map", "trailing", "deep", "no_ok"):
            with self.subTest(kind):
                self.assert_unavailable("protocol", self.client.call,
                                        "fake.garbage", kind=kind)
                self.assertTrue(self.client.ping()["ok"])

    def test_garbage_ends_every_call_on_the_connection(self):
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(self.client.call, "fake.silent")
            while not self.server.requests:
                time.sleep(0.001)
            self.assert_unavailable("protocol", self.client.call,
                                    "fake.garbage", kind="length")
            self.assert_unavailable("protocol", slow.result, 1)

    def test_reconnects_after_a_restart(self):
        self.client.ping()
        self.server.stop()
        self.assert_unavailable("connect", self.client.ping)
        self.server = FakeServer(self.url).start()
        self.assertTrue(self.client.ping()["ok"])

    def test_connect_failure_is_retried_once(self):
        self.server.stop()
        self.assert_unavailable("connect", self.client.ping)
        self.assertEqual(self.client.counters["retries"], 1)

    def test_wrong_greetings(self):
        for greeting in ("wrong", "http", "silent"):
            with self.subTest(greeting):
                with FakeServer("tcp://127.0.0.1:0", greeting) as server:
                    with Client(server.url, timeout=1) as client:
                        self.assert_unavailable("connect", client.ping)

    def test_overloaded_and_draining_are_retried_once(self):
        for code in ("overloaded", "draining"):
            with self.subTest(code):
                reply = self.client.call("fake.error", key=code, code=code,
                                         times=1, retryAfterMs=5)
                self.assertEqual(reply["seen"], 2)
                first, second = self.server.requests[-2:]
                self.assertEqual(first["id"], second["id"])
                with self.assertRaises(LeewayError):
                    self.client.call("fake.error", key=code + "2", code=code,
                                     times=2)

    def test_no_retry_that_the_timeout_has_no_room_for(self):
        before = time.monotonic()
        with self.assertRaises(LeewayError) as caught:
            self.client.call("fake.error", key="k", code="overloaded",
                             retryAfterMs=60000)
        self.assertEqual(caught.exception.retry_after_ms, 60000)
        self.assertLess(time.monotonic() - before, 1)

    def test_other_errors_are_not_retried(self):
        for code in ("bad_request", "internal_error", "deadline_exceeded"):
            with self.assertRaises(LeewayError):
                self.client.call("fake.error", key=code, code=code, times=1)
        self.assertEqual(self.client.counters["retries"], 0)

    def test_full_backlog_is_waited_for(self):
        """EAGAIN from connect on a unix socket."""
        path = self.url[len("ipc://"):] + "-full"
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen(0)
        first = socket.socket(socket.AF_UNIX)
        first.connect(path)  # the backlog is now full

        def make_room():
            time.sleep(0.03)
            for _ in range(2):
                sock, _ = listener.accept()
                sock.sendall(leeway.GREETING_REP)
                self.addCleanup(sock.close)
        threading.Thread(target=make_room, daemon=True).start()
        client = Client(f"ipc://{path}", timeout=0.2)
        self.addCleanup(client.close)
        # connected: what is missing now is only the reply
        self.assert_unavailable("timeout", client.ping)
        first.close()

    def test_closed_client(self):
        self.client.ping()
        self.client.close()
        self.assert_unavailable("closed", self.client.ping)

    def test_close_ends_calls_that_wait(self):
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(self.client.call, "fake.silent")
            while not self.server.requests:
                time.sleep(0.001)
            self.client.close()
            self.assert_unavailable("closed", slow.result, 1)

    def test_no_descriptor_is_leaked(self):
        self.client.ping()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            self.assert_unavailable("closed", self.client.call, "fake.close")
            self.client.ping()
        deadline = time.monotonic() + 5
        while (len(os.listdir("/proc/self/fd")) > before
               and time.monotonic() < deadline):
            time.sleep(0.01)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)


class NeverLooksClean(WithServer):
    def assert_unchecked(self, envelope, action):
        self.assertEqual(envelope["action"], action)
        self.assertEqual(envelope["moderationVerdict"], "unavailable")
        self.assertIs(envelope["flagged"], True)
        self.assertIsNone(envelope["driftScore"])
        self.assertIsNone(envelope["driftAlert"])
        self.assertEqual(envelope["drift"]["status"], "unavailable")

    def test_fallback_is_the_default(self):
        self.server.stop()
        reply = self.client.score(persona="mira", text="Aye.")
        self.assertIs(reply["ok"], False)
        envelope = leeway.chosen(reply)
        self.assert_unchecked(envelope, "fallback")
        self.assertEqual(leeway.text_to_show(envelope, "Aye."), "One moment.")
        mine = self.client.score(text="Aye.", fallback="Hm?")
        self.assertEqual(leeway.chosen(mine)["content"], "Hm?")
        self.assertEqual(self.client.counters["unchecked"], 2)

    def test_without_a_line_nothing_is_shown(self):
        self.server.stop()
        reply = self.connect(fallback=None).score(text="Aye.")
        self.assert_unchecked(leeway.chosen(reply), "block")
        self.assertIsNone(leeway.text_to_show(leeway.chosen(reply), "Aye."))

    def test_allow_ships_marked_and_counted(self):
        self.server.stop()
        reply = self.client.score(text="Aye.", on_unavailable="allow")
        self.assert_unchecked(leeway.chosen(reply), "ship")
        self.assertEqual(leeway.text_to_show(leeway.chosen(reply), "Aye."),
                         "Aye.")
        self.assertEqual(self.client.counters["allowed_unchecked"], 1)

    def test_throw(self):
        self.server.stop()
        self.assert_unavailable("connect", self.client.score, text="Aye.",
                                on_unavailable="throw")

    def test_every_candidate_gets_an_envelope(self):
        self.server.stop()
        reply = self.client.score(candidates=[{"text": "a"}, {"text": "b"}])
        self.assertEqual(len(reply["results"]), 2)
        for envelope in reply["results"]:
            self.assert_unchecked(envelope, "fallback")

    def test_errors_that_mean_not_judged(self):
        for code in sorted(leeway.UNCHECKED):
            with self.subTest(code):
                client = self.connect()
                client.call("fake.refuse_score", code=code)
                reply = client.score(text="Aye.")
                self.assert_unchecked(leeway.chosen(reply), "fallback")
                self.assertEqual(reply["error"]["code"], code)

    def test_a_mistake_in_the_request_is_raised_under_every_policy(self):
        self.client.call("fake.refuse_score", code="validation_failed")
        for policy in leeway.POLICIES:
            with self.subTest(policy):
                with self.assertRaises(LeewayError):
                    self.client.score(text="Aye.", on_unavailable=policy)

    def test_ok_without_envelopes_is_no_verdict(self):
        self.client.call("fake.empty_score")
        reply = self.client.score(text="Aye.")
        self.assert_unchecked(leeway.chosen(reply), "fallback")

    def test_unknown_policy_is_refused(self):
        with self.assertRaises(ValueError):
            Client(self.url, on_unavailable="open")
        with self.assertRaises(ValueError):
            self.client.score(text="Aye.", on_unavailable="open")


class Source:
    """Deltas that remember how far they were read, and whether to the end."""

    def __init__(self, *deltas):
        self.left = list(deltas)
        self.closed = False

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        return self.left.pop(0)

    def close(self):
        self.closed = True


class Streams(WithServer):
    def sent(self, op):
        return [r for r in self.server.requests if r["op"] == op]

    def test_what_is_safe_comes_while_it_is_written(self):
        stream = self.client.stream(["Hel", "lo ", "my de", "ar."],
                                    persona="mira")
        self.assertEqual(list(stream), ["Hello ", "my ", "dear."])
        self.assertEqual(stream.envelope["action"], "ship")
        self.assertFalse(stream.stopped)
        self.assertEqual(self.sent("stream.open")[0]["persona"], "mira")
        self.assertEqual(self.sent("stream.open")[0]["mode"], "gate")
        self.assertEqual([r["seq"] for r in self.sent("stream.feed")],
                         [0, 1, 2, 3])
        self.assertEqual(self.sent("stream.abort"), [])

    def test_bytes_may_cut_a_character(self):
        data = "Grüße an alle ".encode()
        stream = self.client.stream(data[n:n + 1] for n in range(len(data)))
        self.assertEqual("".join(stream), "Grüße an alle ")

    def test_refused_before_anything_was_shown(self):
        source = Source("forb", "idden", " and", " more")
        stream = self.client.stream(source)
        self.assertEqual(list(stream), ["Never mind."])
        self.assertTrue(stream.stopped and source.closed)
        self.assertEqual(source.left, [" and", " more"])
        self.assertEqual(stream.envelope["action"], "fallback")

    def test_refused_after_something_was_shown(self):
        source, shown = Source("This is ", "forbidden", " and more"), []
        with self.assertRaises(leeway.Retracted) as late:
            for text in self.client.stream(source):
                shown.append(text)
        self.assertEqual(shown, ["This is "])
        self.assertEqual(late.exception.replacement, "Never mind.")
        self.assertEqual(late.exception.envelope["action"], "fallback")
        self.assertTrue(source.closed)

    def test_leaving_the_loop_aborts(self):
        source = Source("one ", "two ", "three ")
        stream = iter(self.client.stream(source))
        self.assertEqual(next(stream), "one ")
        stream.close()
        self.assertEqual(len(self.sent("stream.abort")), 1)
        self.assertTrue(source.closed)

    def test_a_model_that_fails_aborts(self):
        def broken():
            yield "one "
            raise RuntimeError("the model")
        with self.assertRaisesRegex(RuntimeError, "the model"):
            list(self.client.stream(broken()))
        self.assertEqual(len(self.sent("stream.abort")), 1)

    def test_fallback_where_it_cannot_be_judged(self):
        for bad in ("hang up", "vanish", "busy"):
            with self.subTest(bad, shown=False):
                stream = self.connect().stream([bad, "more"])
                self.assertEqual(list(stream), ["One moment."])
                self.assertEqual(stream.envelope["moderationVerdict"],
                                 "unavailable")
            with self.subTest(bad, shown=True):
                with self.assertRaises(leeway.Retracted) as late:
                    list(self.connect().stream(["one ", bad, "more"]))
                self.assertEqual(late.exception.replacement, "One moment.")

    def test_allow_where_it_cannot_be_judged(self):
        client = self.connect(on_unavailable="allow")
        stream = client.stream(["one tw", "vanish", b"o\xc3", b"\xa9", "end"])
        self.assertEqual("".join(stream), "one twvanishoéend")
        self.assertEqual(client.counters["allowed_unchecked"], 1)
        self.assertEqual(stream.envelope["action"], "ship")

    def test_throw_where_it_cannot_be_judged(self):
        client = self.connect(on_unavailable="throw")
        with self.assertRaises(Unavailable):
            list(client.stream(["one ", "vanish"]))

    def test_nobody_there(self):
        self.server.stop()
        self.assertEqual(list(self.client.stream(["one "])), ["One moment."])
        silent = self.connect(fallback=None).stream(["one "])
        self.assertEqual(list(silent), [])
        self.assertEqual(silent.envelope["action"], "block")


class CircuitBreaker(WithServer):
    def test_opens_after_five_failures_and_closes_after_a_probe(self):
        self.server.stop()
        for _ in range(5):
            self.assert_unavailable("connect", self.client.ping)
        self.assert_unavailable("breaker", self.client.ping)
        self.server = FakeServer(self.url).start()
        self.assert_unavailable("breaker", self.client.ping)
        time.sleep(1.05)
        self.assertTrue(self.client.ping()["ok"])
        self.assertTrue(self.client.ping()["ok"])

    def test_does_not_count_what_a_living_sidecar_answers(self):
        for _ in range(10):
            with self.assertRaises(LeewayError):
                self.client.call("fake.error", key="k", code="bad_request")
        self.assertTrue(self.client.ping()["ok"])

    def test_one_probe_at_a_time(self):
        now = [0.0]
        breaker = Breaker(failures=2, open_s=1.0, clock=lambda: now[0])
        for _ in range(2):
            breaker.leave(breaker.enter(), healthy=False)
        self.assert_unavailable("breaker", breaker.enter)
        now[0] = 1.0
        self.assertIs(breaker.enter(), True)
        self.assert_unavailable("breaker", breaker.enter)
        breaker.leave(True, healthy=False)
        now[0] = 1.9
        self.assert_unavailable("breaker", breaker.enter)
        now[0] = 2.0
        breaker.leave(breaker.enter(), healthy=None)  # gave up: still open
        self.assertIs(breaker.enter(), True)
        breaker.leave(True, healthy=True)
        self.assertIs(breaker.enter(), False)

    def test_a_success_starts_the_count_anew(self):
        breaker = Breaker(failures=2)
        for healthy in (False, True, False):
            breaker.leave(breaker.enter(), healthy)
        self.assertIs(breaker.enter(), False)


class Urls(unittest.TestCase):
    def test_good(self):
        for url in ("ipc:///tmp/a.sock", "tcp://127.0.0.1:7710",
                    "tcp://[::1]:7710"):
            Client(url)

    def test_bad(self):
        for url in ("", "ipc://", "http://a:1", "tcp://a", "tcp://a:x",
                    "tls+tcp://a:1"):
            with self.subTest(url):
                with self.assertRaises(ValueError):
                    Client(url)


if __name__ == "__main__":
    unittest.main()
