"""What the linear model learns from: rows, labels of each head, licences."""
import json
import os
import re
from dataclasses import dataclass, field

# Files of ours beside this one, each for the head of its name.
OWN_FILES = ("persona_break", "self_harm", "injection")

HERE = os.path.dirname(os.path.abspath(__file__))

ROW_FILES = ("toxicity", "categories", "functional_hate", "identity_templates",
             "dialogue_safety", "requests", "injection", "persona",
             "pii_presidio", "benign_chat", "benign_persona_chat",
             "benign_roleplay", "bench_chat_200", "assistant_replies_weak")
VOICE_FILES = ("background", "dev", "assistant_drift")

# Never trained on: the speakers whose lines the shipped voices come from are
# a test of fiction that no model has seen.
TEST_ONLY = {"dev"}

# Kinds of benign text and groups of each. What one kind has taught says little
# about another, so the thresholds are set on every kind by a model that has
# seen none of it: on chat by one that has read only fiction and forms.
BENIGN_GROUPS = {
    ("benign_chat", "taskmaster4"): "chat: orders",
    ("bench_chat_200", "taskmaster4"): "chat: orders",
    ("benign_persona_chat", "synthetic_persona_chat"): "chat: persona chat",
    ("benign_persona_chat", "light"): "chat: fantasy",
    ("benign_persona_chat", "clinc"): "chat: queries",
    ("benign_roleplay", "own"): "chat: fantasy",
    ("pii_presidio", "presidio_research"): "forms: letters and forms",
    ("dev", "plays"): "fiction: other speakers",
}

SOURCES = {
    "davidson": "t-davidson/hate-speech-and-offensive-language @cb50f7e, MIT",
    "edos": "rewire-online/edos @b1f1fbc, CC0 1.0",
    "toxic_spans": "ipavlopoulos/toxic_spans @beaf170 (Civil Comments), "
                   "CC0 1.0",
    "hatemoji_build": "HannahKirk/Hatemoji @a626f63, CC BY 4.0",
    "hatecheck": "paul-rottger/hatecheck-data @d843022, CC BY 4.0",
    "xstest": "paul-rottger/exaggerated-safety @d7bb5bd, CC BY 4.0",
    "simplesafetytests": "bertiev/SimpleSafetyTests @d7aee9a, CC BY 4.0",
    "openai_moderation": "openai/moderation-api-release @f4ab51b, MIT",
    "diasafety": "thu-coai/DiaSafety @5106a04, Apache-2.0",
    "madlibs": "conversationai/unintended-ml-bias-analysis @9c7d91a, "
               "Apache-2.0",
    "jailbreak_llms": "TrustAIRLab/JailbreakLLMs @2dbd7bb, MIT",
    "cyberseceval_pi": "meta-llama/PurpleLlama @4be64c3, MIT",
    "presidio_research": "microsoft/presidio-research @7622dec, MIT",
    "taskmaster4": "google-research-datasets/Taskmaster @d92cb6a TM-4, "
                   "CC BY 4.0",
    "synthetic_persona_chat": "google-research-datasets/"
                              "Synthetic-Persona-Chat @1f367a0, CC BY 4.0",
    "light": "facebookresearch/LIGHT @71a06ca, MIT",
    "clinc": "clinc/oos-eval @828f809, CC BY 3.0",
    "hh_rlhf": "anthropics/hh-rlhf @354e5c3, MIT",
    "own": "written for Leeway, MIT",
    "plays": "plays and novels published before 1929, public domain in the "
             "United States",
}

# Benign chat that was made to order still has some of these: what the head
# persona_break is for, so that they are no benign text to it.
PLACEHOLDER = re.compile(r"(?i)\buser ?[12]\b|[\[({]user")

