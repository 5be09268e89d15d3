#!/usr/bin/env python3
"""What a sidecar does at its limits: too much, too late, too large, without
right, and what must never be seen in its log."""

import fcntl
import os
import shutil
import subprocess
import unittest

from sidecar import (ID, PATIENCE, Raw, Sidecar, configuration, many, pack,
                     ping, score, unpack, until)

LONG = "Give me a cup of sack, boy. " * 2000  # 56,000 bytes: never inline


def by_id(raw, count):
    """The next replies: request number -> decoded reply, each once."""
    replies = {}
    for _ in range(count):
        payload = raw.payload()
        number = int.from_bytes(payload[:4], "big") - ID
        assert number not in replies, f"{number} was answered twice"
        replies[number] = unpack(payload[4:])
    return replies


class Overload(unittest.TestCase):
    def refused(self, replies):
        """Every reply is a verdict, or says when to come back."""
        refused = 0
        for number, reply in replies.items():
            self.assertEqual(reply["id"], f"n{number}")
            if not reply["ok"]:
                error = reply["error"]
                self.assertEqual((error["code"], error["http"]),
                                 ("overloaded", 429))
                self.assertTrue(1 <= error["retryAfterMs"] <= 1000, error)
                refused += 1
        return refused

    def test_a_short_queue_says_so_and_loses_nothing(self):
        for length in (1, 2):
            with Sidecar(f"limits.queue_requests={length}",
                         "limits.workers=1") as sidecar:
                refused = judged = 0
                for _ in range(many(10)):
                    with Raw(sidecar.ipc, timeout=PATIENCE) as raw:
                        raw.send(b"".join(
                            raw.frame(score(LONG, f"n{i}"), ID + i)
                            for i in range(32)))
                        replies = by_id(raw, 32)
                    self.assertEqual(len(replies), 32)
                    here = self.refused(replies)
                    refused += here
                    judged += 32 - here
                self.assertGreater(refused, 0)
                self.assertGreater(judged, 0)
                stats = sidecar.stats()
                self.assertEqual(stats["overloaded"], refused)
                self.assertEqual(stats["score"], judged)
                self.assertLessEqual(stats["queue.peak"], length)

    def test_a_flood_does_not_shut_others_out(self):
        with Sidecar("limits.queue_requests=8",
                     "limits.workers=1", tcp=True) as sidecar:
            floods = [Raw(sidecar.ipc, timeout=PATIENCE) for _ in range(2)]
            for flood in floods:
                for i in range(48):
                    flood.send(flood.frame(score(LONG, f"n{i}"), ID + i))
            for i in range(5):
                reply = sidecar.ask(score(LONG, "calm"), sidecar.tcp)
                self.assertTrue(reply["ok"], reply)
            for flood in floods:
                self.refused(by_id(flood, 48))
                flood.sock.close()

    def test_more_in_flight_than_allowed(self):
        with Sidecar("limits.in_flight=4", "limits.workers=1") as sidecar:
            with Raw(sidecar.ipc, timeout=PATIENCE) as raw:
                raw.send(b"".join(raw.frame(score(LONG, f"n{i}"), ID + i)
                                  for i in range(24)))
                self.assertGreater(self.refused(by_id(raw, 24)), 0)

    def test_work_for_the_dead_is_dropped(self):
        with Sidecar("limits.workers=1") as sidecar:
            for _ in range(many(30)):
                with Raw(sidecar.ipc) as raw:
                    raw.send(b"".join(raw.frame(score(LONG), ID + i)
                                      for i in range(32)))
            self.assertTrue(until(
                lambda: sidecar.stats()["queue.waiting"] == 0))
            self.assertTrue(sidecar.ask(score(LONG))["ok"])
            # The one that asks, and nobody else.
            self.assertTrue(until(
                lambda: sidecar.stats()["connections.open"] == 1))


