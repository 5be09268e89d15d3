/**
 * A client for the Leeway sidecar: this one file and Node 18 or later.
 *
 *     import { Client, chosen, textToShow } from "leeway";
 *
 *     const client = new Client("ipc:///tmp/leeway.sock", {
 *       fallback: "Forgive me, I lost my thread.",
 *     });
 *     const candidate = "Aye, the harbour gate is shut till dawn.";
 *     const reply = await client.score({ persona: "mira", text: candidate });
 *     const verdict = chosen(reply);
 *     console.log(verdict.action, textToShow(verdict, candidate));
 *     client.close();
 *
 * The block above runs as it stands, with or without a sidecar: where nothing
 * could be checked, the verdict is "unavailable", the action is "fallback" and
 * the text to show is the line that you gave. What could not be checked never
 * looks clean.
 *
 * One Client is meant for the whole process. It keeps one connection, opens it
 * at the first call and sends many requests over it at a time; replies find
 * their callers by request id. A client with no call under way does not keep
 * the process alive.
 *
 * The file reads from the bottom layer up: errors, msgpack, SP frames, the
 * connection, the circuit breaker, and the Client.
 */

import { randomBytes } from "node:crypto";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

// --- errors -----------------------------------------------------------------

// Answers that mean "not judged": the caller's text may be fine or not. Every
// other error is a mistake in the request, and is always thrown.
export const UNCHECKED = new Set([
  "unavailable",
  "overloaded",
  "draining",
  "deadline_exceeded",
  "internal_error",
]);

// Of these, the ones that say that the sidecar itself is in trouble. They are
// what the breaker counts.
const TROUBLE = new Set(["unavailable", "overloaded", "draining"]);

/** The sidecar's error reply. `code` is one of the contract's names. */
export class LeewayError extends Error {
  constructor(code, message, { http = 500, retryAfterMs, details } = {}) {
    super(message);
    this.name = this.constructor.name;
    this.code = code;
    this.http = http;
    this.retryAfterMs = retryAfterMs;
    this.details = details ?? {};
  }

  /** The text was not judged, though nothing is wrong with the request. */
  get unchecked() {
    return UNCHECKED.has(this.code);
  }
}

/**
 * There was no answer. `reason` is connect, closed, protocol, timeout, busy
 * (too many calls of ours wait) or breaker.
 */
export class Unavailable extends LeewayError {
  constructor(reason, message) {
    super("unavailable", message, { http: 503, details: { reason } });
    this.reason = reason;
  }
}

/** The error for a reply that is not ok. */
function errorOf({ error }) {
  if (typeof error?.code !== "string") {
    return new Unavailable("protocol", "a reply neither ok nor an error");
  }
  const wait = error.retryAfterMs;
  return new LeewayError(error.code, error.message ?? "", {
    http: error.http,
    retryAfterMs: typeof wait === "number" ? wait : undefined,
    details: error.details,
  });
}

// --- msgpack ----------------------------------------------------------------
//
// The types that the wire uses: nil, bool, int, float, str, bin, array and a
// map with string keys. Extensions and duplicate keys are refused.

const MAX_DEPTH = 32; // nested arrays and maps; the deepest reply has 7

/**
 * The msgpack form of a value.
 *
 * Uint8Array and Buffer become bin, a Float32Array bin of little-endian
 * floats, as the sidecar reads vectors. A number that is a safe integer
 * becomes an int, any other a float; BigInt an int of up to 64 bits. Keys
 * whose value is undefined are left out. Throws TypeError for what the wire
 * has no type for, RangeError for depth and for wider ints.
 */
export function pack(value) {
  const out = new Packer();
  out.value(value, 0);
  return out.bytes();
}

class Packer {
  #data = Buffer.allocUnsafe(256);
  #at = 0;

  bytes() {
    return this.#data.subarray(0, this.#at);
  }

