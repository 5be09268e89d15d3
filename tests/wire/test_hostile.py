"""Clients that do not play by the rules, and honest ones beside them.

Numbers in brackets are those of the bad-input catalogue for the wire. No test
asserts how long something took, except that it ended.
"""

import contextlib
import os
import resource
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
import time
import unittest

import sp
from sp import Client, Server, frame, request_id, word


def until(condition, seconds=10):
    """Looks every 20 ms; True as soon as it holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def connect_and_close(url, count):
    """The connections that the backlog refused are not counted."""
    made = 0
    while made < count:
        try:
            Client(url, greet=False).close()
            made += 1
        except (BlockingIOError, ConnectionRefusedError, ConnectionResetError):
            time.sleep(0.001)


class Wire(unittest.TestCase):
    def each(self, server):
        for url in server.urls:
            with self.subTest(url=url.split(":")[0]):
                yield url

    def grew_less(self, server, resident_kb, limit_kb):
        if not sp.SANITIZED:
            self.assertLess(server.resident_kb() - resident_kb, limit_kb)

    def all_closed(self, server):
        self.assertTrue(until(lambda: server.stats()["open"] == 0),
                        server.stats())


class Honest(Wire):
    def test_echoes_every_size_around_the_block(self):
        sizes = [0, 1, 3, 100, 4095, 4096, 65500, 65523, 65524, 65536, 65537,
                 131072, 500000, (1 << 20) - 4]
        with Server() as server:
            for url in self.each(server):
                with Client(url) as client:
                    for size in sizes:
                        body = os.urandom(size)
                        self.assertEqual(client.call(body), body, size)

    def test_many_outstanding_are_each_answered(self):
        with Server("--in_flight=64") as server:
            for url in self.each(server):
                with Client(url) as client:
                    for round_ in range(20):
                        want = {}
                        for i in range(64):
                            kind = b"work" if i % 2 else b"echo"
                            want[request_id(i)] = kind + os.urandom(i * 37)
                            client.ask(want[request_id(i)][0:], i)
                        for _ in range(64):
                            reply = client.answer()
                            self.assertEqual(want.pop(reply[:4]), reply[4:])
                        self.assertEqual(want, {})

    def test_hops_come_back(self):  # [9]
        with Server() as server:
            for url in self.each(server):
                for count in range(9):
                    hops = b"".join(word(i) for i in range(count))
                    with Client(url) as client:
                        client.ask(b"body", 7, hops)
                        self.assertEqual(client.answer(),
                                         hops + request_id(7) + b"body")

    def test_byte_by_byte(self):  # [15]
        with Server() as server:
            for url in self.each(server):
                with Client(url, greet=False) as client:
                    for byte in sp.REQ_GREETING + client.message(b"slow"):
                        client.send(bytes([byte]))
                        time.sleep(0.002)
                    self.assertEqual(client.exactly(8), sp.REP_GREETING)
                    self.assertEqual(client.answer()[4:], b"slow")

    def test_idle_connections_stay(self):
        with Server("--handshake_ms=200", "--receive_ms=200",
                    "--send_ms=200") as server:
            for url in self.each(server):
                with Client(url) as client:
                    time.sleep(0.8)
                    self.assertEqual(client.call(b"still here"), b"still here")

    @unittest.skipUnless(shutil.which("nngcat"), "no nngcat")
    def test_nngcat(self):
        with Server() as server:
            for url in self.each(server):
                got = subprocess.run(
                    ["nngcat", "--req", "--dial", url, "--data", "hello",
                     "--raw", "--recv-timeout", "5"],
                    stdout=subprocess.PIPE, timeout=sp.PATIENCE)
                self.assertEqual(got.stdout, b"hello")


class Garbage(Wire):
    def refused(self, reason, data, greet=True, options=()):
        with Server(*options) as server:
            for url in self.each(server):
                before = server.stats()[reason]
                ipc = url.startswith("ipc")
                with Client(url, greet=greet) as client:
                    try:
                        client.send(data(ipc))
                    except ConnectionError:
                        pass
                    self.assertTrue(client.closed())
                self.assertTrue(until(
                    lambda: server.stats()[reason] == before + 1),
                    (reason, server.stats()))
                with Client(url) as client:
                    self.assertEqual(client.call(b"ok"), b"ok")

    def test_http(self):  # [1]
        self.refused("not_sp", lambda ipc: b"GET / HTTP/1.1\r\n\r\n",
                     greet=False)

    def test_wrong_protocol(self):  # [2]
        self.refused("not_req", lambda ipc: b"\0SP\0\0\x10\0\0", greet=False)

    def test_half_greeting(self):  # [4]
        self.refused("slow_greeting", lambda ipc: sp.REQ_GREETING[:5],
                     greet=False, options=["--handshake_ms=150"])

    def test_lengths_beyond_the_hard_cap(self):  # [5] [6]
        for length in [2**64 - 1, 2**62, 2**40, (16 << 20) + 1]:
            self.refused("too_long", lambda ipc: (b"\1" if ipc else b"") +
                         length.to_bytes(8, "big"))

    def test_short_lengths(self):  # [8]
        for length in range(4):
            self.refused("bad_frame", lambda ipc: (b"\1" if ipc else b"") +
                         length.to_bytes(8, "big") + b"\x80" * length)

    def test_no_end_of_hops(self):  # [9]
        for words in [1, 2, 9, 20]:
            self.refused("bad_frame",
                         lambda ipc: frame(word(1) * words, ipc))

    def test_ipc_mark(self):  # [10]
        with Server() as server, Client(server.ipc) as client:
            client.send(b"\2")
            self.assertTrue(client.closed())
            self.assertEqual(server.stats()["bad_frame"], 1)

    def test_half_message(self):  # [11]
        self.refused("slow_sender",
                     lambda ipc: frame(request_id(1) + b"x" * 50, ipc)[:30],
                     options=["--receive_ms=150"])

    def test_dripping_message(self):
        """Every byte is in time, the message is not."""
        with Server("--receive_ms=400") as server:
            with Client(server.ipc) as client:
                data = client.message(b"x" * 1000)
                with self.assertRaises(ConnectionError):
                    for byte in data:
                        client.send(bytes([byte]))
                        time.sleep(0.02)
                self.assertEqual(server.stats()["slow_sender"], 1)

    def test_random_bytes(self):
        import random
        rng = random.Random(7)
        with Server("--handshake_ms=100", "--receive_ms=100") as server:
            for url in self.each(server):
                for i in range(150):
                    with Client(url, greet=i % 2 == 1) as client:
                        data = rng.randbytes(rng.randrange(1, 300))
                        try:
                            client.send(data)
                        except ConnectionError:
                            pass
                with Client(url) as client:
                    self.assertEqual(client.call(b"ok"), b"ok")
            self.all_closed(server)


class Limits(Wire):
    def test_between_soft_and_hard(self):  # [6] [7]
        with Server("--message_bytes=100000") as server:
            for url in self.each(server):
                with Client(url) as client:
                    fits = b"x" * (100000 - 4)
                    self.assertEqual(client.call(fits, 1), fits)
                    self.assertEqual(client.call(fits + b"x", 2), b"too_large")
                    self.assertEqual(client.call(b"x" * (1 << 20), 3),
                                     b"too_large")
                    self.assertEqual(client.call(b"after", 4), b"after")
            self.assertEqual(server.stats()["too_large"], 4)

    def test_hard_cap_itself_is_answered(self):  # [6]
        with Server() as server, Client(server.ipc) as client:
            resident = server.resident_kb()
            body = b"x" * ((16 << 20) - 4)
            self.assertEqual(client.call(body), b"too_large")
            self.grew_less(server, resident, 4096)

    def test_claims_cost_nothing(self):
        """200 clients claim 1 MiB each and send ten bytes of it."""
        with Server() as server:
            clients = [Client(server.ipc) for _ in range(20)]
            resident = server.resident_kb()
            clients += [Client(server.ipc) for _ in range(180)]
            for client in clients:
                client.send(client.message(b"x" * (1 << 20))[:23])
            self.assertTrue(until(lambda: server.stats()["open"] == 200))
            self.grew_less(server, resident, 16384)
            for client in clients:
                client.close()
            self.all_closed(server)

    def test_no_room_for_large_messages(self):
        """Half-read large messages share a budget; beyond it: overloaded."""
        with Server("--input_bytes=300000") as server:
            with Client(server.ipc) as first, Client(server.ipc) as second:
                first.send(first.message(b"1" * 150000)[:140000])
                self.assertTrue(until(
                    lambda: server.resident_kb() > 0 and
                    server.stats()["open"] == 2))
                time.sleep(0.1)
                self.assertEqual(second.call(b"2" * 150000), b"overloaded")
                self.assertEqual(second.call(b"small"), b"small")
                first.send(first.message(b"1" * 150000)[140000:])
                self.assertEqual(first.answer()[4:], b"1" * 150000)

    def test_more_in_flight_than_allowed(self):  # [14]
        for which in range(2):
            with Server("--in_flight=8") as server:
                with Client(server.urls[which]) as client:
                    for i in range(9):
                        client.ask(b"hold", i)
                    reply = client.answer()
                    self.assertEqual(reply, request_id(8) + b"overloaded")
                    server.tell("release")
                    got = {client.answer() for _ in range(8)}
                    self.assertEqual(
                        got, {request_id(i) + b"hold" for i in range(8)})

    def test_connections_in_all(self):
        with Server("--connections=10") as server:
            clients = [Client(server.ipc) for _ in range(10)]
            with Client(server.ipc, greet=False) as extra:
                self.assertTrue(extra.closed())
            with Client(server.tcp, greet=False) as extra:
                self.assertTrue(extra.closed())
            self.assertEqual(server.stats()["refused_full"], 2)
            clients.pop().close()
            self.assertTrue(until(lambda: server.stats()["open"] == 9))
            with Client(server.ipc) as client:
                self.assertEqual(client.call(b"in"), b"in")
            for client in clients:
                client.close()

    def test_connections_of_one_user(self):
        with Server("--user_connections=3") as server:
            clients = [Client(server.ipc) for _ in range(3)]
            with Client(server.ipc, greet=False) as extra:
                self.assertTrue(extra.closed())
            with Client(server.tcp) as other:
                self.assertEqual(other.call(b"tcp"), b"tcp")
            for client in clients:
                client.close()

    def test_wrong_user(self):  # [17]
        with Server("--uid=%d" % (os.getuid() + 1)) as server:
            with Client(server.ipc, greet=False) as client:
                with contextlib.suppress(ConnectionError):  # closed by now
                    client.send(b"\1" * 100)
                self.assertTrue(client.closed())
            stats = server.stats()
            self.assertEqual((stats["refused_user"], stats["not_sp"]), (1, 0))

    def test_right_user(self):
        with Server("--uid=%d" % os.getuid()) as server:
            with Client(server.ipc) as client:
                self.assertEqual(client.call(b"hello"), b"hello")


class Leaving(Wire):
    def test_connect_and_close(self):  # [3], and what ends a stock REP socket
        with Server() as server:
            for url in self.each(server):
                with Client(url) as before:
                    descriptors = server.descriptors()
                    for count in [1, 1000, 5000]:
                        connect_and_close(url, count)
                        with Client(url) as client:
                            self.assertEqual(client.call(b"alive"), b"alive")
                    self.assertEqual(before.call(b"old"), b"old")
                    self.assertTrue(until(
                        lambda: server.stats()["open"] == 1))
                    self.assertTrue(until(
                        lambda: server.descriptors() <= descriptors),
                        (server.descriptors(), descriptors))

    def test_leaving_with_requests_outstanding(self):  # [13] [16]
        """What wedges a stock REP socket: with 1 to 64, over and over."""
        with Server() as server:
            for url in self.each(server):
                with Client(url) as client:
                    client.call(b"warm")
                    descriptors = server.descriptors()
                    for round_ in range(100):
                        for count in [1, 3, 8, 32, 64]:
                            leaver = Client(url)
                            body = b"work" if round_ % 2 else b"echo"
                            leaver.send(b"".join(
                                leaver.message(body * 50, i)
                                for i in range(count)))
                            if round_ % 4 < 2:
                                leaver.abort()
                            else:
                                leaver.close()
                    self.assertEqual(client.call(b"alive"), b"alive")
                    self.assertTrue(until(
                        lambda: server.stats()["open"] == 1), server.stats())
                    self.assertTrue(until(
                        lambda: server.descriptors() <= descriptors),
                        (server.descriptors(), descriptors))
            stats = server.stats()
            self.assertEqual(stats["requests"],
                             stats["replies"] + stats["dropped"])

    def test_leaving_while_held(self):
        with Server() as server:
            leaver = Client(server.ipc)
            for i in range(40):
                leaver.ask(b"hold", i)
            self.assertTrue(until(lambda: server.stats()["requests"] == 40))
            leaver.close()
            self.assertTrue(until(lambda: server.stats()["open"] == 0))
            server.tell("release")
            self.assertTrue(until(lambda: server.stats()["dropped"] == 40))

    def test_leaving_in_the_middle_of_a_reply(self):  # [16]
        with Server() as server:
            for url in self.each(server):
                for _ in range(50):
                    leaver = Client(url)
                    leaver.ask(b"x" * 900000)
                    leaver.exactly(100)
                    leaver.abort()
                with Client(url) as client:
                    self.assertEqual(client.call(b"ok"), b"ok")
            self.all_closed(server)


class SlowReaders(Wire):
    def test_never_reads(self):  # [12]
        with Server("--send_ms=300") as server:
            for url in self.each(server):
                before = server.stats()["slow_reader"]
                with Client(url) as bad, Client(url) as good:
                    bad.socket.setblocking(False)
                    data = bad.message(b"y" * 60000)
                    at = 0
                    end = time.monotonic() + sp.PATIENCE
                    slowest = 0
                    while server.stats()["slow_reader"] == before:
                        self.assertLess(time.monotonic(), end)
                        try:
                            at = (at + bad.socket.send(data[at:])) % len(data)
                        except (BlockingIOError, ConnectionError):
                            pass
                        start = time.monotonic()
                        self.assertEqual(good.call(b"calm"), b"calm")
                        slowest = max(slowest, time.monotonic() - start)
                    # Not a measure of speed: a wedged server takes a second.
                    self.assertLess(slowest, 0.5)

    def test_what_one_may_leave_unread_is_bounded(self):
        with Server("--send_ms=3000", "--output_bytes=200000") as server:
            with Client(server.ipc) as bad:
                resident = server.resident_kb()
                bad.socket.settimeout(0.5)
                sent = 0
                data = bad.message(b"z" * 50000)
                try:
                    for _ in range(2000):
                        bad.send(data)
                        sent += len(data)
                except OSError:
                    pass
                self.assertLess(sent, 5 << 20)
                self.grew_less(server, resident, 4096)

    def test_reads_late_and_gets_everything(self):
        """Paused for want of reading, then resumed; nothing is lost."""
        import threading
        with Server("--send_ms=5000", "--output_bytes=100000") as server:
            for url in self.each(server):
                with Client(url) as client:
                    count, body = 400, b"w" * 20000
                    sender = threading.Thread(target=lambda: [
                        client.ask(body, i) for i in range(count)])
                    sender.start()
                    time.sleep(0.5)
                    got = [client.answer() for _ in range(count)]
                    sender.join()
                    self.assertEqual([g[:4] for g in got],
                                     [request_id(i) for i in range(count)])
                    self.assertTrue(all(g[4:] == body for g in got))


class Descriptors(Wire):
    def answers(self, url):
        try:
            with Client(url) as client:
                return client.call(b"back") == b"back"
        except OSError:
            return False

    def test_none_left(self):
        """Served ones go on, new ones are turned away, no spinning, back."""
        limit = 48
        with Server(preexec=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (limit, limit))) as server:
            clients = [Client(server.ipc)]
            extra = []
            while len(extra) < 80:
                extra.append(Client(server.ipc, greet=False))
            self.assertEqual(clients[0].call(b"served"), b"served")
            self.assertTrue(until(lambda: server.stats()["shed"] > 0))
            cpu = server.cpu_seconds()
            time.sleep(1)
            self.assertLess(server.cpu_seconds() - cpu, 0.2)
            self.assertEqual(clients[0].call(b"served"), b"served")
            for client in extra:
                client.close()
            for url in server.urls:
                self.assertTrue(until(lambda: self.answers(url)))
            clients[0].close()


@unittest.skipUnless(shutil.which("openssl"), "no openssl")
class Tls(Wire):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="leeway-tls-")
        cls.cert = os.path.join(cls.folder.name, "cert")
        cls.key = os.path.join(cls.folder.name, "key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-keyout", cls.key, "-out", cls.cert, "-days", "2", "-subj",
             "/CN=localhost"], check=True, stderr=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def server(self, *options):
        return Server("--cert=" + self.cert, "--key=" + self.key, *options,
                      urls=["tls+tcp://127.0.0.1:0"])

    def plain(self, server):
        return Client(server.urls[0].replace("tls+", ""), greet=False)

    def client(self, server):
        client = self.plain(server)
        context = ssl.create_default_context(cafile=self.cert)
        context.check_hostname = False
        client.socket = context.wrap_socket(client.socket)
        client.send(sp.REQ_GREETING)
        self.assertEqual(client.exactly(8), sp.REP_GREETING)
        return client

    def test_echoes(self):
        with self.server() as server, self.client(server) as client:
            for size in [0, 10, 16384, 70000, 300000, (1 << 20) - 4]:
                body = os.urandom(size)
                self.assertEqual(client.call(body), body, size)

    def test_many_outstanding(self):
        with self.server() as server, self.client(server) as client:
            for i in range(64):
                client.ask(b"work" if i % 2 else b"echo", i)
            got = {client.answer()[:4] for _ in range(64)}
            self.assertEqual(got, {request_id(i) for i in range(64)})

    def test_time_limits(self):
        with self.server("--handshake_ms=300", "--receive_ms=300",
                         "--send_ms=300") as server:
            with self.plain(server) as silent:
                self.assertTrue(silent.closed())
            with self.client(server) as half:
                half.send(half.message(b"x" * 100)[:50])
                self.assertTrue(half.closed())
            with self.client(server) as idle:
                time.sleep(1)
                self.assertEqual(idle.call(b"still"), b"still")
            with self.client(server) as never:
                with self.assertRaises(OSError):
                    for _ in range(1000):
                        never.send(never.message(b"y" * 60000))
            self.all_closed(server)
            stats = server.stats()
            self.assertEqual((stats["slow_greeting"], stats["slow_sender"]),
                             (1, 1))

    def test_dripping_cannot_outlive_the_limit(self):
        """Bytes of a record that never ends, faster than any time limit."""
        with self.server("--handshake_ms=300") as server:
            drippers = [self.plain(server) for _ in range(8)]
            for client in drippers:
                client.send(b"\x16\x03\x01\x3f\xff\x01\x00\x3f\xfb")
            end = time.monotonic() + sp.PATIENCE
            while drippers and time.monotonic() < end:
                for client in list(drippers):
                    try:
                        client.send(b"\0")
                    except OSError:
                        drippers.remove(client)
                        client.close()
            self.assertEqual(drippers, [])
            self.all_closed(server)

    def test_leaving(self):
        with self.server("--handshake_ms=300") as server:
            self.client(server).close()
            self.all_closed(server)
            descriptors = server.descriptors()
            for i in range(120):
                client = self.plain(server) if i % 6 < 2 else None
                if i % 6 == 0:
                    client.send(b"GET / HTTP/1.1\r\n\r\n")
                elif i % 6 == 1:
                    client.send(b"\x16\x03\x01\x02\x00\x01")
                else:
                    client = self.client(server)
                    if i % 6 == 2:
                        client.send(b"garbage that is no message")
                    elif i % 6 == 3:
                        for n in range(20):
                            client.ask(b"work" * 500, n)
                    elif i % 6 == 4:
                        client.ask(b"x" * 900000)
                        client.exactly(100)
                if i % 2:
                    client.close()
                else:
                    client.abort()
            self.all_closed(server)
            self.assertTrue(until(
                lambda: server.descriptors() <= descriptors),
                (server.descriptors(), descriptors))
            with self.client(server) as client:
                self.assertEqual(client.call(b"ok"), b"ok")


class Stopping(Wire):
    def test_drain_answers_what_is_in_flight(self):
        with Server() as server:
            with Client(server.ipc) as client:
                client.ask(b"hold", 1)
                self.assertTrue(until(
                    lambda: server.stats()["requests"] == 1))
                server.tell("drain")
                self.assertTrue(until(lambda: not os.path.exists(server.path)))
                client.ask(b"late", 2)
                self.assertEqual(client.answer(), request_id(2) + b"draining")
                # The drain gives up at its limit, with the number.
                self.assertEqual(server.process.stdout.readline(),
                                 '{"unanswered": 1}\n')
                server.tell("release")
                self.assertEqual(client.answer(), request_id(1) + b"hold")
            with self.assertRaises(OSError):
                Client(server.tcp)

    def test_drain_with_nothing_to_do(self):
        with Server() as server:
            with Client(server.ipc) as client:
                client.call(b"one")
                server.tell("drain")
                self.assertEqual(server.process.stdout.readline(),
                                 '{"unanswered": 0}\n')

    def test_end_with_clients_connected(self):
        with Server() as server:
            clients = [Client(url) for url in server.urls for _ in range(5)]
            self.assertEqual(server.stop(), 0)
            for client in clients:
                self.assertTrue(client.closed())
                client.close()
            self.assertFalse(os.path.exists(server.path))
            self.assertFalse(os.path.exists(server.path + ".lock"))


class Places(Wire):
    def refused(self, server, url):
        return subprocess.run([sp.SERVER, url], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=sp.PATIENCE)

    def test_second_instance(self):
        with Server() as server:
            for _ in range(3):
                second = self.refused(server, server.ipc)
                self.assertEqual(second.returncode, 73)
                self.assertIn("already running, pid %d" % server.process.pid,
                              second.stderr)
            with Client(server.ipc) as client:
                self.assertEqual(client.call(b"first"), b"first")

    def test_things_that_are_not_sockets(self):
        with Server() as server:
            folder = server.folder.name
            things = {name: os.path.join(folder, name)
                      for name in ["file", "folder", "link", "pipe"]}
            with open(things["file"], "w") as file:
                file.write("precious")
            os.mkdir(things["folder"])
            os.symlink(things["file"], things["link"])
            os.mkfifo(things["pipe"])
            for name, path in things.items():
                with self.subTest(name):
                    before = os.lstat(path)
                    got = self.refused(server, "ipc://" + path)
                    self.assertEqual(got.returncode, 73)
                    self.assertIn("not a socket", got.stderr)
                    self.assertEqual(os.lstat(path).st_ino, before.st_ino)
            with open(things["file"]) as file:
                self.assertEqual(file.read(), "precious")

    def test_stale_socket_is_replaced(self):
        with Server() as old:
            path = old.path
            old.process.kill()
            old.process.wait()
            self.assertTrue(os.path.exists(path))
            with Server(urls=["ipc://" + path]) as server:
                with Client(server.ipc) as client:
                    self.assertEqual(client.call(b"new"), b"new")
                self.assertEqual(
                    stat.S_IMODE(os.stat(path).st_mode), 0o600)

    def test_another_program_listens_there(self):
        with Server() as server:
            path = server.path + "2"
            with socket.socket(socket.AF_UNIX) as other:
                other.bind(path)
                other.listen()
                got = self.refused(server, "ipc://" + path)
                self.assertEqual(got.returncode, 73)
                self.assertIn("another program", got.stderr)
                self.assertTrue(os.path.exists(path))

    def test_what_replaced_our_socket_is_left_alone(self):
        with Server() as server:
            os.unlink(server.path)
            with open(server.path, "w") as file:
                file.write("precious")
            self.assertEqual(server.stop(), 0)
            with open(server.path) as file:
                self.assertEqual(file.read(), "precious")

    def test_mode_is_never_wider(self):
        old = os.umask(0)
        try:
            with Server() as server:
                self.assertEqual(
                    stat.S_IMODE(os.stat(server.path).st_mode), 0o600)
        finally:
            os.umask(old)

    def test_tcp_port_is_taken(self):
        with Server() as server:
            got = self.refused(server, server.tcp)
            self.assertEqual(got.returncode, 73)
            self.assertIn(server.tcp, got.stderr)


if __name__ == "__main__":
    unittest.main()
