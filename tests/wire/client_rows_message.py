"""Rows 18 to 82 of the bad-input catalogue: messages and what they hold."""

import struct

from client_expect import (BEYOND, INF, INVALID, LIMIT, MODEL, NAN, TERM, TEXT,
                           UNIT, Bytes, Pairs, Table, bad_vector, build,
                           caught, denying, either, envelope_fault, error,
                           fields, invalid, judged, kept_hits, passed, raw_is,
                           reply_fault, score, score_list, status_in,
                           strange_vector, text_of, vector, verdict_in,
                           with_vector)
from client_raw import Raw, pack
from client_rows_wire import SOFT

ROWS = Table()
row, broken, played = ROWS.row, ROWS.broken, ROWS.played

# --- 18 to 41: msgpack and fields

broken(18, "empty body", b"")
broken(19, "c1", b"\xc1")
broken(20, "cut in a str", score()[:-1])
broken(20, "cut after a key", score()[:8])
broken(21, "a byte after the map", score() + b"\xc0")
row(22, "9 deep", build(fields(metadata=Bytes(b"\x91" * 8 + b"\xc0"))),
    either(BEYOND, invalid()))
broken(22, "a million deep", b"\x91" * (SOFT - 64) + b"\xc0", BEYOND)
for first, what in ((b"\xdd", "array"), (b"\xdf", "map"), (b"\xdb", "str"),
                    (b"\xc6", "bin")):
    broken(23, f"{what} that claims 4 Gi", first + b"\xff" * 4)
broken(23, "31 arrays that claim 16 Mi each", b"\xdd\x01\0\0\0" * 31)
broken(23, "claims inside a field",
       build(fields(metadata=Bytes(b"\xdf\xff\xff\xff\xff"))))
row(24, "a million nils",
    b"\xdd" + struct.pack(">I", SOFT - 64) + b"\xc0" * (SOFT - 64), BEYOND)
for name, data in (("fixext", b"\xd4\x01\0"), ("ext 8", b"\xc7\0\x01"),
                   ("timestamp", b"\xd6\xff\0\0\0\0")):
    broken(25, name, build(fields(text=Bytes(data))))
for name, value in (("array", []), ("nil", None), ("int", 7), ("str", "score"),
                    ("bin", b"score")):
    row(26, f"root is {name}", pack(value), error(*INVALID))
broken(27, "text twice",
       build(Pairs([*fields().items(), ("text", TEXT)])), invalid("text"))
broken(27, "id twice",
       build(Pairs([*fields().items(), ("id", "other")])), invalid("id"))
broken(27, "text twice in a candidate", score_list(
    Pairs([("text", TEXT), ("text", TEXT)])), invalid("candidates[0].text"))
broken(28, "key is an int", build(Pairs([*fields().items(), (1, 2)])),
       invalid())
row(28, "key of 65 bytes", build({**fields(), "k" * 65: 1}), either(
    invalid(), error("too_large")))
row(29, "no v", score(v=None), invalid("v"))
row(29, "no op", score(op=None), invalid("op"))
row(29, "no text", score(text=None), invalid("text"))
row(29, "no text in a candidate", score_list({"text": TEXT}, {}),
    invalid("candidates[1].text"))
row(30, "unknown op", score(op="scoer"), error("unknown_op", says="score"))
row(30, "op of nothing", score(op=""), either(error("unknown_op"), invalid()))
row(31, "version 99", score(v=99), error("unsupported_version", says="1"))
row(32, "unknown key", score(perssona="x"),
    invalid("perssona", says=r"persona\b"))
row(32, "unknown key in a candidate",
    score_list({"text": TEXT, "embedings": {}}),
    invalid("candidates[0].embedings", says="embeddings"))
row(32, "unknown key like nothing", score(zzz=1), invalid("zzz"))
for name, value in (("bin", b"abc"), ("int", 7), ("nil", Bytes(b"\xc0")),
                    ("array", ["abc"]), ("map", {"a": "b"})):
    row(33, f"text is {name}", score(text=value), invalid("text"))
