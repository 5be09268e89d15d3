#!/usr/bin/env python3
"""The command line: every command used wrongly and rightly, its exit codes,
messages and data."""

import csv
import gzip
import io
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
    (["score", "--stream", "fast", "x"], 64, "--stream fast"),
    (["score", "--stream", "gate", "--pace", "-1", "x"], 64, "--pace -1"),
    (["score", "--stream", "gate", "--pace", "1s", "x"], 64, "--pace 1s"),
    (["score", "--stream", "gate", "--connect", "ipc:///x", "x"], 64,
     "--stream runs here"),
    (["score", "-c", SHIPPED, "--stream", "gate", "--persona", "nobody", "x"],
     65, "no such persona"),
    (["score", "--connect", "ipc:///nowhere", "x"], 69, "/nowhere: "),
    (["fingerprint"], 64, "expected build, show FILE, compare or list"),
    (["fingerprint", "paint"], 64, "expected build, show FILE, compare or list"),
    (["fingerprint", "list", "-c", SHIPPED, "/nowhere"], 66, "/nowhere: "),
    (["fingerprint", "list", "--format", "xml"], 64, "human or json"),
    (["fingerprint", "build", "--role", "nobody"], 64, "system or all"),
    (["fingerprint", "build", "--from", "yaml"], 64, "sharegpt"),
    (["fingerprint", "build", "--map", "txet=a"], 64, 'mean "text"?'),
    (["fingerprint", "build", *["--map", "text=a"] * 33], 64, "too many --map"),
    (["fingerprint", "build", "--min-chars", "-1"], 64, "0 to 1048576"),
    (["fingerprint", "build", "--min-chars", "many"], 64, "0 to 1048576"),
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
                bad = 1 if "test failed: " in said else 78
                self.assertEqual(status, bad)
                self.assertIn(
                    f"{self.path[:-len('leeway.yaml')]}{place}", said)
                status, said = self.check(text, "--format", "json")
                self.assertEqual(status, bad)
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

    def test_a_failed_rule_test_is_a_finding(self):
        failing = "    tests: [{text: calm, expect_ids: [WORD]}]\n"
        status, said = self.check(configuration(more=failing))
        self.assertEqual(status, 1, said)
        self.assertIn("test failed: ", said)
        status, said = self.check(configuration(more=failing + "oops: 1\n"))
        self.assertEqual(status, 78, said)

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

    def test_a_stream_shows_what_a_score_would(self):
        for text in self.TEXTS:
            options = ["-c", SHIPPED, "--persona", "falstaff"]
            envelope = self.near(*options, "--", text)
            shown = envelope.get("content", text) + "\n"
            for mode in ("gate", "shadow", "final"):
                done = run("score", *options, "--stream", mode, "--", text)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(f"{envelope['moderationVerdict']}, "
                              f"{envelope['action']}".encode(), done.stderr)
                if mode != "shadow":
                    self.assertEqual(done.stdout.decode(), shown)

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
        status, said, _ = self.do("compare", "--format", "json", self.folder)
        self.assertEqual(status, 0)
        said = json.loads(said)
        self.assertEqual(said["rows"], ["one", "two", "everybody", "assistant"])
        self.assertEqual(said["nearlyTheSame"][0]["personas"], ["one", "two"])
        self.assertEqual(said["deviationsBelow"][0][0], 0)
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
        self.assertIn(f"{path}:18: left out: not like the others\n", notes)
        status, _, notes = self.do("build", "--persona", "x", "--show-text",
                                   path)
        self.assertIn("not like the others: ERROR 503: UPSTREAM", notes)
        status, said, _ = self.do("show", "x.fingerprint")
        self.assertIn("1 not like the others", said)

    def test_with_vectors_of_ones_own(self):
        rows = [[1.0, i / 10, -0.5, 1e-3] * 2 for i in range(30)]
        for samples in ([f"{VOICES}/hamlet.jsonl"], []):
            status, _, notes = self.do(
                "build", "--persona", "hamlet", "--model", "mine",
                "--vectors", self.vectors(rows), *samples)
            self.assertEqual(status, 0, notes)
            status, said, _ = self.do("show", "hamlet.fingerprint")
            self.assertEqual(status, 0)
            self.assertIn("vectors      mine: 30 rows of 8\n", said)

    def test_vectors_that_cannot_be(self):
        good = [[1.0, 2.0] * 4] * 30
        for rows, place in (([*good, [1.0]], ":31: "), (["{}"], ":1: "),
                            ([*good, "nonsense"], ":31: "), ([], "no vectors"),
                            (['{"embedding": [1, "2"]}'], ":1: "),
                            (['{"embedding": []}'], ":1: "),
                            (['{"embedding": {}}'], ":1: "),
                            ([[0.0] * 8] * 30, "is zero"),
                            ([[1e39] * 8] * 30, ""), ([[1.0] * 7] * 30,
                                                      "outside 8..")):
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

    def lines(self, count=40):
        with open(f"{ROOT}/config/voices/judy.jsonl", encoding="utf-8") as file:
            return [json.loads(line)["text"] for line in file][:count]

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes)
                       else content.encode())
        return path

    def kept(self, *arguments, data=None):
        """What is built of arguments, as `show` has it, and the notes."""
        done = run("fingerprint", "-c", SHIPPED, "build", "--persona", "judy",
                   *arguments, cwd=self.folder, data=data)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, b"")
        status, said, _ = self.do("show", "--format", "json",
                                  "judy.fingerprint")
        self.assertEqual(status, 0)
        return json.loads(said), done.stderr.decode()

    def test_every_format_gives_the_same_voice(self):
        lines = self.lines()
        tree, last = {}, None
        for i, text in enumerate(lines):
            for role, said in (("user", "And then?"), ("assistant", text)):
                tree[f"{role}{i}"] = {"parentId": last, "role": role,
                                      "content": said}
                last = f"{role}{i}"
        turns = [turn for text in lines
                 for turn in (("user", "And then?"), ("assistant", text))]
        table = io.StringIO()
        writer = csv.writer(table)
        writer.writerow(["Session ID", "Role", "Text"])
        writer.writerows(["s", *turn] for turn in turns)

        def rows(items):
            return "\n".join(json.dumps(item) for item in items)

        files = {
            "rows": rows({"text": text, "role": role} for role, text in turns),
            "messages": rows([{"messages": [{"role": role, "content": text}
                                            for role, text in turns]}]),
            "sharegpt": json.dumps([{"conversations": [
                {"from": {"user": "human"}.get(role, "gpt"), "value": text}
                for role, text in turns]}], indent=2),
            "sillytavern": rows(
                [{"user_name": "Al", "character_name": "Judy"}] +
                [{"name": "Al" if role == "user" else "Judy",
                  "is_user": role == "user", "mes": text}
                 for role, text in turns]),
            "openwebui": json.dumps([{"chat": {"history": {
                "messages": tree, "currentId": last}}}]),
            "litellm": rows({
                "messages": [{"role": "user", "content": "And then?"}],
                "response": {"choices": [{"message": {
                    "role": "assistant", "content": text}}]}}
                for text in lines),
            "csv": table.getvalue(),
        }
        wanted = self.kept(self.write("plain", rows(
            {"text": text} for text in lines)))[0]
        for name, content in files.items():
            for packed in (False, True):
                with self.subTest(format=name, packed=packed):
                    data = content.encode()
                    data = gzip.compress(data) if packed else data
                    got, notes = self.kept(self.write("x", data))
                    self.assertIn(f"x: {name}, ", notes)
                    self.assertIn("40 lines taken", notes)
                    self.assertEqual(got["lines"], 40)
                    self.assertEqual(got["calibration"], wanted["calibration"])
        got, notes = self.kept("-", data=files["rows"].encode())
        self.assertEqual(got["calibration"], wanted["calibration"])
        self.assertIn("-: rows, 80 records: 40 lines taken; left out: 40 of "
                      "other roles", notes)

    def test_only_her_lines_are_taken(self):
        lines = self.lines(80)
        content = "".join(json.dumps({"text": text, "persona": who,
                                      "speaker": who.upper()}) + "\n"
                          for text, who in zip(lines, ["judy", "else"] * 40))
        path = self.write("two.jsonl", content)
        got, notes = self.kept(path)
        self.assertEqual(got["lines"], 40)
        self.assertIn("left out: 40 of others", notes)
        self.assertEqual(self.kept("--speaker", "Else", path)[0]["lines"], 40)
        status, _, notes = self.do("build", "--persona", "third", path)
        self.assertEqual(status, 65)
        self.assertIn("--speaker NAME", notes)
        one = self.write("one.jsonl", content.replace('"else"', '"judy"'))
        status, _, notes = self.do("build", "--persona", "third", one)
        self.assertEqual(status, 0)
        self.assertIn('all lines are of "judy": taken as those of third',
                      notes)

    def test_what_is_left_out_is_told(self):
        lines = self.lines()
        rows = [json.dumps({"text": text}) for text in lines]
        rows[3:3] = ["{broken", json.dumps({"text": 7}),
                     json.dumps({"text": "Ah!"}), rows[0],
                     json.dumps({"text": "...!"})]
        path = self.write("x.jsonl", "\n".join(rows))
        got, notes = self.kept("--min-chars", "4", path)
        self.assertEqual(got["lines"], 40)
        for said in (f"{path}:4: left out: JSON: ",
                     f"{path}:5: left out: what is said is no text\n",
                     "42 lines taken; left out: 1 too short, 2 bad\n",
                     f"{path}:7: left out: said before, or without words\n",
                     f"{path}:8: left out: said before, or without words\n"):
            self.assertIn(said, notes)

    def test_several_files_and_a_map(self):
        lines = self.lines()
        one = self.write("one.txt", "\n".join(lines[:20]))
        two = self.write("two.txt", "\n".join(lines[20:]))
        self.assertEqual(self.kept(one, two)[0]["lines"], 40)
        path = self.write("x.json", json.dumps([
            {"who": "me", "log": [{"say": {"text": text}} for text in lines]}
        ], indent=1))
        got, notes = self.kept("--map", "turns=log", "--map", "text=say.text",
                               path)
        self.assertEqual(got["lines"], 40)

    def test_more_lines_than_it_holds(self):
        rows = "\n".join(f"Line {n} is about {n * n} and {n % 97} things."
                         for n in range(10000))
        got, notes = self.kept(self.write("x.txt", rows))
        self.assertGreater(got["lines"], 2000)
        self.assertIn("10000 lines are more than a fingerprint holds", notes)

    def test_files_that_are_no_transcripts(self):
        for content, says in ((b"\xff\xfea\0", "UTF-16"),
                              (b'{"a": 1}\n', "no format that is known"),
                              (b"\x1f\x8b\x08\0", "cut short"),
                              (b"", "no lines of x")):
            with self.subTest(content=content):
                status, _, notes = self.do("build", "--persona", "x",
                                           self.write("x.bin", content))
                self.assertEqual(status, 65)
                self.assertIn(says, notes)
                self.assertFalse(
                    os.path.exists(f"{self.folder}/x.fingerprint"))

    def test_show_and_list_as_json(self):
        self.kept(f"{ROOT}/config/voices/judy.jsonl")
        status, said, _ = self.do("show", "--format", "json",
                                  "judy.fingerprint")
        shown = json.loads(said)
        self.assertEqual(shown["persona"], "judy")
        self.assertEqual(shown["lines"], 100)
        self.assertEqual(shown["formatVersion"], 2)
        self.assertEqual([row["driftScore"] for row in shown["thresholds"]],
                         [0.4221, 0.3, 0.2398])
        self.assertEqual(len(shown["traitsPer100Words"]), 15)
        status, said, _ = self.do("list", "--format", "json", self.folder,
                                  "judy.fingerprint")
        self.assertEqual(status, 0)
        rows = [json.loads(line) for line in said.splitlines()]
        self.assertEqual([row["digest"] for row in rows],
                         [shown["digest"]] * 2)
        status, said, _ = self.do("list", self.folder)
        self.assertIn("\njudy  ", said)
        status, said, _ = self.do("list", "--format", "json")
        self.assertLess({name[:-6] for name in
                         os.listdir(f"{ROOT}/config/voices")
                         if name.endswith(".jsonl")},
                        {json.loads(line)["persona"]
                         for line in said.splitlines()} | {""})
        status, said, _ = self.do("show", "--format", "json", "judy")
        self.assertEqual(json.loads(said)["calibration"],
                         shown["calibration"])
        status, _, notes = self.do("show", "nobody")
        self.assertEqual(status, 66)
        self.assertIn("nobody is no file", notes)
        self.write("bad.fingerprint", "x")
        status, said, notes = self.do("list", self.folder)
        self.assertEqual(status, 65)
        self.assertIn("bad.fingerprint", notes)
        self.assertIn("\njudy  ", said)

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
