"""What the end-to-end tests share: the program under test, a sidecar of their
own on sockets of its own, and small configurations.

LEEWAY_PROGRAM names the program; without it build/leeway is taken.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
WIRE = os.path.join(ROOT, "tests/wire")
sys.path.insert(0, WIRE)

from client_raw import ID, Raw, pack, ping, unpack  # noqa: E402,F401

PROGRAM = os.path.realpath(
    os.environ.get("LEEWAY_PROGRAM", f"{ROOT}/build/leeway"))
SHIPPED = os.path.join(ROOT, "config/leeway.yaml")
# Sanitizers make everything 5 to 20 times slower.
SANITIZED = "/asan/" in PROGRAM or "/tsan/" in PROGRAM
PATIENCE = 60  # seconds: against hanging for ever, not a measure of speed


def many(count):
    """That many in an ordinary build, a tenth of it under a sanitizer."""
    return max(1, count // 10) if SANITIZED else count


def configuration(word="zorblax", rule="WORD", more=""):
    """The smallest one that judges anything: `word` gets a fallback line."""
    return f"""schema: 1
fallbacks:
  default:
    en: ["One moment.", "Where were we?", "Go on, I am listening."]
rules:
  - id: {rule}
    type: terms
    terms: [{word}]
    category: harassment
    severity: critical
    action: fallback
{more}"""


# What is wrong, and how the message begins: file:line:column: path.
BROKEN = (
    ("rules: [\n", "leeway.yaml:"),
    ("", "leeway.yaml: empty"),
    (configuration(more="oops: 1\n"), "leeway.yaml:12:1: oops: "),
    (configuration(more="limits: {workers: many}\n"),
     "leeway.yaml:12:19: limits.workers: "),
    (configuration().replace("fallback\n", "explode\n"),
     "leeway.yaml:11:13: rules[0].action: "),
    (configuration(more="    tests: [{text: calm, expect_ids: [WORD]}]\n"),
     "leeway.yaml:12:"),
)


def score(text, request_id="score", **fields):
    """A request as bytes; time enough for a sanitizer on a busy machine."""
    return pack({"v": 1, "op": "score", "id": request_id, "text": text,
                 "deadlineMs": 5000, **fields})


def rules_hit(reply):
    """The ids of the rules that the chosen candidate hit."""
    return {hit["rule"] for hit in reply["results"][reply["chosen"]]["hits"]}


def until(condition, seconds=PATIENCE):
    """Looks every 10 ms; what it answered last."""
    end = time.monotonic() + seconds
    while not (answer := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return answer


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def run(*arguments, data=b"", env=None, cwd=ROOT, stdout=subprocess.PIPE):
    """One command of the program to its end."""
    return subprocess.run(
        [PROGRAM, *arguments], input=data, cwd=cwd, stdout=stdout,
        stderr=subprocess.PIPE, timeout=PATIENCE, check=False,
        env={**os.environ, **(env or {})})


class Sidecar:
    """A running program, and the folder with its configuration, sockets and
    log; all gone at the end. `config` is a configuration or the path of one;
    none: the shipped one. A context manager, which fails where the end was not
    a clean one."""

    def __init__(self, *settings, config=None, tcp=False, env=None,
                 stderr=None, wait=True, folder=None):
        self._temporary = None
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="leeway-e2e-")
            folder = self._temporary.name
        self.folder = folder
        # What it remembers goes with it.
        self._state = tempfile.TemporaryDirectory(prefix="leeway-state-")
        self.socket = os.path.join(folder, "s")
        self.ipc = "ipc://" + self.socket
        self.tcp = f"tcp://127.0.0.1:{free_port()}" if tcp else None
        self.admin = f"ipc://{folder}/admin"
        self.log_path = os.path.join(folder, "log")
        self.config = SHIPPED
        if config is not None and config.endswith(".yaml"):
            self.config = config
        elif config is not None:
            self.config = os.path.join(folder, "leeway.yaml")
            self.configure(config)
        self.urls = [self.ipc]
        if tcp:
            self.urls.append(self.tcp)
        if "admin.listen=none" not in settings:
            self.urls.append(self.admin)
        self.ended_well = (0,)  # exit statuses that are meant
        self.process = self._start(settings, env, stderr)
        if wait and not self.answers():
            self.process.kill()
            raise AssertionError("the sidecar does not answer:\n" + self.log())

    def _start(self, settings, env, stderr):
        command = [PROGRAM, "serve", "-c", self.config, "--listen", self.ipc]
        if self.tcp:
            command += ["--listen", self.tcp]
        for setting in (f"admin.listen={self.admin}", *settings):
            command += ["--set", setting]
        with open(self.log_path, "ab") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=stderr or log, cwd=ROOT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "XDG_STATE_HOME": self._state.name,
                     **(env or {})})

    def configure(self, text):
        """Puts a configuration in place, whole, as an editor would."""
        with open(self.config + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.config + ".new", self.config)

    def answers(self):
        """Does every one of its sockets answer?"""
        def look():
            try:
                for url in self.urls:
                    with Raw(url) as raw:
                        raw.ask(ping())
                return True
            except OSError:
                return self.process.poll() is not None
        return until(look) and self.process.poll() is None

    def ask(self, body, url=None):
        with Raw(url or self.ipc, timeout=PATIENCE) as raw:
            return raw.ask(body)

    def stats(self):
        """The counters, and the last reload's error under lastReloadError."""
        reply = self.ask(pack({"v": 1, "op": "stats"}), self.admin)
        return {**reply["stats"], "lastReloadError": reply["lastReloadError"]}

    def reloads(self):
        now = self.stats()
        return now["reloads"] + now["reloads_failed"]

    def reload(self):
        """SIGHUP, and back when it has been obeyed."""
        before = self.reloads()
        self.signal(signal.SIGHUP)
        assert until(lambda: self.reloads() > before), self.log()

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=PATIENCE):
        """The exit status; None where it does not end."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        status = self.wait(30)
        if status is None:
            self.process.kill()
            self.process.wait()
        return status

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.stop()
        log = self.log()
        with contextlib.suppress(OSError):
            self._state.cleanup()
        if self._temporary:
            with contextlib.suppress(OSError):
                self._temporary.cleanup()
        report = "Sanitizer" in log or "runtime error:" in log
        if kind is None and (status not in self.ended_well or report):
            raise AssertionError(f"ended with {status}:\n{log[-4000:]}")
        if kind is not None or report:
            print(f"--- the sidecar's log, status {status}\n{log[-4000:]}",
                  file=sys.stderr)
