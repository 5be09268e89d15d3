#!/usr/bin/env python3
"""Start, reload, drain, stop: what an operator does to a sidecar, under load
and without, and what clients see of it."""

import collections
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from sidecar import (BROKEN, ID, PATIENCE, PROGRAM, SHIPPED, Raw, Sidecar,
                     configuration, free_port, many, pack, ping, rules_hit,
                     score, unpack, until)

ALPHA = configuration("alpha", "ALPHA")
BETA = configuration("beta", "BETA")
RELOAD = pack({"v": 1, "op": "config.reload", "id": "r"})


class Loader(threading.Thread):
    """A client that keeps `width` requests under way until it is told to stop,
    and then waits for the last answers. It stops by itself when it is told
    `draining`."""

    def __init__(self, url, body, width=16):
        super().__init__(daemon=True)
        self.raw = Raw(url, timeout=PATIENCE)
        self.body = body
        self.width = width
        self.enough = threading.Event()
        self.replies = []  # decoded, in the order they came
        self.sent = 0
        self.problem = None

    def run(self):
        try:
            self._run()
        except (OSError, ValueError) as problem:
            self.problem = problem
        finally:
            self.raw.sock.close()

    def _run(self):
        for _ in range(self.width):
            self._send()
        open_ids = set(range(self.width))
        while open_ids:
            payload = self.raw.payload()
            number = struct.unpack_from(">I", payload)[0] - ID
            open_ids.remove(number)  # a second answer is an error
            reply = unpack(payload[4:])
            self.replies.append(reply)
            if self.draining(reply):
                self.enough.set()
            if not self.enough.is_set():
                open_ids.add(self.sent)
                self._send()

    def _send(self):
        self.raw.send(self.raw.frame(self.body, ID + self.sent))
        self.sent += 1

    @staticmethod
    def draining(reply):
        return not reply["ok"] and reply["error"]["code"] == "draining"


class Burster(threading.Thread):
    """A client that sends `width` requests, reads their answers, and begins
    again, until it is told `draining` or the connection ends. A burst that it
    began before the signal must be answered whole; a later one may find that
    nobody is there."""

    def __init__(self, url, body, width):
        super().__init__(daemon=True)
        self.raw = Raw(url, timeout=PATIENCE)
        self.frames = b"".join(self.raw.frame(body, ID + i)
                               for i in range(width))
        self.width = width
        self.codes = collections.Counter()
        self.begun = self.problem = None
        self.missing = 0  # answers to the last burst

    def run(self):
        try:
            while not self.codes["draining"]:
                self._burst()
        except OSError as problem:
            self.problem = problem
        finally:
            self.raw.sock.close()

    def _burst(self):
        self.begun, self.missing = time.monotonic(), self.width
        self.raw.send(self.frames)
        seen = set()
        while self.missing:
            payload = self.raw.payload()
            assert payload[:4] not in seen, "answered twice"
            seen.add(payload[:4])
            self.missing -= 1
            reply = unpack(payload[4:])
            self.codes["ok" if reply["ok"] else reply["error"]["code"]] += 1


