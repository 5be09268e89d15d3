#!/usr/bin/env python3
"""The rule tools from outside: `leeway test`, `leeway check` of the rules'
sense, `leeway score --explain`; formats and exit codes."""

import json
import os
import pty
import re
import subprocess
import tempfile
import unittest

from sidecar import PROGRAM, ROOT, SHIPPED, configuration, run

TESTED = """    tests:
      - {text: "oh zorblax", expect_ids: [WORD], spans: [[3, 10]]}
      - {text: "oh calm", no_expect_ids: [WORD], action: allow}
"""
FAILING = """    tests:
      - {text: "oh calm", expect_ids: [WORD], spans: [[3, 7]]}
"""
BASIC = ("casing", "zero_width", "confusable", "fullwidth", "diacritic")


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = self.write("leeway.yaml", configuration(more=TESTED))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def do(self, *arguments, **more):
        done = run(*arguments, **more)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


class Test(Folder):
    def test_the_shipped_rules(self):
        status, said, notes = self.do("test", "-c", SHIPPED)
        self.assertEqual((status, notes), (0, ""), said)
        self.assertRegex(said, r"\n\d+ passed, 0 failed, \d+ skipped, ")

    def test_exit_codes(self):
        fails = self.write("fails.yaml", configuration(more=FAILING))
        broken = self.write("broken.yaml", configuration(more="oops: 1\n"))
        empty = os.path.join(self.folder, "empty")
        os.mkdir(empty)
        for arguments, status, says in (
                (["-c", self.path], 0, "passed"),
                (["-c", fails], 1, "no hit of WORD"),
                ([fails], 1, "no hit of WORD"),
                (["-c", broken], 78, "oops"),
                ([broken, "-c", self.path], 78, "oops"),
                (["-c", "/nowhere"], 78, "/nowhere"),
                (["-c", self.path, "/nowhere"], 66, "/nowhere"),
                (["-c", self.path, empty], 66, "no *.yaml"),
                (["-c", self.path, "--rule", "WORT"], 64,
                 "did you mean WORD?"),
                (["-c", self.path, "--mutate", "leat"], 64,
                 'did you mean "leet"?'),
                (["-c", self.path, "--format", "xml"], 64,
                 "human, tap or json"),
                (["--bogus"], 64, "unrecognized option")):
            with self.subTest(arguments=arguments):
                got, said, notes = self.do("test", *arguments)
                self.assertEqual(got, status, said + notes)
                self.assertIn(says, said + notes)

    def test_tap(self):
        status, said, _ = self.do("test", "-c", self.path, "--format", "tap")
        lines = said.splitlines()
        self.assertEqual(status, 0)
        self.assertEqual(lines[0], "TAP version 14")
        points = [re.fullmatch(r"ok (\d+) - (\S+) (\w+)", line)
                  for line in lines[1:-1]]
        self.assertEqual([int(p[1]) for p in points],
                         list(range(1, len(points) + 1)))
        self.assertEqual(lines[-1], f"1..{len(points)}")
        self.assertEqual([p[3] for p in points if p[2] ==
                          "rules.WORD.tests[0]"],
                         ["plain", *BASIC, "chunked"])
        self.assertEqual([p[3] for p in points if p[2] ==
                          "rules.WORD.tests[1]"], ["plain"])

    def test_tap_of_a_failure(self):
        fails = self.write("fails.yaml", configuration(more=FAILING))
        status, said, _ = self.do("test", fails, "--format", "tap",
                                  "--failed-only")
        self.assertEqual(status, 1)
        before, _, rest = said.partition("  ---\n")
        self.assertEqual(before, "TAP version 14\n"
                                 "not ok 1 - rules.WORD.tests[0] plain\n")
        block, _, plan = rest.partition("  ...\n")
        self.assertEqual(plan, "1..1\n")
        values = {key: json.loads(value) for key, value in
                  (line.strip().split(": ", 1) for line in block.splitlines())}
        self.assertEqual(values["failures"],
                         [{"key": "expect_ids", "message": "no hit of WORD"},
                          {"key": "spans",
                           "message": "fewer hits than spans"}])
        self.assertEqual(values["expectedSpans"], [[3, 7]])
        self.assertEqual(values["hits"], [])
        self.assertEqual(values["file"], fails)

    def test_json(self):
        status, said, _ = self.do("test", "-c", self.path, "--format", "json",
                                  "--mutate", "leet")
        *rows, last = map(json.loads, said.splitlines())
        self.assertEqual(status, 1)  # a view that undoes leet is not asked for
        summary = last["summary"]
        self.assertEqual(summary["passed"] + summary["failed"] +
                         summary["skipped"], len(rows))
        failed = [row for row in rows if row["status"] == "failed"]
        self.assertEqual(len(failed), summary["failed"])
        self.assertEqual(failed[0]["mutation"], "leet")
        self.assertEqual(failed[0]["mutatedBytes"], [3, 10])
        self.assertEqual(failed[0]["test"], "rules.WORD.tests[0]")

    def test_none_and_one_rule(self):
        status, said, _ = self.do("test", "-c", self.path, "--mutate", "none",
                                  "--rule", "WORD", "--format", "json")
        self.assertEqual(status, 0)
        self.assertEqual([json.loads(line).get("way")
                          for line in said.splitlines()],
                         ["plain", "chunked", "plain", None])

    def test_paths_that_the_configuration_is_made_of(self):
        self.write("rules/a.yaml", """schema: 1
lists: {bad: {file: words/bad.txt}}
rules: [{id: A, type: terms, terms: [aaaa], category: hate,
         tests: [{text: aaaa, expect_ids: [A]}]}]
""".replace("words/", "../words/"))
        self.write("rules/b.yaml", """schema: 1
rules: [{id: B, type: terms, lists: [bad], category: hate,
         tests: [{text: bbbb, expect_ids: [B]}]}]
""")
        words = self.write("words/bad.txt", "bbbb\n")
        main = self.write("main.yaml", configuration(more=TESTED).replace(
            "schema: 1\n", "schema: 1\ninclude: [rules/*.yaml]\n"))
        rules = os.path.join(self.folder, "rules")
        for paths, want in (([], {"A", "B", "WORD", None}),
                            ([main], {"A", "B", "WORD", None}),
                            ([f"{rules}/a.yaml"], {"A"}),
                            ([rules], {"A", "B"}),
                            ([words], {"B"}),
                            ([words, f"{rules}/a.yaml"], {"A", "B"})):
            with self.subTest(paths=paths):
                status, said, notes = self.do(
                    "test", "-c", main, "--format", "json", *paths)
                self.assertEqual(status, 0, said + notes)
                self.assertEqual({json.loads(line).get("rule") for line
                                  in said.splitlines()[:-1]}, want)

    def test_a_path_of_its_own_needs_no_configuration(self):
        status, said, notes = self.do("test", self.folder, cwd=self.folder)
        self.assertEqual((status, notes), (0, ""))
        self.assertIn("\nWORD ", said)


