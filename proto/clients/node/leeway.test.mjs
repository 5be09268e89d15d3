// Tests of leeway.mjs: the codec against tests/golden/msgpack.json, the client
// against a fake sidecar that misbehaves on request (a Python program, so that
// the two sides share no code).
//
//     node --test proto/clients/node/

import assert from "node:assert/strict";
import { spawn, execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import {
  Breaker, chosen, Client, Frames, LeewayError, pack, Retracted, textToShow,
  Unavailable, UNCHECKED, unpack,
} from "./leeway.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.join(HERE, "../../..");
const GOLDEN = JSON.parse(
  readFileSync(path.join(ROOT, "tests/golden/msgpack.json"), "utf8"),
);

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"));

/** A value from its JSON form in the golden file. */
function valueOf(form) {
  if (Array.isArray(form)) return form.map(valueOf);
  if (form === null || typeof form !== "object") return form;
  if ("$int" in form) return BigInt(form.$int);
  if ("$float" in form) return Number(form.$float.replace("inf", "Infinity"));
  if ("$bin" in form) return bytes(form.$bin);
  if ("$f32" in form) return Float32Array.from(form.$f32);
  return Object.fromEntries(
    Object.entries(form).map(([key, item]) => [key, valueOf(item)]),
  );
}

describe("codec", () => {
  test("encodes golden values", () => {
    for (const row of GOLDEN.good) {
      if (row.encode === false) continue;
      assert.equal(hex(pack(valueOf(row.value))), row.hex, row.name);
    }
  });

  test("decodes golden bytes", () => {
    for (const row of GOLDEN.good) {
      const value = unpack(bytes(row.hex));
      assert.deepStrictEqual(value, valueOf(row.decode ?? row.value), row.name);
    }
  });

  test("refuses bad bytes", () => {
    for (const row of GOLDEN.bad) {
      assert.throws(() => unpack(bytes(row.hex)), RangeError, row.name);
    }
  });

  test("refuses every truncation", () => {
    for (const row of GOLDEN.good) {
      const whole = bytes(row.hex);
      for (let cut = 0; cut < whole.length; cut++) {
        assert.throws(() => unpack(whole.subarray(0, cut)), RangeError,
          `${row.name} cut at ${cut}`);
      }
    }
  });

  test("lengths at each boundary", () => {
    for (const n of [65535, 65536]) {
      for (const value of ["x".repeat(n), new Uint8Array(n),
        new Array(n).fill(null),
        Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, i])),
      ]) {
        assert.deepStrictEqual(unpack(pack(value)), value);
      }
    }
  });

  test("depth limit", () => {
    let at = null;
    for (let i = 0; i < 32; i++) at = [at];
    assert.deepStrictEqual(unpack(pack(at)), at);
    assert.throws(() => pack([at]), RangeError);
    assert.throws(() => unpack(Buffer.concat([bytes("91"), pack(at)])),
      RangeError);
  });

  test("undefined is left out of a map", () => {
    assert.deepStrictEqual(unpack(pack({ a: undefined, b: 1 })), { b: 1 });
  });

  test("a decoded __proto__ key changes no prototype", () => {
    const value = unpack(bytes("81a95f5f70726f746f5f5f81a17801"));
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(value.x, undefined);
  });

  test("refuses what the wire has no type for", () => {
    for (const value of [1n << 64n, -(1n << 63n) - 1n, "\ud800", "a\udc00",
      { "\ud800": 1 }, () => 1, Symbol("x"), new Date(), new Map(),
      new Float64Array(1), new Int8Array(1)]) {
      assert.throws(() => pack(value), /msgpack/, String(value));
    }
  });
});

