"""A REQ client in plain sockets, and the echo server to aim it at.

Nothing here hides what goes over the wire: hostile tests write the bytes
themselves and use only what they need.
"""

import json
import os
import signal
import socket
import struct
import subprocess
import tempfile

REQ_GREETING = b"\0SP\0\0\x30\0\0"
REP_GREETING = b"\0SP\0\0\x31\0\0"
PATIENCE = 20  # seconds: against hanging for ever, not a measure of speed

SERVER = os.environ.get("LEEWAY_ECHO_SERVER", "build/release/wire/echo_server")


# Sanitizers keep freed memory and slow everything down.
SANITIZED = "asan" in SERVER or "tsan" in SERVER


def word(number):
    return struct.pack(">I", number)


def request_id(number):
    return word(0x80000000 | number)


def frame(payload, ipc):
    return (b"\1" if ipc else b"") + struct.pack(">Q", len(payload)) + payload


class Client:
    """One connection. Leave `greet` out to do the greeting by hand."""

    def __init__(self, url, greet=True):
        self.ipc = url.startswith("ipc://")
        if self.ipc:
            self.socket = socket.socket(socket.AF_UNIX)
            address = url[len("ipc://"):]
        else:
            host, port = url[len("tcp://"):].rsplit(":", 1)
            self.socket = socket.socket(socket.AF_INET)
            address = (host, int(port))
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(address)
            if greet:
                self.send(REQ_GREETING)
                assert self.exactly(8) == REP_GREETING
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def abort(self):
        """Leaves with RST where the transport knows such a thing."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def exactly(self, count):
        got = b""
        while len(got) < count:
            more = self.socket.recv(count - len(got))
            if not more:
                raise ConnectionError("closed after %d bytes" % len(got))
            got += more
        return got

    def closed(self):
        """Waits for the server to close; True when it did."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except TimeoutError:
            return False
        except OSError:
            return True

    def message(self, body, number=1, hops=b""):
        return frame(hops + request_id(number) + body, self.ipc)

    def ask(self, body, number=1, hops=b""):
        self.send(self.message(body, number, hops))

    def answer(self):
        """The payload of the next reply, words and body."""
        if self.ipc:
            assert self.exactly(1) == b"\1"
        (length,) = struct.unpack(">Q", self.exactly(8))
        return self.exactly(length)

    def call(self, body, number=1):
        self.ask(body, number)
        reply = self.answer()
        assert reply[:4] == request_id(number), reply[:4]
        return reply[4:]


class Server:
    """The echo server on an ipc path in a fresh folder and a free TCP port."""

    def __init__(self, *options, urls=None, env=None, preexec=None):
        self.folder = tempfile.TemporaryDirectory(prefix="leeway-wire-")
        self.path = os.path.join(self.folder.name, "s")
        if urls is None:
            urls = ["ipc://" + self.path, "tcp://127.0.0.1:0"]
        self.process = subprocess.Popen(
            [SERVER, *options, *urls], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=env, preexec_fn=preexec)
        self.urls = []
        for line in self.process.stdout:
            if line == "ready\n":
                break
            self.urls.append(line.strip())

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            status = self.stop()
            # A sanitizer's finding is a status of its own.
            if kind is None and status not in (0, -signal.SIGKILL):
                raise AssertionError("the server ended with %d" % status)
        finally:
            self.folder.cleanup()

    @property
    def ipc(self):
        return self.urls[0]

    @property
    def tcp(self):
        return self.urls[1]

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stats(self):
        self.tell("stats")
        return json.loads(self.process.stdout.readline())

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def resident_kb(self):
        with open("/proc/%d/statm" % self.process.pid) as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

    def cpu_seconds(self):
        with open("/proc/%d/stat" % self.process.pid) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """Ends it by closing its standard input; its exit status."""
        self.process.stdin.close()
        if self.process.poll() is None:
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        self.process.stdout.close()
        return self.process.returncode
