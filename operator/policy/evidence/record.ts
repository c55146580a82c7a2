import { createHash } from "node:crypto";
import { z } from "zod";

/** Of a record or of a state: a whole SHA-256. */
const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Part of names of objects in a store: one segment of a path. */
const scope = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
const sequence = z.int().min(1);

const content = z.strictObject({
  sequence,
  time: z.iso.datetime(),
  scope,
  catalogue: z.string(),
  check: z.string(),
  version: z.int(),
  object: z.strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    namespace: z.string().optional(),
    name: z.string(),
    uid: z.string().optional(),
  }),
  /** `restated`: after a start of the operator, which knows no more than that the passes of this check are not those of before. */
  news: z.enum(["first", "changed", "restated"]),
  /** `gone`: the check says nothing of that object any more. */
  result: z.enum(["pass", "fail", "error", "skip", "gone"]),
  digest: hash,
  observed: z.array(z.strictObject({ field: z.string(), value: z.string() })),
  excusedBy: z.string().optional(),
  attestation: z.string().optional(),
});

const record = z.strictObject({ ...content.shape, previous: hash, hash });
const checkpoint = z.strictObject({ checkpoint: z.strictObject({ scope, sequence, hash }) });

/** What a record says, without its place in the chain. */
export type EvidenceContent = Readonly<z.infer<typeof content>>;
/** One change of a result; each holds the hash of the one before it. */
export type EvidenceRecord = Readonly<z.infer<typeof record>>;

/** The last record of a chain: who knows it knows whether anything before it was changed. */
export interface Head {
  readonly sequence: number;
  readonly hash: string;
}

/** The head of a chain on some day. */
export interface Checkpoint extends Head {
  readonly scope: string;
}

/** Stands before the first record. */
export const genesis: Head = { sequence: 0, hash: "0".repeat(64) };

/** The record with its place in the chain. */
export function linked(said: EvidenceContent, previous: string): EvidenceRecord {
  const whole = content.parse(said);
  return { ...whole, previous, hash: hashOf(whole, previous) };
}

/** Does the record bear the hash of what it says? */
export function isIntact({ hash: told, previous, ...said }: EvidenceRecord): boolean {
  return hashOf(said, previous) === told;
}

/** A record as it is stored and hashed. The schema puts fields into its own order, so equal records have equal bytes. */
export function recordLine(one: EvidenceRecord): string {
  return JSON.stringify(record.parse(one));
}

export function checkpointLine({ scope: of, sequence: at, hash: last }: Checkpoint): string {
  return JSON.stringify(checkpoint.parse({ checkpoint: { scope: of, sequence: at, hash: last } }));
}

/** What a line says; undefined where it is none that was written here, byte for byte. */
export function readLine(text: string): EvidenceRecord | { readonly checkpoint: Checkpoint } | undefined {
  try {
    const read = z.union([record, checkpoint]).parse(JSON.parse(text));
    return JSON.stringify(read) === text ? read : undefined;
  } catch {
    // No JSON, or of another shape: the same for whoever asks.
    return undefined;
  }
}

export function headText(head: Head): string {
  return `${head.sequence}:${head.hash}`;
}

/** Undefined where the text is none of `headText`. */
export function readHead(text: string): Head | undefined {
  const [, at, last] = /^([1-9][0-9]{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  return at === undefined || last === undefined ? undefined : { sequence: Number(at), hash: last };
}

function hashOf(said: EvidenceContent, previous: string): string {
  return createHash("sha256")
    .update(`${previous}\n${JSON.stringify(said)}`)
    .digest("hex");
}
