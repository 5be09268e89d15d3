// The Node client against a running sidecar:
//
//     node tests/wire/client_live.mjs URL [PERSONA]

import { chosen, Client, Retracted } from "../../proto/clients/node/leeway.mjs";

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

async function shownOf(stream) {
  let shown = "";
  for await (const text of stream) shown += text;
  return shown;
}

const deltas = TEXT.match(/.{1,4}/g);
const live = client.stream(deltas, { persona, deadlineMs: 5000 });
check("a stream shows the whole", await shownOf(live) === TEXT);
check("and its envelope is the score's", JSON.stringify(live.envelope) ===
  JSON.stringify(chosen(await score({ text: TEXT }))));
const extraGuardrails = ["deny:zorblax"];
const refused = client.stream([...deltas, " zorblax ", "and more"],
  { persona, mode: "final", deadlineMs: 5000, extraGuardrails });
check("a refused one shows its fallback",
  await shownOf(refused) === refused.envelope.content);
const late = client.stream([TEXT, ...Array(9).fill(" zorblax. ".repeat(9))],
  { mode: "shadow", deadlineMs: 5000, extraGuardrails });
check("what was shown is retracted",
  await shownOf(late).catch((error) => error) instanceof Retracted);

const echoes = await Promise.all(Array.from({ length: 2000 }, (_, n) =>
  client.call("echo", { metadata: { n: String(n) } })));
check("2,000 echoes find their callers",
  echoes.every(({ metadata }, n) => metadata.n === String(n)));

client.close();
