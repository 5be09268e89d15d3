#!/usr/bin/env python3
"""The command line: every command used wrongly and rightly, its exit codes,
messages and data."""

import json
import os
import re
import socket
import tempfile
import threading
import unittest

from sidecar import (BROKEN, PROGRAM, ROOT, SHIPPED, Sidecar, configuration,
                     run)

VOICES = os.path.join(ROOT, "tests/data/voices")
COMMANDS = ("serve", "check", "test", "score", "fingerprint", "ping", "call",
            "bench", "version")

# Arguments, exit code, and what the message says.
MISUSE = (
    ([], 64, "commands:"),
    (["scoer"], 64, 'did you mean "score"?'),
    (["--nonsense"], 64, "no command"),
    (["serve", "stray"], 64, "stray: no such argument"),
    (["serve", "--bogus"], 64, "leeway serve: unrecognized option '--bogus'"),
    (["serve", "--listen"], 64, "requires an argument"),
    (["serve", *["--listen", "ipc:///x"] * 17], 64, "too many --listen"),
    (["serve", *["--set", "a=b"] * 65], 64, "too many --set"),
    (["serve", "-c", "/nowhere/leeway.yaml"], 78, "/nowhere/leeway.yaml: "),
    (["serve", "-c", SHIPPED, "--set", "limits.workers=abc"], 78,
     "--set limits.workers: "),
    (["serve", "-c", SHIPPED, "--set", "limits.workers=9999"], 78,
     "--set limits.workers: "),
    (["serve", "-c", SHIPPED, "--set", "limits.wokers=1"], 78,
     '"workers"'),
    (["serve", "-c", SHIPPED, "--set", "nonsense"], 78, "KEY=VALUE"),
    (["serve", "-c", SHIPPED, "--listen", "http://x"], 78, "http://x"),
    (["serve", "-c", SHIPPED, "--listen", "tcp://0.0.0.0:0"], 78,
     "allow_remote"),
    (["serve", "-c", SHIPPED, "--listen", "ipc:///" + "x" * 110], 78,
     "bytes"),
    (["serve", "-c", SHIPPED, "--listen", "ipc:///nowhere/at/all"], 73,
     "/nowhere/at/all"),
    (["check", "--bogus"], 64, "unrecognized option"),
    (["check", "--format", "xml"], 64, "human or json"),
    (["check", "/nowhere.yaml"], 78, ""),
    (["check", ROOT], 78, ""),
    (["score"], 64, "expected a text, or -"),
    (["score", "--bogus", "x"], 64, "unrecognized option"),
    (["score", *["--guardrail", "@a"] * 257, "x"], 64,
     "too many --guardrail"),
    (["score", "-c", SHIPPED, "--persona", "nobody", "x"], 65,
     "no such persona"),
    (["score", "-c", SHIPPED, "--role", "nobody", "x"], 65, "role: one of"),
    (["score", "-c", "/nowhere", "x"], 78, "/nowhere: "),
    (["score", "--connect", "x", "x"], 64, "expected ipc://"),
    (["score", "--connect", "ipc:///nowhere", "x"], 69, "/nowhere: "),
    (["fingerprint"], 64, "expected build, show FILE, compare or list"),
    (["fingerprint", "paint"], 64, "expected build, show FILE, compare or list"),
    (["fingerprint", "list", "stray"], 64, "expected build"),
    (["fingerprint", "build", "x.jsonl"], 64, "--persona ID"),
    (["fingerprint", "build", "--persona", "../x", "y"], 64, "not a name"),
    (["fingerprint", "build", "--persona", "x", "--model", "m", "y"], 64,
     "belong together"),
    (["fingerprint", "build", "-c", SHIPPED, "--persona", "x", "/nowhere"],
     66, "/nowhere: "),
    (["fingerprint", "build", "-c", SHIPPED, "--persona", "x",
      "--output", "/nowhere/x", f"{VOICES}/hamlet.jsonl"], 73, "/nowhere/x"),
    (["fingerprint", "show", "-c", SHIPPED], 64, "one fingerprint file"),
    (["fingerprint", "show", "-c", SHIPPED, "/nowhere"], 66, "/nowhere: "),
    (["fingerprint", "show", "-c", SHIPPED, "/"], 66, "not a regular file"),
    (["fingerprint", "show", "-c", SHIPPED, SHIPPED], 65, SHIPPED),
    (["ping", "stray"], 64, "stray: no such argument"),
    (["ping", "--timeout", "0"], 64, "1 to 3600000"),
    (["ping", "--timeout", "soon"], 64, "1 to 3600000"),
    (["ping", "--connect", "http://x"], 64, "expected ipc://"),
    (["ping", "--connect", "ipc://"], 64, "a path of 1 to"),
    (["ping", "--connect", "ipc:///" + "x" * 120], 64, "a path of 1 to"),
    (["ping", "--connect", "tcp://localhost"], 64, "HOST:PORT"),
    (["ping", "--connect", "ipc:///nowhere"], 69, "/nowhere: "),
    (["ping", "--connect", "tcp://127.0.0.1:1"], 69, "refused"),
    (["call"], 64, "expected OP"),
    (["call", "ping", "{}", "stray"], 64, "expected OP"),
    (["call", "ping", "{"], 65, "JSON: "),
    (["call", "ping", "[]"], 65, "expected map"),
    (["call", "ping", '{"a":1}x'], 65, "JSON: "),
    (["call", "--connect", "ipc:///nowhere", "ping"], 69, "/nowhere: "),
    (["bench"], 64, "expected kernels, pipeline or rules"),
    (["bench", "kernels", "stray"], 64, "expected kernels, pipeline or rules"),
    (["version", "stray"], 64, "stray: no such argument"),
    (["version", "--bogus"], 64, "unrecognized option"),
)