class Check(Folder):
    WARNED = """  - {id: TWICE, type: terms, terms: [zorblax], category: harassment,
     action: flag, tests: [{text: zorblax, expect_ids: [TWICE]}]}
  - {id: SLOW, type: regex, pattern: 'x(?:a+)+y', action: flag,
     tests: [{text: xay, expect_ids: [SLOW]},
             {text: y, no_expect_ids: [SLOW]}]}
"""

    def remarks(self, *arguments):
        status, said, _ = self.do("check", "--format", "json", *arguments)
        return status, [json.loads(line) for line in said.splitlines()]

    def test_the_shipped_rules_load_with_remarks(self):
        status, rows = self.remarks("-c", SHIPPED, "--rules", "--notes")
        self.assertEqual(status, 0)
        rules = {row["rule"]: row for row in rows if "rule" in row}
        self.assertGreater(len(rules), 30)
        self.assertEqual(rules["LENGTH"]["holdBack"], "none")
        self.assertEqual(rules["SLURS"]["holdBack"], "chars")
        self.assertTrue(rules["SLURS"]["holdBackWord"])
        self.assertEqual(rules["STUTTER"]["holdBack"], "endless")
        self.assertIn("until it ends", rules["STUTTER"]["holdBackCause"])
        for row in rules.values():
            # A composite's cost is that of the rules it names.
            if row["mode"] != "off" and row["type"] != "composite":
                self.assertIsNotNone(row["nsPerKib"], row)

    def test_warnings_and_notes(self):
        path = self.write("warned.yaml",
                          configuration(more=TESTED + self.WARNED))
        status, rows = self.remarks(path)
        self.assertEqual(status, 0)
        self.assertEqual({(row["check"], row["path"]) for row in rows
                          if not row["path"].startswith("categories.")},
                         {("covered", "rules.TWICE"),
                          ("untested", "rules.TWICE"),
                          ("backtracks", "rules.SLOW.patterns[0]")})
        _, more = self.remarks(path, "--notes")
        self.assertIn(("overlap", "rules.WORD.terms"),
                      {(row["check"], row["path"]) for row in more})
        self.assertIn(("unbounded", "rules.SLOW.patterns[0]"),
                      {(row["check"], row["path"]) for row in more})
        for row in more:
            if row["path"].startswith("rules."):
                self.assertEqual(row["file"], path)
                self.assertGreater(row["line"], 1)
        _, said, _ = self.do("check", path)
        self.assertRegex(said, r":\d+:\d+: warning: rules\.TWICE: .*"
                               r"\[covered\]\n")
        self.assertIn(": fine: 3 rules", said)

    def test_strict(self):
        quiet = "allow_empty: true\nschema: 1\ncategories: {quality: {}}\n"
        self.write("quiet.yaml", quiet)
        for text, arguments, want in (
                (configuration(), [], 0),
                (configuration(), ["--strict"], 1),
                (configuration(), ["--strict=note"], 1),
                (configuration(more=TESTED), ["--strict"], 0),
                (configuration(more=TESTED), ["--strict=note"], 1),
                (configuration(more="oops: 1\n"), ["--strict"], 78),
                (configuration(), ["--strict=maybe"], 64)):
            with self.subTest(arguments=arguments):
                path = self.write("strict.yaml", text)
                status, said, notes = self.do("check", path, *arguments)
                self.assertEqual(status, want, said + notes)

    def test_a_table_for_people(self):
        status, said, _ = self.do("check", self.path, "--rules")
        self.assertEqual(status, 0)
        self.assertRegex(said, r"\nWORD +terms +fallback +0\.95 enforce +1 +"
                               r"1 +0 +1/1 +\d+ 7 +constant\n")


