"""A client for the Leeway sidecar: this one file and the standard library.

    import leeway

    client = leeway.Client("ipc:///tmp/leeway.sock",
                           fallback="Forgive me, I lost my thread.")
    candidate = "Aye, the harbour gate is shut till dawn."
    reply = client.score(persona="mira", text=candidate)
    verdict = leeway.chosen(reply)
    print(verdict["action"], leeway.text_to_show(verdict, candidate))
    client.close()

The block above runs as it stands, with or without a sidecar: where nothing
could be checked, the verdict is "unavailable", the action is "fallback" and
the text to show is the line that you gave. What could not be checked never
looks clean.

One Client is meant for the whole process. It is safe from any thread, keeps
one connection, opens it at the first call (so it may be made before a fork)
and sends many requests over it at a time; replies find their callers by
request id. From asyncio: `await asyncio.to_thread(client.score, ...)`.

The file reads from the bottom layer up: errors, msgpack, SP frames, the
connection, the circuit breaker, and the Client. Python 3.9 or later.
"""

import codecs
import itertools
import os
import random
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from urllib.parse import urlsplit

__all__ = ["Client", "LeewayError", "ReplyStream", "Retracted", "Unavailable",
           "chosen", "pack", "text_to_show", "unpack"]


# --- errors ----------------------------------------------------------------

# Answers that mean "not judged": the caller's text may be fine or not. Every
# other error is a mistake in the request, and is always raised.
UNCHECKED = frozenset({"unavailable", "overloaded", "draining",
                       "deadline_exceeded", "internal_error"})

# Of these, the ones that say that the sidecar itself is in trouble. They are
# what the breaker counts.
TROUBLE = frozenset({"unavailable", "overloaded", "draining"})


class LeewayError(Exception):
    """The sidecar's error reply. `code` is one of the contract's names."""

    def __init__(self, code, message, http=500, retry_after_ms=None,
                 details=None):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.http = http
        self.retry_after_ms = retry_after_ms  # None: not said
        self.details = details or {}

    @property
    def unchecked(self):
        """True where the text was not judged, though nothing is wrong with
        the request."""
        return self.code in UNCHECKED


class Unavailable(LeewayError):
    """There was no answer. `details["reason"]` is connect, closed, protocol,
    timeout, busy (too many calls of ours wait) or breaker."""

    def __init__(self, reason, message):
        super().__init__("unavailable", message, http=503,
                         details={"reason": reason})

    @property
    def reason(self):
        return self.details["reason"]


def _error_of(reply):
    """The exception for a reply that is not ok."""
    error = reply.get("error")
    if not isinstance(error, dict) or not isinstance(error.get("code"), str):
        return Unavailable("protocol", "a reply that is neither ok nor an "
                           "error")
    wait = error.get("retryAfterMs")
    return LeewayError(error["code"], error.get("message", ""),
                       error.get("http", 500),
                       wait if isinstance(wait, (int, float)) else None,
                       error.get("details"))


# --- msgpack ---------------------------------------------------------------
#
# The types that the wire uses: nil, bool, int, float, str, bin, array and a
# map with string keys. Extensions and duplicate keys are refused.

MAX_DEPTH = 32  # nested arrays and maps; the deepest reply has 7


def pack(value):
    """The msgpack form of a value.

    bytes, and one-dimensional float32 buffers such as array("f") or a numpy
    array, become bin; the floats little-endian, as the sidecar reads vectors.
    Raises TypeError for what the wire has no type for, ValueError for an int
    beyond 64 bits, for text that is not Unicode, and for depth.
    """
    out = bytearray()
    _pack(out, value, 0)
    return bytes(out)


