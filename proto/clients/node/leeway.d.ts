/** What the sidecar says of one candidate. Fields beyond these may come. */
export interface Envelope {
  /** "unavailable" is the client's own: nobody judged the text. */
  moderationVerdict: "pass" | "flag" | "redact" | "refuse" | "unavailable";
  action: "ship" | "redact" | "regenerate" | "fallback" | "block";
  /** The text that is safe to show, where it differs from the candidate. */
  content?: string;
  contentReplaced?: boolean;
  flagged: boolean;
  decidedBy?: { kind: string; id: string } | null;
  wouldAction?: string;
  categories: Record<
    string, { score: number; threshold: number; flagged: boolean }>;
  hits: Hit[];
  driftScore: number | null;
  driftThreshold: number | null;
  driftAlert: boolean | null;
  drift: { status: DriftStatus; [key: string]: unknown };
  fallback?: { pool: string; locale: string; line: number | string };
  alerts: {
    type: string; reason?: string; id?: string; dedupKey?: string;
    severity?: string;
  }[];
  coverage: { bytes: number; degraded?: boolean; [key: string]: unknown };
  unsupportedGuardrails?: string[];
  error?: { code: string; http: number; message: string };
  [key: string]: unknown;
}

export type DriftStatus =
  | "ok" | "not_applicable" | "no_fingerprint" | "low_evidence"
  | "model_mismatch" | "bad_vector" | "unavailable";

export interface Hit {
  rule: string;
  type: string;
  category: string;
  severity: string;
  mode: string;
  score: number;
  /** Half-open: bytes, code points and UTF-16 units of the candidate. */
  span: [number, number];
  spanCp: [number, number];
  spanU16: [number, number];
  [key: string]: unknown;
}

/** Keys that every reply has. */
export interface Reply {
  v: number;
  op: string;
  id?: string;
  ok: boolean;
  engine?: { generation: number; hash: string };
  timingUs?: Record<string, number>;
  [key: string]: unknown;
}

export interface ScoreReply extends Reply {
  results: Envelope[];
  /** Index into results of the candidate to use. */
  chosen: number;
  error?: { code: string; http: number; message: string };
}

export interface Candidate {
  text: string;
  /** A vector by the name of the model that made it. */
  embeddings?: Record<string, Float32Array | Uint8Array | number[]>;
}

/** Keys that every request may have. */
export interface Fields {
  id?: string;
  /** Milliseconds from arrival that the sidecar may take; 200. */
  deadlineMs?: number;
  token?: string;
  metadata?: Record<string, string>;
  traceparent?: string;
  [key: string]: unknown;
}

export interface ScoreFields extends Fields {
  persona?: string;
  workspace?: string;
  session?: string;
  messageId?: string;
  turn?: number;
  role?: "assistant" | "user" | "tool" | "system";
  locale?: string;
  text?: string;
  candidates?: Candidate[];
  extraGuardrails?: string[];
  systemPrompt?: string;
  canaries?: string[];
  cast?: string[];
  scores?: Record<string, Record<string, number>>;
  driftThreshold?: number;
  attempt?: number;
  explain?: boolean;
}

/** What score() does where nothing could be judged. */
export type Policy = "fallback" | "allow" | "throw";

export interface ClientOptions {
  /** For a whole call, the retry included; 500. */
  timeoutMs?: number;
  onUnavailable?: Policy;
  fallback?: string;
  token?: string;
  maxInFlight?: number;
}

export interface CallOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface ScoreOptions extends CallOptions {
  fallback?: string;
  onUnavailable?: Policy;
}

export class Client {
  constructor(url?: string, options?: ClientOptions);
  readonly url: string;
  readonly counters: {
    calls: number;
    retries: number;
    unchecked: number;
    allowedUnchecked: number;
  };
  ping(options?: CallOptions): Promise<Reply>;
  score(fields: ScoreFields, options?: ScoreOptions): Promise<ScoreReply>;
  stream(deltas: Deltas, fields?: StreamFields, options?: ScoreOptions):
    ReplyStream;
  call(op: string, fields?: Fields, options?: CallOptions): Promise<Reply>;
  close(): void;
}

/** What a model writes, in pieces of any kind. */
export type Deltas =
  | AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

export interface StreamFields extends
  Omit<ScoreFields, "text" | "candidates"> {
  /** What is shown before the close: what no rule can change any more
   * ("gate"), all ("shadow"), nothing ("final"). */
  mode?: "gate" | "shadow" | "final";
}

/** The text that may be shown of a reply, in pieces, while it is written. */
export class ReplyStream implements AsyncIterable<string> {
  private constructor();
  /** Of the whole, as score gives it, after the loop; null before. */
  readonly envelope: Envelope | null;
  /** The rest of the deltas was not read. */
  readonly stopped: boolean;
  [Symbol.asyncIterator](): AsyncGenerator<string, void, undefined>;
}

/** What was shown of a streamed reply must go. */
export class Retracted extends Error {
  constructor(replacement: string | null, envelope: Envelope);
  /** To be shown in its place; null: nothing. */
  readonly replacement: string | null;
  readonly envelope: Envelope;
}

export type ErrorCode =
  | "bad_request" | "unauthorized" | "forbidden" | "not_found"
  | "state_conflict" | "idempotency_conflict" | "too_large"
  | "unsupported_version" | "unknown_op" | "validation_failed"
  | "overloaded" | "draining" | "deadline_exceeded" | "internal_error"
  | "unavailable";

export class LeewayError extends Error {
  constructor(code: string, message: string, more?: {
    http?: number;
    retryAfterMs?: number;
    details?: Record<string, unknown>;
  });
  readonly code: ErrorCode | (string & {});
  readonly http: number;
  readonly retryAfterMs?: number;
  readonly details: Record<string, unknown>;
  /** The text was not judged, though nothing is wrong with the request. */
  readonly unchecked: boolean;
}

export class Unavailable extends LeewayError {
  constructor(reason: Unavailable["reason"], message: string);
  readonly reason:
    | "connect" | "closed" | "protocol" | "timeout" | "busy" | "breaker";
}

/** The error codes that mean "not judged". */
export const UNCHECKED: ReadonlySet<string>;

/** The envelope to act on. */
export function chosen(reply: ScoreReply): Envelope;

/** What the user may see; null where nothing may be shown. */
export function textToShow(envelope: Envelope, candidate: string):
  string | null;

/** The msgpack form of a value; see leeway.mjs for the types. */
export function pack(value: unknown): Uint8Array;

/** The one value that data holds. Throws RangeError for anything else. */
export function unpack(data: Uint8Array): unknown;

/** Cuts a stream of bytes into SP payloads. */
export class Frames {
  constructor(ipc: boolean);
  readonly partial: boolean;
  feed(data: Uint8Array): Uint8Array[];
}

/** Opens after some calls in a row have failed. */
export class Breaker {
  constructor(options?: {
    failures?: number; openMs?: number; clock?: () => number;
  });
  enter(): boolean;
  leave(probe: boolean, healthy?: boolean): void;
}
