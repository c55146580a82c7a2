import type { Result } from "../result.ts";
import { observedOf } from "./observed.ts";
import { type EvidenceContent, type EvidenceRecord, genesis, type Head, linked } from "./record.ts";

/** Where a chain stands: its last record, and what was said up to it. */
export interface Told {
  readonly scope: string;
  readonly head: Head | undefined;
  readonly said: readonly Result[];
  /** What is not among `said` may have been said before the operator started. */
  readonly resumed: boolean;
}

export interface Telling {
  /** RFC 3339. */
  readonly now: string;
  /** Version of the catalogue, and of the program that holds it. */
  readonly catalogue: string;
  /** Hides the secrets that the program knows. */
  readonly redact: (text: string) => string;
}

/** A record for each statement that is not what was said before, and for each that is said no more. Pure. */
export function recordsOf(told: Told, statements: readonly Result[], telling: Telling): readonly EvidenceRecord[] {
  const before = new Map(told.said.map((statement) => [subjectOf(statement), statement]));
  const changes: Change[] = [];
  for (const statement of statements) {
    const subject = subjectOf(statement);
    const known = before.get(subject);
    before.delete(subject);
    if (known === undefined) changes.push({ statement, news: told.resumed ? "restated" : "first" });
    else if (known !== statement && stateOf(known) !== stateOf(statement)) changes.push({ statement, news: "changed" });
  }
  const gone = [...before.values()].map((statement): Change => ({ statement, news: "changed", result: "gone" }));
  return inChain(told, [...changes, ...gone], telling);
}

/** The last of these records; without one, the head stays. */
export function headAfter(records: readonly EvidenceRecord[], head: Head | undefined): Head | undefined {
  const last = records.at(-1);
  return last === undefined ? head : { sequence: last.sequence, hash: last.hash };
}

interface Change {
  readonly statement: Result;
  readonly news: EvidenceContent["news"];
  readonly result?: "gone";
}

function inChain({ scope, head }: Told, changes: readonly Change[], telling: Telling): readonly EvidenceRecord[] {
  let { sequence, hash } = head ?? genesis;
  return changes.map((change) => {
    const record = linked({ sequence: sequence + 1, scope, ...contentOf(change, telling) }, hash);
    ({ sequence, hash } = record);
    return record;
  });
}

function contentOf(
  { statement, news, result }: Change,
  { now, catalogue, redact }: Telling,
): Omit<EvidenceContent, "sequence" | "scope"> {
  const { check, version, object, problems, digest, excusedBy, attestation } = statement;
  const { apiVersion, kind, namespace, name, uid } = object;
  return {
    time: now,
    catalogue,
    check,
    version,
    object: { apiVersion, kind, namespace, name, uid },
    news,
    result: result ?? statement.result,
    digest,
    observed: result === "gone" ? [] : problems.map((problem) => observedOf(problem, kind, redact)),
    excusedBy,
    attestation,
  };
}

function subjectOf({ check, object: { apiVersion, kind, namespace = "", name } }: Result): string {
  return `${check} ${apiVersion} ${kind} ${namespace}/${name}`;
}

/** With the uid, since an object that was made anew under the name of another is another. */
function stateOf({ version, result, digest, object, excusedBy, attestation }: Result): string {
  return JSON.stringify([version, result, digest, object.uid, excusedBy, attestation]);
}
