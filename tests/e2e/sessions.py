"""Sessions and state machines over the wire: what they answer, that they are
never counted twice or mixed, and that they outlive the process."""

import json
import os
import re
import tempfile
import threading
import unittest

from sidecar import (PATIENCE, Raw, Sidecar, configuration, many, pack, until)

VOICES = os.path.join(os.path.dirname(__file__), "../data/voices")
PERSONAS = "personas: [{id: mira}, {id: zoe}]\n"
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


class Caller(Raw):
    def call(self, op, **fields):
        return self.ask(pack({"v": 1, "op": op, "id": "x", "deadlineMs": 5000,
                              **fields}))

    def opened(self, **fields):
        reply = self.call("session.open", **fields)
        assert reply["ok"], reply
        return reply["session"]


def caller_of(sidecar):
    return Caller(sidecar.ipc, timeout=PATIENCE)


def said(reply):
    """A reply without what differs from call to call."""
    return {key: value for key, value in reply.items()
            if key not in ("id", "timingUs", "engine")}


def lines_of(persona, count):
    path = os.path.join(VOICES, persona + ".jsonl")
    with open(path, encoding="utf-8") as file:
        return [json.loads(line)["text"] for line in file][:count]


class Case(unittest.TestCase):
    def refused(self, reply, code, path=None):
        self.assertFalse(reply["ok"], reply)
        self.assertEqual(reply["error"]["code"], code, reply)
        if path is not None:
            self.assertEqual(reply["error"]["details"].get("path"), path, reply)