class Usage(unittest.TestCase):
    def test_used_wrongly(self):
        for arguments, status, says in MISUSE:
            with self.subTest(arguments=" ".join(arguments)[:80]):
                done = run(*arguments)
                said = (done.stderr + done.stdout).decode()
                self.assertEqual(done.returncode, status, said)
                self.assertIn(says, said)
                if "check" not in arguments:
                    self.assertEqual(done.stdout, b"")

    def test_help(self):
        for arguments in (["--help"], ["-h"], ["help"]):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            for command in COMMANDS:
                self.assertIn(f"\n  {command} ", done.stdout.decode())
        for command in COMMANDS:
            with self.subTest(command=command):
                done = run(command, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                lines = done.stdout.decode().splitlines()
                self.assertEqual(lines[2], "examples:")
                for line in lines[3:5]:
                    self.assertIn(f"leeway {command}", line)
                self.assertLessEqual(max(map(len, lines)), 80)

    def test_no_room_for_the_output(self):
        for arguments in (["--help"], ["version"], ["serve", "--help"],
                          ["check", "--explain"], ["check", "-c", SHIPPED],
                          ["check", "-c", SHIPPED, "--print-effective"],
                          ["score", "-c", SHIPPED, "x"],
                          ["fingerprint", "-c", SHIPPED, "list"]):
            with self.subTest(arguments=arguments), \
                    open("/dev/full", "wb") as full:
                done = run(*arguments, stdout=full)
                self.assertEqual(done.returncode, 74)
                self.assertIn(b"standard output: ", done.stderr)

    def test_instruction_sets(self):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            has_avx2 = " avx2 " in file.read()
        texts = set()
        for isa in ("scalar", "avx2") if has_avx2 else ("scalar",):
            done = run("version", env={"LEEWAY_ISA": isa})
            self.assertEqual(done.returncode, 0)
            self.assertIn(f"instruction set  {isa}\n", done.stdout.decode())
            texts.add(run("score", "-c", SHIPPED, "--persona", "falstaff",
                          "What is honour? a word. What is in that word?",
                          env={"LEEWAY_ISA": isa}).stdout)
        self.assertEqual(len(texts), 1)  # to the last bit
        done = run("version", env={"LEEWAY_ISA": "bogus"})
        self.assertEqual(done.returncode, 78)
        self.assertIn(b"LEEWAY_ISA=bogus: not one of", done.stderr)
        self.assertIn(b"scalar", done.stderr)

    def test_where_the_configuration_is(self):
        with tempfile.TemporaryDirectory() as folder:
            if not os.path.exists("/etc/leeway/leeway.yaml"):
                done = run("check", cwd=folder)
                self.assertEqual(done.returncode, 78)
                self.assertIn(b"LEEWAY_CONFIG", done.stderr)
            other = os.path.join(folder, "other.yaml")
            with open(other, "w", encoding="utf-8") as file:
                file.write(configuration())
            done = run("check", cwd=folder, env={"LEEWAY_CONFIG": other})
            self.assertEqual(done.returncode, 0)
            self.assertIn(other.encode() + b": fine: 1 rules", done.stdout)
            done = run("check", "-c", SHIPPED, env={"LEEWAY_CONFIG": other})
            self.assertIn(SHIPPED.encode() + b": fine", done.stdout)


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "leeway.yaml")

    def check(self, text, *arguments):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        done = run("check", self.path, *arguments)
        return done.returncode, done.stdout.decode()

    def test_problems_and_their_places(self):
        for text, place in BROKEN:
            with self.subTest(place=place):
                status, said = self.check(text)
                self.assertEqual(status, 78)
                self.assertIn(
                    f"{self.path[:-len('leeway.yaml')]}{place}", said)
                status, said = self.check(text, "--format", "json")
                self.assertEqual(status, 78)
                for line in said.splitlines():
                    problem = json.loads(line)
                    self.assertEqual(problem["file"], self.path)
                    self.assertTrue(problem["message"])

    def test_all_problems_at_once(self):
        status, said = self.check(configuration(
            more="oops: 1\nlimits: {workers: many, wokers: 2}\n"))
        self.assertEqual(status, 78)
        self.assertEqual(len(said.splitlines()), 3, said)

    def test_a_fine_one(self):
        status, said = self.check(configuration())
        self.assertEqual(status, 0)
        self.assertRegex(said, r": fine: 1 rules, 0 personas, .* engine \w+\n")
        status, said = self.check(configuration(), "--format", "json")
        self.assertEqual(status, 0)
        for line in said.splitlines():  # nothing but remarks
            self.assertIn(json.loads(line)["severity"], ("note", "warning"))

    def test_several_files_the_worst_counts(self):
        self.check(BROKEN[2][0])
        done = run("check", SHIPPED, self.path)
        self.assertEqual(done.returncode, 78)
        self.assertIn(b": fine: ", done.stdout)
        self.assertIn(b"oops", done.stdout)

    def test_explain(self):
        done = run("check", "--explain")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        for key in ("limits", "drain_ms", "listen", "rules", "personas"):
            self.assertIn(key, done.stdout.decode())

    def effective(self, path, *arguments):
        done = run("check", "-c", path, "--print-effective", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])
        return done.stdout.decode()

    def test_the_effective_one_loads_again(self):
        printed = self.effective(
            SHIPPED, "--set", "limits.workers=3")
        self.assertRegex(printed, r"workers: 3 .*--set")
        copy = os.path.join(os.path.dirname(SHIPPED),
                            f".effective-{os.getpid()}.yaml")
        # Beside the shipped one: the paths in it lie in that folder.
        self.addCleanup(lambda: os.path.exists(copy) and os.unlink(copy))
        with open(copy, "w", encoding="utf-8") as file:
            file.write(printed)

        def values(text):
            return [re.sub(r"\s+#.*", "", line) for line in text.splitlines()
                    if not line.startswith("#")]
        self.assertEqual(values(self.effective(copy)), values(printed))


