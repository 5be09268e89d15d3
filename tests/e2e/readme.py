#!/usr/bin/env python3
"""Runs every command of README.md as a reader would, from top to bottom.

What stands in a fenced block marked `sh` is run, line by line, in a copy of
the repository's tracked files with the built program at build/leeway; every
line must end with 0. A line that begins with `build/leeway serve` runs in the
background until the end of its block. Lines of the block that end in a
backslash belong together, and so does a here-document; `#` begins a comment.

Not run, but each must be there: make test and make demo (they would run this),
and `make` alone, which has been run already. Other make targets must be in the
Makefile, and are not run either. A reader's sockets are the default ones, so
the copy's configuration is given others: whatever is named /tmp/leeway... in
it and in the commands lies in a folder of the test's own.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from sidecar import PATIENCE, PROGRAM, ROOT, free_port

NAMED = ("make", "make test", "make demo")


def blocks(text):
    """(line number, lines) of each block that is marked sh."""
    found, lines, start = [], None, 0
    for number, line in enumerate(text.splitlines(), 1):
        if lines is None:
            if re.fullmatch(r"\s*```(sh|shell|bash)\s*", line):
                lines, start = [], number + 1
        elif line.strip() == "```":
            found.append((start, lines))
            lines = None
        else:
            lines.append(line)
    return found


def commands(start, lines):
    """(line number, command) of a block: continued lines and here-documents
    are put together."""
    i = 0
    while i < len(lines):
        number, command = start + i, lines[i].strip()
        i += 1
        while command.endswith("\\") and i < len(lines):
            command = command[:-1] + lines[i].strip()
            i += 1
        document = re.search(r"<<-?\s*['\"]?(\w+)", command)
        while document and i < len(lines):
            command += "\n" + lines[i]
            i += 1
            if command.endswith("\n" + document.group(1)):
                break
        # An open quote goes on in the next line.
        while command.count("'") % 2 and i < len(lines):
            command += "\n" + lines[i]
            i += 1
        command = re.sub(r"^\$ ", "", command)
        if command and not command.startswith("#"):
            yield number, command


class Reader:
    """A copy of the repository, and what runs in its background."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "leeway")
        self.sockets = os.path.join(folder, "tmp")
        self.port = free_port()
        self.background = []
        self.failed = []
        self.count = 0
        os.mkdir(self.sockets)
        names = [b""]
        if shutil.which("git"):
            names = subprocess.run(
                ["git", "ls-files", "-co", "--exclude-standard", "-z"],
                cwd=ROOT, stdout=subprocess.PIPE, check=False,
                stderr=subprocess.DEVNULL).stdout.split(b"\0")
        if names == [b""]:  # no git, or not a clone: all there is
            shutil.copytree(ROOT, self.folder, symlinks=True,
                            ignore=shutil.ignore_patterns("build", ".git"))
        for name in filter(None, map(os.fsdecode, names)):
            if os.path.isfile(os.path.join(ROOT, name)):
                to = os.path.join(self.folder, name)
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copy2(os.path.join(ROOT, name), to)
        os.mkdir(f"{self.folder}/build")
        os.symlink(PROGRAM, f"{self.folder}/build/leeway")
        config = f"{self.folder}/config/leeway.yaml"
        with open(config, encoding="utf-8") as file:
            text = self.own(file.read())
        with open(config, "w", encoding="utf-8") as file:
            file.write(text)
        with open(f"{self.folder}/Makefile", encoding="utf-8") as file:
            self.targets = set(re.findall(r"^([\w-]+)(?= |:)", file.read(),
                                          re.MULTILINE))

    def own(self, text):
        """The same with sockets and a port of our own."""
        return text.replace("/tmp/leeway", f"{self.sockets}/leeway").replace(
            "127.0.0.1:7710", f"127.0.0.1:{self.port}")

    def fail(self, number, command, why):
        self.failed.append(f"README.md:{number}: {command}\n{why}")

    def shell(self, command, **more):
        # The programs of the copy ask for the default socket by themselves.
        env = {**os.environ, "PATH": f"{self.folder}/build:"
               + os.environ["PATH"]}
        return subprocess.Popen(
            ["sh", "-c", command], cwd=self.folder, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            start_new_session=True, **more)

    def default_socket(self, command):
        """`ping` and `call` go where the copy's sidecar listens."""
        return re.sub(
            r"\bleeway (ping|call)(?![^|;&]*--connect)",
            rf"leeway \1 --connect ipc://{self.sockets}/leeway.sock", command)

    def run(self, number, command):
        self.count += 1
        make = re.fullmatch(r"(?:sudo )?make((?: [\w=./-]+)*)", command)
        if make:
            for word in make.group(1).split():
                if "=" not in word and word not in self.targets and \
                        not word.startswith("build/"):
                    self.fail(number, command, f"no target {word}")
            return
        if re.match(r"git clone|cd |sudo |apt", command):
            return
        command = self.default_socket(self.own(command))
        if command.startswith("build/leeway serve"):
            self.serve(number, command.rstrip("& "))
            return
        process = self.shell(command)
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said = process.communicate()[0] + "\nstill running"
        if process.returncode != 0:
            self.fail(number, command, f"{said}\nstatus {process.returncode}")

    def serve(self, number, command):
        process = self.shell("exec " + command)
        self.background.append((number, command, process))
        until = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < until:
            line = process.stdout.readline()
            if " ready " in line:
                return
        self.fail(number, command, "it does not come up")

    def end_of_block(self):
        for number, command, process in self.background:
            process.send_signal(signal.SIGTERM)
            try:
                said, _ = process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                said = process.communicate()[0] + "\ndoes not stop"
            if process.returncode != 0:
                self.fail(number, command,
                          f"{said}\nstatus {process.returncode}")
        self.background = []


def main():
    path = os.path.join(ROOT, "README.md")
    if not os.path.exists(path):
        print("there is no README.md")
        return 1
    with open(path, encoding="utf-8") as file:
        text = file.read()
    told = set()
    with tempfile.TemporaryDirectory(prefix="leeway-readme-") as folder:
        reader = Reader(folder)
        for start, lines in blocks(text):
            try:
                for number, command in commands(start, lines):
                    told.add(re.sub(r"\s+#.*", "", command))
                    reader.run(number, re.sub(r"\s+# .*", "", command))
            finally:
                reader.end_of_block()
    for name in NAMED:
        if f"`{name}`" not in text and not any(
                command == name or command.startswith(name + " ")
                for command in told):
            reader.failed.append(f"README.md does not name `{name}`")
    print("\n".join(reader.failed))
    print(f"README.md: {reader.count} commands, {len(reader.failed)} failed")
    return 1 if reader.failed or reader.count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
