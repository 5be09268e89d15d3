"""Two sidecars that share their sessions in one Redis server, which goes away
and comes back. Skipped, and said so, where there is none."""

import os
import shutil
import subprocess
import tempfile
import threading
import unittest

from sidecar import (PATIENCE, Raw, Sidecar, configuration, many, pack, run,
                     until)

PERSONAS = "personas: [{id: mira}, {id: zoe}]\n"
SERVER = shutil.which("redis-server")
BUILT_IN = b"hiredis " in run("version").stdout


class Caller(Raw):
    def call(self, op, **fields):
        return self.ask(pack({"v": 1, "op": op, "id": "x", "deadlineMs": 5000,
                              **fields}))


@unittest.skipUnless(SERVER and BUILT_IN, "no redis-server, or no hiredis")
class Shared(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="leeway-shared-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.redis = None
        self.addCleanup(self.stop_redis)

    def start_redis(self):
        self.redis = subprocess.Popen(
            [SERVER, "--port", "0", "--unixsocket", f"{self.folder}/r",
             "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL)
        self.assertTrue(until(lambda: os.path.exists(f"{self.folder}/r")))

    def stop_redis(self):
        if self.redis is not None:
            self.redis.kill()
            self.redis.wait()
            self.redis = None

    def start(self, name, *settings):
        sidecar = Sidecar(f"store.path={self.folder}/{name}.db",
                          f"store.redis.url=unix://{self.folder}/r",
                          "store.redis.deadline=5s", "store.redis.retry=5ms",
                          "store.redis.retry_max=20ms", *settings,
                          config=configuration(more=PERSONAS))
        self.addCleanup(sidecar.__exit__, None)
        return sidecar

    def caller(self, sidecar):
        caller = Caller(sidecar.ipc, timeout=PATIENCE)
        self.addCleanup(caller.sock.close)
        return caller

    def stats(self, sidecar):
        admin = Caller(sidecar.admin, timeout=PATIENCE)
        with admin.sock:
            reply = admin.call("stats")
        self.assertTrue(reply["ok"], reply)
        return reply["stats"]

    def test_a_session_goes_on_at_another_sidecar(self):
        self.start_redis()
        here, there = (self.caller(self.start(name)) for name in "ab")
        opened = here.call("session.open", persona="mira", workspace="w")
        self.assertTrue(opened["ok"], opened)
        name = opened["session"]
        for caller, message in ((here, "m1"), (there, "m2"), (here, "m3")):
            reply = caller.call("score", text="All is calm.", session=name,
                                messageId=message)
            self.assertTrue(reply["ok"], reply)
        got = there.call("session.get", session=name)
        self.assertEqual(got["messageCount"], 3)
        # A message that was judged over there is a repetition here.
        self.assertTrue(there.call("score", text="All is calm.", session=name,
                                   messageId="m1")["ok"])
        other = there.call("score", text="Other words.", session=name,
                           messageId="m1")
        self.assertEqual(other["error"]["code"], "idempotency_conflict", other)
        page = here.call("session.history", session=name)
        self.assertEqual(len(page["turns"]), 3, page)
        self.assertTrue(here.call("session.end", session=name)["ok"])
        late = there.call("score", text="Too late.", session=name)
        self.assertEqual(late["error"]["code"], "state_conflict", late)

    def test_no_message_of_many_is_lost(self):
        self.start_redis()
        sidecars = [self.start(name) for name in "ab"]
        first = self.caller(sidecars[0])
        name = first.call("session.open", persona="mira")["session"]
        each = many(100)

        def talk(sidecar, prefix, failed):
            caller = Caller(sidecar.ipc, timeout=PATIENCE)
            with caller.sock:
                for i in range(each):
                    reply = caller.call("score", text=f"Line {i}.",
                                        session=name, messageId=f"{prefix}{i}")
                    if not reply["ok"]:
                        failed.append(reply)

        failed = []
        threads = [threading.Thread(target=talk,
                                    args=(sidecars[i % 2], "abcd"[i], failed))
                   for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])
        got = first.call("session.get", session=name)
        self.assertEqual(got["messageCount"], 4 * each)

    def test_redis_away_is_told_and_nothing_is_invented(self):
        self.start_redis()
        sidecar = self.start("a")
        caller = self.caller(sidecar)
        name = caller.call("session.open", persona="mira")["session"]
        self.stop_redis()
        opened = caller.call("session.open", persona="mira")
        self.assertEqual(opened["error"]["code"], "internal_error", opened)
        reply = caller.call("score", text="All is calm.", session=name,
                            persona="mira")
        self.assertTrue(reply["ok"], reply)
        chosen = reply["results"][reply["chosen"]]
        self.assertTrue(chosen["coverage"]["degraded"], chosen)
        # Without a session everything is as ever.
        reply = caller.call("score", text="All is calm.", persona="mira")
        chosen = reply["results"][reply["chosen"]]
        self.assertFalse(chosen["coverage"]["degraded"], chosen)
        stats = self.stats(sidecar)
        self.assertEqual(stats["store.working"], 0, stats)
        self.assertEqual(stats["sessions.shared"], 1, stats)
        self.assertGreater(stats["sessions.shared_failures"], 0, stats)
        self.start_redis()
        self.assertTrue(until(
            lambda: self.stats(sidecar)["store.working"] == 1))
        self.assertTrue(caller.call("session.open", persona="mira")["ok"])

    def test_refusing_it_is_a_policy(self):
        self.start_redis()
        caller = self.caller(self.start("a", "store.on_error=refuse"))
        name = caller.call("session.open", persona="mira")["session"]
        self.stop_redis()
        reply = caller.call("score", text="All is calm.", session=name)
        self.assertEqual(reply["error"]["code"], "internal_error", reply)


class Settings(unittest.TestCase):
    def test_what_cannot_be_is_refused_by_name(self):
        for url, says in (("rediss://h", b"TLS"), ("http://h", b"redis://"),
                          ("redis://u:canary@h", b"store.redis.password")):
            done = run("check", "--set", f"store.redis.url={url}")
            self.assertNotEqual(done.returncode, 0, url)
            said = done.stdout + done.stderr
            self.assertIn(b"store.redis.url", said)
            self.assertIn(says if BUILT_IN else b"hiredis", said)


if __name__ == "__main__":
    unittest.main()
