#!/usr/bin/env python3
"""Fingerprints over the wire, from outside: enrolled while requests run, laid
over configured ones, kept through reloads, crashes and restarts, compared.

    make && python3 tests/e2e/fingerprints.py
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from sidecar import (PATIENCE, ROOT, Raw, Sidecar, many, pack,  # noqa: E402
                     run, score, until)

BLAND = ("As an assistant, I would be happy to help you prioritize and "
         "streamline your key goals. Here are several actionable steps.")
MODEL = "e5-8"


def lines(who):
    with open(f"{ROOT}/config/voices/{who}.jsonl", encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file]


def rows(count, shift=0):
    """Vectors that point nearly the same way."""
    return [[1 + ((r * 8 + i) * 37 + shift) % 11 / 50 for i in range(8)]
            for r in range(count)]


class Enrolled(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="leeway-kept-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.keep = f"drift.keep={self.folder}/kept"

    def start(self, *settings, **more):
        sidecar = Sidecar(*settings, **more)
        self.addCleanup(sidecar.__exit__, None, None, None)
        return sidecar

    def ask(self, sidecar, op, url=None, ok=True, **keys):
        reply = sidecar.ask(pack({"v": 1, "op": op, "id": op, **keys}),
                            url or sidecar.admin)
        self.assertEqual(reply["ok"], ok, reply)
        return reply

    def judge(self, sidecar, persona, text=BLAND, **keys):
        reply = sidecar.ask(score(text, persona=persona, **keys))
        self.assertTrue(reply["ok"], reply)
        return reply["results"][0]

    def test_a_life(self):
        sidecar = self.start()
        judy = lines("judy")
        first = self.ask(sidecar, "fingerprint.list")
        self.assertNotIn("ada", [row["id"] for row in first["personas"]])
        self.assertEqual(sidecar.ask(score(BLAND, persona="ada"))["error"]
                         ["code"], "not_found")
        built = self.ask(sidecar, "fingerprint.build", persona="ada",
                         samples=judy[:50])
        self.assertEqual(built["engine"]["generation"], 2)
        self.assertNotEqual(built["engine"]["hash"], first["engine"]["hash"])
        self.assertEqual((built["origin"], built["rows"], built["warning"]),
                         ("wire", 50, None))
        # The very next request meets her.
        verdict = self.judge(sidecar, "ada")
        self.assertTrue(verdict["driftAlert"])
        self.assertEqual(verdict["drift"]["thresholdSource"], "config")
        alerts = sum(bool(self.judge(sidecar, "ada", line)["driftAlert"])
                     for line in judy[50:])
        self.assertLess(alerts, 15)
        # Vectors beside the lines.
        self.ask(sidecar, "fingerprint.put", persona="ada", model=MODEL,
                 vectors=rows(24))
        got = self.ask(sidecar, "fingerprint.get", persona="ada",
                       url=sidecar.ipc)
        self.assertEqual([m["model"] for m in got["models"]],
                         ["leeway-style-1", MODEL])
        near = sidecar.ask(pack({
            "v": 1, "op": "score", "persona": "ada", "deadlineMs": 5000,
            "candidates": [{"text": judy[60],
                            "embeddings": {MODEL: rows(1)[0]}}]}))
        self.assertEqual(near["results"][0]["drift"]["model"], MODEL)
        gone = self.ask(sidecar, "fingerprint.drop", persona="ada")
        self.assertEqual(gone["dropped"], ["leeway-style-1", MODEL])
        self.assertIsNone(gone["origin"])
        self.assertEqual(gone["engine"]["hash"], first["engine"]["hash"])
        self.ask(sidecar, "fingerprint.get", persona="ada", ok=False)
        stats = sidecar.stats()
        self.assertEqual(stats["personas.enrolled"], 0)
        self.assertEqual(stats["fingerprint.build"], 1)

    def test_private(self):
        sidecar = self.start()
        for op, keys in (("build", {"samples": lines("judy")}),
                         ("put", {"model": "m", "vectors": rows(2)}),
                         ("drop", {})):
            reply = self.ask(sidecar, f"fingerprint.{op}", persona="hamlet",
                             url=sidecar.ipc, ok=False, **keys)
            self.assertEqual(reply["error"]["code"], "forbidden")
        for op, keys in (("fingerprint.get", {"persona": "hamlet"}),
                         ("fingerprint.list", {}), ("compare", {})):
            self.ask(sidecar, op, url=sidecar.ipc, **keys)
        open_one = self.start("admin.on_serving=true")
        self.ask(open_one, "fingerprint.put", url=open_one.ipc,
                 persona="hamlet", model="m", vectors=rows(2))

    def test_compare_says_what_the_command_does(self):
        sidecar = self.start()
        reply = self.ask(sidecar, "compare", url=sidecar.ipc)
        told = run("fingerprint", "compare").stdout.decode().splitlines()
        table = {line.split()[0]: line.split()[1:] for line in told[1:]
                 if line and not line.startswith(("lies", "warning"))}
        self.assertEqual(sorted(reply["ids"]), reply["ids"])
        matrix = dict(zip(reply["ids"], reply["matrix"]))
        matrix.update({row["id"]: row["distances"]
                       for row in reply["baselines"]})
        self.assertEqual(set(matrix), set(table))
        for who, numbers in matrix.items():
            for got, words in zip(numbers, table[who]):
                if words != "-":
                    self.assertAlmostEqual(got, float(words), delta=0.0051)
        self.assertEqual(reply["warnings"], [])

    def test_kept(self):
        judy = lines("judy")
        with Sidecar(self.keep) as sidecar:
            self.ask(sidecar, "fingerprint.build", persona="ada",
                     samples=judy[:50])
            self.ask(sidecar, "fingerprint.put", persona="hamlet", model=MODEL,
                     vectors=rows(24))
            self.ask(sidecar, "fingerprint.put", persona="eve", model=MODEL,
                     vectors=rows(3))
            self.ask(sidecar, "fingerprint.drop", persona="eve")
            before = self.ask(sidecar, "fingerprint.list")
            sidecar.reload()
            after = self.ask(sidecar, "fingerprint.list")
            self.assertEqual(before["personas"], after["personas"])
            self.assertEqual(before["engine"]["hash"], after["engine"]["hash"])
            # No farewell: what was answered is on the disk.
            sidecar.ended_well = (-signal.SIGKILL,)
            sidecar.signal(signal.SIGKILL)
            sidecar.wait()
        self.assertEqual(sorted(os.listdir(f"{self.folder}/kept")),
                         ["ada.fingerprint", "hamlet.fingerprint"])
        with Sidecar(self.keep) as sidecar:
            again = self.ask(sidecar, "fingerprint.list")
            self.assertEqual(before["personas"], again["personas"])
            self.assertTrue(self.judge(sidecar, "ada")["driftAlert"])

    def test_a_bad_file_is_no_start(self):
        os.mkdir(f"{self.folder}/kept")
        path = f"{self.folder}/kept/ada.fingerprint"
        with open(path, "wb") as file:
            file.write(b"LEEWAYFP\2\0\0\0")
        for command in (("serve",), ("check",)):
            done = run(*command, "--set", self.keep)
            said = (done.stdout + done.stderr).decode()
            self.assertEqual(done.returncode, 78, said)
            self.assertIn(f"drift.keep: {path}: cut short", said)
        self.assertEqual(run("check").returncode, 0)

    def test_call_takes_arrays(self):
        sidecar = self.start()
        body = json.dumps({"persona": "ada", "model": MODEL,
                           "vectors": rows(20)})
        done = run("call", "--connect", sidecar.admin, "fingerprint.put", "-",
                   data=body.encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        reply = json.loads(done.stdout)
        self.assertEqual((reply["rows"], reply["dimensions"]), (20, 8))

    def test_all_at_once(self):
        """Requests meet one engine or the other, never half of one."""
        sidecar = self.start(self.keep)
        vector = {"candidates": [{"text": BLAND,
                                  "embeddings": {MODEL: rows(1)[0]}}]}
        self.ask(sidecar, "fingerprint.put", persona="zoe", model=MODEL,
                 vectors=rows(24))
        enough = threading.Event()
        wrong, judged = [], [0]

        def judge_all_the_time():
            last = 0
            with Raw(sidecar.ipc, timeout=PATIENCE) as raw:
                while not enough.is_set():
                    reply = raw.ask(pack({
                        "v": 1, "op": "score", "persona": "zoe",
                        "deadlineMs": 5000, **vector}))
                    judged[0] += 1
                    now = reply["engine"]["generation"]
                    if (not reply["ok"] or now < last or
                            reply["results"][0]["drift"]["status"] != "ok"):
                        wrong.append(reply)
                        return
                    last = now

        threads = [threading.Thread(target=judge_all_the_time)
                   for _ in range(3)]
        for thread in threads:
            thread.start()
        hashes = set()
        for i in range(many(60)):
            if i % 7 == 3:
                sidecar.signal(signal.SIGHUP)
            put = self.ask(sidecar, "fingerprint.put", persona=f"p{i % 5}",
                           model=MODEL, vectors=rows(24, i))
            hashes.add(put["hash"])
            if i % 5 == 4:
                self.ask(sidecar, "fingerprint.drop", persona="p4")
            self.ask(sidecar, "fingerprint.put", persona="zoe", model=MODEL,
                     vectors=rows(24, i % 2))
        until(lambda: sidecar.reloads() > 0)
        enough.set()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertGreater(judged[0], 0)
        there = {row["id"]: row for row in
                 self.ask(sidecar, "fingerprint.list")["personas"]}
        for who in ("p0", "p1", "p2", "p3", "zoe"):
            self.assertIn(who, there)
        self.assertNotIn("p4", there)
        self.assertEqual(sidecar.stats()["reloads_failed"], 0)


if __name__ == "__main__":
    unittest.main()
