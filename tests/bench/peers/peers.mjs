/*
 * The peers' answers on labelled rows, and what they cost. Run by run.py, in
 * the folder that holds their packages:
 *
 *     node peers.mjs answers < job.json
 *     node peers.mjs time < job.json
 *
 * A job is {"files": {name: [text]}, "words": {list: [word]}}, to time also
 * {"url": the sidecar's address, "client": the path of our client}. Peers of
 * words read every file but pii*, those of personal data pii* and benign*.
 * Answers are {peer: {file: {"every": n, "answers": [answer]}}}, of rows 0, n,
 * 2n ..., a boolean each, or for personal data the list of its types. Times are
 * {peer: [microseconds a message, of each round]} over the job's only file.
 */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { Filter as BadWords } from "bad-words";
import leo from "leo-profanity";
import { Profanity } from "@2toad/profanity";
import { Filter as Glin } from "glin-profanity";
import {
  RegExpMatcher, englishDataset, englishRecommendedTransformers,
} from "obscenity";

const require = createRequire(import.meta.url);
const { keywordsCheck } =
  require("@openai/guardrails/dist/checks/keywords.js");
const { pii, PIIEntity } = require("@openai/guardrails/dist/checks/pii.js");
const { secretKeysCheck } =
  require("@openai/guardrails/dist/checks/secret-keys.js");

const ROUNDS = 5;
const ROUND_MS = 400; // of a slow peer: then it gets fewer messages
const SAMPLE = 8; // guardrails' keywords take milliseconds a message ...
const SMALL = 100; // ... but of so few rows they are asked all

// The types of ours that guardrails has one for, and all that it has on by
// default: it leaves out NRP and PERSON.
const MATCHING = ["CREDIT_CARD", "IBAN_CODE", "EMAIL_ADDRESS", "PHONE_NUMBER",
  "IP_ADDRESS", "CRYPTO", "URL", "US_SSN", "UK_NINO", "LOCATION"];
const DEFAULT = Object.values(PIIEntity)
  .filter((e) => e !== "NRP" && e !== "PERSON");

function words(job) {
  const matcher = new RegExpMatcher({
    ...englishDataset.build(), ...englishRecommendedTransformers,
  });
  const badWords = new BadWords();
  const toad = new Profanity();
  const toadInside = new Profanity({ wholeWord: false });
  const glin = new Glin();
  const glinLeet = new Glin({
    detectLeetspeak: true, leetspeakLevel: "moderate", normalizeUnicode: true,
  });
  const glinMost = new Glin({
    detectLeetspeak: true, leetspeakLevel: "aggressive",
    normalizeUnicode: true, allowObfuscatedMatch: true, fuzzyToleranceLevel: 1,
  });
  const peers = {
    obscenity: { judge: (t) => matcher.hasMatch(t) },
    "bad-words": { judge: (t) => badWords.isProfane(t) },
    "leo-profanity": { judge: (t) => leo.check(t) },
    "@2toad/profanity": { judge: (t) => toad.exists(t) },
    "@2toad/profanity wholeWord: false": { judge: (t) => toadInside.exists(t) },
    "glin-profanity": { judge: (t) => glin.isProfane(t) },
    "glin-profanity leet moderate": { judge: (t) => glinLeet.isProfane(t) },
    "glin-profanity aggressive": { judge: (t) => glinMost.isProfane(t) },
  };
  for (const [name, keywords] of Object.entries(job.words)) {
    const config = { keywords };
    peers[`guardrails keywords, ${name}`] = {
      judge: (t) => keywordsCheck(null, t, config).tripwireTriggered,
      every: SAMPLE,
    };
  }
  return peers;
}

/* Types of personal data, by a check whose info names what it found. */
function personal(entities, secrets) {
  const config = { entities, block: true, detect_encoded_pii: false };
  const judge = async (text) => {
    const found = await pii(null, text, config);
    const types = Object.keys(found.info.detected_entities ?? {});
    if (secrets) {
      const keys = await secretKeysCheck(null, text, { threshold: "balanced" });
      if (keys.tripwireTriggered) types.push("API_KEY");
    }
    return types;
  };
  return { judge, personal: true };
}

function people() {
  return {
    "guardrails PII, matching types": personal(MATCHING, false),
    "guardrails PII, default types": personal(DEFAULT, false),
    "guardrails PII and secret keys": personal(MATCHING, true),
  };
}

async function answers(job) {
  const out = {};
  for (const [name, peer] of Object.entries({ ...words(job), ...people() })) {
    const about = peer.personal ? /^(pii|benign)/ : /^(?!pii)/;
    out[name] = {};
    for (const [file, texts] of Object.entries(job.files)) {
      if (!about.test(file)) continue;
      const every = texts.length > SMALL ? peer.every ?? 1 : 1;
      const list = [];
      for (let i = 0; i < texts.length; i += every) {
        list.push(await peer.judge(texts[i]));
      }
      out[name][file] = { every, answers: list };
    }
  }
  return out;
}

/* The sidecar as a Node product would ask it: one request at a time, and 32 at
 * a time, over its socket. */
async function sidecar(url, client) {
  const { Client } = await import(client);
  const open = new Client(url, { timeoutMs: 5000, onUnavailable: "throw" });
  const ask = (text) => open.score({ text, deadlineMs: 5000 });
  return {
    close: () => open.close(),
    peers: {
      "the socket alone: echo, 1 in flight": {
        judge: (text) => open.call("echo", { text }),
      },
      "ours over ipc, 1 in flight": { judge: ask },
      "ours over ipc, 32 in flight": {
        all: async (texts) => {
          let next = 0;
          const run = async () => {
            while (next < texts.length) await ask(texts[next++]);
          };
          await Promise.all(Array.from({ length: 32 }, run));
        },
      },
    },
  };
}

async function round(peer, texts) {
  const start = process.hrtime.bigint();
  if (peer.all) {
    await peer.all(texts);
  } else {
    for (const text of texts) {
      const answer = peer.judge(text);
      if (answer instanceof Promise) await answer;
    }
  }
  return Number(process.hrtime.bigint() - start) / 1000 / texts.length;
}

/* As many of the texts as fill a round, all where they are quick. */
async function filling(peer, texts) {
  const few = texts.slice(0, 8);
  await round(peer, few); // compiles
  const us = await round(peer, few);
  return texts.slice(0, Math.max(8, Math.ceil(ROUND_MS * 1000 / us)));
}

async function time(job) {
  const [texts] = Object.values(job.files);
  const server = job.url ? await sidecar(job.url, job.client) : null;
  const peers = { ...server?.peers, ...words(job), ...people() };
  const parts = {};
  const out = {};
  for (const [name, peer] of Object.entries(peers)) {
    parts[name] = peer.all ? texts : await filling(peer, texts);
    out[name] = [];
  }
  for (let i = 0; i < ROUNDS; i++) {
    for (const [name, peer] of Object.entries(peers)) {
      out[name].push(await round(peer, parts[name]));
    }
  }
  server?.close();
  return out;
}

const job = JSON.parse(readFileSync(0, "utf8"));
const done = process.argv[2] === "time" ? await time(job) : await answers(job);
process.stdout.write(JSON.stringify(done));
