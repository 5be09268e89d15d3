#!/usr/bin/env python3
"""Proves that replies judged in pieces equal the whole: cuts texts in every
way under many configurations and requests. build/release/bench/stream_proof
does it and says what is checked.

    make stream-proof [DATA=dir] [CHUNKINGS=10000] [SEED=1]

DATA is a folder of labelled rows, with moderation/ and voices/ in it; without
it the repository's own texts are taken. For each setting one line; ends with 1
where one byte is wrong.
"""

import argparse
import base64
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path.insert(0, os.path.join(ROOT, "tests/wire"))

from client_raw import pack  # noqa: E402

PERSONAS = ("falstaff", "judy", "hamlet", "algernon")
PROMPT = ("You are Judy Abbott, an orphan at college. Never tell anybody that "
          "your benefactor is called Jervis Pendleton. Answer in one or two "
          "sentences, be kind, and do not speak of the trustees' meeting.")

# Rules that lean on what stands about a hit, and words that meet them.
TWISTED = r"""
schema: 1
include: [rules/categories.yaml, rules/fallbacks.yaml, personas/*.yaml,
          machines/*.yaml]
engine: {ordinary_words: lists/words_en.txt}
drift: {background: voice/background.bin}
categories:
  c: {}
  d: {thresholds: {flag: 0.2, redact: 0.5, fallback: 0.8, block: 0.97}}
guardrails:
  hard: {rules: {BLOCKED: {action: block}, WATCHED: {mode: enforce}}}
rules:
- {id: BEHIND, type: regex, pattern: '(?<=my )secret', category: c, action: redact}
- {id: AHEAD, type: regex, pattern: 'gold(?! coin)', category: c, action: fallback}
- {id: LONG_AHEAD, type: regex, pattern: 'door(?=.{0,30}opens)', category: c, action: redact, operator: {type: remove}}
- {id: BORDER, type: regex, pattern: '\bcat\b', category: c, action: redact, operator: {type: mask}}
- {id: RUN, type: regex, pattern: '[0-9]{4,9}', category: c, action: redact, operator: {type: mask, chars_to_mask: 3, from_end: true}}
- {id: STAR, type: regex, pattern: 'ha(ha)*!', category: c, action: redact, operator: {type: replace, new_value: "(laughs)"}}
- {id: AFTER_MASK, type: regex, pattern: '\(laughs\) loud', category: c, action: redact}
- {id: END, type: regex, pattern: 'the end$', category: c, action: flag}
- {id: PHRASE, type: terms, terms: [kill the king, king], match: word, allow: [king size, "killer king"], category: c, action: redact, operator: {type: hash}}
- {id: QUOTED, type: persona_break, terms: [rascal], skip: [quoted, code], category: c, action: fallback}
- {id: BLOCKED, type: terms, terms: [grolm], match: word, plural: true, robust: strong, category: c, action: fallback, suppressible: true}
- {id: FUZZY, type: terms, terms: [bollocks, assassin], match: word, robust: fuzzy, category: d, severity: low}
- {id: SCORED, type: terms, terms: [wretch, knave], match: substring, category: d, severity: medium}
- {id: FORGIVES, type: terms, terms: [dearest], category: d, score: -0.4}
- {id: WATCHED, type: terms, terms: [zounds], category: c, action: block, mode: monitor}
"""
COMPOSED = TWISTED + """
composites:
- {id: BOTH, when: 'BORDER & RUN', policy: remove_weight, category: c, severity: info, action: flag}
- {id: MANY, when: 'count(PHRASE) >= 3', category: c, action: block}
- {id: CALM, when: 'FORGIVES & STAR', policy: remove_all, category: c, severity: info}
- {id: LIVELY, when: 'STAR & score(d) > 0.6', policy: remove_symbol, category: c, action: fallback}
"""
# Detectors with places of their own, which redact.
KINDS = TWISTED[:TWISTED.index("guardrails:")] + """rules:
- {id: LINKED, type: url, block_shorteners: true, block_ip_hosts: true, allowed_schemes: [https], max_urls: 2, category: c, action: redact}
- {id: MAIL, type: pii, entity: EMAIL_ADDRESS, category: c, action: redact, operator: {type: mask, chars_to_mask: 4}}
- {id: CALL, type: pii, entity: PHONE_NUMBER, category: d, severity: medium}
- {id: CARD, type: pii, entity: CREDIT_CARD, category: c, action: fallback}
- {id: KEY, type: secret, entropy: {min_bits_per_char: 3.5, min_chars: 24}, category: c, action: redact, operator: {type: hash}}
- {id: ODD, type: unicode, forbid: [tag_chars, variation_selectors, bidi_override, mixed_scripts, private_use, control], category: c, action: redact, operator: {type: remove}}
- {id: HEAPS, type: unicode, max_combining_run: 2, max_invisible: 3, category: c, action: redact}
- {id: AGAIN, type: repetition, max_char_run: 6, max_token_run: 3, max_sentence_repeats: 2, category: c, action: fallback}
- {id: PROMPT, type: prompt_leak, ngram_words: 3, min_ratio: 0.2, min_run_words: 5, category: c, action: block}
- {id: TONGUE, type: language, allowed: [en], category: c, action: flag}
- {id: LONG, type: length, max_chars: 300, category: c, action: fallback}
"""
TWISTED_WORDS = """my|secret|gold|coin|coins|door|opens|cat|cats|the|end|a|is|
king|size|kill|killer|rascal|"rascal"|`rascal`|grolm|grolms|g r o l m|gr0lm|
bollocks|b0ll0cks|bol locks|assasin|as|sas|sin|wretch|knave|wret|ch|dearest|
zounds|haha|hahaha!|ha|ha!|loud|12|345|6789|4711|123456789012|ann@example.org|
ann@|example|.org|https://example.com/a|www.x.y|+44 20 7946 0958|020|7946|0958|
.|,|!|?|"|`|'|-|(|)|é|e\u0301|\u200b|\u200d|\u2019|ё|ﬁ|Ｋ|ı|ß|🙂|👩\u200d👩\u200d👧|
\u05e9|\u0416|\u2801|\n|\n\n|  |\t|&#107;|%6b|a2lsbA==|```""".replace("\n", "")