  /** Room for n more bytes: where they begin. */
  #take(n) {
    const at = this.#at;
    if (n > this.#data.length - at) {
      const wider = Buffer.allocUnsafe(2 * (at + n));
      this.#data.copy(wider, 0, 0, at);
      this.#data = wider;
    }
    this.#at = at + n;
    return at;
  }

  #byte(byte) {
    const at = this.#take(1); // may move #data
    this.#data[at] = byte;
  }

  value(value, depth) {
    if (depth > MAX_DEPTH) {
      throw new RangeError(`msgpack: deeper than ${MAX_DEPTH}`);
    }
    switch (typeof value) {
      case "undefined": // in an array; a map leaves it out
        return this.#byte(0xc0);
      case "boolean":
        return this.#byte(value ? 0xc3 : 0xc2);
      case "number":
        return this.#number(value);
      case "bigint":
        return this.#bigint(value);
      case "string":
        return this.#text(value);
      case "object":
        return this.#object(value, depth);
      default:
        throw new TypeError(`msgpack: no form for a ${typeof value}`);
    }
  }

  #number(n) {
    if (!Number.isSafeInteger(n) || Object.is(n, -0)) {
      this.#byte(0xcb);
      const at = this.#take(8);
      this.#data.writeDoubleBE(n, at);
    } else if (n >= -0x20 && n < 0x80) {
      this.#byte(n & 0xff);
    } else if (n >= 0) {
      if (n < 2 ** 8) this.#uint(0xcc, n, 1);
      else if (n < 2 ** 16) this.#uint(0xcd, n, 2);
      else if (n < 2 ** 32) this.#uint(0xce, n, 4);
      else this.#bigint(BigInt(n));
    } else {
      if (n >= -(2 ** 7)) this.#uint(0xd0, n + 2 ** 8, 1);
      else if (n >= -(2 ** 15)) this.#uint(0xd1, n + 2 ** 16, 2);
      else if (n >= -(2 ** 31)) this.#uint(0xd2, n + 2 ** 32, 4);
      else this.#bigint(BigInt(n));
    }
  }

  #uint(first, n, width) {
    const at = this.#take(1 + width);
    this.#data[at] = first;
    this.#data.writeUIntBE(n, at + 1, width);
  }

  #bigint(n) {
    if (n >= -(2n ** 31n) && n < 2n ** 32n) {
      return this.#number(Number(n));
    }
    const unsigned = n >= 0n;
    if (n !== (unsigned ? BigInt.asUintN(64, n) : BigInt.asIntN(64, n))) {
      throw new RangeError(`msgpack: ${n} has more than 64 bits`);
    }
    this.#byte(unsigned ? 0xcf : 0xd3);
    const at = this.#take(8);
    this.#data.writeBigUInt64BE(BigInt.asUintN(64, n), at);
  }

  #text(text) {
    // Encoding would turn it into U+FFFD, and we would judge another text.
    if (/\p{Surrogate}/u.test(text)) {
      throw new TypeError("msgpack: text with half a surrogate pair");
    }
    const length = Buffer.byteLength(text);
    this.#head(length, 0xa0, 32, [0xd9, 0xda, 0xdb]);
    const at = this.#take(length);
    this.#data.write(text, at, "utf8");
  }

  /** The first bytes of a str, bin, array or map: the shortest form. */
  #head(length, fix, fixLimit, [one, two, four]) {
    if (length < fixLimit) this.#byte(fix | length);
    else if (one && length < 2 ** 8) this.#uint(one, length, 1);
    else if (length < 2 ** 16) this.#uint(two, length, 2);
    else this.#uint(four, length, 4);
  }

  #object(value, depth) {
    if (value === null) {
      this.#byte(0xc0);
    } else if (Array.isArray(value)) {
      this.#head(value.length, 0x90, 16, [0, 0xdc, 0xdd]);
      for (const item of value) this.value(item, depth + 1);
    } else if (ArrayBuffer.isView(value)) {
      this.#binary(value);
    } else if (isPlain(value)) {
      const entries = Object.entries(value).filter(([, v]) => v !== undefined);
      this.#head(entries.length, 0x80, 16, [0, 0xde, 0xdf]);
      for (const [key, item] of entries) {
        this.#text(key);
        this.value(item, depth + 1);
      }
    } else {
      throw new TypeError(`msgpack: no form for a ${value.constructor?.name}`);
    }
  }

  #binary(view) {
    if (!(view instanceof Uint8Array || view instanceof Float32Array)) {
      throw new TypeError("msgpack: a vector is a Float32Array or an array");
    }
    this.#head(view.byteLength, 0, 0, [0xc4, 0xc5, 0xc6]);
    let at = this.#take(view.byteLength);
    if (view instanceof Uint8Array) {
      this.#data.set(view, at);
      return;
    }
    for (const number of view) at = this.#data.writeFloatLE(number, at);
  }
}

function isPlain(value) {
  const proto = Object.getPrototypeOf(value);
  return proto === null || Object.getPrototypeOf(proto) === null;
}