def _pack(out, value, depth):
    if depth > MAX_DEPTH:
        raise ValueError(f"msgpack: deeper than {MAX_DEPTH}")
    if value is None:
        out.append(0xC0)
    elif isinstance(value, bool):
        out.append(0xC3 if value else 0xC2)
    elif isinstance(value, int):
        _pack_int(out, value)
    elif isinstance(value, float):
        out += struct.pack(">Bd", 0xCB, value)
    elif isinstance(value, str):
        data = value.encode("utf-8")  # refuses lone surrogates
        _pack_head(out, len(data), 0xA0, 32, (0xD9, 0xDA, 0xDB))
        out += data
    elif isinstance(value, Mapping):
        _pack_head(out, len(value), 0x80, 16, (None, 0xDE, 0xDF))
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"msgpack: key {key!r} is not a str")
            _pack(out, key, depth + 1)
            _pack(out, item, depth + 1)
    elif isinstance(value, (list, tuple)):
        _pack_head(out, len(value), 0x90, 16, (None, 0xDC, 0xDD))
        for item in value:
            _pack(out, item, depth + 1)
    else:
        data = _binary(value)
        _pack_head(out, len(data), 0, 0, (0xC4, 0xC5, 0xC6))
        out += data


def _pack_int(out, n):
    if 0 <= n < 0x80 or -0x20 <= n < 0:
        out.append(n & 0xFF)
        return
    forms = zip((0xCC, 0xCD, 0xCE, 0xCF) if n > 0 else
                (0xD0, 0xD1, 0xD2, 0xD3),
                ">BB >BH >BI >BQ".split() if n > 0 else
                ">Bb >Bh >Bi >Bq".split())
    for first, form in forms:
        try:
            out += struct.pack(form, first, n)
            return
        except struct.error:  # does not fit: the next wider one
            continue
    raise ValueError(f"msgpack: {n} has more than 64 bits")


def _pack_head(out, length, fix, fix_limit, wide):
    """The first bytes of a str, bin, array or map: the shortest form."""
    if length < fix_limit:
        out.append(fix | length)
    elif length < 1 << 8 and wide[0] is not None:
        out += struct.pack(">BB", wide[0], length)
    elif length < 1 << 16:
        out += struct.pack(">BH", wide[1], length)
    else:
        out += struct.pack(">BI", wide[2], length)


def _binary(value):
    """bytes of a buffer; float32 buffers in little-endian order."""
    try:
        view = memoryview(value)
    except TypeError:
        raise TypeError(f"msgpack: no form for a "
                        f"{type(value).__name__}") from None
    if view.ndim != 1 or view.format not in ("B", "b", "c", "f", "<f"):
        raise TypeError("msgpack: a vector is a one-dimensional float32 "
                        "buffer or a list of numbers")
    data = view.tobytes()
    if view.format == "f" and sys.byteorder == "big":
        data = struct.pack(f"<{len(view)}f", *view)
    return data


def unpack(data):
    """The one value that data holds. Raises ValueError, naming the byte, for
    anything else: truncated, trailing bytes, too deep, claims longer than the
    data, extensions, keys that are not str or stand twice, invalid UTF-8."""
    reader = _Unpacker(data)
    value = reader.value(0)
    if reader.at != len(data):
        raise ValueError(f"msgpack: bytes after the value, at {reader.at}")
    return value


_NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I",
            0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
_NUMBERS = {first: struct.Struct(form) for first, form in _NUMBERS.items()}
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_LENGTHS = {0xD9: ("text", 1), 0xDA: ("text", 2), 0xDB: ("text", 4),
            0xC4: ("take", 1), 0xC5: ("take", 2), 0xC6: ("take", 4),
            0xDC: ("array", 2), 0xDD: ("array", 4),
            0xDE: ("map", 2), 0xDF: ("map", 4)}


