import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import type { Check, Evaluation, Surroundings } from "./check.ts";
import { digestOf } from "./digest.ts";
import { exceptionKind, excused } from "./exceptions.ts";
import { isRead, type Read } from "./read.ts";
import type { Result } from "./result.ts";
import { Missing, Seen, Unknown } from "./seen.ts";
import { surroundingsOf } from "./surroundings.ts";

export type { Result } from "./result.ts";

/** A check that judged nothing, and why: none of its kinds is there, or it cannot be evaluated from objects. */
export interface NotEvaluated {
  readonly check: string;
  readonly because: "noInput" | "notObservable" | "stage2";
  readonly why: string;
}

export interface Evaluated {
  readonly results: readonly Result[];
  readonly notEvaluated: readonly NotEvaluated[];
}

type Implemented = Extract<Evaluation, { readonly status: "implemented" }>;

/** Judges every object by every check that concerns its kind. Pure; `now` is RFC 3339. */
export function evaluate(checks: readonly Check[], objects: readonly Manifest[], now: string): Evaluated {
  const byKind = Map.groupBy(objects, kindOf);
  const results: Result[] = [];
  const notEvaluated: NotEvaluated[] = [];
  for (const check of checks) {
    const told = evaluateCheck(check, byKind, () => now);
    if ("because" in told) notEvaluated.push(told);
    else results.push(...told);
  }
  const exceptions = byKind.get(kindOf(exceptionKind)) ?? [];
  const find = (ref: ObjectRef) =>
    byKind.get(kindOf(ref))?.find(({ metadata }) => metadata.name === ref.name && metadata.namespace === ref.namespace);
  return { results: excused(results, { checks, exceptions, find, now }), notEvaluated };
}

/** What objects are found by: version and kind. */
export const kindOf = ({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): string =>
  `${apiVersion} ${kind}`;

/** The same for one check; objects by `kindOf`, and the clock is asked by checks of time alone. */
export function evaluateCheck(
  check: Check,
  objects: Pick<ReadonlyMap<string, readonly Manifest[]>, "get" | "has">,
  clock: () => string,
): readonly Result[] | NotEvaluated {
  const { evaluation, id } = check;
  if (evaluation.status === "notObservable")
    return { check: id, because: "notObservable", why: `not observable: ${evaluation.lacks}` };
  if (evaluation.status === "stage2")
    return { check: id, because: "stage2", why: `not in this release: ${evaluation.needs}` };
  const missing = (evaluation.related ?? []).filter((read) => read.required && !objects.has(kindOf(read)));
  const seen = (reads: readonly Read[]): Seen[] =>
    reads.flatMap((read) =>
      (objects.get(kindOf(read)) ?? [])
        .filter((object) => isRead(read, object))
        .map((object) => new Seen(object, read)),
    );
  const related = new Map<string, Seen[]>();
  for (const read of [...evaluation.subjects, ...(evaluation.related ?? [])])
    related.set(read.kind, [...(related.get(read.kind) ?? []), ...seen([read])]);
  const subjects = seen(evaluation.subjects).filter(({ object }) => evaluation.concerns?.(object) ?? true);
  if (subjects.length === 0) return noInput(id, evaluation.subjects);
  if (missing.length > 0) return noInput(id, missing);
  const surroundings = surroundingsOf(related, clock);
  return subjects.map((subject) => ({
    check: check.id,
    version: check.version,
    ...judged(evaluation, subject, surroundings),
  }));
}

const noInput = (check: string, reads: readonly Read[]): NotEvaluated => ({
  check,
  because: "noInput",
  why: `nothing to judge: no ${[...new Set(reads.map(({ kind }) => kind))].join(", ")} that it concerns`,
});

function judged(
  { judge, restsOn }: Implemented,
  subject: Seen,
  surroundings: Surroundings,
): Omit<Result, "check" | "version"> {
  const object = namedObject(subject.object);
  const digest = subject.digest();
  try {
    const problems = judge(subject, surroundings);
    const result = problems.length === 0 ? "pass" : "fail";
    const attestation = restsOn?.(subject, surroundings);
    if (attestation === undefined) return { object, result, problems, digest };
    // Another word about the same object is something new to judge.
    const both = digestOf([digest, attestation.digest()]);
    return { object, result, problems, digest: both, attestation: attestation.name };
  } catch (error) {
    if (error instanceof Missing) return { object, result: "fail", problems: [error.problem], digest };
    if (!(error instanceof Unknown)) throw error;
    const problems = [{ field: error.field, observed: "unknown", message: error.message }];
    return { object, result: "error", problems, digest };
  }
}

function namedObject(object: Manifest): Result["object"] {
  const { metadata } = object;
  return "uid" in metadata && typeof metadata.uid === "string"
    ? { ...refOf(object), uid: metadata.uid }
    : refOf(object);
}