/**
 * The one value that data holds. Ints beyond 2^53 become BigInt, bin a
 * Uint8Array. Throws RangeError, naming the byte, for anything else:
 * truncated, trailing bytes, too deep, claims longer than the data,
 * extensions, keys that are not str or stand twice, invalid UTF-8.
 */
export function unpack(data) {
  const reader = new Unpacker(data);
  const value = reader.value(0);
  if (!reader.done) reader.fail("bytes after the value");
  return value;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A position in data. Every read goes through #take, which checks. */
class Unpacker {
  #data;
  #at = 0;

  constructor(data) {
    this.#data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }

  get done() {
    return this.#at === this.#data.length;
  }

  get #left() {
    return this.#data.length - this.#at;
  }

  fail(what) {
    throw new RangeError(`msgpack: ${what}, at ${this.#at}`);
  }

  #take(n) {
    if (n > this.#left) this.fail("truncated");
    const at = this.#at;
    this.#at += n;
    return at;
  }

  #uint(width) {
    const at = this.#take(width);
    return this.#data.readUIntBE(at, width);
  }

  #int(width) {
    const at = this.#take(width);
    return this.#data.readIntBE(at, width);
  }

  value(depth) {
    if (depth > MAX_DEPTH) this.fail(`deeper than ${MAX_DEPTH}`);
    const first = this.#uint(1);
    if (first < 0x80) return first;
    if (first >= 0xe0) return first - 0x100;
    if (first < 0x90) return this.#map(first & 0x0f, depth);
    if (first < 0xa0) return this.#array(first & 0x0f, depth);
    if (first < 0xc0) return this.#text(first & 0x1f);
    switch (first) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.#bytes(this.#uint(1));
      case 0xc5: return this.#bytes(this.#uint(2));
      case 0xc6: return this.#bytes(this.#uint(4));
      case 0xca: return this.#data.readFloatBE(this.#take(4));
      case 0xcb: return this.#data.readDoubleBE(this.#take(8));
      case 0xcc: return this.#uint(1);
      case 0xcd: return this.#uint(2);
      case 0xce: return this.#uint(4);
      case 0xcf: return small(this.#data.readBigUInt64BE(this.#take(8)));
      case 0xd0: return this.#int(1);
      case 0xd1: return this.#int(2);
      case 0xd2: return this.#int(4);
      case 0xd3: return small(this.#data.readBigInt64BE(this.#take(8)));
      case 0xd9: return this.#text(this.#uint(1));
      case 0xda: return this.#text(this.#uint(2));
      case 0xdb: return this.#text(this.#uint(4));
      case 0xdc: return this.#array(this.#uint(2), depth);
      case 0xdd: return this.#array(this.#uint(4), depth);
      case 0xde: return this.#map(this.#uint(2), depth);
      case 0xdf: return this.#map(this.#uint(4), depth);
      default:
        return this.fail(`type 0x${first.toString(16)} is not the wire's`);
    }
  }

  #bytes(n) {
    const at = this.#take(n);
    return new Uint8Array(this.#data.subarray(at, at + n)); // a copy
  }

  #text(n) {
    const at = this.#take(n);
    try {
      return utf8.decode(this.#data.subarray(at, at + n));
    } catch {
      return this.fail("invalid UTF-8");
    }
  }

  #array(n, depth) {
    if (n > this.#left) this.fail("an array longer than the data");
    const items = [];
    for (let i = 0; i < n; i++) items.push(this.value(depth + 1));
    return items;
  }

  #map(n, depth) {
    if (2 * n > this.#left) this.fail("a map longer than the data");
    const map = {};
    for (let i = 0; i < n; i++) {
      const key = this.value(depth + 1);
      if (typeof key !== "string" || Object.hasOwn(map, key)) {
        this.fail("a key that is not a str or stands twice");
      }
      const value = this.value(depth + 1);
      if (key === "__proto__") {
        // A plain assignment would set the prototype.
        Object.defineProperty(map, key, {
          value, enumerable: true, writable: true, configurable: true,
        });
      } else {
        map[key] = value;
      }
    }
    return map;
  }
}

/** A number where it is exact. */
function small(n) {
  return BigInt(Number(n)) === n && Number.isSafeInteger(Number(n))
    ? Number(n) : n;
}

// --- SP frames --------------------------------------------------------------
//
// Scalability Protocols, request-reply: what nng, mangos and pynng speak. Each
// side greets with 8 bytes; then a message is a length and a payload, and a
// payload begins with the request id, whose top bit is set.

