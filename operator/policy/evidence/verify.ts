import { evidenceLines, type EvidenceText, type Line } from "./lines.ts";
import { type Checkpoint, type EvidenceRecord, genesis, type Head, isIntact } from "./record.ts";

/** The records of one scope that were read, each of which fits to the one before it. */
export interface VerifiedChain {
  readonly scope: string;
  readonly first: EvidenceRecord;
  readonly last: EvidenceRecord;
  readonly count: number;
}

export type Verdict =
  | {
      readonly kind: "whole";
      readonly chains: readonly VerifiedChain[];
      /** Checkpoints of records before the first that was read, and of scopes of which none was. */
      readonly uncompared: number;
    }
  /** The first thing that does not fit, in a sentence that names the record. */
  | { readonly kind: "broken"; readonly fault: string };

export interface Wanted {
  /** The texts are logs: what is no evidence in them is passed over. */
  readonly log: boolean;
  /** Only this scope. */
  readonly scope?: string | undefined;
  /** Where the chain has to have been, from a place that whoever keeps the records cannot write to. */
  readonly head?: Head | undefined;
}

interface Claim {
  readonly checkpoint: Checkpoint;
  readonly place: string;
}

/** Recomputes every hash, in the order in which the records stand. Pure. */
export function verifyEvidence(texts: readonly EvidenceText[], { log, scope, head }: Wanted): Verdict {
  const chains = new Map<string, ChainReader>();
  const claims: Claim[] = [];
  let last: EvidenceRecord | undefined;
  for (const line of evidenceLines(texts, log)) {
    if (line.kind === "broken") return broken(brokenLine(line, last));
    if (line.kind === "checkpoint") claims.push(line);
    else {
      const { record, place } = line;
      const chain = chains.get(record.scope) ?? new ChainReader();
      chains.set(record.scope, chain);
      const fault = chain.add(record);
      if (fault !== undefined) return broken(`${place}: ${nameOf(record)} ${fault}`);
      last = record;
    }
  }
  const wanted = [...chains.values()].filter((chain) => scope === undefined || chain.scope === scope);
  if (head !== undefined) {
    const [only, ...others] = wanted;
    if (only === undefined)
      return broken(`Record ${head.sequence}, which the head names, is missing, as all others are.`);
    if (others.length > 0)
      return broken(`The head is of one scope; choose one of ${wanted.map((chain) => chain.scope).join(", ")}.`);
    claims.push({ checkpoint: { scope: only.scope, ...head }, place: "The head" });
  }
  return compared(wanted, claims);
}

/** Holds the chains against what was noted of them elsewhere. */
function compared(chains: readonly ChainReader[], claims: readonly Claim[]): Verdict {
  const byScope = new Map(chains.map((chain) => [chain.scope, chain]));
  let uncompared = 0;
  for (const { checkpoint, place } of claims) {
    const told = byScope.get(checkpoint.scope)?.against(checkpoint) ?? "unknown";
    if (told === "unknown") uncompared += 1;
    else if (told !== "same") return broken(`${place}: ${told}`);
  }
  return { kind: "whole", chains: chains.map((chain) => chain.verified()), uncompared };
}

/** The records of one scope, one after the other. */
class ChainReader {
  #first: EvidenceRecord | undefined;
  #last: EvidenceRecord | undefined;
  readonly #hashes: string[] = [];

  get scope(): string {
    return this.#last?.scope ?? "";
  }

  /** Why the record does not fit to those before it. */
  add(record: EvidenceRecord): string | undefined {
    const { sequence, hash, previous } = record;
    if (!isIntact(record)) return "does not bear the hash of what it says: it was changed.";
    if (this.#last === undefined && sequence === 1 && previous !== genesis.hash)
      return "is the first and continues another record.";
    if (this.#last !== undefined) {
      const { sequence: before, hash: expected } = this.#last;
      if (sequence > before + 1) return `comes after record ${before}: what stood between is missing.`;
      if (sequence <= before) return `comes after record ${before}: it stands twice, or in the wrong place.`;
      if (previous !== expected) return `does not continue record ${before} as it stands here.`;
    }
    this.#first ??= record;
    this.#last = record;
    this.#hashes.push(hash);
    return undefined;
  }

  against({ scope, sequence, hash }: Checkpoint): string {
    const first = this.#first?.sequence ?? 0;
    const last = this.#last?.sequence ?? 0;
    if (sequence < first) return "unknown";
    if (sequence > last)
      return `record ${sequence} of ${scope} was the last at some time, and the records end with ${last}: what follows is missing.`;
    if (this.#hashes[sequence - first] === hash) return "same";
    return `record ${sequence} of ${scope} had another hash when this was written: it, or one before it, is another now.`;
  }

  verified(): VerifiedChain {
    const [first, last] = [this.#first, this.#last];
    if (first === undefined || last === undefined) throw new Error("A chain without a record was asked what it holds.");
    return { scope: first.scope, first, last, count: this.#hashes.length };
  }
}

const broken = (fault: string): Verdict => ({ kind: "broken", fault });

function nameOf({ sequence, check, object }: EvidenceRecord): string {
  const { kind, namespace, name } = object;
  return `record ${sequence} (check ${check}, ${kind} ${namespace === undefined ? "" : `${namespace}/`}${name})`;
}

/** What cannot be read any more is named by what can still be made out, and by its place. */
function brokenLine({ place, text }: Extract<Line, { kind: "broken" }>, last: EvidenceRecord | undefined): string {
  const part = (name: string): string | undefined => new RegExp(`"${name}":"?([^",}]+)`).exec(text)?.[1];
  const after = last === undefined ? "the first record that was given" : `what follows record ${last.sequence}`;
  const [sequence, check, kind, name] = ["sequence", "check", "kind", "name"].map(part);
  const seen = sequence === undefined ? after : `record ${sequence}`;
  const about = check === undefined ? "" : ` (check ${[check, [kind, name].join(" ").trim()].join(", ")})`;
  const hint = last === undefined && sequence === undefined ? " If this is a log of the operator, say so (--log)." : "";
  return `${place}: ${seen}${about} is not as it was written: it was changed, or cut off.${hint}`;
}