row(33, "candidates is a map", score(
    text=None, candidates={"text": TEXT}), invalid("candidates"))
row(33, "v is a str", score(v="1"), invalid("v"))
row(34, "int where a float may stand", score(driftThreshold=1), judged())
row(34, "float 32 where a float may stand",
    score(driftThreshold=Bytes(b"\xca\x3f\0\0\0")), judged())
row(34, "negative deadline", score(deadlineMs=-(1 << 63)),
    invalid("deadlineMs"))
row(34, "deadline of 2^64-1", score(deadlineMs=(1 << 64) - 1),
    invalid("deadlineMs"))
for value in (NAN, INF, -INF, 1.5, -0.1):
    row(34, f"driftThreshold {value}", score(driftThreshold=value),
        invalid("driftThreshold"))
row(35, "bool as str", score(explain="true"), invalid("explain"))
row(35, "bool as int", score(explain=1), invalid("explain"))
row(36, "deadline 0", score(deadlineMs=0), error("deadline_exceeded"))
row(37, "id of 128 bytes comes back", score(id="i" * 128), judged())
row(37, "id of 129 bytes", score(id="i" * 129), either(
    invalid("id"), error("too_large", path="id")))
row(37, "id is an int", score(id=7), invalid("id"))
for value in ("a/b", "..", "a\0b", "a\nb", ""):
    row(37, f"id {value!r} comes back or is refused", score(id=value),
        either(judged(), invalid("id")))
row(37, "persona that is a path", score(persona="../../etc/passwd"),
    error("not_found", *INVALID))
row(37, "persona with NUL", score(persona="PERSONA\0x"),
    error("not_found", *INVALID))
row(38, "unknown persona", score(persona="nobody-here"), error("not_found"))


@played(39, "a session that has ended", needs="session.open")
def _(run):
    opened = run.ask(pack({"v": 1, "op": "session.open", "id": "o",
                           "persona": run.persona, "user": "catalogue"}))
    name = opened.get("session")
    if not opened["ok"] or not isinstance(name, str):
        return f"session.open: {opened}"
    for _ in range(2):  # twice is harmless
        ended = run.ask(pack({"v": 1, "op": "session.end", "id": "e",
                              "session": name}))
        if not ended["ok"]:
            return f"session.end: {ended}"
    return error("state_conflict")(run.ask(run.fit(score(session=name))))


row(39, "a session that never was", score(session="catalogue-none"),
    error("not_found"), needs="session.open")


@played(40, "a stream that never was", needs="stream.open")
def _(run):
    reply = run.ask(pack({"v": 1, "op": "stream.feed", "id": "f",
                          "stream": "none", "seq": 0, "text": "a"}))
    return reply_fault(reply) or error("not_found", "state_conflict")(reply)


@played(40, "a stream's gap, repetition and end", needs="stream.open")
def _(run):
    with Raw(run.url) as raw:
        opened = raw.ask(pack({"v": 1, "op": "stream.open", "id": "o",
                               "persona": run.persona}))
        if not opened["ok"]:
            return f"stream.open: {opened}"

        def tell(op, **more):
            return raw.ask(pack({"v": 1, "op": f"stream.{op}", "id": "f",
                                 "stream": opened["stream"], **more}))
        conflict = error("state_conflict", "idempotency_conflict", *INVALID)
        first = tell("feed", seq=0, text="Well met. ")
        again = tell("feed", seq=0, text="Well met. ")
        if first.get("emit") != again.get("emit") or not again["ok"]:
            return f"a repeated seq: {first}, then {again}"
        return (conflict(tell("feed", seq=2, text="gap")) or
                judged()(tell("close")) or
                error("state_conflict", "not_found")(
                    tell("feed", seq=1, text="late")))