const GREETING_REQ = Buffer.from("0053500000300000", "hex");
const GREETING_REP = Buffer.from("0053500000310000", "hex");
const MAX_MESSAGE = 16 * 2 ** 20; // bytes; the sidecar's own hard cap

/** A request as it travels; over ipc a byte 0x01 stands before the length. */
function frame(requestId, body, ipc) {
  const head = Buffer.alloc(ipc ? 13 : 12);
  let at = ipc ? head.writeUInt8(1) : 0;
  at = head.writeBigUInt64BE(BigInt(4 + body.length), at);
  head.writeUInt32BE(requestId, at);
  return Buffer.concat([head, body]);
}

/** Cuts a stream of bytes into payloads, however the bytes arrive. */
export class Frames {
  #head;
  #chunks = [];
  #size = 0;
  #needed; // bytes before looking again makes sense

  constructor(ipc) {
    this.#head = ipc ? 9 : 8;
    this.#needed = this.#head;
  }

  /** In the middle of a message. */
  get partial() {
    return this.#size > 0;
  }

  /**
   * The payloads that data completes. Throws RangeError for what is not a
   * frame; the stream is then lost.
   */
  feed(data) {
    this.#chunks.push(data);
    this.#size += data.length;
    if (this.#size < this.#needed) return [];
    const whole =
      this.#chunks.length === 1 ? data : Buffer.concat(this.#chunks);
    const payloads = [];
    let at = 0;
    for (;;) {
      this.#needed = this.#head;
      if (whole.length - at < this.#head) break;
      const length = this.#length(whole, at);
      this.#needed += length;
      if (whole.length - at < this.#needed) break;
      payloads.push(whole.subarray(at + this.#head, at + this.#needed));
      at += this.#needed;
    }
    this.#size = whole.length - at;
    this.#chunks = this.#size ? [whole.subarray(at)] : [];
    return payloads;
  }

  #length(data, at) {
    if (this.#head === 9 && data[at] !== 1) {
      throw new RangeError("a frame that does not begin with 0x01");
    }
    const length = data.readBigUInt64BE(at + this.#head - 8);
    if (length < 4n || length > BigInt(MAX_MESSAGE)) {
      throw new RangeError(`a frame of ${length} bytes`);
    }
    return Number(length);
  }
}

// --- one connection ---------------------------------------------------------

const STALL_MS = 1000; // a reply that has begun must go on within this

/** What net.connect needs for ipc:///path or tcp://host:port. */
function targetOf(url) {
  if (/^ipc:\/\/./.test(url)) {
    return { path: url.slice("ipc://".length) };
  }
  const tcp = /^tcp:\/\/(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})$/.exec(url);
  if (!tcp || Number(tcp[3]) > 65535 || Number(tcp[3]) === 0) {
    throw new TypeError(`${url}: neither ipc:///path nor tcp://host:port`);
  }
  return { host: tcp[1] ?? tcp[2], port: Number(tcp[3]), noDelay: true };
}

const now = () => performance.now();
const jitter = (low, high) => low + Math.random() * (high - low);

/**
 * What promise gives, unless the moment `until` or the signal comes first:
 * then an Unavailable with that reason, or the signal's own.
 */
async function within(promise, until, signal, reason, message) {
  let timer;
  let onAbort;
  const gaveUp = new Promise((_, reject) => {
    const late = () => reject(new Unavailable(reason, message));
    timer = setTimeout(late, Math.max(until - now(), 0));
    onAbort = () => reject(signal.reason);
    signal?.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([promise, gaveUp]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** A socket, and who waits for which reply. */
class Connection {
  #ipc;
  #socket;
  #frames;
  #greeting = Buffer.alloc(0);
  #greeted; // resolve and reject of `ready`
  #waiting = new Map(); // request id -> { resolve, reject, sent }
  #lastId = randomBytes(4).readUInt32BE();
  #lost; // why, once it is

  /** A greeted connection, before the moment `until`. */
  static async open(target, until) {
    for (let pause = 1; ; pause *= 2) {
      const connection = new Connection(target);
      try {
        await within(connection.ready, until, undefined, "connect",
          "no greeting in time");
        return connection;
      } catch (error) {
        connection.fail(error);
        // EAGAIN: the listener's backlog is full for the moment.
        if (error.cause?.code !== "EAGAIN" || now() + pause > until) {
          throw error;
        }
      }
      await sleep(pause * jitter(0.5, 1));
    }
  }

  constructor(target) {
    this.#ipc = target.path !== undefined;
    this.#frames = new Frames(this.#ipc);
    this.ready = new Promise((resolve, reject) => {
      this.#greeted = { resolve, reject };
    });
    this.#socket = net.connect(target)
      .on("connect", () => this.#socket.write(GREETING_REQ))
      .on("data", (data) => this.#receive(data))
      .on("timeout", () => this.fail(
        new Unavailable("protocol", "a reply stopped half way")))
      .on("error", (error) => {
        const why = new Unavailable("closed", error.message);
        why.cause = error;
        this.fail(why);
      })
      .on("close", () => this.fail(
        new Unavailable("closed", "the sidecar closed the connection")));
  }

  get alive() {
    return this.#lost === undefined;
  }

  /**
   * The decoded reply to body. Throws Unavailable; with reason "connect" the
   * request cannot have arrived.
   */
  async request(body, until, signal) {
    if (this.#lost) throw new Unavailable("connect", this.#lost.message);
    this.#lastId = (this.#lastId + 1) & 0x7fffffff;
    const requestId = (this.#lastId | 0x80000000) >>> 0; // the top bit is set
    const entry = { sent: false };
    const reply = new Promise((resolve, reject) => {
      Object.assign(entry, { resolve, reject });
    });
    this.#waiting.set(requestId, entry);
    this.#socket.ref();
    this.#socket.write(frame(requestId, body, this.#ipc), (error) => {
      entry.sent = !error;
    });
    try {
      return await within(reply, until, signal, "timeout", "no reply in time");
    } finally {
      this.#waiting.delete(requestId); // from now on the reply is late
      if (this.#waiting.size === 0) this.#socket.unref();
    }
  }

  /** Ends the connection and, with why, every request that waits. */
  fail(why) {
    if (this.#lost) return;
    this.#lost = why;
    this.#socket.destroy();
    const { message } = why;
    const early = new Unavailable("connect", message);
    early.cause = why.cause;
    this.#greeted.reject(early); // does nothing where it was greeted
    for (const { reject, sent } of this.#waiting.values()) {
      // What was not wholly sent cannot have been judged.
      reject(new Unavailable(sent ? why.reason : "connect", message));
    }
    this.#waiting.clear();
  }

  #receive(data) {
    try {
      const rest = this.#greet(data);
      for (const payload of this.#frames.feed(rest)) this.#deliver(payload);
      this.#socket.setTimeout(this.#frames.partial ? STALL_MS : 0);
    } catch (error) {
      this.fail(new Unavailable("protocol", error.message));
    }
  }

  /** Takes what is missing of the greeting from data; answers the rest. */
  #greet(data) {
    const missing = GREETING_REP.length - this.#greeting.length;
    if (missing === 0) return data;
    this.#greeting = Buffer.concat([this.#greeting, data.subarray(0, missing)]);
    if (this.#greeting.length === GREETING_REP.length) {
      if (!this.#greeting.equals(GREETING_REP)) {
        throw new RangeError("what listens there is not a REP socket");
      }
      this.#socket.unref();
      this.#greeted.resolve();
    }
    return data.subarray(missing);
  }

  #deliver(payload) {
    const requestId = payload.readUInt32BE();
    if (requestId < 0x80000000) {
      throw new RangeError("a reply without a request id");
    }
    const reply = unpack(payload.subarray(4));
    if (reply === null || typeof reply !== "object" || !isPlain(reply)) {
      throw new RangeError("a reply that is not a map");
    }
    this.#waiting.get(requestId)?.resolve(reply);
  }
}

// --- the circuit breaker ----------------------------------------------------

/**
 * Opens after some calls in a row have failed; then one call at a time tries
 * whether the sidecar is back.
 */
export class Breaker {
  #limit;
  #openMs;
  #clock;
  #failed = 0; // in a row
  #openUntil = 0;
  #probing = false;

  constructor({ failures = 5, openMs = 1000, clock = now } = {}) {
    this.#limit = failures;
    this.#openMs = openMs;
    this.#clock = clock;
  }

  /**
   * Lets a call through, or throws Unavailable. True: it is the probe, and
   * leave() must hear of its end whatever happens.
   */
  enter() {
    if (this.#failed < this.#limit) return false;
    if (this.#probing || this.#clock() < this.#openUntil) {
      throw new Unavailable("breaker",
        "the last calls failed; not trying for a moment");
    }
    this.#probing = true;
    return true;
  }

  /** healthy: true, false, or undefined where the call says nothing. */
  leave(probe, healthy) {
    if (probe) this.#probing = false;
    if (healthy === true) {
      this.#failed = 0;
    } else if (healthy === false) {
      this.#failed += 1;
      this.#openUntil = this.#clock() + this.#openMs;
    }
  }
}

// --- the client -------------------------------------------------------------

const CONNECT_MS = 100; // for connect and greeting
const RETRY_MS = 20; // before the second attempt, jittered
const POLICIES = ["fallback", "allow", "throw"];

/** The envelope to act on, of a score reply. */
export function chosen(reply) {
  return reply.results[reply.chosen];
}

/**
 * What the user may see: a string, or null where nothing may be shown. For
 * action "regenerate" it is what to show if you cannot ask again.
 */
export function textToShow(envelope, candidate) {
  return envelope.action === "block" ? null : envelope.content ?? candidate;
}

/**
 * A connection to one sidecar. Options:
 *
 * timeoutMs      for a whole call: connecting, waiting, the retry (500). The
 *                sidecar's own limit is the field deadlineMs.
 * onUnavailable  what score() does where nothing could be judged:
 *                "fallback"  the caller's line, marked "unavailable"
 *                "allow"     ships the candidate, marked and counted
 *                "throw"     throws LeewayError
 * fallback       that line; without one the action is "block"
 * token          shared secret, where the sidecar has one
 * maxInFlight    calls outstanding at a time (32); further ones wait. Keep it
 *                at or below the sidecar's limits.in_flight.
 */
export class Client {
  counters = { calls: 0, retries: 0, unchecked: 0, allowedUnchecked: 0 };
  #target;
  #options;
  #slots;
  #breaker = new Breaker();
  #connection;
  #connecting; // a promise of a connection, while there is none
  #closed = false;
  #prefix = `${randomBytes(6).toString("hex")}-`;
  #calls = 0;

  constructor(url = "ipc:///tmp/leeway.sock", options = {}) {
    this.url = url;
    this.#target = targetOf(url);
    this.#options = { timeoutMs: 500, onUnavailable: "fallback", ...options };
    this.#slots = new Slots(options.maxInFlight ?? 32);
    checkPolicy(this.#options.onUnavailable);
  }

  /** Ends the connection; calls that wait fail, later ones too. */
  close() {
    this.#closed = true;
    this.#connection?.fail(new Unavailable("closed", "client closed"));
  }

  /** The sidecar's reply to ping. Rejects with LeewayError. */
  ping(options) {
    return this.call("ping", {}, options);
  }

  /**
   * Judges one text, or up to 16 candidates `[{ text }]`.
   *
   * The fields are the wire's own: persona, session, role, locale,
   * extraGuardrails, deadlineMs, ... Answers the reply, see chosen(). Rejects
   * with LeewayError where the request itself is wrong; where the sidecar
   * could not judge it, see onUnavailable. Options: timeoutMs, signal,
   * fallback, onUnavailable, for this call alone.
   */
  async score(fields, options = {}) {
    const policy = options.onUnavailable ?? this.#options.onUnavailable;
    checkPolicy(policy);
    const count = fields.candidates?.length ?? 1;
    try {
      const reply = await this.call("score", fields, options);
      checkEnvelopes(reply, count);
      return reply;
    } catch (error) {
      if (policy === "throw" || !error.unchecked) throw error;
      const line = options.fallback ?? this.#options.fallback;
      this.counters.unchecked += 1;
      if (policy === "allow") this.counters.allowedUnchecked += 1;
      return uncheckedReply(error, policy, line, count);
    }
  }

  /**
   * Judges a reply while a model writes it: see ReplyStream. Options as of
   * score.
   *
   *     const reply = client.stream(model.deltas(), { persona: "mira" });
   *     for await (const text of reply) process.stdout.write(text);
   */
  stream(deltas, fields = {}, options = {}) {
    const policy = options.onUnavailable ?? this.#options.onUnavailable;
    checkPolicy(policy);
    return new ReplyStream(this, deltas, fields, {
      ...options, policy, line: options.fallback ?? this.#options.fallback,
    });
  }

  /**
   * The reply to any operation. A field that is undefined is not sent.
   * Rejects with LeewayError where the reply is not ok, and with the signal's
   * reason where it is aborted.
   */
  async call(op, fields = {}, { timeoutMs, signal } = {}) {
    signal?.throwIfAborted();
    this.#calls += 1;
    const body = pack({
      v: 1, op, id: this.#prefix + this.#calls, token: this.#options.token,
      ...fields,
    });
    const until = now() + (timeoutMs ?? this.#options.timeoutMs);
    this.counters.calls += 1;
    const probe = this.#breaker.enter();
    let healthy;
    try {
      const reply = await this.#callWithRetry(op, body, until, signal);
      healthy = true;
      return reply;
    } catch (error) {
      if (error instanceof LeewayError) healthy = !TROUBLE.has(error.code);
      throw error;
    } finally {
      this.#breaker.leave(probe, healthy);
    }
  }

  async #callWithRetry(op, body, until, signal) {
    try {
      return await this.#attempt(op, body, until, signal);
    } catch (error) {
      const pause = retryPause(error);
      if (pause === undefined || now() + pause >= until) throw error;
      await within(sleep(pause), until, signal, "timeout", error.message);
    }
    this.counters.retries += 1;
    return this.#attempt(op, body, until, signal); // the same id: judged once
  }

  async #attempt(op, body, until, signal) {
    await this.#slots.take(until, signal);
    let reply;
    try {
      const connection = await within(this.#connected(until), until, signal,
        "timeout", "still connecting");
      reply = await connection.request(body, until, signal);
    } finally {
      this.#slots.give();
    }
    // echo answers with the request itself
    if (op !== "echo" && reply.ok !== true) throw errorOf(reply);
    return reply;
  }

  /** The connection, made anew where there is none. */
  async #connected(until) {
    if (this.#closed) throw new Unavailable("closed", "client closed");
    if (this.#connection?.alive) return this.#connection;
    const soon = Math.min(until, now() + CONNECT_MS);
    this.#connecting ??= Connection.open(this.#target, soon)
      .finally(() => { this.#connecting = undefined; });
    const connection = await this.#connecting;
    if (this.#closed) {
      connection.fail(new Unavailable("closed", "client closed"));
    }
    this.#connection = connection;
    return connection;
  }
}

/**
 * What was shown of a streamed reply must go, and `replacement` (null:
 * nothing) be shown in its place. `envelope` says why.
 */
export class Retracted extends Error {
  constructor(replacement, envelope) {
    super(envelope.action);
    this.name = "Retracted";
    this.replacement = replacement;
    this.envelope = envelope;
  }
}

/**
 * The text that may be shown of a reply, in pieces, while it is written.
 *
 * `deltas` is what the model writes: an iterable, async or not, of strings, or
 * of Uint8Array, which may be cut inside a character. It is read one by one as
 * the loop goes on, and returned from where the reply is stopped or the loop
 * is left.
 *
 * Where the reply is refused before anything was shown, its fallback is the
 * one piece; where something had been shown, the loop ends with Retracted.
 * Where the sidecar cannot judge it, see onUnavailable of Client: what was
 * held back is replaced by the fallback, shipped, or LeewayError is thrown.
 *
 * envelope   the whole reply's, as score gives it, after the loop
 * stopped    the rest of `deltas` was not read
 */
export class ReplyStream {
  envelope = null;
  stopped = false;
  #client;
  #source;
  #fields;
  #options;
  #name; // of the stream, while it is open
  #held = Buffer.alloc(0); // what was fed and not shown
  #shown = false;

  constructor(client, deltas, fields, options) {
    this.#client = client;
    this.#source = wholeCharacters(deltas);
    this.#fields = fields;
    this.#options = options;
  }

  async *[Symbol.asyncIterator]() {
    try {
      yield* this.#judged();
    } catch (error) {
      const cause = this.#name !== undefined && error.code === "not_found"
        ? new Unavailable("closed", "the stream has gone") : error;
      if (this.#options.policy === "throw" || !cause.unchecked) throw cause;
      yield* this.#unjudged(cause);
    } finally {
      await this.#leave();
    }
  }

  #call(op, fields) {
    const { timeoutMs, signal } = this.#options;
    return this.#client.call(op, fields, { timeoutMs, signal });
  }

  async *#judged() {
    this.#name = (await this.#call("stream.open", this.#fields)).stream;
    for (let seq = 0; ; seq += 1) {
      const { done, value } = await this.#source.next();
      if (done) break;
      this.#held = Buffer.concat([this.#held, Buffer.from(value)]);
      const step = await this.#call("stream.feed",
        { stream: this.#name, seq, text: value });
      this.#held = this.#held.subarray(this.#held.length - step.held);
      if (step.emit) {
        this.#shown = true;
        yield step.emit;
      }
      if (step.stop) {
        this.stopped = true;
        break;
      }
    }
    const end = await this.#call("stream.close", { stream: this.#name });
    this.#name = undefined;
    checkEnvelopes({ ...end, chosen: 0 }, 1);
    [this.envelope] = end.results;
    if (end.retract) throw new Retracted(end.content ?? null, this.envelope);
    const { action } = this.envelope;
    const last = action === "ship" || action === "redact" ? end.emit
      : this.#shown ? "" : textToShow(this.envelope, "");
    if (last) yield last;
  }

  async *#unjudged(error) {
    const { policy, line } = this.#options;
    this.#client.counters.unchecked += 1;
    this.envelope = chosen(uncheckedReply(error, policy, line, 1));
    if (policy === "allow") {
      this.#client.counters.allowedUnchecked += 1;
      const decoder = new TextDecoder();
      yield decoder.decode(this.#held, { stream: true });
      for await (const delta of this.#source) {
        yield decoder.decode(Buffer.from(delta), { stream: true });
      }
    } else if (this.#shown) {
      throw new Retracted(line ?? null, this.envelope);
    } else if (line !== undefined) {
      yield line;
    }
  }

  async #leave() {
    const name = this.#name;
    this.#name = undefined;
    await this.#source.return?.();
    if (name !== undefined) {
      // Where that fails, it ends by itself when nobody feeds it.
      await this.#client.call("stream.abort", { stream: name }).catch(() => {});
    }
  }
}

/** A string may be cut inside a surrogate pair, which UTF-8 cannot carry. */
async function* wholeCharacters(deltas) {
  let half = "";
  for await (const delta of deltas) {
    if (typeof delta !== "string") {
      yield delta;
      continue;
    }
    const text = half + delta;
    const cut = /[\uD800-\uDBFF]$/.test(text) ? text.length - 1 : text.length;
    half = text.slice(cut);
    yield text.slice(0, cut);
  }
  if (half) yield "\uFFFD"; // as an encoder would write it
}

/** Calls outstanding at a time; further ones wait in line. */
class Slots {
  #free;
  #line = [];

  constructor(free) {
    this.#free = free;
  }

  async take(until, signal) {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    let go;
    const turn = new Promise((resolve) => { go = resolve; });
    this.#line.push(go);
    try {
      await within(turn, until, signal, "busy",
        "too many calls of this client wait");
    } catch (error) {
      const place = this.#line.indexOf(go);
      if (place >= 0) this.#line.splice(place, 1);
      else this.give(); // our turn came as we gave up
      throw error;
    }
  }

  give() {
    const go = this.#line.shift();
    if (go) go();
    else this.#free += 1;
  }
}

function checkPolicy(policy) {
  if (!POLICIES.includes(policy)) {
    throw new TypeError(`onUnavailable is one of ${POLICIES.join(", ")}`);
  }
}

/**
 * Milliseconds to wait before the one retry, or undefined: do not retry. What
 * may have arrived and been judged is not sent again.
 */
function retryPause(error) {
  if (error instanceof Unavailable) {
    return error.reason === "connect" ? RETRY_MS * jitter(0.5, 1.5) : undefined;
  }
  if (error.code === "overloaded" || error.code === "draining") {
    return (error.retryAfterMs || RETRY_MS) * jitter(0.5, 1.5);
  }
  return undefined;
}

/** A reply that says ok and holds no verdict is not a verdict. */
function checkEnvelopes({ results, chosen: index }, count) {
  if (!Array.isArray(results) || results.length !== count ||
      !Number.isInteger(index) || index < 0 || index >= count ||
      !results.every((result) => typeof result?.action === "string")) {
    throw new Unavailable("protocol", "a score reply without its envelopes");
  }
}

/** A reply in the shape of score's, for candidates that nobody judged. */
function uncheckedReply(error, policy, line, count) {
  const what = { code: error.code, http: error.http, message: error.message };
  const envelope = {
    moderationVerdict: "unavailable",
    action: policy === "allow" ? "ship" : "fallback",
    flagged: true,
    decidedBy: { kind: "client", id: "on_unavailable" },
    categories: {}, hits: [], alerts: [],
    driftScore: null, driftThreshold: null, driftAlert: null,
    drift: { status: "unavailable" },
    coverage: { bytes: 0, degraded: true },
    error: what,
  };
  if (envelope.action === "fallback" && line === undefined) {
    envelope.action = "block";
  } else if (envelope.action === "fallback") {
    Object.assign(envelope, { content: line, contentReplaced: true });
  }
  const results = Array.from({ length: count }, () => ({ ...envelope }));
  return { v: 1, op: "score", ok: false, error: what, chosen: 0, results };
}