class _Unpacker:
    """A position in data. Every read goes through take(), which checks."""

    def __init__(self, data):
        self.data = bytes(data)
        self.at = 0

    def fail(self, what):
        raise ValueError(f"msgpack: {what}, at {self.at}")

    def take(self, n, depth=0):
        if n > len(self.data) - self.at:
            self.fail("truncated")
        piece = self.data[self.at:self.at + n]
        self.at += n
        return piece

    def value(self, depth):
        if depth > MAX_DEPTH:
            self.fail(f"deeper than {MAX_DEPTH}")
        first = self.take(1)[0]
        if first < 0x80:
            return first
        if first >= 0xE0:
            return first - 0x100
        if first < 0x90:
            return self.map(first & 0x0F, depth)
        if first < 0xA0:
            return self.array(first & 0x0F, depth)
        if first < 0xC0:
            return self.text(first & 0x1F)
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        if first in _NUMBERS:
            number = _NUMBERS[first]
            return number.unpack(self.take(number.size))[0]
        if first in _LENGTHS:
            kind, width = _LENGTHS[first]
            length = int.from_bytes(self.take(width), "big")
            return getattr(self, kind)(length, depth)
        self.fail(f"type {first:#04x} is not one of the wire's")

    def text(self, n, depth=0):
        try:
            return self.take(n).decode("utf-8")
        except UnicodeDecodeError:
            self.fail("invalid UTF-8")

    def array(self, n, depth):
        if n > len(self.data) - self.at:  # an item takes a byte or more
            self.fail("an array longer than the data")
        return [self.value(depth + 1) for _ in range(n)]

    def map(self, n, depth):
        if 2 * n > len(self.data) - self.at:
            self.fail("a map longer than the data")
        result = {}
        for _ in range(n):
            key = self.value(depth + 1)
            if not isinstance(key, str) or key in result:
                self.fail("a key that is not a str or stands twice")
            result[key] = self.value(depth + 1)
        return result


# --- SP frames -------------------------------------------------------------
#
# Scalability Protocols, request-reply: what nng, mangos and pynng speak. Each
# side greets with 8 bytes; then a message is a length and a payload, and a
# payload begins with the request id, whose top bit is set.

GREETING_REQ = b"\x00SP\x00\x00\x30\x00\x00"
GREETING_REP = b"\x00SP\x00\x00\x31\x00\x00"
MAX_MESSAGE = 16 << 20  # bytes; the sidecar's own hard cap


def frame(payload, ipc):
    """payload as it travels; over ipc a byte 0x01 stands before the length."""
    return (b"\x01" if ipc else b"") + struct.pack(">Q", len(payload)) + payload


class Frames:
    """Cuts a stream of bytes into payloads, however the bytes arrive."""

    def __init__(self, ipc):
        self._head = 9 if ipc else 8
        self._buffer = bytearray()

    @property
    def partial(self):
        """True in the middle of a message."""
        return bool(self._buffer)

    def feed(self, data):
        """Yields each payload that data completes. Raises ValueError for what
        is not a frame; the stream is then lost."""
        self._buffer += data
        while len(self._buffer) >= self._head:
            if self._head == 9 and self._buffer[0] != 1:
                raise ValueError("a frame that does not begin with 0x01")
            (length,) = struct.unpack_from(">Q", self._buffer, self._head - 8)
            if not 4 <= length <= MAX_MESSAGE:
                raise ValueError(f"a frame of {length} bytes")
            end = self._head + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[self._head:end])
            del self._buffer[:end]
            yield payload


# --- one connection --------------------------------------------------------

STALL_S = 1.0    # a reply that has begun must go on within this
IDLE_S = 3600.0  # between replies: as good as for ever


class _Target:
    """Where a URL leads: ipc:///path or tcp://host:port."""

    def __init__(self, url):
        scheme, _, rest = url.partition("://")
        if scheme == "ipc" and rest:
            self.ipc, self.where = True, rest
        elif scheme == "tcp" and urlsplit(url).port:
            split = urlsplit(url)
            self.ipc, self.where = False, (split.hostname, split.port)
        else:
            raise ValueError(f"{url}: neither ipc:///path nor tcp://host:port")

    def connect(self, until):
        """A connected socket, before the moment `until`; or OSError."""
        pause = 0.001
        while True:
            left = max(until - time.monotonic(), 0.001)
            if not self.ipc:
                sock = socket.create_connection(self.where, left)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.settimeout(left)
                sock.connect(self.where)
                return sock
            except BlockingIOError:
                # EAGAIN: the listener's backlog is full for the moment.
                sock.close()
                if time.monotonic() + pause > until:
                    raise
            except OSError:
                sock.close()
                raise
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause *= 2


