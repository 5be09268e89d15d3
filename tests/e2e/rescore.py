#!/usr/bin/env python3
"""Transcripts judged offline: rescore, merge and diff, against a running
sidecar, in any number of threads and shards, cut short and gone on with."""

import csv
import gzip
import hashlib
import io
import json
import os
import random
import re
import signal
import subprocess
import tempfile
import unittest

from sidecar import (PATIENCE, PROGRAM, ROOT, SHIPPED, Raw, Sidecar,
                     configuration, many, pack, run, score, until)

DATA = os.path.join(ROOT, "tests/data")
KEYS = ["row", "source", "line", "session", "turn", "persona", "role",
        "action", "moderationVerdict", "flagged", "decidedBy", "rules",
        "categories", "driftScore", "driftThreshold", "driftAlert",
        "driftPercentile", "chars", "textSha256"]
WORDS = ("calm", "zorblax", "wind", "rain", "a longer line of harmless talk")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def rows_of(data):
    return [json.loads(line) for line in data.splitlines()]


class Rescore(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="leeway-rescore-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.config = self.put("leeway.yaml", configuration())

    def put(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes)
                       else content.encode())
        return path

    def lines(self, name, rows):
        return self.put(name, "".join(
            (row if isinstance(row, str) else json.dumps(row)) + "\n"
            for row in rows))

    def replies(self, count, seed=1):
        """Sessions of a few turns, mixed, some replies refused."""
        rng = random.Random(seed)
        return [{"session": f"s{rng.randrange(count // 5 + 1)}",
                 "text": " ".join(rng.choices(WORDS, k=4))}
                for _ in range(count)]

    def rescore(self, *arguments, code=0, config=None, command="rescore",
                **more):
        done = run(command, "-c", config or self.config, *arguments, **more)
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return done

    # ---------------------------------------------------------------- rows

    def test_rows_have_the_keys_of_the_contract_in_their_order(self):
        path = self.lines("in.jsonl", [
            {"text": "calm", "session": "s", "turn": 3, "label": True},
            {"text": "zorblax", "in_voice": 1, "label.hate": "no"},
            {"nothing": 1}])
        rows = rows_of(self.rescore(path).stdout)
        self.assertEqual([list(row) for row in rows],
                         [KEYS + ["label"], KEYS + ["label"],
                          KEYS + ["error"]])
        calm, word, bad = rows
        self.assertEqual((calm["row"], calm["line"], calm["turn"],
                          calm["session"], calm["label"], calm["action"]),
                         (1, 1, 3, "s", True, "ship"))
        self.assertEqual(calm["textSha256"],
                         hashlib.sha256(b"calm").hexdigest())
        self.assertEqual(word["label"], {"in_voice": 1, "label.hate": "no"})
        self.assertEqual((word["action"], word["moderationVerdict"],
                          word["flagged"], word["decidedBy"], word["rules"]),
                         ("fallback", "refuse", True,
                          {"kind": "rule", "id": "WORD"}, ["WORD"]))
        self.assertEqual((bad["row"], bad["line"], bad["action"],
                          bad["error"]["code"]), (3, 3, None, "bad_data"))

    def test_texts_stand_in_the_rows_only_where_asked_for(self):
        path = self.lines("in.jsonl", [{"text": "calm"}, {"text": "zorblax"}])
        self.assertNotIn(b"zorblax", self.rescore(path).stdout)
        rows = rows_of(self.rescore("--with-text", path).stdout)
        self.assertEqual([list(row) for row in rows],
                         [KEYS + ["text"], KEYS + ["text", "content"]])
        self.assertEqual(rows[1]["text"], "zorblax")
        self.assertNotIn("zorblax", rows[1]["content"])

    def test_csv_has_the_same_rows(self):
        hostile = '=cmd|"calc",\r\nnext'
        path = self.lines("in.jsonl", [{"text": "zorblax"},
                                       {"text": hostile}, "{"])
        out = self.rescore("--format", "csv", "--with-text", path).stdout
        rows = list(csv.DictReader(io.StringIO(out.decode(), newline="")))
        self.assertEqual(list(rows[0]),
                         KEYS + ["label", "error", "text", "content"])
        self.assertEqual([row["row"] for row in rows], ["1", "2", "3"])
        self.assertEqual(rows[0]["decidedBy"], "kind=rule;id=WORD")
        self.assertEqual(rows[1]["text"], "'" + hostile)
        self.assertIn("code=bad_data", rows[2]["error"])

    def test_rows_are_what_a_running_sidecar_answers(self):
        paths = [os.path.join(DATA, "demo/replies.jsonl"),
                 os.path.join(DATA, "persona/replies.jsonl"),
                 os.path.join(DATA, "benign/chat.jsonl")]
        given = [json.loads(line) for path in paths
                 for line in read(path).splitlines()]
        for number, row in enumerate(given[::3]):
            if "persona" in row:
                row["session"] = f"session {number}"
        given = given[::max(1, len(given) // many(1500))]
        path = self.lines("in.jsonl", given)
        rows = rows_of(self.rescore("--with-text", path,
                                    config=SHIPPED).stdout)
        self.assertEqual(len(rows), len(given))
        with Sidecar() as sidecar, Raw(sidecar.ipc, timeout=PATIENCE) as raw:
            for row in rows:
                fields = {key: row[key] for key in
                          ("persona", "session", "turn", "role")
                          if row[key] is not None}
                if row["session"]:
                    raw.ask(pack({"v": 1, "op": "session.open",
                                  "persona": row["persona"],
                                  "session": row["session"]}))
                reply = raw.ask(score(row["text"], **fields))
                self.compare(row, reply["results"][0])

    def compare(self, row, envelope):
        for key in ("action", "moderationVerdict", "flagged", "driftScore",
                    "driftThreshold", "driftAlert"):
            self.assertEqual(row[key], envelope[key], (key, row))
        self.assertEqual(row["decidedBy"] or {"kind": "", "id": ""},
                         envelope["decidedBy"] or {"kind": "", "id": ""})
        self.assertEqual(row["driftPercentile"],
                         envelope["drift"]["percentile"])
        self.assertEqual(row["rules"], list(dict.fromkeys(
            hit["rule"] for hit in envelope["hits"])))
        self.assertEqual(
            {name: {key: told[key] for key in
                    ("score", "threshold", "flagged")}
             for name, told in envelope["categories"].items()
             if told["score"] > 0 or told["flagged"]}, row["categories"])
        self.assertEqual(row.get("content"), envelope.get("content"), row)

    # --------------------------------------------- nothing lost, all in order

    def test_bad_lines_have_a_row_and_do_not_stop_the_run(self):
        given = self.replies(700)
        bad = {5: "{", 300: '{"text": 7}', 301: "[1,", 699: "nonsense"}
        for place, line in bad.items():
            given[place] = line
        path = self.lines("in.jsonl", given)
        done = self.rescore(path)
        rows = rows_of(done.stdout)
        self.assertEqual([row["line"] for row in rows],
                         list(range(1, 701)))
        self.assertEqual([row["line"] - 1 for row in rows if "error" in row],
                         sorted(bad))
        for place in bad:
            self.assertIn(f"{path}:{place + 1}: ".encode(), done.stderr)
        self.rescore("--strict", path, code=65)

    def test_what_cannot_be_judged_is_an_error_never_a_pass(self):
        path = self.lines("in.jsonl", [
            {"text": "calm"}, {"text": "x" * 70000},
            {"text": "calm", "persona": "nobody"}])
        rows = rows_of(self.rescore(
            path, "--set", "limits.text_bytes=65536").stdout)
        self.assertEqual([row.get("error", {}).get("code") for row in rows],
                         [None, "too_large", "not_found"])
        self.assertEqual([row["action"] for row in rows],
                         ["ship", None, None])
        only = self.lines("only.jsonl", [{"text": "a", "persona": "nobody"}])
        self.rescore(only, code=65)

    def test_a_broken_file_is_told_and_the_next_one_is_judged(self):
        packed = gzip.compress(read(self.lines("a", self.replies(3000))))
        cut = self.put("cut.jsonl.gz", packed[:len(packed) // 2])
        other = self.lines("other.jsonl", [{"text": "calm"}])
        done = self.rescore(cut, other, code=65)
        rows = rows_of(done.stdout)
        self.assertEqual(rows[-1]["source"], other)
        self.assertIn("error", rows[-2])
        self.assertIn(b"not read to its end", done.stderr)
        self.rescore(os.path.join(self.folder, "none"), code=66)
        self.rescore(self.folder, code=66)

    def test_any_number_of_threads_gives_the_same_bytes(self):
        given = self.replies(many(5000))
        given[17] = "{"
        path = self.lines("in.jsonl", given)
        for more in ((), ("--format", "csv", "--with-text")):
            one = self.rescore("--jobs", "1", *more, path).stdout
            for jobs in ("2", "3", "8"):
                self.assertEqual(
                    self.rescore("--jobs", jobs, *more, path).stdout, one)

    def test_gzip_and_standard_input_give_the_same_rows(self):
        data = read(self.lines("in.jsonl", self.replies(500)))
        plain = self.rescore("-", data=data).stdout
        self.assertEqual(self.rescore("-", data=gzip.compress(data)).stdout,
                         plain)

    def test_shards_are_the_whole_and_their_summaries_add_up(self):
        given = self.replies(many(2000)) + ["{", {"text": "no session"}] * 9
        path = self.lines("in.jsonl", given)
        whole = os.path.join(self.folder, "whole.json")
        rows = self.rescore("--summary", whole, path).stdout
        for shards in (1, 2, 3, 8):
            parts, sessions, summaries = [], [], []
            for shard in range(1, shards + 1):
                name = os.path.join(self.folder, f"{shard}.json")
                part = self.rescore("--shard", f"{shard}/{shards}",
                                    "--summary", name, path).stdout
                parts += part.splitlines(keepends=True)
                sessions.append({row["session"] for row in rows_of(part)})
                summaries.append(name)
            parts.sort(key=lambda line: json.loads(line)["row"])
            self.assertEqual(b"".join(parts), rows)
            for i, some in enumerate(sessions):
                for others in sessions[:i]:
                    self.assertEqual(some & others - {None}, set())
            random.Random(shards).shuffle(summaries)
            self.assertEqual(run("merge", *summaries).stdout, read(whole))

    def test_shards_of_a_cluster_are_numbered_by_its_variables(self):
        path = self.lines("in.jsonl", self.replies(200))
        want = self.rescore("--shard", "2/4", path).stdout
        for shard, env in (
                ("auto", {"SLURM_ARRAY_TASK_ID": "11",
                          "SLURM_ARRAY_TASK_MIN": "10",
                          "SLURM_ARRAY_TASK_COUNT": "4"}),
                ("auto", {"JOB_COMPLETION_INDEX": "1",
                          "JOB_COMPLETIONS": "4"}),
                ("auto/4", {"JOB_COMPLETION_INDEX": "1"}),
                ("auto/4", {"PARALLEL_SEQ": "2"})):
            self.assertEqual(
                self.rescore("--shard", shard, path, env=env).stdout, want)
        self.rescore("--shard", "auto", path, code=64)
        self.rescore("--shard", "auto", path, code=64,
                     env={"PARALLEL_SEQ": "2"})
        self.rescore("--shard", "auto/4", path, code=64,
                     env={"PARALLEL_SEQ": "5"})

    def test_merge_refuses_what_does_not_belong_together(self):
        path = self.lines("in.jsonl", self.replies(50))
        names = [os.path.join(self.folder, n) for n in ("a", "b", "c", "d")]
        self.rescore("--summary", names[0], path)
        self.rescore("--summary", names[1], "--set", "drift.threshold=0.2",
                     path)
        self.rescore("--summary", names[2], "--role", "all", path)
        self.rescore("--summary", names[3], "--shard", "1/2", path)
        for name, said in ((names[0], b"counted already"),
                           (names[1], b"configuration"),
                           (names[2], b"--role"), (names[3], b"counted"),
                           (path, b"")):
            done = run("merge", names[0], name)
            self.assertEqual(done.returncode, 65, name)
            self.assertIn(said, done.stderr)
        self.assertEqual(run("merge", "/nowhere").returncode, 66)
        self.assertEqual(run("merge").returncode, 64)

    def test_the_summary_counts_what_the_rows_say(self):
        given = self.replies(300) + ["{"]
        path = self.lines("in.jsonl", given)
        name = os.path.join(self.folder, "s")
        rows = rows_of(self.rescore("--summary", name, path).stdout)
        told = json.loads(read(name))
        refused = sum(row["action"] == "fallback" for row in rows)
        self.assertGreater(refused, 10)
        self.assertEqual((told["rows"], told["judged"], told["errors"]),
                         (301, 300, 1))
        self.assertEqual(told["actions"],
                         {"fallback": refused, "ship": 300 - refused})
        self.assertEqual(told["rules"]["WORD"], {
            "rows": refused, "changed": refused, "alone": refused})
        self.assertEqual(told["decidedBy"], {"rule:WORD": refused})
        self.assertEqual(told["errorCodes"], {"bad_data": 1})
        self.assertEqual(told["chars"],
                         sum(row["chars"] or 0 for row in rows))
        self.assertTrue(told["complete"])

    # ------------------------------------------------------------- which ones

    def test_roles_and_what_was_said_before(self):
        def message(role, content):
            return {"role": role, "content": content}
        talk = [message("user", "one"), message("assistant", "two"),
                message("user", "three"), message("assistant", "four")]
        log = [{"messages": talk[:1],
                "response": {"choices": [{"message": talk[1]}]}},
               {"messages": talk[:3],
                "response": {"choices": [{"message": talk[3]}]}}]
        chat = self.lines("chat.jsonl", [{"messages": talk}])
        requests = self.lines("log.jsonl", log)
        one_line = self.put("log.json", json.dumps(log))
        for path in (chat, requests, one_line):
            for role, want in (("assistant", ["two", "four"]),
                               ("user", ["one", "three"]),
                               ("all", ["one", "two", "three", "four"])):
                rows = rows_of(self.rescore("--role", role, "--with-text",
                                            path).stdout)
                self.assertEqual([row["text"] for row in rows], want,
                                 (path, role))
                self.assertEqual([row["row"] for row in rows],
                                 list(range(1, len(want) + 1)))

    def test_personas_of_the_file_and_of_the_command_line(self):
        path = self.lines("in.jsonl", [
            {"text": "Bardolph, follow him.", "persona": "hamlet"},
            {"text": "Bardolph, follow him."}])
        rows = rows_of(self.rescore("--persona", "falstaff", path,
                                    config=SHIPPED).stdout)
        self.assertEqual([row["persona"] for row in rows],
                         ["hamlet", "falstaff"])

    def test_maps_name_the_fields_of_anything_else(self):
        path = self.lines("in.jsonl", [{"r": {"body": "zorblax"}, "c": "x"}])
        rows = rows_of(self.rescore("--map", "text=r.body", "--map",
                                    "session=c", path).stdout)
        self.assertEqual((rows[0]["action"], rows[0]["session"]),
                         ("fallback", "x"))

    # --------------------------------------------------------------- labels

    def test_labels_come_back_from_a_spreadsheet(self):
        path = self.lines("in.jsonl", [
            {"text": word, "label": "old"} if word == "wind" else
            {"text": word} for word in WORDS] + ["{"])
        out = self.rescore("--format", "csv", path).stdout.decode()
        cells = list(csv.DictReader(io.StringIO(out)))
        for row, label in ((0, "yes"), (1, "no"), (2, "new")):
            cells[row]["label"] = label
        cells[3]["label.hate"] = "0"
        self.assertEqual(len(cells), len(WORDS) + 1)
        for delimiter in ",;":
            sheet = io.StringIO()
            writer = csv.DictWriter(sheet, list(cells[3]),
                                    delimiter=delimiter)
            writer.writeheader()
            writer.writerows(reversed(cells))
            labels = self.put("labels.csv", sheet.getvalue())
            done = self.rescore("--labels", labels, path)
            self.assertEqual(
                [row.get("label") for row in rows_of(done.stdout)],
                ["yes", "no", "new", {"label.hate": "0"}, None, None])
            self.assertIn(b"4 rows with a label, of 4", done.stderr)
        lines = self.put("labels.jsonl", done.stdout.splitlines()[0] + b"\n")
        again = rows_of(self.rescore("--labels", lines, path).stdout)
        self.assertEqual(again[0]["label"], "yes")
        other = self.lines("other.jsonl", [{"text": "another"}] * 5)
        done = self.rescore("--labels", labels, other, code=65)
        self.assertIn(b"given to another text", done.stderr)
        self.rescore("--labels", path, path, code=65)
        self.rescore("--labels", "/nowhere", path, code=65)

    # ------------------------------------------------------------ cut short

    def test_a_partial_file_is_gone_on_with(self):
        path = self.lines("in.jsonl", self.replies(400) + ["{"])
        out, name = (os.path.join(self.folder, n) for n in ("out", "sum"))
        for form in ("jsonl", "csv"):
            whole = self.rescore("--format", form, "--with-text", path).stdout
            rng = random.Random(7)
            cuts = [0, 1, 60, len(whole) - 1, len(whole)]
            cuts += [rng.randrange(len(whole)) for _ in range(many(20))]
            for cut in cuts:
                self.put("out", whole[:cut])
                if os.path.exists(out + ".run"):
                    os.remove(out + ".run")
                for _ in range(2):  # the second time it is whole
                    self.rescore("--format", form, "--with-text", "--resume",
                                 out, path)
                    self.assertEqual(read(out), whole, cut)
        whole = self.rescore("--summary", name, path).stdout
        told = read(name)
        self.put("out", whole[:len(whole) // 2])
        os.remove(out + ".run")
        self.rescore("--resume", out, "--summary", name, path)
        self.assertEqual(read(name), told)

    def test_another_run_is_not_gone_on_with(self):
        path = self.lines("in.jsonl", self.replies(400))
        other = self.lines("other.jsonl", self.replies(400, seed=2))
        whole = self.rescore(path).stdout
        half = whole[:len(whole) // 2]
        out = os.path.join(self.folder, "out")
        self.rescore("--resume", out, path)
        for arguments, said in (
                ((path, "--set", "drift.threshold=0.2"), b"configuration"),
                ((path, "--with-text"), b"options"),
                ((path, "--role", "all"), b"options"),
                ((other,), b"input")):
            self.put("out", half)
            done = self.rescore("--resume", out, *arguments, code=65)
            self.assertIn(said, done.stderr)
            self.assertEqual(read(out), half)
        # Without the record its rows decide.
        for arguments in ((path, "--with-text"), (other,)):
            os.remove(out + ".run")
            done = self.rescore("--resume", out, *arguments, code=65)
            self.assertIn(b"last rows are not what", done.stderr)
            self.assertEqual(read(out), half)
        self.rescore("--resume", path, path, code=64)

    def test_an_interrupt_leaves_whole_rows(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            path = self.lines("in.jsonl", self.replies(many(40000)))
            out = os.path.join(self.folder, f"out{code}")
            with subprocess.Popen(
                    [PROGRAM, "rescore", "-c", self.config, "--resume", out,
                     "--jobs", "2", path, "-"], stdin=subprocess.PIPE,
                    stderr=subprocess.PIPE, cwd=ROOT) as process:
                self.assertTrue(until(lambda: os.path.exists(out) and
                                      os.path.getsize(out) > 0))
                process.send_signal(number)
                said = process.stderr.read()
                self.assertEqual(process.wait(PATIENCE), code, said)
                process.stdin.close()
            self.assertIn(b"not complete", said)
            rows = rows_of(read(out))
            self.assertEqual([row["row"] for row in rows],
                             list(range(1, len(rows) + 1)))
            self.assertTrue(read(out).endswith(b"\n"))
            self.assertEqual([row for row in rows if "error" in row], [])
            self.rescore("--resume", out, path, "-", data=b"\n")
            self.assertEqual(
                read(out), self.rescore(path, "-", data=b"\n").stdout)

    def test_output_that_fails_is_told(self):
        path = self.lines("in.jsonl", self.replies(many(20000)))
        with open("/dev/full", "wb") as full:
            done = run("rescore", "-c", self.config, path, stdout=full)
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"No space left", done.stderr)
        done = subprocess.run(
            ["bash", "-c", f"'{PROGRAM}' rescore -c '{self.config}' '{path}' |"
             " head -1; exit ${PIPESTATUS[0]}"], cwd=ROOT, check=False,
            capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def test_misuse_is_told(self):
        path = self.lines("in.jsonl", [{"text": "calm"}])
        for arguments in (
                (), ("--jobs", "0", path), ("--jobs", "x", path),
                ("--jobs", "257", path), ("--shard", "0/2", path),
                ("--shard", "3/2", path), ("--shard", "1/", path),
                ("--shard", "1/2x", path), ("--shard", "autox", path),
                ("--role", "tool", path), ("--format", "xml", path),
                ("--from", "nothing", path), ("--map", "text", path),
                ("--bogus", path), ("-", "-"),
                ("--format", "csv", "--resume", "x", "--summary", "y", path)):
            self.rescore(*arguments, code=64)
        self.assertIn(b"leeway rescore", run("rescore", "--help").stdout)
        empty = self.put("empty.jsonl", "")
        self.assertEqual(self.rescore(empty).stdout, b"")

    # ----------------------------------------------------------------- diff

    def test_diff_groups_what_changes_by_what_decided(self):
        other = self.put("other.yaml",
                         configuration(word="wind", rule="WEATHER"))
        given = self.replies(600) + ["{"]
        path = self.lines("in.jsonl", given)
        before, after = (rows_of(self.rescore(path, config=config).stdout)
                         for config in (self.config, other))
        want = {}
        for a, b in zip(before, after):
            if a["action"] != b["action"]:
                key = tuple(x["action"] + (
                    " by rule " + x["decidedBy"]["id"] if x["decidedBy"]
                    else "") for x in (a, b))
                want.setdefault(key, []).append(a["row"])
        self.assertEqual(len(want), 2)
        for jobs in ("1", "3"):
            told = json.loads(self.rescore(
                "--a", self.config, "--b", other, "--format", "json",
                "--samples", "5", "--jobs", jobs, path,
                command="diff").stdout)
            self.assertEqual(
                {(g["a"], g["b"]): g["rows"] for g in told["groups"]},
                {key: len(rows) for key, rows in want.items()})
            for group in told["groups"]:
                self.assertEqual(
                    [s["row"] for s in group["samples"]],
                    want[group["a"], group["b"]][:5])
            self.assertEqual((told["rows"], told["errors"]), (601, 1))
        lines = rows_of(self.rescore("--a", self.config, "--b", other,
                                     "--format", "jsonl", path,
                                     command="diff").stdout)
        self.assertEqual([line["row"] for line in lines],
                         sorted(sum(want.values(), [])))
        for line in lines:
            self.assertNotEqual(line["a"]["action"], line["b"]["action"])

    def test_diff_is_readable_and_of_one_side_only(self):
        path = self.lines("in.jsonl", [{"text": "a zorblax\x1b[31m"}])
        told = self.rescore(
            "--b", self.put("b.yaml", configuration(word="other")),
            "--with-text", path, command="diff").stdout.decode()
        self.assertTrue(re.search(r"1 replies, 1 with another action", told))
        self.assertIn("1 fallback by rule WORD -> ship\n", told)
        self.assertIn("a zorblax", told)
        self.assertNotIn("\x1b", told)
        same = self.rescore(path, command="diff").stdout
        self.assertIn(b"the same configuration", same)
        self.rescore("--set-b", "engine.enforcement=monitor", path, code=78,
                     config=SHIPPED, command="diff")  # its tests fail
        self.assertIn(b"1 redact by rule PII_CARD -> ship", self.rescore(
            "--set-b", "engine.enforcement=monitor", "--untested",
            self.lines("card.jsonl", [{"text": "Pay 4111 1111 1111 1111."}]),
            config=SHIPPED, command="diff").stdout)
        self.rescore("--samples", "x", path, code=64, command="diff")
        self.rescore("--b", "/nowhere", path, code=78, command="diff")


if __name__ == "__main__":
    unittest.main()