class Refusals(unittest.TestCase):
    def error(self, reply, code, http):
        self.assertFalse(reply["ok"])
        self.assertNotIn("results", reply)
        self.assertEqual((reply["error"]["code"], reply["error"]["http"]),
                         (code, http))
        return reply["error"]

    def test_deadlines(self):
        with Sidecar(config=configuration()) as sidecar:
            for text in ("short", LONG):
                reply = sidecar.ask(score(text, deadlineMs=0))
                self.error(reply, "deadline_exceeded", 504)
                self.assertEqual(reply["id"], "score")

    def test_a_deadline_passes_in_the_queue(self):
        with Sidecar("limits.workers=1", "limits.queue_requests=256",
                     "limits.in_flight=256") as sidecar:
            with Raw(sidecar.ipc, timeout=PATIENCE) as raw:
                raw.send(b"".join(raw.frame(score(LONG, deadlineMs=1), ID + i)
                                  for i in range(48)))
                late = [reply for reply in by_id(raw, 48).values()
                        if not reply["ok"]]
            self.assertGreater(len(late), 0)
            for reply in late:
                self.error(reply, "deadline_exceeded", 504)

    def test_too_large(self):
        with Sidecar("limits.message_bytes=64KiB", "limits.text_bytes=1KiB",
                     config=configuration()) as sidecar:
            self.assertTrue(sidecar.ask(score("x" * 1024))["ok"])
            self.error(sidecar.ask(score("x" * 1025)), "too_large", 413)
            error = self.error(sidecar.ask(score("x" * 70000)), "too_large",
                               413)
            self.assertIn("more than 65536", error["message"])
            self.assertTrue(sidecar.ask(ping())["ok"])

    def test_a_token_is_asked_for(self):
        with Sidecar("token=open sesame, please",
                     config=configuration()) as sidecar:
            for fields in ({}, {"token": ""}, {"token": "open sesame"},
                           {"token": "open sesame, please!"}):
                for op in ("ping", "echo", "stats", "config.reload"):
                    self.error(sidecar.ask(pack({"v": 1, "op": op, **fields})),
                               "unauthorized", 401)
                self.error(sidecar.ask(score("x", **fields)), "unauthorized",
                           401)
            right = {"token": "open sesame, please"}
            self.assertTrue(sidecar.ask(score("x", **right))["ok"])
            self.error(sidecar.ask(pack({"v": 1, "op": "stats", **right})),
                       "forbidden", 403)
            self.assertTrue(sidecar.stats())  # the private socket needs none

    def test_operations_that_change_something(self):
        ops = ("stats", "config.reload")
        with Sidecar(config=configuration()) as sidecar:
            for op in ops:
                body = pack({"v": 1, "op": op})
                self.error(sidecar.ask(body), "forbidden", 403)
                self.assertTrue(sidecar.ask(body, sidecar.admin)["ok"])
        with Sidecar("admin.on_serving=true",
                     config=configuration()) as sidecar:
            for op in ops:
                self.assertTrue(sidecar.ask(pack({"v": 1, "op": op}))["ok"])
        with Sidecar("admin.listen=none", config=configuration()) as sidecar:
            self.assertEqual(sidecar.log().count(" listening "), 1)

    def test_errors_are_counted(self):
        with Sidecar(config=configuration()) as sidecar:
            sidecar.ask(b"\xc1")
            sidecar.ask(pack({"v": 2, "op": "ping"}))
            sidecar.ask(pack({"v": 1, "op": "pong"}))
            sidecar.ask(score("x", persona="nobody"))
            sidecar.ask(score("x", deadlineMs=0))
            sidecar.ask(score("zorblax"))
            stats = sidecar.stats()
            for name in ("bad_request", "unsupported_version", "unknown_op",
                         "not_found", "deadline_exceeded", "refuse", "score"):
                self.assertEqual(stats[name], 1, name)


PERSONA = "personas: [{id: mira}]\n"


class Fallbacks(unittest.TestCase):
    def line(self, sidecar, **fields):
        reply = sidecar.ask(score("zorblax", **fields))
        return reply["results"][0]["fallback"]["line"]

    def open_session(self, sidecar, name):
        reply = sidecar.ask(pack({"v": 1, "op": "session.open",
                                  "persona": "mira", "session": name,
                                  "deadlineMs": 5000}))
        self.assertTrue(reply["ok"], reply)

    def test_no_line_twice_running_in_a_session(self):
        two = configuration(more=PERSONA).replace(
            ', "Go on, I am listening."', "")
        with Sidecar(config=two) as sidecar:
            for turns in (False, True):
                last = None
                self.open_session(sidecar, f"s{turns}")
                for i in range(12):
                    session = {"session": f"s{turns}"}
                    if turns:
                        session["turn"] = i * 2
                    for _ in range(i % 3):  # some that pass in between
                        sidecar.ask(score("fine", **(
                            session if not turns else
                            {**session, "turn": i * 2 - 1 if i else 0})))
                    line = self.line(sidecar, **session)
                    self.assertNotEqual(line, last)
                    last = line

    def test_a_turn_asked_again_is_answered_alike(self):
        with Sidecar(config=configuration(more=PERSONA)) as sidecar:
            self.open_session(sidecar, "s")
            first = self.line(sidecar, session="s", turn=3)
            self.assertEqual(self.line(sidecar, session="s", turn=3), first)
            self.assertNotEqual(self.line(sidecar, session="s", turn=4), first)