ODD_WORDS = """ann@example.org|ann@|example.org|https://example.com/a|http://|
www.x.y|bit.ly/x1|10.0.0.1|/a?b=c|#|4111 1111 1111 1111|4111|1111|4242424242424242|
+44 20 7946 0958|020|7946|0958|(|)|ghp_TUZEFAOSSWpFaZsi7Q0zbb7CCrcC9PKQVmOE|
sk-|AKIAIOSFODNN7EXAMPLE|q8Zt3|Xy77Kp|aaaa|aaaaaaaa|so|so so so|Well.|Well. |
I see.|\u202e|\u2066|\u2069|\ufe0f|❤\ufe0f|\U000e0041|\ue000|\x01|e\u0301\u0302\u0303|
\u200b\u200b|\u200d|\u00ad|раypal|а|р|ж|\u05e9|\u2801|λ|and|then|the|trustees|
meeting|Never tell anybody that your benefactor|is called Jervis Pendleton|\n|.|,|
Answer in one or two sentences|"|`|```|👩\u200d👩\u200d👧|🇩🇪|🇩|é|—|„|“|l'été est là|
der Hund und die Katze|1️⃣|１２３|٣٤٥|⠁|ﷺ|\u3000|你好|こんにちは""".replace("\n", "")


def read(path):
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return [row["text"] for row in rows if row.get("text")]


def bundled():
    names = sorted(glob.glob(f"{ROOT}/tests/data/*/*.jsonl"))
    return [t for name in names + [f"{ROOT}/tests/golden/replies.jsonl"]
            for t in read(name)]


def given(folder, source, most=4000):
    """Of each file as many, so that the large do not hide the small."""
    out = []
    for name in sorted(glob.glob(f"{folder}/*/*.jsonl")):
        texts = read(name)
        source.shuffle(texts)
        out += texts[:most]
    return out


def disguised(text, source):
    """The text with some of it spelt as people do who hide it."""
    way = source.randrange(12)
    words = text.split(" ")
    at = source.randrange(len(words))
    w = words[at]
    words[at] = (
        lambda: "\u200b".join(w), lambda: " ".join(w), lambda: "-".join(w),
        lambda: "".join(c + "\u0301" for c in w), lambda: w + w[-1:] * 7,
        lambda: base64.b64encode(w.encode()).decode(),
        lambda: "".join(f"&#{ord(c)};" for c in w),
        lambda: "".join(f"%{b:02x}" for b in w.encode()),
        lambda: w.translate(str.maketrans("aeiost", "4310$7")),
        lambda: w.translate(str.maketrans("aeopcx", "аеорсх")),
        lambda: f"\"{w}\"", lambda: f"`{w}`")[way]()
    return " ".join(words)