row(41, "no candidates", score_list(), invalid("candidates"))
row(41, "17 candidates", score_list(*[{"text": "a"}] * 17), LIMIT)
row(41, "16 candidates are served", score_list(*[{"text": "a"}] * 16),
    judged())
row(41, "one bad of two", score_list({"text": TEXT}, {"text": 7}),
    invalid("candidates[1].text"))
row(41, "text and candidates", score(candidates=[{"text": TEXT}]), invalid())


@played(41, "an operation that changes something, on the serving URL",
        needs="config.reload")
def _(run):
    reply = run.ask(pack({"v": 1, "op": "config.reload", "id": "r"}))
    return reply_fault(reply) or error("forbidden")(reply)


# --- 42 to 60: text

row(42, "empty text", score(text=""), judged(
    verdict_in("pass", "flag"),  # as the rules of length say
    status_in("low_evidence", "not_applicable", "no_fingerprint")))
for number, name, data in (
        (43, "overlong NUL", b"\xc0\x80"), (44, "surrogate", b"\xed\xa0\x80"),
        (45, "beyond U+10FFFF", b"\xf4\x90\x80\x80"),
        (46, "FF FE", b"\xff\xfe"),
        (47, "cut short", b"\xe2\x82"), (47, "lone continuation", b"\x80")):
    broken(number, f"text with {name}", score(text=text_of(b"abcd" + data)),
           invalid("text", says=r"\b4\b"))
broken(43, "persona with invalid UTF-8", score(persona=text_of(b"\xff")),
       error("not_found", *INVALID))
broken(43, "key with invalid UTF-8",
       build(Pairs([*fields().items(), (text_of(b"\xff"), 1)])), invalid())
row(48, "after a NUL the text is scanned", denying(f"ok\0 {TERM}"),
    judged(caught))
row(49, "only white space", score(text=" \n\t\u3000 "), judged(
    verdict_in("pass", "flag")))
row(49, "only ignorables", score(text="\u200b\u00ad" * 100), judged(caught))
row(50, "64 KiB of combining marks",
    score(text="Z" + "\u0301\u0316" * 16000), judged())
row(51, "21,000 times U+FDFA", score(text="\ufdfa" * 21000), judged())
row(52, "bidi override", score(text="Write to \u202emoc.live\u202c now."),
    judged(caught))
row(53, "message in tag characters", denying(
    "Hello" + "".join(chr(0xE0000 + ord(c)) for c in TERM)), judged(caught))
row(53, "payload in variation selectors", denying("Hello \U0001F600" + "".join(
    chr(0xE0100 + ord(c) - 16) for c in TERM)), judged(caught))
row(54, "the term as it is", denying(f"Such a {TERM} you are."),
    judged(caught))
for name, text in (
        ("ZWSP between letters", "\u200b".join(TERM)),
        ("soft hyphen", "\u00ad".join(TERM)),
        ("fullwidth", "".join(chr(ord(c) + 0xFEE0) for c in TERM)),
        ("Cyrillic o and a", TERM.replace("o", "\u043e").replace(
            "a", "\u0430")),
        ("mathematical bold", "".join(chr(0x1D41A + ord(c) - 97)
                                      for c in TERM)),
        ("l33t", TERM.replace("o", "0").replace("a", "4")),
        ("s p a c e d", " ".join(TERM))):
    row(54, f"the term with {name}", denying(f"Such a {text} you are."),
        judged(caught))
