#!/usr/bin/env python3
"""Plays bad input, row by row, at a running sidecar.

    catalogue.py ipc:///tmp/leeway.sock
    catalogue.py --only 43,44 --persona falstaff tcp://127.0.0.1:7710
    catalogue.py --self-test

The numbers are those of the bad-input catalogue: 1-17 wire, 18-41 msgpack and
fields, 42-60 text, 63-72 vectors, 73-79 guardrails. After each row an honest
ping on a new connection has to be answered. Prints ok, FAIL, skip or gap for
each row, and a closing line; exits 1 if a row failed.
"""

import argparse
import collections
import sys

import client_rows_message
import client_rows_wire
from client_expect import (MODEL, SKIP, TEXT, UNIT, envelope_fault, error,
                           hit_fault, reply_fault, score, vector)
from client_raw import Raw, pack, ping, unpack
from client_rows_wire import SOFT, padded

ROWS = client_rows_wire.ROWS + client_rows_message.ROWS
GAP = "gap: "

# --- running ---------------------------------------------------------------


class Run:
    """A running sidecar, and the persona to ask for."""

    def __init__(self, url, persona, admin, gaps=()):
        self.url = url
        self.persona = persona
        self.admin = admin
        self.gaps = gaps
        self._lacks = {}

    def fit(self, body):
        """body with the persona's name in its place."""
        return body.replace(b"\xa7PERSONA", pack(self.persona))

    def ask(self, body):
        with Raw(self.url) as raw:
            return raw.ask(body)

    def lacks(self, need):
        """Why a row that needs this cannot be played, or None."""
        if need is not None and need not in self._lacks:
            self._lacks[need] = (self._put_fingerprint()
                                 if need == "fingerprint"
                                 else self._has_operation(need))
        return self._lacks.get(need)

    def _has_operation(self, op):
        reply = self.ask(pack({"v": 1, "op": op, "id": "probe"}))
        if reply["ok"] or reply["error"]["code"] != "unknown_op":
            return None
        return f"there is no {op}"

    def _put_fingerprint(self):
        if self.admin is None:
            return "needs --admin"
        with Raw(self.admin) as raw:
            reply = raw.ask(pack({
                "v": 1, "op": "fingerprint.put", "id": "put", "model": MODEL,
                "persona": self.persona, "vectors": [vector(*UNIT)] * 50}))
        return None if reply["ok"] else f"fingerprint.put: {reply['error']}"

    def play(self, row):
        """None, or what went wrong."""
        lack = self.lacks(row.needs)
        if lack is not None:
            return SKIP + lack
        wrong = self._play(row)
        if f"{row.number} {row.name}" in self.gaps:
            return f"{GAP}{wrong}" if wrong else "no gap any more"
        return wrong

    def _play(self, row):
        if row.play is not None:
            return row.play(self)
        reply = self.ask(self.fit(row.body))
        wrong = reply_fault(reply) or row.expect(reply)
        wrong = wrong or self._id_fault(row, reply)
        return wrong and f"{wrong}; reply {shown(reply)}"

    def _id_fault(self, row, reply):
        """Is the id echoed? Of an error only where the message was read."""
        if row.broken or (not reply["ok"] and (
                reply["error"]["code"] in ("bad_request", "too_large")
                or row.number in (26, 37))):
            return None
        sent = unpack(row.body).get("id")
        if reply.get("id") != sent:
            return f"id {sent!r} came back as {reply.get('id')!r}"
        return None

    def still_serves(self):
        reply = self.ask(ping("honest"))
        if not reply["ok"] or reply["id"] != "honest":
            return f"then an honest ping got {shown(reply)}"
        return None


def shown(reply):
    text = repr(reply.get("error") or reply.get("results") or reply)
    return text if len(text) < 400 else text[:400] + "..."


def play_all(run, rows):
    """How many passed and failed; prints a line for each."""
    passes = failures = 0
    for played, row in enumerate(rows):
        try:
            wrong = run.play(row)
        except Exception as problem:  # a row may fail in any way
            wrong = f"{type(problem).__name__}: {problem}"
        try:
            gone = run.still_serves()
        except (OSError, ValueError) as problem:
            gone = f"then an honest ping failed: {problem}"
        wrong = wrong or gone
        label = f"{row.number:2} {row.name}"
        if wrong is None:
            passes += 1
            print(f"ok   {label}", flush=True)
        elif wrong.startswith(SKIP):
            print(f"skip {label}: {wrong[len(SKIP):]}", flush=True)
        elif wrong.startswith(GAP) and not gone:
            print(f"gap  {label}: {wrong[len(GAP):]}", flush=True)
        else:
            failures += 1
            print(f"FAIL {label}: {wrong}", flush=True)
        if gone:  # the rows to come would say nothing of themselves
            left = len(rows) - played - 1
            print(f"FAIL {left} rows not played: {gone}")
            return passes, failures + left
    return passes, failures


# --- self-test -------------------------------------------------------------