class Score(unittest.TestCase):
    TEXTS = ("Good morrow, Hal. What is honour? a word.",
             "My card is 4111 1111 1111 1111, sweet wag.",
             "As an AI language model I cannot do that.",
             "Ignore that. zorblax é 漢字 \U0001F600",
             "")

    def near(self, *arguments, **more):
        done = run("score", *arguments, **more)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return json.loads(done.stdout)

    def test_here_and_at_a_sidecar_alike(self):
        with Sidecar(tcp=True) as sidecar:
            for text in self.TEXTS:
                for options in ([], ["--persona", "falstaff", "--explain"],
                                ["--role", "user", "--locale", "de",
                                 "--guardrail", "Never be rude."]):
                    here = self.near("-c", SHIPPED, *options, "--", text)
                    for url in (sidecar.ipc, sidecar.tcp):
                        there = self.near("--connect", url, *options, "--",
                                          text)
                        self.assertEqual(here, there, (text, options))
            done = run("score", "--connect", sidecar.ipc, "--persona",
                       "nobody", "x")
            self.assertEqual(done.returncode, 65)
            self.assertIn(b"no such persona", done.stderr)

    def test_the_same_fallback_line(self):
        with Sidecar(config=configuration()) as sidecar:
            for i in range(6):
                text = f"zorblax number {i}"
                here = self.near("-c", sidecar.config, text)
                self.assertIn("fallback", here)
                self.assertEqual(here, self.near("--connect", sidecar.ipc,
                                                 text))

    def test_standard_input(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "leeway.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(configuration())
            words = self.near("-c", path, "so", "zorblax", "it", "is")
            for data in (b"so zorblax it is", b"so zorblax it is\n"):
                self.assertEqual(self.near("-c", path, "-", data=data), words)
            for data, status in ((b"x" * 65536, 0), (b"x" * 65537, 65),
                                 (b"a\xff", 65), (b"a\0b", 0), (b"", 0),
                                 (b"x" * ((1 << 20) + 1), 66)):
                done = run("score", "-c", path, "-", data=data)
                self.assertEqual(done.returncode, status, done.stderr)

    def test_pretty_is_the_same(self):
        plain = run("score", "-c", SHIPPED, self.TEXTS[1]).stdout
        pretty = run("score", "-c", SHIPPED, "--pretty",
                     self.TEXTS[1]).stdout
        self.assertEqual(plain.count(b"\n"), 1)
        self.assertGreater(pretty.count(b"\n"), 10)
        self.assertEqual(json.loads(plain), json.loads(pretty))


class Fingerprints(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def do(self, *arguments):
        done = run("fingerprint", "-c", SHIPPED, *arguments, cwd=self.folder)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def vectors(self, rows, name="vectors.jsonl"):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            for row in rows:
                file.write(row if isinstance(row, str)
                           else json.dumps({"embedding": row}))
                file.write("\n")
        return path

    def test_build_and_show(self):
        for name in sorted(os.listdir(VOICES)):
            who = name[:-len(".jsonl")]
            status, said, notes = self.do("build", "--persona", who,
                                          f"{VOICES}/{name}")
            self.assertEqual((status, said), (0, ""), notes)
            self.assertIn("30 lines", notes)
            status, said, _ = self.do("show", f"{who}.fingerprint")
            self.assertEqual(status, 0)
            self.assertIn(f"persona      {who}\n", said)
            self.assertIn("lines        30\n", said)

    def test_compare(self):
        status, said, _ = self.do("compare")
        self.assertEqual(status, 0)
        self.assertIn("\nassistant ", said)
        self.assertNotIn("warning", said)
        for who in ("one", "two"):
            self.do("build", "--persona", who, f"{VOICES}/hamlet.jsonl")
        status, said, _ = self.do("compare", "one.fingerprint",
                                  "two.fingerprint")
        self.assertEqual(status, 0)
        self.assertIn("one and two are nearly the same voice", said)
        status, _, notes = self.do("compare", "one.fingerprint")
        self.assertEqual(status, 65)
        self.assertIn("two fingerprints", notes)
        self.assertEqual(self.do("compare", "/nowhere", "/nowhere")[0], 66)

    def test_a_line_of_another_is_left_out_and_named(self):
        path = f"{self.folder}/mixed.txt"
        with open(f"{ROOT}/config/voices/judy.jsonl", encoding="utf-8") as file:
            lines = [json.loads(line)["text"] for line in file][:50]
        lines[17] = ("ERROR 503: UPSTREAM TIMEOUT (0x7f3a); RETRY-AFTER=30; "
                     "SEE HTTPS://STATUS.EXAMPLE.ORG/INCIDENT/4411")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(" ".join(line.split()) for line in lines))
        status, _, notes = self.do("build", "--persona", "x", path)
        self.assertEqual(status, 0, notes)
        self.assertIn("left out: sample 18: ERROR 503", notes)
        status, said, _ = self.do("show", "x.fingerprint")
        self.assertIn("1 not like the others", said)

    def test_with_vectors_of_ones_own(self):
        rows = [[1.0, i / 10, -0.5, 1e-3] for i in range(30)]
        for samples in ([f"{VOICES}/hamlet.jsonl"], []):
            status, _, notes = self.do(
                "build", "--persona", "hamlet", "--model", "mine",
                "--vectors", self.vectors(rows), *samples)
            self.assertEqual(status, 0, notes)
            status, said, _ = self.do("show", "hamlet.fingerprint")
            self.assertEqual(status, 0)
            self.assertIn("vectors      mine: 30 rows of 4\n", said)

    def test_vectors_that_cannot_be(self):
        good = [[1.0, 2.0]] * 30
        for rows, place in (([*good, [1.0]], ":31: "), (["{}"], ":1: "),
                            ([*good, "nonsense"], ":31: "), ([], "no vectors"),
                            (['{"embedding": [1, "2"]}'], ":1: "),
                            (['{"embedding": []}'], ":1: "),
                            (['{"embedding": {}}'], ":1: "),
                            ([[0.0, 0.0]] * 30, ""), ([[1e39, 1.0]] * 30, "")):
            status, _, notes = self.do(
                "build", "--persona", "x", "--model", "mine",
                "--vectors", self.vectors(rows))
            self.assertEqual(status, 65, (rows[-1:], notes))
            self.assertIn(place, notes)
            self.assertFalse(os.path.exists(f"{self.folder}/x.fingerprint"))
        status, _, _ = self.do("build", "--persona", "x", "--model", "mine",
                               "--vectors", "/nowhere")
        self.assertEqual(status, 66)

    def test_a_file_that_is_not_whole(self):
        self.do("build", "--persona", "hamlet", f"{VOICES}/hamlet.jsonl")
        with open(f"{self.folder}/hamlet.fingerprint", "rb") as file:
            whole = file.read()
        step = max(1, len(whole) // 12)
        spoiled = [whole[:n] for n in range(0, len(whole), step)]
        spoiled += [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1:]
                    for n in range(0, len(whole), step)]
        spoiled.append(whole + b"x")
        for data in spoiled:
            with open(f"{self.folder}/spoiled", "wb") as file:
                file.write(data)
            status, said, notes = self.do("show", "spoiled")
            self.assertEqual((status, said), (65, ""), len(data))
            self.assertIn("spoiled", notes)

    def test_too_few_lines(self):
        path = f"{self.folder}/few.txt"
        with open(path, "w", encoding="utf-8") as file:
            file.write("One line.\nAnother line of hers.\n")
        status, _, notes = self.do("build", "--persona", "x", path)
        self.assertEqual(status, 65)
        self.assertIn("leeway fingerprint: ", notes)
        self.assertFalse(os.path.exists(f"{self.folder}/x.fingerprint"))

    def test_list(self):
        status, said, _ = self.do("list")
        self.assertEqual(status, 0)
        for name in os.listdir(f"{ROOT}/config/voices"):
            if name.endswith(".jsonl"):
                self.assertIn(f"\n{name[:-len('.jsonl')]} ", said)


class Calls(unittest.TestCase):
    def test_ping_and_call(self):
        with Sidecar(config=configuration(), tcp=True) as sidecar:
            for url in (sidecar.ipc, sidecar.tcp):
                done = run("ping", "--connect", url)
                self.assertEqual(done.returncode, 0)
                self.assertTrue(json.loads(done.stdout)["ok"])
                self.assertRegex(done.stderr.decode(), r"answered in [\d.]+ ms")
                for arguments, data in ((['{"id": "x", "text": "hm"}'], b""),
                                        (["-"], b'{"id":"x","text":"hm"}')):
                    done = run("call", "--connect", url, "score", *arguments,
                               data=data)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    reply = json.loads(done.stdout)
                    self.assertEqual((reply["id"], reply["op"]),
                                     ("x", "score"))
            done = run("call", "--connect", sidecar.ipc, "stats")
            self.assertEqual(done.returncode, 1)
            self.assertEqual(json.loads(done.stdout)["error"]["code"],
                             "forbidden")
            done = run("call", "--connect", sidecar.admin, "stats")
            self.assertEqual(done.returncode, 0)
            self.assertIn("uptime_ms", json.loads(done.stdout)["stats"])
            done = run("call", "--connect", sidecar.ipc, "score",
                       '{"deadlineMs": 0, "text": "x"}', "--pretty")
            self.assertEqual(done.returncode, 1)
            self.assertIn("deadline_exceeded", done.stdout.decode())

    def strange_server(self, behave):
        """A URL where something else than a sidecar answers, once."""
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            with listener, listener.accept()[0] as peer:
                behave(peer)
                try:
                    while peer.recv(4096):
                        pass
                except OSError:
                    pass
        threading.Thread(target=serve, daemon=True).start()
        return f"tcp://127.0.0.1:{listener.getsockname()[1]}"

    def test_nobody_who_answers_in_time(self):
        rep = b"\0SP\0\0\x31\0\0"
        for behave, says in (
                (lambda peer: None, "no reply in time"),
                (lambda peer: peer.sendall(rep), "no reply in time"),
                (lambda peer: peer.sendall(rep[:5]), "no reply in time"),
                (lambda peer: peer.sendall(b"HTTP/1.1"), "no SP reply"),
                (lambda peer: peer.close(), "c"),  # closed, or reset
                (lambda peer: peer.sendall(rep + b"\xff" * 12), "a reply of"),
                (lambda peer: peer.sendall(rep + bytes(7) + b"\2" + bytes(9)),
                 "a reply of"),
                (lambda peer: peer.sendall(
                    rep + bytes(7) + b"\x05\x80\0\0\0\xc1"), "byte 0")):
            done = run("ping", "--timeout", "300", "--connect",
                       self.strange_server(behave))
            self.assertEqual(done.returncode, 69, done.stderr)
            self.assertIn(says, done.stderr.decode())

    def test_a_queue_of_clients_that_is_full(self):
        with tempfile.TemporaryDirectory() as folder, \
                socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{folder}/s")
            listener.listen(0)
            waiting = [socket.socket(socket.AF_UNIX) for _ in range(3)]
            for client in waiting:
                client.setblocking(False)
                try:
                    client.connect(f"{folder}/s")
                except BlockingIOError:
                    pass
            done = run("ping", "--timeout", "300", "--connect",
                       f"ipc://{folder}/s")
            self.assertEqual(done.returncode, 69)
            for client in waiting:
                client.close()


if __name__ == "__main__":
    assert os.access(PROGRAM, os.X_OK), PROGRAM
    unittest.main()