class Small(Case):
    """One word is refused, two personas, everything in a file."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="leeway-sessions-")
        self.addCleanup(folder.cleanup)
        self.store = f"store.path={folder.name}/store.db"
        self.start()

    def start(self, *settings):
        self.sidecar = Sidecar(self.store, *settings,
                               config=configuration(more=PERSONAS))
        self.addCleanup(self.leave, self.sidecar)

    @staticmethod
    def leave(sidecar):
        if sidecar.process.poll() is None:
            sidecar.__exit__(None)

    def restart(self, *settings):
        self.sidecar.__exit__(None)
        self.start(*settings)

    def caller(self):
        caller = caller_of(self.sidecar)
        self.addCleanup(caller.sock.close)
        return caller

    def test_what_a_session_says_of_itself(self):
        c = self.caller()
        first = c.call("session.open", persona="mira", user="u", workspace="w",
                       title="A talk", metadata={"channel": "web"})
        self.assertTrue(first["ok"], first)
        self.assertRegex(first["session"], r"^[0-9a-f]{32}$")
        self.assertTrue(first["created"])
        self.assertNotIn("machine", first)
        got = c.call("session.get", session=first["session"])
        for key, value in {
                "session": first["session"], "status": "active",
                "messageCount": 0, "endedAt": None, "persona": "mira",
                "user": "u", "workspace": "w", "title": "A talk",
                "sessionMetadata": {"channel": "web"}}.items():
            self.assertEqual(first[key], value)
            self.assertEqual(got[key], value)
        for key in ("startedAt", "lastActiveAt"):
            self.assertRegex(got[key], TIME)
        # Again with its own id: the same session.
        again = c.call("session.open", persona="mira", user="u", workspace="w",
                       session=first["session"])
        self.assertTrue(again["ok"], again)
        self.assertFalse(again["created"])
        self.assertEqual(again["startedAt"], first["startedAt"])
        # In another workspace there is none of that name.
        self.refused(c.call("session.get", session=first["session"],
                            workspace="v"), "not_found", "session")

    def test_what_is_refused(self):
        c = self.caller()
        name = c.opened(persona="mira")
        for fields, code, path in (
                ({"op": "session.open"}, "validation_failed", "persona"),
                ({"op": "session.open", "persona": "nobody"}, "not_found",
                 None),
                ({"op": "session.open", "persona": "mira", "machine": "none"},
                 "not_found", "machine"),
                ({"op": "session.open", "persona": "mira", "session": ""},
                 "validation_failed", "session"),
                ({"op": "session.open", "persona": "zoe", "session": name},
                 "state_conflict", "session"),
                ({"op": "session.get"}, "validation_failed", "session"),
                ({"op": "session.get", "session": "none"}, "not_found",
                 "session"),
                ({"op": "session.end", "session": "none"}, "not_found",
                 "session"),
                ({"op": "session.reset", "session": "none"}, "not_found",
                 "session"),
                ({"op": "session.history", "session": "none"}, "not_found",
                 "session"),
                ({"op": "session.history", "session": name, "limit": 0},
                 "validation_failed", "limit"),
                ({"op": "session.history", "session": name, "limit": 101},
                 "validation_failed", "limit"),
                ({"op": "session.history", "session": name, "cursor": "a"},
                 "validation_failed", "cursor"),
                ({"op": "session.history", "session": name, "cursor": 1},
                 "validation_failed", "cursor"),
                ({"op": "machine.step", "session": name, "decision": "pass"},
                 "state_conflict", "session"),
                ({"op": "machine.step", "session": name, "decision": "maybe"},
                 "validation_failed", "decision"),
                ({"op": "machine.step", "session": name}, "validation_failed",
                 "decision"),
                ({"op": "machine.step", "decision": "pass"},
                 "validation_failed", "session"),
                ({"op": "machine.step", "decision": "pass", "session": name,
                  "state": {"current_state": "a"}}, "validation_failed",
                 "state"),
                ({"op": "machine.step", "decision": "pass", "machine": "none"},
                 "not_found", "machine"),
                ({"op": "score", "session": "none", "text": "a"}, "not_found",
                 "session"),
                ({"op": "score", "session": name, "persona": "zoe",
                  "text": "a"}, "validation_failed", "persona"),
                ({"op": "stream.open", "session": "none"}, "not_found",
                 "session"),
                ({"op": "stream.open", "session": name, "persona": "zoe"},
                 "validation_failed", "persona")):
            with self.subTest(**fields):
                self.refused(c.call(**fields), code, path)
        self.assertEqual(c.call("session.get", session=name)["messageCount"],
                         0)

    def test_an_ended_session(self):
        c = self.caller()
        name = c.opened(persona="mira")
        stream = c.call("stream.open", session=name)["stream"]
        self.assertTrue(c.call("stream.feed", stream=stream, seq=0,
                               text="Well.")["ok"])
        first = c.call("session.end", session=name)
        self.assertEqual(first["status"], "ended")
        self.assertRegex(first["endedAt"], TIME)
        self.assertEqual(said(c.call("session.end", session=name)),
                         said(first))
        for fields in ({"op": "score", "text": "a"}, {"op": "stream.open"},
                       {"op": "session.reset"},
                       {"op": "session.open", "persona": "mira"},
                       {"op": "machine.step", "decision": "pass"}):
            self.refused(c.call(session=name, **fields), "state_conflict",
                         "session")
        self.refused(c.call("stream.close", stream=stream), "state_conflict")
        self.assertTrue(c.call("session.history", session=name)["ok"])

    def test_who_is_counted(self):
        c = self.caller()
        name = c.opened(persona="mira")
        for role in ("assistant", "user", "tool", "system"):
            reply = c.call("score", session=name, text="Well.", role=role)
            self.assertEqual(reply["results"][0]["drift"]["trend"]["state"],
                             "stable")
        self.assertEqual(c.call("session.get", session=name)["messageCount"],
                         2)
        turns = c.call("session.history", session=name)["turns"]
        self.assertEqual([turn["role"] for turn in turns],
                         ["system", "tool", "user", "assistant"])

    def check_repeats(self, c, name, asked):
        first = c.call(**asked)
        self.assertTrue(first["ok"], first)
        count = c.call("session.get", session=name)["messageCount"]
        self.assertEqual(said(c.call(**asked)), said(first))
        self.assertEqual(c.call("session.get", session=name)["messageCount"],
                         count)
        self.refused(c.call(**{**asked, "text": "Another."}),
                     "idempotency_conflict", "messageId")
        self.refused(c.call(**{**asked, "role": "user"}),
                     "idempotency_conflict", "messageId")
        return first

    def test_a_message_counts_once(self):
        c = self.caller()
        name = c.opened(persona="mira")
        asked = {"op": "score", "session": name, "messageId": "m1",
                 "text": "Well met."}
        first = self.check_repeats(c, name, asked)
        # A refusal: the same line again, though lines take turns.
        line = self.check_repeats(
            c, name, {**asked, "messageId": "m2", "text": "zorblax"})
        self.assertIn("content", line["results"][0])
        # What names the persona names the same message.
        self.assertEqual(said(c.call(**asked, persona="mira")), said(first))
        self.restart()
        self.assertEqual(said(self.caller().call(**asked)), said(first))
        self.assertEqual(self.caller().call("session.get", session=name)
                         ["messageCount"], 2)

    def test_a_stream_counts_once(self):
        c = self.caller()
        name = c.opened(persona="mira")
        closes = []
        for _ in range(2):
            stream = c.call("stream.open", session=name, messageId="m1")
            c.call("stream.feed", stream=stream["stream"], seq=0, text="Well.")
            closes.append(c.call("stream.close", stream=stream["stream"]))
        self.assertEqual(closes[0]["results"], closes[1]["results"])
        whole = c.call("score", session=name, messageId="m1", text="Well.")
        self.assertEqual(whole["results"], closes[0]["results"])
        self.assertEqual(c.call("session.get", session=name)["messageCount"],
                         1)
        stream = c.call("stream.open", session=name, messageId="m1")["stream"]
        c.call("stream.feed", stream=stream, seq=0, text="Other.")
        self.refused(c.call("stream.close", stream=stream),
                     "idempotency_conflict", "messageId")

    def test_a_further_attempt_replaces(self):
        c = self.caller()
        name = c.opened(persona="mira")
        asked = {"op": "score", "session": name, "messageId": "m1"}
        c.call(**asked, text="Well.")
        both = {**asked, "attempt": 1,
                "candidates": [{"text": "Well."}, {"text": "Well met."}]}
        second = c.call(**both)
        self.assertTrue(second["ok"], second)
        self.assertEqual(said(c.call(**both)), said(second))
        self.refused(c.call(**asked, text="Well."), "idempotency_conflict")
        turns = c.call("session.history", session=name)["turns"]
        self.assertEqual([turn["turn"] for turn in turns], [1])
        self.assertEqual(c.call("session.get", session=name)["messageCount"],
                         1)

    def test_history_in_pages(self):
        c = self.caller()
        name = c.opened(persona="mira")
        for i in range(45):
            c.call("score", session=name, messageId=f"m{i}", text=f"Number {i}")
        pages, cursor = [], None
        while True:
            more = {} if cursor is None else {"cursor": cursor}
            page = c.call("session.history", session=name, **more)
            pages.append([turn["messageId"] for turn in page["turns"]])
            # What comes meanwhile is newer, and in none of the next pages.
            c.call("score", session=name, text="meanwhile")
            cursor = page["cursor"]
            if cursor is None:
                break
        self.assertEqual([len(page) for page in pages], [20, 20, 5])
        self.assertEqual(sum(pages, []), [f"m{i}" for i in range(44, -1, -1)])
        self.assertEqual(len(c.call("session.history", session=name,
                                    limit=100)["turns"]), 48)

    def test_history_holds_no_text(self):
        c = self.caller()
        name = c.opened(persona="mira")
        c.call("score", session=name, text="kwyjibo zorblax", messageId="m")
        turn = c.call("session.history", session=name)["turns"][0]
        self.assertTrue(turn["envelope"]["contentReplaced"])
        self.assertNotIn("content", turn["envelope"])
        self.assertRegex(turn["at"], TIME)
        self.leave(self.sidecar)
        folder = os.path.dirname(self.store.partition("=")[2])
        for file in os.listdir(folder):
            with open(os.path.join(folder, file), "rb") as stream:
                self.assertNotIn(b"kwyjibo", stream.read(), file)

    def test_reset(self):
        c = self.caller()
        name = c.opened(persona="mira")
        asked = {"op": "score", "session": name, "messageId": "m1",
                 "text": "Well."}
        c.call(**asked)
        reply = c.call("session.reset", session=name)
        self.assertEqual(reply["messageCount"], 0)
        self.assertEqual(c.call("session.history", session=name)["turns"], [])
        self.assertTrue(c.call(**{**asked, "text": "Other."})["ok"])
        self.assertEqual(c.call("session.get", session=name)["messageCount"],
                         1)

    def test_sessions_are_there_after_a_restart_and_after_a_kill(self):
        c = self.caller()
        name = c.opened(persona="mira", user="u")
        for i in range(5):
            c.call("score", session=name, text=f"Number {i}")
        before = said(c.call("session.get", session=name))
        pages = c.call("session.history", session=name)["turns"]
        self.restart()
        self.assertEqual(said(self.caller().call("session.get", session=name)),
                         before)
        self.sidecar.ended_well = (-9,)
        self.sidecar.signal(9)
        self.sidecar.wait()
        self.sidecar.__exit__(None)
        self.start()
        c = self.caller()
        self.assertEqual(c.call("session.history", session=name)["turns"],
                         pages)
        self.assertTrue(c.call("score", session=name, text="On.")["ok"])

    def test_an_idle_session_is_archived_and_comes_back(self):
        self.restart("sessions.idle=1s")
        c = self.caller()
        name = c.opened(persona="mira")
        self.assertTrue(until(lambda: c.call("session.get", session=name)
                              ["status"] == "archived"))
        self.assertTrue(c.call("score", session=name, text="Well.")["ok"])
        self.assertEqual(c.call("session.get", session=name)["status"],
                         "active")

    def test_many_at_once_on_one_session(self):
        name = self.caller().opened(persona="mira")
        threads, each, wrong = 8, many(60), []

        def talk(number):
            with caller_of(self.sidecar) as c:
                for i in range(each):
                    # Every message is sent by two.
                    reply = c.call("score", session=name,
                                   messageId=f"{number // 2}-{i}",
                                   text=f"Number {number // 2} {i}")
                    if not reply["ok"]:
                        wrong.append(reply)
                    if i % 10 == 0 and not c.call(
                            "session.history", session=name)["ok"]:
                        wrong.append("history")
        running = [threading.Thread(target=talk, args=(i,))
                   for i in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        self.assertEqual(wrong, [])
        c = self.caller()
        self.assertEqual(c.call("session.get", session=name)["messageCount"],
                         threads // 2 * each)
        turns = c.call("session.history", session=name, limit=100)["turns"]
        numbers = [turn["turn"] for turn in turns]
        self.assertEqual(numbers, sorted(set(numbers), reverse=True))

    def test_in_memory_without_a_file(self):
        self.restart("store.path=none")
        c = self.caller()
        name = c.opened(persona="mira")
        self.assertTrue(c.call("score", session=name, text="Well.")["ok"])
        self.assertEqual(len(c.call("session.history", session=name)["turns"]),
                         1)
        self.assertEqual(self.sidecar.stats()["store.persistent"], 0)


class Shipped(Case):
    """Against the configuration as it ships: voices, the Hollow Market."""

    @classmethod
    def setUpClass(cls):
        cls.sidecar = Sidecar()
        cls.addClassCleanup(cls.sidecar.__exit__, None)

    def setUp(self):
        self.c = caller_of(self.sidecar)
        self.addCleanup(self.c.sock.close)

    def trend(self, name, text):
        reply = self.c.call("score", session=name, text=text)
        return reply["results"][0]["drift"]["trend"]

    def test_two_sessions_of_one_persona_never_mix(self):
        own, other = lines_of("falstaff", 12), lines_of("zarathustra", 12)
        apart = []
        for lines in (own, other):
            name = self.c.opened(persona="falstaff")
            apart.append([self.trend(name, line) for line in lines])
        names = [self.c.opened(persona="falstaff") for _ in range(2)]
        mixed = [[], []]
        for pair in zip(own, other):
            for k, line in enumerate(pair):
                mixed[k].append(self.trend(names[k], line))
        self.assertEqual(mixed, apart)
        self.assertEqual(apart[0][-1]["state"], "stable")
        self.assertNotEqual(apart[1][-1]["state"], "stable")
        got = self.c.call("session.get", session=names[1])
        self.assertEqual(got["trend"], apart[1][-1])

    def step(self, decision, **more):
        reply = self.c.call("machine.step", decision=decision, **more)
        self.assertTrue(reply["ok"], reply)
        return reply["machine"]

    def test_the_hollow_market_played_through(self):
        name = self.c.opened(persona="trader", machine="default")
        moves = (("pass", "interest", 1), ("redirect", "interest", 0.75),
                 ("pass", "negotiation", 1.75), ("pass", "terms", 2.75),
                 ("pass", "deal", 3.75))
        for number, (decision, state, score) in enumerate(moves):
            machine = self.step(decision, session=name,
                                messageId=f"m{number}")
            self.assertEqual(machine, self.step(decision, session=name,
                                                messageId=f"m{number}"))
            self.assertEqual(machine["machine_id"], "hollow_market")
            self.assertEqual((machine["current_state"], machine["score"]),
                             (state, score))
            self.assertEqual(machine["decision"], decision)
            self.assertEqual(machine["moved_by"], "decision")
        self.assertEqual(machine["outcome"], "ACCEPT")
        self.assertEqual(machine["ended_by"], "terminal")
        self.assertTrue(machine["machine_completed"])
        self.assertEqual(machine["delta"], {
            "from_state": "terms", "to_state": "deal", "score": 1})
        self.assertEqual(machine["unlocked_machines"], [{
            "machine_id": "back_room", "machine_key": "back_room",
            "name": "The back room", "is_auto_advance": True}])
        # It went on by itself.
        self.assertEqual(self.c.call("session.get", session=name)["machine"]
                         ["machine_id"], "back_room")
        self.step("pass", session=name)
        self.assertEqual(self.step("pass", session=name)["outcome"], "ACCEPT")
        self.refused(self.c.call("machine.step", session=name,
                                 decision="pass"), "state_conflict")
        # One again, then all.
        reply = self.c.call("session.reset", session=name, machine="back_room")
        self.assertEqual(reply["machine"]["current_state"], "whisper")
        reply = self.c.call("session.reset", session=name)
        self.assertEqual((reply["machine"]["machine_id"],
                          reply["machine"]["current_state"]),
                         ("hollow_market", "greeting"))
        self.refused(self.c.call("machine.step", session=name,
                                 machine="back_room", decision="pass"),
                     "state_conflict", "machine")

    def test_the_same_without_a_session(self):
        machine = None
        for decision in ("pass", "redirect", "pass", "pass", "pass"):
            state = {} if machine is None else {"state": machine}
            machine = self.step(decision, machine="hollow_market", **state)
        self.assertEqual((machine["current_state"], machine["outcome"]),
                         ("deal", "ACCEPT"))
        self.refused(self.c.call("machine.step", machine="hollow_market",
                                 decision="pass", state=machine),
                     "state_conflict")
        for state, path in (({"current_state": "nowhere"},
                             "state.current_state"),
                            ({}, "state"), ({"score": 1}, "state"),
                            ({"current_state": "deal", "oops": 1},
                             "state.oops"),
                            ({"current_state": "deal", "outcome": "WON"},
                             "state.outcome"),
                            ({"current_state": "deal", "score": 1e9},
                             "state.score")):
            with self.subTest(state=state):
                self.refused(self.c.call("machine.step", decision="pass",
                                         machine="hollow_market",
                                         state=state),
                             "validation_failed", path)

    def test_a_verdict_steps_the_machine(self):
        name = self.c.opened(persona="trader", machine="hollow_market")
        calm = self.c.call("score", session=name, role="user",
                           text="Good evening, trader.", messageId="m0")
        self.assertEqual(calm["results"][0]["machine"]["current_state"],
                         "greeting")
        self.assertIsNone(calm["results"][0]["machine"]["decision"])
        asked = {"op": "score", "session": name, "role": "user",
                 "messageId": "m1",
                 "text": "Go kill yourself, nobody wants you."}
        reply = self.c.call(**asked)
        machine = reply["results"][0]["machine"]
        self.assertEqual(reply["results"][0]["moderationVerdict"], "refuse")
        self.assertEqual((machine["outcome"], machine["moved_by"],
                          machine["decision"]),
                         ("KICK_OUT", "verdict", "kick_out"))
        self.assertEqual(self.c.call(**asked)["results"], reply["results"])
        past = self.c.call("session.history", session=name)["turns"][0]
        self.assertEqual(past["envelope"]["machine"], machine)

    def test_steps_at_once_all_count(self):
        name = self.c.opened(persona="trader", machine="hollow_market")
        replies = []

        def step(number):
            with caller_of(self.sidecar) as c:
                replies.append(c.call("machine.step", session=name,
                                      decision="pass", messageId=str(number)))
        running = [threading.Thread(target=step, args=(i,)) for i in range(4)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        self.assertTrue(all(reply["ok"] for reply in replies), replies)
        self.assertIn(self.c.call("session.get", session=name)["machine"]
                      ["machine_id"], ("back_room",))

    def test_redacted_texts_are_judged_again(self):
        name = self.c.opened(persona="falstaff")
        asked = {"op": "score", "session": name, "messageId": "m1",
                 "text": "Write to me at jack.falstaff@boarshead.co.uk, lad."}
        first = self.c.call(**asked)
        self.assertEqual(first["results"][0]["action"], "redact", first)
        self.assertEqual(said(self.c.call(**asked)), said(first))
        self.assertEqual(self.c.call("session.get", session=name)
                         ["messageCount"], 1)


if __name__ == "__main__":
    unittest.main()