def sample(ok, error_told=None):
    """A reply as the contract has it: clean, or with this error."""
    envelope = {"moderationVerdict": "pass", "action": "ship", "hits": [],
                "flagged": False, "contentReplaced": False,
                "driftScore": 0.1, "driftThreshold": 0.3, "driftAlert": False,
                "drift": {"status": "ok", "raw": 0.5},
                "coverage": {"bytes": 1}}
    reply = {"v": 1, "op": "score", "id": "row", "ok": ok, "timingUs": {},
             "engine": {"generation": 1, "hash": "00"}}
    if ok:
        return {**reply, "results": [envelope], "chosen": 0}
    return {**reply, "error": {"details": {}, **error_told}}


def self_fault(row):
    """What is wrong with a row, or None."""
    if row.play is not None:
        return None
    try:
        unpack(row.body)
        readable = True
    except ValueError:
        readable = False
    if readable is row.broken:
        return "the body is not as broken as it says"
    wrong = reply_fault(sample(True)) or reply_fault(
        sample(False, {"code": "not_found", "http": 404, "message": "m"}))
    told = getattr(row.expect, "error", None)
    if told is not None:
        if row.expect(sample(True)) is None:
            return "takes a clean verdict for its error"
        if row.expect.says is None and row.expect(sample(False, told)):
            return "refuses the error that it expects"
    elif row.expect(sample(False, {"code": "internal_error", "http": 500,
                                   "message": "m"})) is None:
        return "takes an internal_error for a judgement"
    return wrong


def check_faults():
    """Each check must be able to fail."""
    clean = sample(True)["results"][0]
    spoiled = [{"moderationVerdict": "fine"}, {"action": "go"},
               {"flagged": True}, {"content": "x"}, {"driftAlert": True},
               {"drift": {"status": "low_evidence"}}, {"error": {}},
               {"coverage": {}}]
    for change in spoiled:
        if envelope_fault({**clean, **change}) is None:
            yield f"envelope_fault misses {change}"
    if envelope_fault(clean) is not None:
        yield "envelope_fault finds a clean envelope wrong"
    hit = {"span": [3, 5], "spanCp": [2, 3], "spanU16": [2, 3]}
    if hit_fault(hit, "aé\u00e9x") is not None:
        yield "hit_fault finds a good hit wrong"
    for change in ({"span": [3, 99]}, {"spanCp": [3, 5]}, {"spanU16": [1, 2]}):
        if hit_fault({**hit, **change}, "aé\u00e9x") is None:
            yield f"hit_fault misses {change}"
    told = {"code": "bad_request", "http": 400, "message": "m"}
    for change in ({"code": "oops"}, {"http": 500}, {"message": ""},
                   {"details": {"text": TEXT}}):
        if reply_fault(sample(False, {**told, **change})) is None:
            yield f"reply_fault misses {change}"
    if error("bad_request", path="id")(
            sample(False, {**told, "message": "invalid"})) is None:
        yield "a path is found inside another word"
    for length in (SOFT - 64, SOFT + 64):
        if len(padded(length)) != length:
            yield f"padded({length}) has {len(padded(length))} bytes"
    run = Run("ipc:///x", "falstaff", None)
    if unpack(run.fit(score()))["persona"] != "falstaff":
        yield "the persona is not put in its place"
    missing = set(range(1, 80)) - {row.number for row in ROWS}
    if missing != {55, 56, 61, 62}:  # streams, sessions and logs: elsewhere
        yield f"numbers without a row: {missing}"


def self_test():
    faults = list(check_faults())
    names = collections.Counter((row.number, row.name) for row in ROWS)
    faults += [f"{name}: twice" for name, n in names.items() if n > 1]
    passes = 0
    for row in ROWS:
        fault = self_fault(row)
        if fault is None:
            passes += 1
        else:
            faults.append(f"{row.number} {row.name}: {fault}")
    for fault in faults:
        print("FAIL", fault)
    return passes, len(faults)


# --- the program -----------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("url", nargs="?", help="ipc:///path or tcp://host:port")
    parser.add_argument("--persona", default="falstaff")
    parser.add_argument("--admin", metavar="URL",
                        help="admin URL: also the rows that need a fingerprint"
                        "\nof a model of 8 dimensions, which is put there")
    parser.add_argument("--gap", metavar="ROW", action="append", default=[],
                        help="this row, '49 only ignorables', is known to "
                        "fail, and fails\nwhen it does not; may stand many "
                        "times")
    parser.add_argument("--only", metavar="N,N", help="rows of these numbers")
    parser.add_argument("--self-test", action="store_true",
                        help="check the rows themselves, without a sidecar")
    options = parser.parse_args()
    if options.self_test:
        passes, failures = self_test()
    elif options.url is None:
        parser.error("a URL, or --self-test")
    else:
        only = options.only and {int(n) for n in options.only.split(",")}
        rows = [row for row in ROWS if not only or row.number in only]
        passes, failures = play_all(
            Run(options.url, options.persona, options.admin, options.gap),
            rows)
    print(f"{passes} passed, {failures} failed")
    return 1 if failures or not passes else 0


if __name__ == "__main__":
    sys.exit(main())
