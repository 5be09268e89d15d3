// The Node client against a running sidecar:
//
//     node tests/wire/client_live.mjs URL [PERSONA]

import { chosen, Client } from "../../proto/clients/node/leeway.mjs";

const [url, persona = "falstaff"] = process.argv.slice(2);
const TEXT = "Give me a cup of sack, boy, and be quick about it, for I am dry.";
const client = new Client(url, { timeoutMs: 10000, onUnavailable: "throw" });

function check(what, fine) {
  console.log(fine ? "ok  " : "FAIL", what);
  if (!fine) process.exitCode = 1;
}

function score(fields) {
  return client.score({ persona, deadlineMs: 5000, ...fields });
}

async function codeOf(promise) {
  try {
    await promise;
    return "no error";
  } catch (error) {
    return error.code;
  }
}

check("ping", (await client.ping()).ok);

const reply = await score({ text: TEXT });
check("score is judged", reply.ok);
check("verdict is the sidecar's",
  ["pass", "flag", "redact", "refuse"].includes(
    chosen(reply).moderationVerdict));

const denied = await score({
  text: `${TEXT} zorblax`, extraGuardrails: ["deny:zorblax"],
});
check("a denied word is caught", chosen(denied).flagged);

const embeddings = { "client-live": Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0) };
const strange = await score({ candidates: [{ text: TEXT, embeddings }] });
check("a vector of an unknown model is no drift",
  chosen(strange).drift.status !== "ok");

const many = await score({
  candidates: Array.from({ length: 16 }, (_, n) => ({ text: `${TEXT} ${n}` })),
});
check("16 candidates, 16 envelopes", many.results.length === 16);

check("not_found",
  await codeOf(score({ text: TEXT, persona: "nobody-here" })) === "not_found");
check("validation_failed",
  await codeOf(score({ text: TEXT, perssona: "x" })) === "validation_failed");

const echoes = await Promise.all(Array.from({ length: 2000 }, (_, n) =>
  client.call("echo", { metadata: { n: String(n) } })));
check("2,000 echoes find their callers",
  echoes.every(({ metadata }, n) => metadata.n === String(n)));

client.close();
