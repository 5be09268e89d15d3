#!/usr/bin/env python3
"""The Python client against a running sidecar: client_live.py URL [PERSONA]."""

import os
import struct
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../proto/clients/python"))

import leeway  # noqa: E402

TEXT = "Give me a cup of sack, boy, and be quick about it, for I am dry."


def check(client, persona):
    """Yields what was looked at, and whether it was so."""
    yield "ping", client.ping()["ok"] is True
    reply = client.score(persona=persona, text=TEXT, deadlineMs=5000)
    verdict = leeway.chosen(reply)
    yield "score is judged", reply["ok"] is True
    yield "verdict is the sidecar's", verdict["moderationVerdict"] in (
        "pass", "flag", "redact", "refuse")
    denied = leeway.chosen(client.score(
        persona=persona, text=TEXT + " zorblax", deadlineMs=5000,
        extraGuardrails=["deny:zorblax"]))
    yield "a denied word is caught", denied["flagged"] is True
    vectors = {"client-live": struct.pack("<8f", 1, *[0] * 7)}
    strange = leeway.chosen(client.score(
        persona=persona, deadlineMs=5000,
        candidates=[{"text": TEXT, "embeddings": vectors}]))
    yield ("a vector of an unknown model is no drift",
           strange["drift"]["status"] != "ok")
    many = [{"text": f"{TEXT} {n}"} for n in range(16)]
    both = client.score(persona=persona, candidates=many, deadlineMs=5000)
    yield "16 candidates, 16 envelopes", len(both["results"]) == 16
    for code, fields in (("not_found", {"persona": "nobody-here"}),
                         ("validation_failed", {"perssona": "x"})):
        try:
            client.score(**{"persona": persona, "text": TEXT, **fields})
            yield code, False
        except leeway.LeewayError as error:
            yield code, error.code == code
    deltas = [TEXT[n:n + 4] for n in range(0, len(TEXT), 4)]
    stream = client.stream(deltas, persona=persona, deadlineMs=5000)
    yield "a stream shows the whole", "".join(stream) == TEXT
    whole = leeway.chosen(client.score(persona=persona, text=TEXT,
                                       deadlineMs=5000))
    yield "and its envelope is the score's", stream.envelope == whole
    refused = client.stream([*deltas, " zorblax ", "and more"],
                            persona=persona, mode="final", deadlineMs=5000,
                            extraGuardrails=["deny:zorblax"])
    yield "a refused one shows its fallback", "".join(refused) == (
        leeway.text_to_show(refused.envelope, TEXT))
    late = client.stream([TEXT, *[" zorblax. " * 9] * 9], mode="shadow",
                         deadlineMs=5000, extraGuardrails=["deny:zorblax"])
    try:
        for _ in late:
            pass
        yield "what was shown is retracted", late.envelope["content"] is None
    except leeway.Retracted as error:
        yield "what was shown is retracted", bool(error.replacement)
    with ThreadPoolExecutor(32) as pool:
        calls = pool.map(lambda n: client.call("echo", metadata={"n": str(n)}),
                         range(2000))
        yield "2,000 echoes find their callers", [
            reply["metadata"]["n"] for reply in calls] == [
            str(n) for n in range(2000)]


def main(url, persona="falstaff"):
    bad = 0
    with leeway.Client(url, timeout=10, on_unavailable="throw") as client:
        for what, fine in check(client, persona):
            print("ok  " if fine else "FAIL", what, flush=True)
            bad += not fine
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