class _Connection:
    """A socket, its reader thread, and who waits for which reply."""

    def __init__(self, target, until):
        self._ipc = target.ipc
        self._in = target.connect(until)
        try:
            self._greet(until)
        except BaseException:
            self._in.close()
            raise
        # The same socket twice, for each Python socket has one timeout, and
        # the reader's is not the sender's.
        self._out = self._in.dup()
        self._lock = threading.Lock()  # guards the three below
        self._waiting = {}             # request id -> Future
        self._last_id = random.getrandbits(31)
        self._lost = None              # why, once it is
        self._sending = threading.Lock()
        threading.Thread(target=self._read, name="leeway-reader",
                         daemon=True).start()

    def _greet(self, until):
        self._in.settimeout(max(until - time.monotonic(), 0.001))
        self._in.sendall(GREETING_REQ)
        greeting = b""
        while len(greeting) < len(GREETING_REP):
            self._in.settimeout(max(until - time.monotonic(), 0.001))
            piece = self._in.recv(len(GREETING_REP) - len(greeting))
            if not piece:
                raise ConnectionError("closed during the greeting")
            greeting += piece
        if greeting != GREETING_REP:
            raise ConnectionError("what listens there is not a REP socket")

    @property
    def alive(self):
        return self._lost is None

    def request(self, body, until):
        """The decoded reply to body. Raises Unavailable; with reason
        "connect" the request cannot have arrived."""
        waiting = Future()
        with self._lock:
            if self._lost:
                raise Unavailable("connect", self._lost.message)
            self._last_id = (self._last_id + 1) & 0x7FFFFFFF
            request_id = self._last_id | 0x80000000
            self._waiting[request_id] = waiting
        try:
            self._send(struct.pack(">I", request_id) + body, until)
            return waiting.result(max(until - time.monotonic(), 0))
        except FutureTimeout:
            raise Unavailable("timeout", "no reply in time") from None
        finally:
            with self._lock:  # a reply from now on is late: nobody waits
                self._waiting.pop(request_id, None)

    def _send(self, payload, until):
        message = frame(payload, self._ipc)
        if not self._sending.acquire(timeout=max(until - time.monotonic(), 0)):
            raise Unavailable("timeout", "the sidecar does not read")
        try:
            self._out.settimeout(max(until - time.monotonic(), 0.001))
            self._out.sendall(message)
        except OSError as error:
            # Not all of it was taken, so the sidecar cannot have judged it;
            # and half a message has spoiled the connection.
            lost = Unavailable("connect", f"sending failed: {error}")
            self.fail(lost)
            raise lost from error
        finally:
            self._sending.release()

    def _read(self):
        frames = Frames(self._ipc)
        try:
            while True:
                self._in.settimeout(STALL_S if frames.partial else IDLE_S)
                try:
                    data = self._in.recv(1 << 16)
                except socket.timeout:
                    if frames.partial:
                        raise ValueError("a reply stopped half way") from None
                    continue
                if not data:
                    raise ConnectionError("the sidecar closed the connection")
                for payload in frames.feed(data):
                    self._deliver(payload)
        except OSError as error:
            self.fail(Unavailable("closed", str(error)))
        except ValueError as error:
            self.fail(Unavailable("protocol", str(error)))
        finally:
            self._in.close()

    def _deliver(self, payload):
        (request_id,) = struct.unpack_from(">I", payload)
        if not request_id & 0x80000000:
            raise ValueError("a reply without a request id")
        reply = unpack(payload[4:])
        if not isinstance(reply, dict):
            raise ValueError("a reply that is not a map")
        with self._lock:
            waiting = self._waiting.pop(request_id, None)
        if waiting is not None:
            waiting.set_result(reply)

    def fail(self, why):
        """Ends the connection and, with why, every request that waits."""
        with self._lock:
            if self._lost:
                return
            self._lost = why
            orphans = list(self._waiting.values())
            self._waiting.clear()
        for waiting in orphans:
            waiting.set_exception(Unavailable(why.reason, why.message))
        try:
            self._out.shutdown(socket.SHUT_RDWR)  # wakes the reader
        except OSError:
            pass
        self._out.close()


# --- the circuit breaker ---------------------------------------------------