# A model that speaks of itself or refuses, among replies nobody labelled.
ASSISTANT = re.compile(
    r"(?i)\b(?:i'?m|i am) (?:just |only )?(?:an? )?(?:ai|artificial|language "
    r"model|bot|chat ?bot|computer|machine|virtual|program)\b"
    r"|\bi(?:'m| am) sorry,? (?:but )?(?:i|this|that)[^.]{0,30}(?:can(?:'|no)t"
    r"|not (?:able|allowed|something|comfortable)|won't)"
    r"|\bi (?:can(?:'|no)t|won't|am not able to) (?:help|assist|provide|answer"
    r"|recommend|encourage|support|give you)|\bas an ai\b"
    r"|i was (?:built|programmed|designed|made|trained) (?:to|by)")


def read_lines(path, file):
    """Rows of a file of ours: "+ text" and "- text"."""
    rows = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line[:2] in ("+ ", "- "):
                text = line[2:].rstrip("\n").replace("\\n", "\n")
                rows.append({"text": text, "file": file + "_en",
                             "source": "own",
                             "label": {file: int(line[0] == "+")}})
    return rows


def key(row):
    return re.sub(r"\W+", " ", row["text"].lower()).strip() or row["text"]


def read_rows(rows_dir, voices_dir):
    """All rows, each text once, and the files they came from."""
    paths = [os.path.join(rows_dir, f + ".jsonl") for f in ROW_FILES]
    paths += [os.path.join(voices_dir, f + ".jsonl") for f in VOICE_FILES]
    own = [os.path.join(HERE, f + "_en.txt") for f in OWN_FILES]
    rows, seen = [], set()
    for path, file in zip(own, OWN_FILES):
        rows += read_lines(path, file)
    for path in paths:
        file = os.path.basename(path)[:-len(".jsonl")]
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                row["file"] = file
                if file in VOICE_FILES:
                    row["label"] = {}
                    row["source"] = ("plays" if file != "assistant_drift"
                                     else "hh_rlhf")
                rows.append(row)
    once = []
    for row in rows:
        if key(row) not in seen:
            seen.add(key(row))
            once.append(row)
    return once, paths + own


def benign(row):
    return ((row["file"], row["source"]) in BENIGN_GROUPS or
            row["file"] == "background")


def near_miss(row):
    """Lines of ours that are harmless, whatever they were written for."""
    return (row["file"] == "persona" and not row["label"]["persona"] or
            row["file"][:-3] in OWN_FILES and not any(row["label"].values()))


def harmless(row):
    return benign(row) or near_miss(row)


OPENAI = ("hate", "harassment", "sexual", "violence", "self_harm")


def openai_clean(row):
    return (row["source"] == "openai_moderation" and
            not any(row["label"].get(k) for k in OPENAI))


def toxic(row):
    label, source = row["label"], row["source"]
    if harmless(row) or openai_clean(row):
        return 0
    if source in ("davidson", "toxic_spans", "madlibs"):
        return label.get("toxic", -1)
    if source == "edos":
        return label.get("sexism", -1)
    # Hatemoji's negatives are hateful texts turned by one emoji: what is left
    # after folding is often the same text.
    if source == "hatemoji_build":
        return 1 if label.get("hate") else -1
    if source == "hatecheck":
        return label.get("hate", -1)
    if source == "openai_moderation":
        return 1 if label.get("hate") or label.get("harassment") else -1
    if source == "diasafety":
        return 1 if label.get("harassment") else \
            0 if label.get("unsafe") == 0 else -1
    if source == "xstest" and label.get("unsafe_request") == 0:
        return 0
    return -1


def harassment(row):
    label, source = row["label"], row["source"]
    if harmless(row):
        return 0
    if source == "toxic_spans":
        return label.get("insult", -1)
    if source in ("openai_moderation", "diasafety"):
        if label.get("harassment") is not None:
            return label["harassment"]
        return 0 if openai_clean(row) or label.get("unsafe") == 0 else -1
    if source == "madlibs":
        return label.get("toxic", -1)
    return -1


def hate(row):
    label, source = row["label"], row["source"]
    if harmless(row):
        return 0
    if source in ("davidson", "hatemoji_build", "hatecheck"):
        return label.get("hate", -1)
    if source == "edos":
        return label.get("sexism", -1)
    if source == "toxic_spans":
        return label.get("identity_attack", -1)
    if source == "openai_moderation":
        return label.get("hate", 0 if openai_clean(row) else -1)
    if source == "madlibs":
        return 0 if label.get("toxic") == 0 else -1
    return -1