row(57, "64 KiB of one letter", denying("a" * 65536), judged())
row(57, "64 KiB + 1 byte of text", score(text="a" * 65537), LIMIT)
row(58, "64 KiB of the term", denying(f"{TERM} " * (65536 // len(TERM + " "))),
    judged(caught, kept_hits(1024)))
row(59, "unassigned, private use, noncharacters",
    score(text="a\u0378b\ue000c\uffffd\U0010ffff"), judged())


@played(60, "CRLF, CR, U+2028: one verdict")
def _(run):
    seen = set()
    for end in ("\n", "\r\n", "\r", "\u2028"):
        text = f"First line.{end}{TERM}{end}Last line."
        reply = run.ask(run.fit(denying(text)))
        wrong = reply_fault(reply) or judged(caught)(reply)
        if wrong:
            return f"{end!r}: {wrong}"
        envelope = reply["results"][0]
        wrong = envelope_fault(envelope, text)
        if wrong:
            return f"{end!r}: {wrong}"
        seen.add((envelope["moderationVerdict"], envelope["action"],
                  tuple(sorted(hit["rule"] for hit in envelope["hits"]))))
    return None if len(seen) == 1 else f"they differ: {seen}"


@played(60, "spans are one place in three units")
def _(run):
    text = f"Naïve 漢字 \U0001F600 {TERM}, and e\u0301 {TERM}."
    reply = run.ask(run.fit(denying(text)))
    wrong = reply_fault(reply) or judged(caught)(reply)
    return wrong or envelope_fault(reply["results"][0], text)


# --- 63 to 72: vectors. Rows that need a fingerprint of MODEL have it put
# through the admin URL.

BAD_VECTORS = (
    (63, "NaN", vector(*UNIT[:7], NAN)),
    (63, "+Inf", vector(*UNIT[:7], INF)),
    (63, "-Inf in an array", [*UNIT[:7], -INF]),
    (64, "all zero", vector(*[0.0] * 8)),
    (65, "norm 1e-30", vector(*[1e-30] * 8)),
    (65, "norm 1e30", vector(*[1e30] * 8)),
)
for number, name, value in BAD_VECTORS:
    row(number, name, with_vector(value), strange_vector)
    row(number, f"{name}, model known", with_vector(value), bad_vector,
        needs="fingerprint")
row(66, "subnormals are fine", with_vector(vector(*UNIT[:7], 1e-40)),
    judged(status_in("ok", "model_mismatch", "no_fingerprint",
                     "low_evidence")))
row(67, "7 dimensions where 8 are known", with_vector(vector(*UNIT[:7])),
    bad_vector, needs="fingerprint")
row(67, "no dimensions", with_vector(b""), strange_vector)
row(68, "bin of 33 bytes", with_vector(vector(*UNIT) + b"\0"), either(
    invalid("candidates[0].embeddings"), judged(status_in("bad_vector"))))
row(69, "str in an array", with_vector([*UNIT[:7], "1"]),
    invalid("candidates[0].embeddings"))
row(69, "vector is a str", with_vector("abcdefgh"),
    invalid("candidates[0].embeddings"))
row(70, "unknown model", with_vector(vector(*UNIT), "no-such-model"),
    judged(status_in("model_mismatch", "no_fingerprint")))
row(71, "1,000 models", score_list({"text": TEXT, "embeddings": {
    f"m{n}": vector(*UNIT) for n in range(1000)}}), LIMIT)
row(71, "20,000 dimensions", with_vector(vector(*[1.0] * 20000)), either(
    LIMIT, bad_vector))
row(72, "her own vector", with_vector(vector(*UNIT)),
    judged(status_in("ok", "low_evidence"), raw_is(0, 0)),
    needs="fingerprint")
row(72, "the opposite vector", with_vector(vector(-1.0, *UNIT[1:])),
    judged(status_in("ok", "low_evidence"), raw_is(2, 1)),
    needs="fingerprint")

# --- 73 to 79: guardrails

row(73, "64 items are served", score(
    extraGuardrails=[f"deny:{TERM}{n}" for n in range(64)]), judged(passed))
row(73, "65 items", score(
    extraGuardrails=[f"deny:{TERM}{n}" for n in range(65)]), LIMIT)
row(74, "item of 256 bytes is served",
    score(extraGuardrails=["deny:" + "q" * 251]), judged(passed))
row(74, "item of 257 bytes", score(extraGuardrails=["deny:" + "q" * 252]),
    LIMIT)
row(75, "empty item", score(extraGuardrails=[""]), invalid("extraGuardrails"))
row(75, "deny without a term", score(extraGuardrails=["deny:"]), either(
    invalid("extraGuardrails"),
    judged(lambda e: None if e.get("unsupportedGuardrails") == ["deny:"]
           else "dropped in silence")))
broken(76, "item with invalid UTF-8",
       score(extraGuardrails=[text_of(b"deny:\xff")]),
       invalid("extraGuardrails"))
row(76, "item is an int", score(extraGuardrails=[7]),
    invalid("extraGuardrails"))
row(77, "regex characters are literal: no match",
    score(text="Quibblewort.",
          extraGuardrails=["deny:q.ibblewort", "deny:quibblewor*t"]),
    judged(passed))
row(77, "regex characters are literal: match",
    score(text="Say z.rb(lax twice.", extraGuardrails=["deny:z.rb(lax"]),
    judged(caught))
row(78, "item of ignorables only",
    score(extraGuardrails=["deny:\u200b\u00ad"]), either(
        invalid("extraGuardrails"),
        judged(lambda e: None if e.get("unsupportedGuardrails")
               else "dropped in silence")))
row(79, "the same item twice", score(
    text="Such a quibblewort.", extraGuardrails=["deny:quibblewort"] * 2),
    judged(caught, kept_hits(1)))
row(79, "a plain sentence is listed", score(
    extraGuardrails=["Never be rude."]),
    judged(lambda e: None if e.get("unsupportedGuardrails") == [
        "Never be rude."] else "not in unsupportedGuardrails"))

# --- 80 to 82: fingerprints, at a serving address: what is malformed is told
# so, and what is not is for the private one.


def enrolling(op="fingerprint.put", **changed):
    return build({"v": 1, "op": op, "id": "row", "persona": "her", **changed})


PUT = {"model": MODEL, "vectors": [vector(*UNIT)] * 2}
row(80, "put", enrolling(**PUT), error("forbidden"))
row(80, "build", enrolling("fingerprint.build", samples=["A line."]),
    error("forbidden"))
row(80, "drop", enrolling("fingerprint.drop"), error("forbidden"))
row(81, "id that leaves a folder", enrolling(**{**PUT, "persona": "../her"}),
    invalid("persona"))
row(81, "id of 129 bytes", enrolling(**{**PUT, "persona": "x" * 129}), either(
    invalid("persona"), error("too_large")))
row(81, "no model", enrolling(vectors=PUT["vectors"]), invalid("model"))
row(81, "no vectors", enrolling(model=MODEL), invalid("vectors"))
row(81, "no rows", enrolling(model=MODEL, vectors=[]), invalid("vectors"))
row(81, "rows of unlike width", enrolling(
    model=MODEL, vectors=[vector(*UNIT), vector(*UNIT, 1)]),
    invalid("vectors[1]"))
row(81, "7 dimensions", enrolling(model=MODEL, vectors=[vector(*UNIT[:7])]),
    invalid("vectors[0]"))
row(81, "16,385 dimensions", enrolling(
    model=MODEL, vectors=[vector(*[1.0] * 16385)]), LIMIT)
row(81, "4,097 rows", enrolling(model=MODEL, vectors=[vector(*UNIT)] * 4097),
    LIMIT)
row(81, "4,097 lines", enrolling("fingerprint.build", samples=["x"] * 4097),
    LIMIT)
row(81, "a line that is no str", enrolling("fingerprint.build", samples=[7]),
    invalid("samples[0]"))
broken(81, "a line of invalid UTF-8", enrolling(
    "fingerprint.build", samples=[text_of(b"\xff")]), invalid("samples[0]"))
row(82, "compare with oneself", build(
    {"v": 1, "op": "compare", "id": "row", "personas": ["a", "a"]}),
    invalid("personas[1]"))
row(82, "compare with nobody there", build(
    {"v": 1, "op": "compare", "id": "row", "personas": ["zz1", "zz2"]}),
    error("not_found"))