describe("frames", () => {
  const stream = (ipc) => Buffer.concat(["first", "next"].flatMap((text) => {
    const head = Buffer.alloc(ipc ? 9 : 8);
    if (ipc) head[0] = 1;
    head.writeBigUInt64BE(BigInt(text.length), ipc ? 1 : 0);
    return [head, Buffer.from(text)];
  }));

  test("every way of cutting two of them", () => {
    for (const ipc of [true, false]) {
      const whole = stream(ipc);
      for (let cut = 0; cut <= whole.length; cut++) {
        const frames = new Frames(ipc);
        const got = [...frames.feed(whole.subarray(0, cut)),
          ...frames.feed(whole.subarray(cut))].map(String);
        assert.deepEqual(got, ["first", "next"], `cut at ${cut}`);
        assert.equal(frames.partial, false);
      }
    }
  });

  test("byte by byte", () => {
    const frames = new Frames(true);
    const got = [...stream(true)].flatMap((b) => frames.feed(Buffer.from([b])));
    assert.deepEqual(got.map(String), ["first", "next"]);
  });

  test("length limits", () => {
    const head = (n) => {
      const data = Buffer.alloc(8);
      data.writeBigUInt64BE(n);
      return data;
    };
    for (const n of [4n, 16n << 20n]) {
      assert.deepEqual(new Frames(false).feed(head(n)), []);
    }
    for (const n of [3n, (16n << 20n) + 1n, (1n << 64n) - 1n]) {
      assert.throws(() => new Frames(false).feed(head(n)), RangeError);
    }
  });
});

const folder = mkdtempSync(path.join(tmpdir(), "leeway-test-"));
after(() => rmSync(folder, { recursive: true }));
let sockets = 0;
const freshUrl = () => `ipc://${folder}/${(sockets += 1)}.sock`;

/** A fake sidecar of the test's own, gone when the test ends. */
async function serve(t, { url = freshUrl(), greeting = "good" } = {}) {
  const program = path.join(ROOT, "tests/wire/client_fake_server.py");
  const child = spawn("python3", [program, url, "--greeting", greeting],
    { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const stop = () => {
    child.stdin.end();
    return ended;
  };
  t.after(stop);
  let ready = "";
  while (!ready.includes("\n")) {
    const [piece] = await once(child.stdout, "data");
    ready += piece;
  }
  return { url: ready.trim().split(" ")[1], stop };
}

function connect(t, url, options) {
  const client = new Client(url,
    { timeoutMs: 5000, fallback: "One moment.", ...options });
  t.after(() => client.close());
  return client;
}

async function both(t, options) {
  const server = await serve(t);
  return { server, url: server.url, client: connect(t, server.url, options) };
}

async function assertUnavailable(promise, reason) {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof Unavailable, String(error));
    assert.equal(error.reason, reason);
    return true;
  });
}