class Breaker:
    """Opens after some calls in a row have failed; then one call at a time
    tries whether the sidecar is back."""

    def __init__(self, failures=5, open_s=1.0, clock=time.monotonic):
        self._limit = failures
        self._open_s = open_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0        # in a row
        self._open_until = 0.0
        self._probing = False

    def enter(self):
        """Lets a call through, or raises Unavailable. True: it is the probe,
        and leave() must hear of its end whatever happens."""
        with self._lock:
            if self._failed < self._limit:
                return False
            if self._probing or self._clock() < self._open_until:
                raise Unavailable("breaker", "the last calls failed; not "
                                  "trying for a moment")
            self._probing = True
            return True

    def leave(self, probe, healthy):
        """healthy: True, False, or None where the call says nothing."""
        with self._lock:
            if probe:
                self._probing = False
            if healthy:
                self._failed = 0
            elif healthy is False:
                self._failed += 1
                self._open_until = self._clock() + self._open_s


# --- the client ------------------------------------------------------------

CONNECT_S = 0.1   # for connect and greeting
RETRY_S = 0.02    # before the second attempt, jittered
POLICIES = ("fallback", "allow", "throw")


def chosen(reply):
    """The envelope to act on, of a score reply."""
    return reply["results"][reply["chosen"]]


def text_to_show(envelope, candidate):
    """What the user may see: a str, or None where nothing may be shown. For
    action "regenerate" it is what to show if you cannot ask again."""
    if envelope["action"] == "block":
        return None
    return envelope.get("content", candidate)


