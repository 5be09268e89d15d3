"""What the catalogue's rows are made of: messages, good and bad, and what a
reply must be."""

import collections
import os
import re
import struct

from client_raw import pack

# An invented word that the requests themselves deny. With CATALOGUE_TERM set
# to a word of the configuration's rules, the rows try those as well.
TERM = os.environ.get("CATALOGUE_TERM", "zorblax")
CANARY = "qx-canary-qx"      # stands in texts, and may stand in no message
TEXT = f"Give me a cup of sack, boy, {CANARY}, and be quick about it."
MODEL = "catalogue-8"        # an embedding model of 8 dimensions

HTTP = {"bad_request": 400, "unauthorized": 401, "forbidden": 403,
        "not_found": 404, "state_conflict": 409, "idempotency_conflict": 409,
        "too_large": 413, "unsupported_version": 400, "unknown_op": 400,
        "validation_failed": 422, "overloaded": 429, "draining": 503,
        "deadline_exceeded": 504, "internal_error": 500}
VERDICTS = ("pass", "flag", "redact", "refuse")
ACTIONS = ("ship", "redact", "regenerate", "fallback", "block")

# --- building messages -----------------------------------------------------


class Bytes(bytes):
    """msgpack bytes as they are, good or bad."""


class Pairs(list):
    """A map as (key, value) pairs: keys of any type, also twice."""


def build(value):
    """As pack(), with Bytes and Pairs anywhere inside."""
    if isinstance(value, Bytes):
        return bytes(value)
    if isinstance(value, dict):
        value = Pairs(value.items())
    if isinstance(value, Pairs):
        return struct.pack(">BH", 0xDE, len(value)) + b"".join(
            build(key) + build(item) for key, item in value)
    if isinstance(value, list):
        return struct.pack(">BH", 0xDC, len(value)) + b"".join(
            build(item) for item in value)
    return pack(value)


def text_of(data):
    """A msgpack str of bytes that need not be UTF-8."""
    return Bytes(struct.pack(">BI", 0xDB, len(data)) + data)


def fields(**changed):
    """A good score request's fields, with changes; None leaves one out."""
    base = {"v": 1, "op": "score", "id": "row", "persona": "PERSONA",
            "deadlineMs": 5000, "text": TEXT}
    base.update(changed)
    return {key: item for key, item in base.items() if item is not None}


def score(**changed):
    return build(fields(**changed))


def score_list(*candidates, **changed):
    return score(text=None, candidates=list(candidates), **changed)


def denying(text, *more):
    return score(text=text, extraGuardrails=[f"deny:{TERM}", *more])


def vector(*numbers):
    return struct.pack(f"<{len(numbers)}f", *numbers)


def with_vector(value, model=MODEL):
    return score_list({"text": TEXT, "embeddings": {model: value}})


NAN, INF = float("nan"), float("inf")
UNIT = (1.0, 0, 0, 0, 0, 0, 0, 0)

# --- what a reply must be --------------------------------------------------
#
# An expectation takes the reply and answers None, or what is wrong with it.


def reply_fault(reply):
    """What every reply owes, whatever was asked."""
    if not isinstance(reply, dict) or reply.get("v") != 1:
        return "not a reply of version 1"
    if not isinstance(reply.get("ok"), bool):
        return "ok is no bool"
    if set(reply.get("engine", ())) < {"generation", "hash"}:
        return "no engine {generation, hash}"
    timing = reply.get("timingUs")
    if not isinstance(timing, dict) or not all(
            type(us) is int for us in timing.values()):
        return "no timingUs of integers"
    if reply["ok"]:
        return None
    error = reply.get("error")
    if not isinstance(error, dict) or error.get("code") not in HTTP:
        return f"an unknown error: {error}"
    if error.get("http") != HTTP[error["code"]]:
        return f"http {error.get('http')} with {error['code']}"
    if not isinstance(error.get("message"), str) or not error["message"]:
        return "an error without a message"
    if CANARY in repr(error):
        return "the error tells the caller's text"
    return None


def envelope_fault(e, text=None):
    """What every envelope owes."""
    if e.get("moderationVerdict") not in VERDICTS:
        return f"moderationVerdict {e.get('moderationVerdict')!r}"
    if e.get("action") not in ACTIONS:
        return f"action {e.get('action')!r}"
    if e.get("flagged") is not (e["moderationVerdict"] != "pass"):
        return "flagged does not say what the verdict says"
    if ("content" in e) is not (e.get("contentReplaced") is True):
        return "content and contentReplaced differ"
    status = e.get("drift", {}).get("status")
    if status == "ok":
        if e["driftAlert"] is not (e["driftScore"] >= e["driftThreshold"]):
            return "driftAlert is not driftScore >= driftThreshold"
    elif e.get("driftAlert") is not None:
        return f"driftAlert {e['driftAlert']} with drift.status {status}"
    elif status != "low_evidence" and e.get("driftScore") is not None:
        return f"a driftScore with drift.status {status}"
    if "error" in e and e["action"] != "block":
        return "an error where the action is not block"
    if "bytes" not in e.get("coverage", ()):
        return "no coverage"
    if text is not None:
        return next(filter(None, (hit_fault(h, text) for h in e["hits"])), None)
    return None