describe("calls", () => {
  let server;
  before(async () => { server = await serve({ after: () => {} }); });
  after(() => server.stop());

  test("ping and score", async (t) => {
    const client = connect(t, server.url);
    assert.equal((await client.ping()).ok, true);
    const envelope = chosen(await client.score({ persona: "m", text: "Aye." }));
    assert.equal(envelope.action, "ship");
    assert.equal(textToShow(envelope, "Aye."), "Aye.");
  });

  test("what is sent", async (t) => {
    const client = connect(t, server.url, { token: "s3cret" });
    const { id, ...rest } = await client.call("echo", {
      vector: Float32Array.of(1, -0.5), text: "é", none: undefined,
    });
    assert.equal(typeof id, "string");
    assert.deepEqual(rest, {
      v: 1, op: "echo", token: "s3cret", text: "é",
      vector: bytes("0000803f000000bf"),
    });
    const next = await client.call("echo");
    assert.notEqual(next.id, id);
  });

  test("error reply is typed", async (t) => {
    const client = connect(t, server.url);
    await assert.rejects(
      client.call("fake.error", {
        key: "typed", code: "validation_failed", http: 422,
        details: { path: "text" },
      }),
      (error) => {
        assert.ok(error instanceof LeewayError);
        assert.equal(error.code, "validation_failed");
        assert.equal(error.http, 422);
        assert.equal(error.message, "as asked");
        assert.deepEqual(error.details, { path: "text" });
        assert.equal(error.unchecked, false);
        return true;
      });
  });

  test("replies out of order find their callers", async (t) => {
    const client = connect(t, server.url);
    const calls = [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
      client.call("fake.reverse", { of: 8, n }));
    const got = (await Promise.all(calls)).map((reply) => reply.n);
    assert.deepEqual(got, [0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("slow call does not hold up others", async (t) => {
    const client = connect(t, server.url);
    let done = false;
    const slow = client.call("fake.delay", { ms: 300 })
      .finally(() => { done = true; });
    for (let i = 0; i < 20; i++) await client.ping();
    assert.equal(done, false);
    assert.equal((await slow).ok, true);
  });

  test("10,000 calls with 64 in flight", async (t) => {
    const client = connect(t, server.url,
      { maxInFlight: 64, timeoutMs: 60000 });
    await client.ping(); // a busy machine may take a second try to connect
    const { retries } = client.counters;
    const all = Array.from({ length: 10000 }, (_, n) =>
      client.call("echo", { n }));
    const got = (await Promise.all(all)).map((reply) => reply.n);
    assert.ok(got.every((n, index) => n === index));
    assert.equal(client.counters.retries, retries);
  });

  test("reply byte by byte", async (t) => {
    const client = connect(t, server.url);
    assert.equal((await client.call("fake.trickle")).ok, true);
  });

  test("replies nobody waits for are ignored", async (t) => {
    const client = connect(t, server.url);
    assert.equal((await client.call("fake.late")).n, "ours");
    assert.equal((await client.ping()).ok, true);
  });

  test("over tcp", async (t) => {
    const { url } = await serve(t, { url: "tcp://127.0.0.1:0" });
    const client = connect(t, url);
    assert.equal((await client.ping()).ok, true);
    assert.equal((await client.call("fake.trickle")).ok, true);
  });

  test("an idle client lets the process end; a call keeps it", async () => {
    const code = `
      import { Client } from ${JSON.stringify(path.join(HERE, "leeway.mjs"))};
      const client = new Client(${JSON.stringify(server.url)});
      await client.ping();
      client.call("fake.delay", { ms: 100 }).then((r) => console.log(r.ok));`;
    const { stdout } = await promisify(execFile)(process.execPath,
      ["--input-type=module", "-e", code], { timeout: 10000 });
    assert.equal(stdout, "true\n");
  });

  test("example in the head comment runs", async () => {
    const source = readFileSync(path.join(HERE, "leeway.mjs"), "utf8");
    const head = source.slice(0, source.indexOf("*/"));
    const code = head.split("\n").filter((line) => line.startsWith(" *     "))
      .map((line) => line.slice(7)).join("\n")
      .replace('"leeway"', JSON.stringify(path.join(HERE, "leeway.mjs")))
      .replace("ipc:///tmp/leeway.sock", server.url);
    const { stdout } = await promisify(execFile)(process.execPath,
      ["--input-type=module", "-e", code], { timeout: 10000 });
    assert.equal(stdout, "ship Aye, the harbour gate is shut till dawn.\n");
  });
});

describe("failures", () => {
  test("timeout and late reply", async (t) => {
    const { client } = await both(t);
    await client.ping();
    const begun = performance.now();
    await assertUnavailable(
      client.call("fake.delay", { ms: 300 }, { timeoutMs: 100 }), "timeout");
    assert.ok(performance.now() - begun < 300);
    await sleep(300);
    assert.equal((await client.ping()).ok, true);
  });

  test("abort", async (t) => {
    const { client } = await both(t);
    await client.ping();
    const abort = new AbortController();
    const call = client.call("fake.silent", {}, { signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    await assert.rejects(call, { name: "AbortError" });
    await assert.rejects(client.ping({ signal: abort.signal }),
      { name: "AbortError" });
    const score = client.score({ text: "Aye." },
      { signal: AbortSignal.abort(new Error("user left")) });
    await assert.rejects(score, /user left/);
    assert.equal((await client.ping()).ok, true);
  });

  test("calls beyond maxInFlight wait", async (t) => {
    const { client } = await both(t, { maxInFlight: 1 });
    await client.ping();
    const slow = client.call("fake.delay", { ms: 300 });
    await assertUnavailable(client.ping({ timeoutMs: 50 }), "busy");
    assert.equal((await client.ping()).ok, true);
    assert.equal((await slow).ok, true);
  });

  test("server closes instead of replying", async (t) => {
    const { client } = await both(t);
    for (const op of ["fake.close", "fake.half_close"]) {
      await assertUnavailable(client.call(op), "closed");
      assert.equal((await client.ping()).ok, true);
    }
    assert.equal(client.counters.retries, 0);
  });

  test("half a reply and then nothing", async (t) => {
    const { client } = await both(t);
    await assertUnavailable(client.call("fake.half"), "protocol");
    assert.equal((await client.ping()).ok, true);
  });

  for (const kind of ["length", "short", "lead", "no_id", "no_msgpack",
    "not_a_map", "trailing", "deep", "no_ok"]) {
    test(`garbage: ${kind}`, async (t) => {
      const { client } = await both(t);
      await assertUnavailable(client.call("fake.garbage", { kind }),
        "protocol");
      assert.equal((await client.ping()).ok, true);
    });
  }

  test("garbage ends every call on the connection", async (t) => {
    const { client } = await both(t);
    await client.ping();
    const slow = assertUnavailable(client.call("fake.silent"), "protocol");
    await assertUnavailable(client.call("fake.garbage", { kind: "length" }),
      "protocol");
    await slow;
  });

  test("reconnects after a restart", async (t) => {
    const { client, server, url } = await both(t);
    await client.ping(); // on a busy machine perhaps at the second attempt
    const before = client.counters.retries;
    await server.stop();
    await assertUnavailable(client.ping(), "connect");
    assert.equal(client.counters.retries, before + 1);
    await serve(t, { url });
    assert.equal((await client.ping()).ok, true);
  });

  for (const greeting of ["wrong", "http", "silent"]) {
    test(`greeting: ${greeting}`, async (t) => {
      const { url } = await serve(t, { greeting });
      await assertUnavailable(connect(t, url).ping(), "connect");
    });
  }

  for (const code of ["overloaded", "draining"]) {
    test(`${code} is retried once`, async (t) => {
      const { client } = await both(t);
      const reply = await client.call("fake.error",
        { key: "a", code, times: 1, retryAfterMs: 5 });
      assert.equal(reply.seen, 2);
      await assert.rejects(
        client.call("fake.error", { key: "b", code, times: 2 }), { code });
    });
  }

  test("no retry that the timeout has no room for", async (t) => {
    const { client } = await both(t);
    await assert.rejects(
      client.call("fake.error",
        { key: "a", code: "overloaded", retryAfterMs: 60000 }),
      { retryAfterMs: 60000 });
    assert.equal(client.counters.retries, 0);
  });

  test("other errors are not retried", async (t) => {
    const { client } = await both(t);
    for (const code of ["bad_request", "internal_error",
      "deadline_exceeded"]) {
      await assert.rejects(
        client.call("fake.error", { key: code, code, times: 1 }), { code });
    }
    assert.equal(client.counters.retries, 0);
  });

  test("connection refused over tcp", async (t) => {
    const listener = net.createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address();
    await new Promise((resolve) => { listener.close(resolve); });
    await assertUnavailable(connect(t, `tcp://127.0.0.1:${port}`).ping(),
      "connect");
  });

  test("closed client, and calls that wait", async (t) => {
    const { client } = await both(t);
    await client.ping();
    const slow = assertUnavailable(client.call("fake.silent"), "closed");
    await sleep(20); // it is sent
    client.close();
    await slow;
    await assertUnavailable(client.ping(), "closed");
  });
});

describe("never looks clean", () => {
  function assertUnchecked(envelope, action) {
    assert.equal(envelope.action, action);
    assert.equal(envelope.moderationVerdict, "unavailable");
    assert.equal(envelope.flagged, true);
    assert.equal(envelope.driftScore, null);
    assert.equal(envelope.driftAlert, null);
    assert.equal(envelope.drift.status, "unavailable");
  }

  test("fallback is the default", async (t) => {
    const client = connect(t, freshUrl());
    const reply = await client.score({ persona: "mira", text: "Aye." });
    assert.equal(reply.ok, false);
    assertUnchecked(chosen(reply), "fallback");
    assert.equal(textToShow(chosen(reply), "Aye."), "One moment.");
    const mine = await client.score({ text: "Aye." }, { fallback: "Hm?" });
    assert.equal(chosen(mine).content, "Hm?");
    assert.equal(client.counters.unchecked, 2);
  });

  test("without a line nothing is shown", async (t) => {
    const client = connect(t, freshUrl(), { fallback: undefined });
    const envelope = chosen(await client.score({ text: "Aye." }));
    assertUnchecked(envelope, "block");
    assert.equal(textToShow(envelope, "Aye."), null);
  });

  test("allow ships marked and counted", async (t) => {
    const client = connect(t, freshUrl(), { onUnavailable: "allow" });
    const envelope = chosen(await client.score({ text: "Aye." }));
    assertUnchecked(envelope, "ship");
    assert.equal(textToShow(envelope, "Aye."), "Aye.");
    assert.equal(client.counters.allowedUnchecked, 1);
  });

  test("throw", async (t) => {
    const client = connect(t, freshUrl());
    await assertUnavailable(
      client.score({ text: "Aye." }, { onUnavailable: "throw" }), "connect");
  });

  test("every candidate gets an envelope", async (t) => {
    const client = connect(t, freshUrl());
    const reply = await client.score(
      { candidates: [{ text: "a" }, { text: "b" }] });
    assert.equal(reply.results.length, 2);
    for (const envelope of reply.results) assertUnchecked(envelope, "fallback");
  });

  test("errors that mean not judged", async (t) => {
    const { url } = await both(t);
    for (const code of UNCHECKED) {
      const client = connect(t, url);
      await client.call("fake.refuse_score", { code });
      const reply = await client.score({ text: "Aye." });
      assertUnchecked(chosen(reply), "fallback");
      assert.equal(reply.error.code, code);
    }
  });

  test("a mistake in the request is thrown under every policy", async (t) => {
    const { client } = await both(t);
    const code = "validation_failed";
    await client.call("fake.refuse_score", { code });
    for (const onUnavailable of ["fallback", "allow", "throw"]) {
      await assert.rejects(client.score({ text: "x" }, { onUnavailable }),
        { code });
    }
    await assert.rejects(client.score({ text: "\ud800" }), TypeError);
  });

  test("ok without envelopes is no verdict", async (t) => {
    const { client } = await both(t);
    await client.call("fake.empty_score");
    assertUnchecked(chosen(await client.score({ text: "Aye." })), "fallback");
  });

  test("unknown policy is refused", async (t) => {
    assert.throws(() => new Client("ipc:///x", { onUnavailable: "open" }),
      TypeError);
    await assert.rejects(
      connect(t, freshUrl()).score({ text: "x" }, { onUnavailable: "open" }),
      TypeError);
  });
});

describe("streams", () => {
  let server;
  before(async () => { server = await serve({ after: () => {} }); });
  after(() => server.stop());

  /** Deltas that remember what was left, and whether they were returned. */
  function source(...left) {
    return {
      left,
      returned: false,
      [Symbol.iterator]() { return this; },
      next() {
        return left.length > 0 ? { value: left.shift() } : { done: true };
      },
      return() {
        this.returned = true;
        return { done: true };
      },
    };
  }

  async function all(stream) {
    const shown = [];
    for await (const text of stream) shown.push(text);
    return shown;
  }

  async function retracted(stream) {
    const shown = [];
    try {
      for await (const text of stream) shown.push(text);
    } catch (error) {
      assert.ok(error instanceof Retracted, String(error));
      return { shown, ...error };
    }
    throw new assert.AssertionError({ message: "nothing was retracted" });
  }

  test("what is safe comes while it is written", async (t) => {
    const client = connect(t, server.url);
    const stream = client.stream(["Hel", "lo ", "my de", "ar."],
      { persona: "mira" });
    assert.deepEqual(await all(stream), ["Hello ", "my ", "dear."]);
    assert.equal(stream.envelope.action, "ship");
    assert.equal(stream.stopped, false);
  });

  test("characters cut in bytes and in surrogates", async (t) => {
    const client = connect(t, server.url);
    const text = "Grüße 🙂 an alle ";
    const bytewise = [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));
    assert.equal((await all(client.stream(bytewise))).join(""), text);
    assert.equal((await all(client.stream(text.split("")))).join(""), text);
    assert.equal((await all(client.stream(["a ", "\ud83d"]))).join(""),
      "a \ufffd");
  });

  test("refused before anything was shown", async (t) => {
    const deltas = source("forb", "idden", " and", " more");
    const stream = connect(t, server.url).stream(deltas);
    assert.deepEqual(await all(stream), ["Never mind."]);
    assert.ok(stream.stopped && deltas.returned);
    assert.deepEqual(deltas.left, [" and", " more"]);
  });

  test("refused after something was shown", async (t) => {
    const deltas = source("This is ", "forbidden", " and more");
    const late = await retracted(connect(t, server.url).stream(deltas));
    assert.deepEqual(late.shown, ["This is "]);
    assert.equal(late.replacement, "Never mind.");
    assert.equal(late.envelope.action, "fallback");
    assert.ok(deltas.returned);
  });

  test("leaving the loop returns from the source", async (t) => {
    const deltas = source("one ", "two ", "three ");
    for await (const text of connect(t, server.url).stream(deltas)) {
      assert.equal(text, "one ");
      break;
    }
    assert.ok(deltas.returned);
    assert.deepEqual(deltas.left, ["two ", "three "]);
  });

  test("where it cannot be judged", async (t) => {
    for (const bad of ["hang up", "vanish", "busy"]) {
      const client = connect(t, server.url);
      const stream = client.stream([bad, "more"]);
      assert.deepEqual(await all(stream), ["One moment."]);
      assert.equal(stream.envelope.moderationVerdict, "unavailable");
      const late = await retracted(client.stream(["one ", bad, "more"]));
      assert.equal(late.replacement, "One moment.");
      await assert.rejects(
        all(client.stream(["one ", bad], {}, { onUnavailable: "throw" })),
        (error) => error.unchecked);
    }
    const client = connect(t, server.url);
    const shipped = client.stream(
      ["one tw", "vanish", Uint8Array.of(0xc3), Uint8Array.of(0xa9), "end"],
      {}, { onUnavailable: "allow" });
    assert.equal((await all(shipped)).join(""), "one twvanishéend");
    assert.equal(client.counters.allowedUnchecked, 1);
  });

  test("nobody there", async (t) => {
    const line = connect(t, freshUrl()).stream(["one "]);
    assert.deepEqual(await all(line), ["One moment."]);
    const silent = connect(t, freshUrl(), { fallback: undefined })
      .stream(["one "]);
    assert.deepEqual(await all(silent), []);
    assert.equal(silent.envelope.action, "block");
  });
});

describe("breaker", () => {
  test("opens after five failures, closes after a probe", async (t) => {
    const url = freshUrl();
    const client = connect(t, url);
    for (let i = 0; i < 5; i++) {
      await assertUnavailable(client.ping(), "connect");
    }
    await assertUnavailable(client.ping(), "breaker");
    await serve(t, { url });
    await sleep(1050);
    assert.equal((await client.ping()).ok, true);
    assert.equal((await client.ping()).ok, true);
  });

  test("does not count what a living sidecar answers", async (t) => {
    const { client } = await both(t);
    const code = "bad_request";
    for (let i = 0; i < 10; i++) {
      await assert.rejects(client.call("fake.error", { key: "a", code }),
        { code });
    }
    assert.equal((await client.ping()).ok, true);
  });

  test("one probe at a time", () => {
    let time = 0;
    const breaker = new Breaker(
      { failures: 2, openMs: 1000, clock: () => time });
    for (let i = 0; i < 2; i++) breaker.leave(breaker.enter(), false);
    assert.throws(() => breaker.enter(), Unavailable);
    time = 1000;
    assert.equal(breaker.enter(), true);
    assert.throws(() => breaker.enter(), Unavailable);
    breaker.leave(true, false);
    time = 1900;
    assert.throws(() => breaker.enter(), Unavailable);
    time = 2000;
    breaker.leave(breaker.enter(), undefined); // aborted: still open
    assert.equal(breaker.enter(), true);
    breaker.leave(true, true);
    assert.equal(breaker.enter(), false);
  });

  test("a success starts the count anew", () => {
    const breaker = new Breaker({ failures: 2 });
    for (const healthy of [false, true, false]) {
      breaker.leave(breaker.enter(), healthy);
    }
    assert.equal(breaker.enter(), false);
  });
});

test("urls", () => {
  for (const url of ["ipc:///tmp/a.sock", "tcp://127.0.0.1:7710",
    "tcp://[::1]:7710"]) {
    new Client(url);
  }
  for (const url of ["", "ipc://", "http://a:1", "tcp://a", "tcp://a:x",
    "tcp://a:0", "tcp://a:70000", "tls+tcp://a:1"]) {
    assert.throws(() => new Client(url), TypeError, url);
  }
});