class Client:
    """A connection to one sidecar.

    timeout         seconds for a whole call: connecting, waiting, the retry.
                    The sidecar's own limit is the field deadlineMs.
    on_unavailable  what score() does where nothing could be judged:
                    "fallback"  the caller's line, marked "unavailable"
                    "allow"     ships the candidate, marked and counted
                    "throw"     raises LeewayError
    fallback        that line; without one the action is "block"
    token           shared secret, where the sidecar has one
    max_in_flight   calls outstanding at a time; further ones wait. Keep it
                    at or below the sidecar's limits.in_flight.
    """

    def __init__(self, url="ipc:///tmp/leeway.sock", *, timeout=0.5,
                 on_unavailable="fallback", fallback=None, token=None,
                 max_in_flight=32):
        if on_unavailable not in POLICIES:
            raise ValueError(f"on_unavailable is one of {POLICIES}")
        self.url = url
        self.counters = {"calls": 0, "retries": 0, "unchecked": 0,
                         "allowed_unchecked": 0}
        self._target = _Target(url)
        self._timeout = timeout
        self._on_unavailable = on_unavailable
        self._fallback = fallback
        self._token = token
        self._slots = threading.BoundedSemaphore(max_in_flight)
        self._breaker = Breaker()
        self._connecting = threading.Lock()
        self._connection = None
        self._closed = False
        self._counting = threading.Lock()
        self._names = itertools.count(1)
        self._prefix = f"{os.urandom(6).hex()}-"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the connection; calls that wait fail, later ones too."""
        with self._connecting:
            self._closed = True
            if self._connection:
                self._connection.fail(Unavailable("closed", "client closed"))

    def ping(self, *, timeout=None):
        """The sidecar's reply to ping. Raises LeewayError."""
        return self.call("ping", timeout=timeout)

    def score(self, *, text=None, candidates=None, timeout=None,
              fallback=None, on_unavailable=None, **fields):
        """Judges one text, or up to 16 candidates `[{"text": ...}]`.

        The keyword arguments are the wire's own names: persona, session,
        role, locale, extraGuardrails, deadlineMs, ... Returns the reply, see
        chosen(). Raises LeewayError where the request itself is wrong;
        where the sidecar could not judge it, see on_unavailable.
        """
        policy = on_unavailable or self._on_unavailable
        if policy not in POLICIES:
            raise ValueError(f"on_unavailable is one of {POLICIES}")
        count = 1 if candidates is None else len(candidates)
        try:
            reply = self.call("score", timeout=timeout, text=text,
                              candidates=candidates, **fields)
            _check_envelopes(reply, count)
            return reply
        except LeewayError as error:
            if policy == "throw" or not error.unchecked:
                raise
            line = self._fallback if fallback is None else fallback
            self._count("unchecked")
            if policy == "allow":
                self._count("allowed_unchecked")
            return _unchecked_reply(error, policy, line, count)

    def stream(self, deltas, *, mode="gate", timeout=None, fallback=None,
               on_unavailable=None, **fields):
        """Judges a reply while a model writes it: see ReplyStream.

            reply = client.stream(model.deltas(), persona="mira")
            try:
                for text in reply:
                    print(text, end="", flush=True)
            except leeway.Retracted as late:
                print("\\n--- instead:", late.replacement)
        """
        policy = on_unavailable or self._on_unavailable
        if policy not in POLICIES:
            raise ValueError(f"on_unavailable is one of {POLICIES}")
        line = self._fallback if fallback is None else fallback
        return ReplyStream(self, deltas, {"mode": mode, **fields}, timeout,
                           policy, line)

    def call(self, op, *, timeout=None, **fields):
        """The reply to any operation, as a dict. A field that is None is not
        sent. Raises LeewayError where the reply is not ok."""
        request = {"v": 1, "op": op, "token": self._token,
                   "id": self._prefix + str(next(self._names)), **fields}
        body = pack({k: v for k, v in request.items() if v is not None})
        seconds = self._timeout if timeout is None else timeout
        until = time.monotonic() + seconds
        self._count("calls")
        probe = self._breaker.enter()
        healthy = None
        try:
            reply = self._call_with_retry(op, body, until)
            healthy = True
            return reply
        except LeewayError as error:
            healthy = error.code not in TROUBLE
            raise
        finally:
            self._breaker.leave(probe, healthy)

    def _call_with_retry(self, op, body, until):
        try:
            return self._attempt(op, body, until)
        except LeewayError as error:
            pause = _retry_pause(error)
            if pause is None or time.monotonic() + pause >= until:
                raise
        time.sleep(pause)
        self._count("retries")
        return self._attempt(op, body, until)  # the same id: judged once

    def _attempt(self, op, body, until):
        left = max(until - time.monotonic(), 0)
        if not self._slots.acquire(timeout=left):
            raise Unavailable("busy", "too many calls of this client wait")
        try:
            reply = self._connect(until).request(body, until)
        finally:
            self._slots.release()
        if op == "echo":  # answers with the request itself
            return reply
        if reply.get("ok") is not True:
            raise _error_of(reply)
        return reply

    def _connect(self, until):
        """The connection, made anew where there is none."""
        if not self._connecting.acquire(
                timeout=max(until - time.monotonic(), 0)):
            raise Unavailable("timeout", "still connecting")
        try:
            if self._closed:
                raise Unavailable("closed", "client closed")
            if self._connection is None or not self._connection.alive:
                soon = min(until, time.monotonic() + CONNECT_S)
                self._connection = _Connection(self._target, soon)
            return self._connection
        except OSError as error:
            raise Unavailable("connect", f"{self.url}: {error}") from error
        finally:
            self._connecting.release()

    def _count(self, name):
        with self._counting:
            self.counters[name] += 1


class Retracted(Exception):
    """What was shown of a streamed reply must go, and `replacement` (None:
    nothing) be shown in its place. `envelope` says why."""

    def __init__(self, replacement, envelope):
        super().__init__(envelope["action"])
        self.replacement = replacement
        self.envelope = envelope