def sexual(row):
    label, source = row["label"], row["source"]
    if harmless(row):
        return 0
    if source == "openai_moderation":
        return label.get("sexual", 0 if openai_clean(row) else -1)
    if source in ("xstest", "diasafety") and (
            label.get("unsafe_request") == 0 or label.get("unsafe") == 0):
        return 0
    return -1


def self_harm(row):
    label, source = row["label"], row["source"]
    if row["file"] == "self_harm_en":
        return label["self_harm"]
    if harmless(row):
        return 0
    if source in ("openai_moderation", "simplesafetytests"):
        return label.get("self_harm", 0 if openai_clean(row) else -1)
    if source == "xstest":
        return 0
    return -1


def unsafe(row):
    if harmless(row):
        return 0
    if row["source"] == "diasafety":
        return row["label"].get("unsafe", -1)
    return -1


def persona_break(row):
    label = row["label"]
    if row["file"] == "persona_break_en":
        return label["persona_break"]
    if row["file"] == "persona":
        return label["persona"]
    if row["source"] == "hh_rlhf":
        return 1 if ASSISTANT.search(row["text"].replace("\u2019", "'")) \
            else -1
    return 0 if benign(row) and not not_a_reply(row) else -1


def not_a_reply(row):
    """Benign, but nothing that a character says: what people ask for, and
    what a template left behind."""
    return (row["source"] == "clinc" or
            PLACEHOLDER.search(row["text"]) is not None)


def injection(row):
    label, source = row["label"], row["source"]
    if "injection" in label:
        return label["injection"]
    if harmless(row) or openai_clean(row):
        return 0
    if source in ("xstest", "simplesafetytests", "diasafety", "davidson"):
        return 0
    return -1


@dataclass
class Head:
    name: str
    label: object
    lists: tuple                # shipped word lists of the same matter
    strength: float = 2.0       # inverse of the L2 penalty
    leave_out: tuple = ()       # sources or files to leave out in turn
    only_train: frozenset = frozenset()  # files that are not measured on
    skip: object = lambda row: False    # benign rows to set no threshold on
    heavy: dict = field(default_factory=dict)   # file: weight of its rows

    def weight(self, row):
        return self.heavy.get(row["file"], 1.0)


PROFANE = ("profanity_strong_en", "profanity_en", "slurs_en",
           "slurs_dated_en", "sexual_explicit_en")
SLURS = ("slurs_en", "slurs_dated_en")

HEADS = (
    Head("toxic", toxic, PROFANE,
         leave_out=("davidson", "edos", "toxic_spans", "hatemoji_build",
                    "hatecheck", "openai_moderation", "diasafety")),
    Head("harassment", harassment, PROFANE,
         leave_out=("toxic_spans", "openai_moderation", "diasafety")),
    Head("hate", hate, SLURS,
         leave_out=("davidson", "edos", "hatemoji_build", "hatecheck",
                    "openai_moderation")),
    Head("sexual", sexual, ("sexual_explicit_en", "sexual_terms_en"),
         strength=5.0),
    Head("self_harm", self_harm, (), strength=5.0,
         leave_out=("openai_moderation", "simplesafetytests"),
         heavy={"self_harm_en": 3.0},
         only_train=frozenset({"self_harm_en"})),
    Head("unsafe", unsafe, PROFANE, skip=not_a_reply),
    Head("persona_break", persona_break, ("persona_break_phrases_en",),
         strength=10.0, leave_out=("persona",), skip=not_a_reply,
         heavy={"persona": 10.0, "persona_break_en": 10.0,
                "assistant_replies_weak": 0.3, "assistant_drift": 0.3},
         only_train=frozenset({"assistant_replies_weak", "assistant_drift",
                               "persona_break_en"})),
    Head("injection", injection, (),
         leave_out=("jailbreak_llms", "cyberseceval_pi"),
         heavy={"injection_en": 3.0},
         only_train=frozenset({"injection_en"})),
)