class Privacy(unittest.TestCase):
    CANARY = "kwyjibo"

    def test_no_text_in_the_log_or_in_an_error(self):
        c = self.CANARY
        bodies = [
            score(f"{c} zorblax"), score(f"{c} " * 8000),
            score(c, systemPrompt=f"You are {c}.", canaries=[c]),
            score(c, extraGuardrails=[f"Never say {c}."]),
            score(c, metadata={c: c}, traceparent=c, session=c),
            score(c, deadlineMs=0), score(c, persona="nobody"),
            score(c, role=c), score(c, locale=c * 9), score(c, attempt=c),
            score(f"{c}\ud800".encode("utf-8", "surrogatepass")),
            score(c, candidates=[{"text": c}]), score(c, token=c),
            b"\x81" + pack(c) + b"\xc1", pack(c), pack({c: c}),
        ]
        with Sidecar("log.level=debug", "limits.text_bytes=1KiB",
                     "token=" + c + "-secret", config=configuration(),
                     tcp=True) as sidecar:
            for body in bodies:
                for token in (b"", b"\xa5token" + pack(c + "-secret")):
                    if token and body[0] & 0xf0 == 0x80:
                        body = bytes([body[0] + 1]) + body[1:] + token
                    reply = sidecar.ask(body, sidecar.tcp)
                    if not reply["ok"]:
                        self.assertNotIn(c + "-secret",
                                         reply["error"]["message"])
            sidecar.ask(pack({"v": 1, "op": "config.reload"}), sidecar.admin)
            with Raw(sidecar.ipc) as raw:
                raw.send(raw.frame(score(c))[:-3])
            self.assertTrue(until(
                lambda: "connection_ended" in sidecar.log()))
            self.assertNotIn(c, sidecar.log())

    def test_a_text_is_in_no_error_message(self):
        c = self.CANARY
        with Sidecar("limits.text_bytes=1KiB",
                     config=configuration()) as sidecar:
            for body in (score(f"{c} " * 8000), score(c, deadlineMs=0),
                         score(c, persona="nobody"), score(c, turn=-1),
                         score(f"{c}\ud800".encode("utf-8", "surrogatepass"))):
                reply = sidecar.ask(body)
                self.assertFalse(reply["ok"])
                self.assertNotIn(c, repr(reply))

    def test_a_log_that_nobody_reads_holds_nobody_up(self):
        reading, writing = os.pipe()
        try:
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        except (AttributeError, OSError):
            pass
        try:
            with Sidecar("log.level=debug", config=configuration(),
                         stderr=writing) as sidecar:
                # Ten lines a second of each event are written: fill it.
                fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
                try:
                    while True:
                        os.write(writing, b"x" * 64)
                except BlockingIOError:
                    pass
                fcntl.fcntl(writing, fcntl.F_SETFL, 0)
                for _ in range(5):
                    self.assertTrue(sidecar.ask(ping())["ok"])
                self.assertTrue(until(
                    lambda: sidecar.stats()["log.dropped"] > 0))
        finally:
            os.close(writing)
            os.close(reading)


class Nngcat(unittest.TestCase):
    @unittest.skipUnless(shutil.which("nngcat"), "no nngcat (nng-utils)")
    def test_the_library_s_own_client(self):
        with Sidecar(tcp=True) as sidecar:
            message = subprocess.run(
                ["printf", r"\204\241v\001\242op\245score\247persona"
                 r"\250falstaff\244text\254Good morrow!"],
                stdout=subprocess.PIPE, check=True).stdout
            path = os.path.join(sidecar.folder, "message")
            with open(path, "wb") as file:
                file.write(message)
            for url in (sidecar.ipc, sidecar.tcp):
                got = subprocess.run(
                    ["nngcat", "--req", "--dial", url, "--file", path,
                     "--raw", "--recv-timeout", "20"],
                    stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
                reply = unpack(got.stdout)
                self.assertTrue(reply["ok"])
                self.assertEqual(reply["results"][0]["action"], "ship")
            os.unlink(path)


if __name__ == "__main__":
    unittest.main()