def joined(texts, source):
    """One, or several with something between."""
    n = source.choice((1, 1, 1, 2, 3, 5))
    out = source.choice(texts)
    for _ in range(n - 1):
        out += source.choice((" ", "\n", "", ". ", "\u00a0", " \"")) + \
            source.choice(texts)
    if source.random() < 0.3:
        out = disguised(out, source)
    return out


def twisted(source, words=TWISTED_WORDS):
    words = words.split("|")
    return "".join(source.choice(words) + source.choice(("", " ", " ", " "))
                   for _ in range(source.randint(1, 25)))


def odd(source):
    return twisted(source, ODD_WORDS)


def adversarial(texts, source, count):
    """Short texts with something to find in them, most in disguise."""
    hot = [t for t in texts if len(t.encode()) <= 160]
    return [disguised(source.choice(hot), source) for _ in range(count)]


def plain(text, _):
    return {"text": text}


def voiced(text, source):
    return {"text": text, "persona": source.choice(PERSONAS),
            "locale": source.choice(("en", "en-GB", "de", "fr"))}


def asking(text, source):
    """With all that a request may ask for; terms are of the text itself."""
    words = re.findall(r"\w{3,}", text) or ["lantern"]
    some = lambda: source.choice(words)[:40]  # noqa: E731
    items = [f"deny:{some()}", f"deny:{some()} {some()}", f"allow:{some()}",
             f"max_chars:{source.randint(1, 400)}", "lang:en", "lang:de",
             f"min_chars:{source.randint(1, 400)}", f"canary:{some()}",
             "pii:EMAIL_ADDRESS=block", "pii:PHONE_NUMBER=redact",
             "@no_links", "@brief", "-g:profanity", "+LINKS=fallback",
             "-BLOCKED", "@hard", "+WATCHED=redact"]
    fields = {"text": text, "extraGuardrails":
              source.sample(items, source.randint(1, 4))}
    if source.random() < 0.5:
        fields["systemPrompt"] = source.choice(
            (PROMPT, text, text[:200], text[len(text) // 3:]))
    if source.random() < 0.3:
        fields["canaries"] = [some()]
    if source.random() < 0.3:
        fields["role"] = source.choice(("user", "tool", "system"))
    if source.random() < 0.3:
        fields["persona"] = source.choice(PERSONAS)
    if source.random() < 0.2:
        fields["scores"] = {"guard": {"harassment": source.random()}}
    if source.random() < 0.2:
        fields["session"] = source.choice("abcdef")
    return fields


def rows_of(texts, ask, source):
    out = []
    for number, text in enumerate(texts):
        request = pack({"v": 1, "op": "score", "id": f"r{number}",
                        **ask(text, source)})
        out.append(b"%d\n%s" % (len(request), request))
    return b"".join(out)


class Proof:
    def __init__(self, options):
        self.options = options
        self.source = random.Random(options.seed)
        self.wrong = 0
        self.total = {}
        self.texts = (given(options.data, self.source) if options.data
                      else bundled())

    def replies(self, count):
        return [joined(self.texts, self.source) for _ in range(count)]

    def run(self, name, rows, *options, chunkings=None, mode="gate"):
        n = self.options.chunkings if chunkings is None else chunkings
        done = subprocess.run(
            [self.options.program, *options, "--mode", mode,
             "--chunkings", str(n), "--seed", str(self.options.seed)],
            input=rows, cwd=ROOT, stdout=subprocess.PIPE, check=False)
        said = done.stdout.decode(errors="replace").splitlines()
        if done.returncode not in (0, 1) or not said:
            sys.exit(f"{name}: ended with {done.returncode}")
        found = json.loads(said[-1])
        for key, value in found.items():
            self.total[key] = self.total.get(key, 0) + value
        if done.returncode != 0:
            self.wrong += 1
            print("\n".join(said[:-1]))
        print(f"{'ok    ' if done.returncode == 0 else 'WRONG '} {name} "
              f"({mode}): {found['chunkings']} chunkings and "
              f"{found['splits']} splits of {found['rows']} texts, "
              f"{found['refused']} refused, {found['redacted']} redacted: "
              f"{found['leaked_bytes']} bytes leaked, {found['envelopes']} "
              f"envelopes differ, {found['broken']} wrong; held when clean "
              f"{found['held_clean']}, shown before the close "
              f"{found['shown_before_close']:.0%}, stopped {found['stops']}, "
              f"{found['stopped_early_by']} bytes before the end", flush=True)

    def settings(self, folder):
        """(name, where the rows come from, how they ask, options)."""
        write = lambda name, text: write_file(folder, name, text)  # noqa: E731
        shipped = ["-c", f"{folder}/leeway.yaml"]
        thresholds = write("thresholds.yaml", THRESHOLDS)
        return [
            ("shipped", None, plain, shipped),
            ("personas", None, voiced, shipped),
            ("requests", None, asking, shipped),
            ("everything enforced", None, plain,
             shipped + ["-s", "engine.level=4", "-s",
                        "engine.blocking_level=4"]),
            ("everything, asked", None, asking,
             shipped + ["-s", "engine.level=4", "-s",
                        "engine.blocking_level=4"]),
            ("monitor only", None, plain,
             shipped + ["-s", "engine.enforcement=monitor"]),
            ("half of them", None, asking,
             shipped + ["-s", "engine.sampling_percentage=50"]),
            ("drift blocks", None, voiced,
             shipped + ["-s", "drift.on_alert=block", "-s",
                        "drift.hold_first_sentence=true"]),
            ("drift recovers", None, voiced,
             shipped + ["-s", "drift.on_alert=auto_recover"]),
            ("personal data", None, plain, ["-c", write("pii.yaml", PII)]),
            ("thresholds", None, plain, ["-c", thresholds]),
            ("thresholds, asked", None, asking, ["-c", thresholds]),
            ("basic", None, plain, ["-c", basic(folder)]),
            ("twisted", twisted, plain,
             ["-c", write("twisted.yaml", TWISTED)]),
            ("twisted, asked", twisted, asking,
             ["-c", f"{folder}/twisted.yaml"]),
            ("composed", twisted, plain,
             ["-c", write("composed.yaml", COMPOSED)]),
            ("kinds", odd, plain, ["-c", write("kinds.yaml", KINDS)]),
            ("kinds, asked", odd, asking, ["-c", f"{folder}/kinds.yaml"]),
        ]

    def prove(self, folder):
        most = self.options.chunkings
        few = max(most // 10, 20)
        for name, text, ask, options in self.settings(folder):
            if self.options.only and not re.search(self.options.only, name):
                continue
            texts = ([text(self.source) for _ in range(max(most // 4, 10))]
                     if text else self.replies(max(most // 8, 10)))
            rows = rows_of(texts, ask, self.source)
            self.run(name, rows, *options)
            for mode in ("shadow", "final"):
                self.run(name, rows, *options, chunkings=few, mode=mode)
            short = ([text(self.source) for _ in range(self.options.splits)]
                     if text else
                     adversarial(self.texts, self.source, self.options.splits))
            self.run(name + ", in two", rows_of(short, ask, self.source),
                     "--splits", *options, chunkings=0)
        self.run("the rules' own tests", b"", "--own", "--splits")


PII = """schema: 1
include: [rules/categories.yaml, rules/fallbacks.yaml, rules/pii.yaml,
          rules/pii_more.yaml, rules/pii_national.yaml]
"""
# Scores decide, where by themselves rules would flag at most.
THRESHOLDS = """schema: 1
include: [rules/*.yaml, personas/*.yaml, machines/*.yaml]
engine: {ordinary_words: lists/words_en.txt}
drift: {background: voice/background.bin}
categories:
""" + "".join(
    f"  {name}: {{thresholds: {{flag: 0.1, redact: 0.2, fallback: 0.24, "
    "block: 0.8}}\n" for name in ("harassment", "hate", "sexual", "profanity",
                                  "pii", "quality"))


def write_file(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def basic(folder):
    """The shipped rules, none of them more robust than basic."""
    copy = os.path.join(folder, "basic")
    shutil.copytree(f"{ROOT}/config", copy)
    for path in glob.glob(f"{copy}/rules/*.yaml"):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"robust: (strong|fuzzy)", "robust: basic",
                          file.read())
        write_file(copy, f"rules/{os.path.basename(path)}", text)
    return f"{copy}/leeway.yaml"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="")
    parser.add_argument("--chunkings", type=int, default=10000)
    parser.add_argument("--splits", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="settings of that name")
    parser.add_argument(
        "--program", default=f"{ROOT}/build/release/bench/stream_proof")
    proof = Proof(parser.parse_args())
    print(f"seed {proof.options.seed}, {len(proof.texts)} texts")
    with tempfile.TemporaryDirectory(prefix="leeway-proof-") as folder:
        shutil.copytree(f"{ROOT}/config", folder, dirs_exist_ok=True)
        proof.prove(folder)
    print(f"{proof.total['chunkings']} chunkings, {proof.total['splits']} "
          f"splits: {proof.total['leaked_bytes']} bytes leaked, "
          f"{proof.total['envelopes']} envelopes differ, "
          f"{proof.total['broken']} wrong")
    return 1 if proof.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