def hit_fault(hit, text):
    """Its three spans are one place of the text."""
    data = text.encode()
    low, high = hit["span"]
    if not 0 <= low <= high <= len(data):
        return f"span {hit['span']} of {len(data)} bytes"
    for name, units in (("spanCp", lambda s: len(s)),
                        ("spanU16", lambda s: len(s.encode("utf-16-le")) // 2)):
        want = [units(data[:at].decode()) for at in (low, high)]
        if list(hit[name]) != want:
            return f"{name} {hit[name]}, not {want}"
    return None


def error(*codes, path=None, says=None):
    """One of these codes; path stands in details or message, says (a pattern)
    in one of the two."""
    def expect(reply):
        told = reply.get("error", {})
        if reply["ok"] or told.get("code") not in codes:
            return f"not {' or '.join(codes)}"
        where = f"{told['message']} {told.get('details')}"
        if path is not None and not re.search(
                rf"(?<![\w.\]]){re.escape(path)}(?!\w)", where):
            return f"does not name {path}: {where}"
        if says is not None and not re.search(says, where):
            return f"does not say {says}: {where}"
        return None
    expect.error = {"code": codes[0], "http": HTTP[codes[0]],
                    "message": f"{path} {says}"}
    expect.says = says
    return expect


def judged(*faults):
    """ok, and no fault of the first envelope: each is a function of it."""
    def expect(reply):
        if not reply["ok"]:
            return "not judged"
        for envelope in reply["results"]:
            wrong = envelope_fault(envelope)
            if wrong:
                return wrong
        first = reply["results"][0]
        return next(filter(None, (fault(first) for fault in faults)), None)
    return expect


def either(*expectations):
    def expect(reply):
        wrong = [expectation(reply) for expectation in expectations]
        return None if None in wrong else "; ".join(wrong)
    return expect


def verdict_in(*verdicts):
    def fault(e):
        if e["moderationVerdict"] in verdicts:
            return None
        unread = e.get("unsupportedGuardrails")
        return f"verdict {e['moderationVerdict']}" + (
            f", guardrails not understood: {unread}" if unread else "")
    return fault


caught = verdict_in("flag", "redact", "refuse")
passed = verdict_in("pass")


def status_in(*statuses):
    def fault(e):
        if e["drift"]["status"] not in statuses:
            return f"drift.status {e['drift']['status']}"
        return None
    return fault


def raw_is(raw, score_is):
    def fault(e):
        if abs(e["drift"]["raw"] - raw) > 1e-5 or e["driftScore"] != score_is:
            return f"raw {e['drift']['raw']}, score {e['driftScore']}"
        return None
    return fault


def kept_hits(limit):
    def fault(e):
        return f"{len(e['hits'])} hits" if len(e["hits"]) > limit else None
    return fault


MALFORMED = error("bad_request")
BEYOND = error("bad_request", "too_large")
LIMIT = error("too_large", "validation_failed")
INVALID = ("validation_failed", "bad_request")


def invalid(path=None, says=None):
    return error(*INVALID, path=path, says=says)


# A vector that cannot be used: refused, or judged without a drift score. Where
# the sidecar knows no such model, it may say that instead.
bad_vector = either(error(*INVALID), judged(status_in("bad_vector")))
strange_vector = either(error(*INVALID), judged(
    status_in("bad_vector", "model_mismatch", "no_fingerprint")))

# --- a table of rows -------------------------------------------------------

SKIP = "skip: "  # what a played row answers when it cannot be played

# number, name; body: a message, expect: of its reply; or play: a function of
# the run that answers None or what went wrong. broken: the body is no msgpack
# of the wire. needs: an operation without which the row is skipped.
Row = collections.namedtuple(
    "Row", "number name body expect play broken needs",
    defaults=(None, None, None, False, None))


class Table(list):
    def row(self, number, name, body, expect, **more):
        self.append(Row(number, name, body, expect, **more))

    def broken(self, number, name, body, expect=MALFORMED):
        self.append(Row(number, name, body, expect, broken=True))

    def played(self, number, name, **more):
        """Decorator: the function plays the row."""
        def add(play):
            self.append(Row(number, name, play=play, **more))
            return play
        return add