class Reload(unittest.TestCase):
    def test_a_new_rule_is_in_force(self):
        with Sidecar(config=ALPHA) as sidecar:
            old = sidecar.ask(score("alpha beta"))
            self.assertEqual(old["engine"]["generation"], 1)
            self.assertEqual(rules_hit(old), {"ALPHA"})
            sidecar.configure(BETA)
            sidecar.reload()
            new = sidecar.ask(score("alpha beta"))
            self.assertEqual(new["engine"]["generation"], 2)
            self.assertNotEqual(new["engine"]["hash"], old["engine"]["hash"])
            self.assertEqual(rules_hit(new), {"BETA"})

    def test_a_broken_one_changes_nothing_and_says_so(self):
        with Sidecar(config=ALPHA) as sidecar:
            before = sidecar.ask(score("alpha beta"))["engine"]
            for count, (text, place) in enumerate(BROKEN, 1):
                with self.subTest(place=place):
                    sidecar.configure(text)
                    sidecar.reload()
                    reply = sidecar.ask(score("alpha beta"))
                    self.assertEqual(reply["engine"], before)
                    self.assertEqual(rules_hit(reply), {"ALPHA"})
                    stats = sidecar.stats()
                    self.assertEqual(stats["reloads_failed"], count)
                    self.assertIn(place, stats["lastReloadError"])
                    self.assertIn("reload_failed error=", sidecar.log())
                    self.assertIn(place, sidecar.log())
            sidecar.configure(ALPHA)
            sidecar.reload()
            self.assertEqual(sidecar.stats()["lastReloadError"], "")

    def test_a_missing_file_changes_nothing(self):
        with Sidecar(config=ALPHA) as sidecar:
            os.rename(sidecar.config, sidecar.config + ".away")
            sidecar.reload()
            self.assertIn("cannot open", sidecar.stats()["lastReloadError"])
            self.assertEqual(sidecar.ask(score("x"))["engine"]["generation"],
                             1)

    def test_by_the_private_socket(self):
        with Sidecar(config=ALPHA) as sidecar:
            reply = sidecar.ask(RELOAD)
            self.assertEqual(reply["error"]["code"], "forbidden")
            sidecar.configure(BETA)
            reply = sidecar.ask(RELOAD, sidecar.admin)
            self.assertTrue(reply["ok"], reply)
            self.assertEqual(reply["stats"]["generation"], 2)
            for text, place in BROKEN:
                sidecar.configure(text)
                reply = sidecar.ask(RELOAD, sidecar.admin)
                self.assertEqual(reply["error"]["code"], "validation_failed")
                self.assertIn(place, reply["error"]["message"])
            self.assertEqual(rules_hit(sidecar.ask(score("alpha beta"))),
                             {"BETA"})

    def test_others_are_judged_meanwhile(self):
        # The shipped configuration takes long enough for this to be seen.
        with Sidecar("admin.on_serving=true", "limits.workers=1",
                     tcp=True) as sidecar:
            with Raw(sidecar.ipc, timeout=PATIENCE) as asking:
                times = 4
                asking.send(b"".join(asking.frame(RELOAD, ID + i)
                                     for i in range(times)))
                judged = 0
                while sidecar.stats()["reloads"] < times:
                    for text in ("short", "long " * 4000):
                        reply = sidecar.ask(score(text), sidecar.tcp)
                        self.assertTrue(reply["ok"], reply)
                        self.assertLess(reply["timingUs"]["queue"], 5000000)
                        judged += 1
                for _ in range(times):
                    self.assertTrue(unpack(asking.payload()[4:])["ok"])
            self.assertGreater(judged, 0)

    def test_the_log_level_follows(self):
        with Sidecar(config=ALPHA) as sidecar:
            sidecar.configure(ALPHA + "log: {level: debug}\n")
            sidecar.reload()
            sidecar.ask(ping())
            self.assertTrue(until(
                lambda: " debug connection_ended" in sidecar.log()))

    def test_storm_under_load(self):
        with Sidecar(config=ALPHA, tcp=True) as sidecar:
            kinds = {}  # engine hash -> the rule that it has
            for text, rule in ((ALPHA, "ALPHA"), (BETA, "BETA")):
                sidecar.configure(text)
                sidecar.reload()
                reply = sidecar.ask(score("alpha beta"))
                self.assertEqual(rules_hit(reply), {rule})
                kinds[reply["engine"]["hash"]] = rule
            loaders = [Loader(url, score("alpha beta"))
                       for url in (sidecar.ipc, sidecar.tcp)]
            for loader in loaders:
                loader.start()
            rounds = many(100)
            for i in range(rounds):
                sidecar.configure(BROKEN[i // 2 % len(BROKEN)][0] if i % 2
                                  else (ALPHA, BETA)[i // 2 % 2])
                sidecar.reload()
            for loader in loaders:
                loader.enough.set()
            for loader in loaders:
                loader.join(PATIENCE)
                self.assertIsNone(loader.problem)
                self.assertEqual(len(loader.replies), loader.sent)
                for reply in loader.replies:
                    self.assertTrue(reply["ok"], reply)
                    self.assertEqual(rules_hit(reply),
                                     {kinds[reply["engine"]["hash"]]})
            stats = sidecar.stats()
            self.assertEqual(stats["reloads"], 2 + (rounds + 1) // 2)
            self.assertEqual(stats["reloads_failed"], rounds // 2)

    def test_a_burst_of_signals_ends_with_the_last_configuration(self):
        with Sidecar(config=ALPHA) as sidecar:
            for i in range(20):
                sidecar.configure((ALPHA, BETA)[i % 2])
                sidecar.signal(signal.SIGHUP)
            self.assertTrue(until(lambda: rules_hit(
                sidecar.ask(score("alpha beta"))) == {"BETA"}))
            self.assertLessEqual(sidecar.stats()["reloads"], 20)


class Stop(unittest.TestCase):
    def gone(self, sidecar):
        self.assertEqual(
            [name for name in os.listdir(sidecar.folder)
             if name not in ("log", "leeway.yaml")], [])

    def test_under_load_everything_is_answered(self):
        told = 0
        for again in range(many(10)):
            with self.subTest(again), Sidecar(config=ALPHA,
                                              tcp=True) as sidecar:
                clients = [Burster(url, score(text), 32)
                           for url in (sidecar.ipc, sidecar.tcp)
                           for text in ("alpha", "alpha " * 1000)]
                for client in clients:
                    client.start()
                self.assertTrue(until(
                    lambda: all(client.codes for client in clients)))
                signalled = time.monotonic()
                sidecar.signal(signal.SIGTERM)
                self.assertEqual(sidecar.wait(), 0)
                for client in clients:
                    client.join(PATIENCE)
                    self.assertLessEqual(
                        set(client.codes), {"ok", "overloaded", "draining"})
                    if client.begun < signalled:
                        self.assertIsNone(client.problem)
                        self.assertEqual(client.missing, 0)
                    told += client.codes["draining"]
                self.assertIn("stopped unanswered=0", sidecar.log())
                self.gone(sidecar)
        self.assertGreater(told, 0)

    def test_idle_is_quick_and_clean(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with Sidecar(config=ALPHA) as sidecar, Raw(sidecar.ipc) as idle:
                idle.ask(ping())
                sidecar.signal(number)
                # Far below drain_ms, the limit for those who hold it up.
                self.assertEqual(sidecar.wait(30), 0)
                self.assertIn("stopped unanswered=0", sidecar.log())
                self.gone(sidecar)

    def hold(self, sidecar):
        """A client that does not read what it asked for, and one that sits in
        the middle of a message."""
        deaf = Raw(sidecar.ipc)
        deaf.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        echo = deaf.frame(pack({"v": 1, "op": "echo",
                                "metadata": {"x": "y" * 1000}}))
        deaf.sock.settimeout(0.3)
        try:
            while True:
                deaf.send(echo)
        except OSError:
            pass
        half = Raw(sidecar.ipc)
        half.send(half.frame(ping())[:20])
        return deaf, half

    def test_clients_that_hold_it_up_do_not(self):
        with Sidecar("limits.drain_ms=2s", "limits.send_ms=30s",
                     "limits.receive_ms=30s", config=ALPHA) as sidecar:
            honest = Loader(sidecar.ipc, score("alpha"), 8)
            deaf, half = self.hold(sidecar)
            honest.start()
            self.assertTrue(until(lambda: honest.replies))
            begun = time.monotonic()
            sidecar.signal(signal.SIGTERM)
            self.assertEqual(sidecar.wait(), 0)
            self.assertLess(time.monotonic() - begun, 15)  # not 30
            honest.join(PATIENCE)
            self.assertIsNone(honest.problem)
            self.assertEqual(len(honest.replies), honest.sent)
            self.gone(sidecar)
            deaf.sock.close()
            half.sock.close()

    def test_a_second_signal_ends_it_at_once(self):
        with Sidecar("limits.drain_ms=10m", "limits.send_ms=1m",
                     config=ALPHA) as sidecar:
            deaf, half = self.hold(sidecar)
            sidecar.signal(signal.SIGTERM)
            self.assertTrue(until(lambda: " draining " in sidecar.log()))
            time.sleep(0.3)  # the second signal's way is open just after it
            self.assertIsNone(sidecar.process.poll())
            sidecar.signal(signal.SIGTERM)
            self.assertEqual(sidecar.wait(30), -signal.SIGTERM)
            self.gone(sidecar)
            sidecar.ended_well = (-signal.SIGTERM,)
            deaf.sock.close()
            half.sock.close()

    def test_a_reload_does_not_hold_it_up(self):
        for _ in range(many(10)):
            with Sidecar() as sidecar:
                sidecar.signal(signal.SIGHUP)
                sidecar.signal(signal.SIGTERM)
                self.assertEqual(sidecar.wait(), 0)

    def test_reloads_that_were_asked_for_are_answered(self):
        with Sidecar("limits.drain_ms=1m") as sidecar:
            with Raw(sidecar.admin, timeout=PATIENCE) as admin:
                admin.send(b"".join(admin.frame(RELOAD, ID + i)
                                    for i in range(4)))
                self.assertTrue(unpack(admin.payload()[4:])["ok"])
                sidecar.signal(signal.SIGTERM)
                for _ in range(3):
                    self.assertTrue(unpack(admin.payload()[4:])["ok"])
            self.assertEqual(sidecar.wait(), 0)


class Start(unittest.TestCase):
    def refused(self, *arguments):
        """One that must not come up: its status and what it said."""
        done = subprocess.run(
            [PROGRAM, "serve", *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=PATIENCE, text=True, check=False)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_a_second_instance_leaves_the_first_alone(self):
        with Sidecar(config=ALPHA) as sidecar:
            before = os.stat(sidecar.socket)
            with Raw(sidecar.ipc) as open_before:
                status, said = self.refused(
                    "-c", sidecar.config, "--listen", sidecar.ipc,
                    "--set", "admin.listen=none")
                self.assertEqual(status, 73)
                self.assertIn(
                    f"already running, pid {sidecar.process.pid}", said)
                self.assertTrue(open_before.ask(ping())["ok"])
            after = os.stat(sidecar.socket)
            self.assertEqual((before.st_ino, before.st_mode),
                             (after.st_ino, after.st_mode))
            self.assertTrue(sidecar.ask(ping())["ok"])
            # The same for the private socket, and what had been opened before
            # is taken away again.
            other = os.path.join(sidecar.folder, "other")
            status, said = self.refused(
                "-c", sidecar.config, "--listen", "ipc://" + other,
                "--set", "admin.listen=" + sidecar.admin)
            self.assertEqual(status, 73, said)
            self.assertFalse(os.path.exists(other))
            self.assertTrue(sidecar.stats())

    def test_a_taken_port_leaves_nothing_behind(self):
        with tempfile.TemporaryDirectory() as folder, \
                socket.create_server(("127.0.0.1", 0)) as taken:
            path = os.path.join(folder, "s")
            url = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
            status, said = self.refused(
                "-c", SHIPPED, "--listen", "ipc://" + path, "--listen", url,
                "--set", "admin.listen=none")
            self.assertEqual(status, 73)
            self.assertIn(url, said)
            self.assertEqual(os.listdir(folder), [])

    def test_a_stale_socket_is_taken_over(self):
        with tempfile.TemporaryDirectory() as folder:
            old = Sidecar(config=ALPHA, folder=folder)
            old.process.kill()
            old.process.wait()
            self.assertTrue(os.path.exists(old.socket))
            with Sidecar(config=ALPHA, folder=folder) as new:
                self.assertTrue(new.ask(ping())["ok"])

    def test_what_is_no_socket_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "thing")
            target = os.path.join(folder, "target")

            def file():
                with open(path, "w", encoding="utf-8") as out:
                    out.write("precious")

            def link():
                with open(target, "w", encoding="utf-8") as out:
                    out.write("precious")
                os.symlink(target, path)

            for make, unmake in ((file, os.unlink),
                                 (lambda: os.mkdir(path), os.rmdir),
                                 (link, os.unlink),
                                 (lambda: os.symlink("nowhere", path),
                                  os.unlink)):
                make()
                before = os.lstat(path)
                status, said = self.refused(
                    "-c", SHIPPED, "--listen", "ipc://" + path,
                    "--set", "admin.listen=none")
                self.assertEqual(status, 73, said)
                self.assertIn(path, said)
                after = os.lstat(path)
                self.assertEqual((before.st_ino, before.st_mode,
                                  before.st_size, before.st_mtime_ns),
                                 (after.st_ino, after.st_mode,
                                  after.st_size, after.st_mtime_ns))
                unmake(path)

    def test_a_broken_configuration_binds_nothing(self):
        port = free_port()
        for text, place in BROKEN:
            with self.subTest(place=place), \
                    tempfile.TemporaryDirectory() as folder:
                config = os.path.join(folder, "leeway.yaml")
                with open(config, "w", encoding="utf-8") as file:
                    file.write(text)
                status, said = self.refused(
                    "-c", config, "--listen", f"ipc://{folder}/s",
                    "--listen", f"tcp://127.0.0.1:{port}",
                    "--set", f"admin.listen=ipc://{folder}/admin")
                self.assertEqual(status, 78)
                self.assertIn(f"{folder}/{place}", said)
                self.assertEqual(os.listdir(folder), ["leeway.yaml"])

    def test_addresses_that_may_not_be(self):
        for url in ("http://127.0.0.1:1", "tcp://0.0.0.0:1", "tcp://*:1",
                    "ipc://" + "x" * 120, "tcp://127.0.0.1:70000", "ipc://"):
            with self.subTest(url=url):
                status, said = self.refused("-c", SHIPPED, "--listen", url,
                                            "--set", "admin.listen=none")
                self.assertEqual(status, 78, said)
                self.assertRegex(said, re.escape(url[:60]) +
                                 "|other machines reach this address")


if __name__ == "__main__":
    unittest.main()