class Score(Folder):
    TEXT = "oh zor\u200bblax \x1b[31m"

    def on_a_terminal(self, *arguments, **env):
        """What the program says where stdout is a terminal."""
        master, slave = pty.openpty()
        with os.fdopen(master, "rb", 0) as reader:
            process = subprocess.Popen(
                [PROGRAM, "score", "-c", self.path, *arguments],
                stdout=slave, cwd=ROOT, env={**os.environ, **env})
            os.close(slave)
            said = b""
            while True:
                try:
                    piece = reader.read(4096)
                except OSError:  # the other end was closed
                    break
                if not piece:
                    break
                said += piece
            self.assertEqual(process.wait(), 0)
        return said.decode()

    def test_a_pipe_gets_json(self):
        for arguments in ([], ["--explain"], ["--format", "json"],
                          ["--explain", "--color", "always"]):
            status, said, _ = self.do("score", "-c", self.path, *arguments,
                                      self.TEXT)
            self.assertEqual(status, 0)
            self.assertEqual(json.loads(said)["action"], "fallback")

    def test_a_terminal_gets_json_but_for_explain(self):
        said = self.on_a_terminal(self.TEXT)
        self.assertEqual(json.loads(said)["action"], "fallback")
        said = self.on_a_terminal("--explain", "--format", "json", self.TEXT)
        self.assertEqual(json.loads(said)["action"], "fallback")
        said = self.on_a_terminal("--explain", self.TEXT, NO_COLOR="")
        self.assertIn("\x1b[1;31mzor\\u{200b}blax\x1b[0m", said)

    def test_what_is_explained(self):
        status, said, _ = self.do("score", "-c", self.path, "--format",
                                  "human", self.TEXT)
        self.assertEqual(status, 0)
        self.assertNotIn("\x1b", said)  # the stranger's own is not let out
        self.assertIn("oh zor\\u{200b}blax \\u{1b}[31m\n"
                      "     ^^^^^^^^^^^^^^^\n", said)
        for part in ("fallback  verdict refuse, decided by rule WORD",
                     "  fold         oh zorblax [31m\n", "shown instead\n",
                     "score 1, action fallback, enforce, via fold",
                     "    = 1  flag 0.4 reached", "not_applicable"):
            self.assertIn(part, said)

    def test_colours(self):
        for arguments, env, coloured in (
                (["--color", "always"], {}, True),
                (["--color", "always"], {"NO_COLOR": "1"}, True),
                (["--color", "never"], {}, False), ([], {}, False)):
            with self.subTest(arguments=arguments, env=env):
                status, said, _ = self.do(
                    "score", "-c", self.path, "--format", "human", *arguments,
                    self.TEXT, env=env)
                self.assertEqual((status, "\x1b[" in said), (0, coloured))
        for arguments, env, coloured in (
                ([], {"NO_COLOR": "1"}, False), ([], {"NO_COLOR": ""}, True),
                (["--color", "never"], {"NO_COLOR": ""}, False)):
            with self.subTest(arguments=arguments, env=env):
                said = self.on_a_terminal("--explain", *arguments, self.TEXT,
                                          **env)
                self.assertEqual("\x1b[" in said, coloured)

    def test_misuse(self):
        for arguments, says in (
                (["--format", "xml", "x"], "human or json"),
                (["--color", "blue", "x"], "auto, always or never"),
                (["--format", "human", "--connect", "ipc:///x", "x"],
                 "--connect")):
            status, said, notes = self.do("score", "-c", self.path,
                                          *arguments)
            self.assertEqual((status, said), (64, ""))
            self.assertIn(says, notes)


if __name__ == "__main__":
    assert os.access(PROGRAM, os.X_OK), PROGRAM
    unittest.main()