class ReplyStream:
    """The text that may be shown of a reply, in pieces, while it is written.

    `deltas` is what the model writes: an iterable of str, or of bytes, which
    may be cut inside a character. It is read one by one as the loop goes on,
    and closed, if it can be, where the reply is stopped or the loop is left.

    Where the reply is refused before anything was shown, its fallback is the
    one piece; where something had been shown, the loop ends with Retracted.
    Where the sidecar cannot judge it, see on_unavailable of Client: what was
    held back is replaced by the fallback, shipped, or LeewayError is raised.

    envelope   the whole reply's, as score gives it, after the loop
    stopped    the rest of `deltas` was not read
    """

    def __init__(self, client, deltas, fields, timeout, policy, line):
        self.envelope = None
        self.stopped = False
        self._client = client
        self._source = iter(deltas)
        self._fields = fields
        self._timeout = timeout
        self._policy = policy
        self._line = line
        self._name = None  # of the stream, while it is open
        self._held = b""  # what was fed and not shown
        self._shown = False

    def __iter__(self):
        try:
            try:
                yield from self._judged()
            except LeewayError as error:
                if self._name is not None and error.code == "not_found":
                    error = Unavailable("closed", "the stream has gone")
                if self._policy == "throw" or not error.unchecked:
                    raise error
                yield from self._unjudged(error)
        finally:
            self._leave()

    def _call(self, op, **fields):
        return self._client.call(op, timeout=self._timeout, **fields)

    def _judged(self):
        self._name = self._call("stream.open", **self._fields)["stream"]
        for seq, delta in enumerate(self._source):
            self._held += delta.encode() if isinstance(delta, str) else delta
            step = self._call("stream.feed", stream=self._name, seq=seq,
                              text=delta)
            self._held = self._held[len(self._held) - step["held"]:]
            if step["emit"]:
                self._shown = True
                yield step["emit"]
            if step["stop"]:
                self.stopped = True
                break
        end = self._call("stream.close", stream=self._name)
        self._name = None
        _check_envelopes({**end, "chosen": 0}, 1)
        self.envelope = end["results"][0]
        if end["retract"]:
            raise Retracted(end.get("content"), self.envelope)
        if self.envelope["action"] in ("ship", "redact"):
            last = end["emit"]
        else:
            last = None if self._shown else text_to_show(self.envelope, None)
        if last:
            yield last

    def _unjudged(self, error):
        self._client._count("unchecked")
        reply = _unchecked_reply(error, self._policy, self._line, 1)
        self.envelope = chosen(reply)
        if self._policy == "allow":
            self._client._count("allowed_unchecked")
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            yield decoder.decode(self._held)
            for delta in self._source:
                yield decoder.decode(
                    delta.encode() if isinstance(delta, str) else delta)
        elif self._shown:
            raise Retracted(text_to_show(self.envelope, None), self.envelope)
        elif self._line is not None:
            yield self._line

    def _leave(self):
        close = getattr(self._source, "close", None)
        if close is not None:
            close()
        name, self._name = self._name, None
        if name is not None:
            try:
                self._call("stream.abort", stream=name)
            except LeewayError:
                pass  # it ends by itself when nobody feeds it


def _retry_pause(error):
    """Seconds to wait before the one retry, or None: do not retry. What may
    have arrived and been judged is not sent again."""
    jitter = random.uniform(0.5, 1.5)
    if isinstance(error, Unavailable):
        return RETRY_S * jitter if error.reason == "connect" else None
    if error.code in ("overloaded", "draining"):
        return (error.retry_after_ms or RETRY_S * 1000) / 1000 * jitter
    return None


def _check_envelopes(reply, count):
    """A reply that says ok and holds no verdict is not a verdict."""
    results, index = reply.get("results"), reply.get("chosen")
    if (not isinstance(results, list) or len(results) != count
            or not isinstance(index, int) or not 0 <= index < count
            or not all(isinstance(r, dict) and isinstance(r.get("action"), str)
                       for r in results)):
        raise Unavailable("protocol", "a score reply without its envelopes")


def _unchecked_reply(error, policy, line, count):
    """A reply in the shape of score's, for candidates that nobody judged."""
    what = {"code": error.code, "http": error.http, "message": error.message}
    envelope = {
        "moderationVerdict": "unavailable",
        "flagged": True,
        "decidedBy": {"kind": "client", "id": "on_unavailable"},
        "categories": {}, "hits": [], "alerts": [],
        "driftScore": None, "driftThreshold": None, "driftAlert": None,
        "drift": {"status": "unavailable"},
        "coverage": {"bytes": 0, "degraded": True},
        "error": what,
    }
    if policy == "allow":
        envelope["action"] = "ship"
    elif line is None:
        envelope["action"] = "block"
    else:
        envelope.update(action="fallback", content=line, contentReplaced=True)
    return {"v": 1, "op": "score", "ok": False, "error": what, "chosen": 0,
            "results": [dict(envelope) for _ in range(count)]}
