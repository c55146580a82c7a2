import type { Manifest } from "../../constructs/manifest.ts";
import type { Check } from "../policy/check.ts";
import { CheckedWorld } from "../policy/checked-world.ts";
import { type Evaluated, kindOf, type NotEvaluated } from "../policy/evaluate.ts";
import type { Read } from "../policy/read.ts";
import type { Result } from "../policy/result.ts";
import { isOfAnother, type ReportSubject } from "./subject.ts";

/** Objects that could not be read: what looks at them is not judged, since an answer without them may be wrong. */
export interface Unread {
  readonly apiVersion: string;
  readonly kind: string;
  /** `absent`: the cluster has no such kind, so there is no such object; nothing is held back. */
  readonly because: "absent" | "forbidden" | "failed";
  /** Where it was looked for, as checks call it. */
  readonly scopes: readonly Read["scope"][];
  readonly message: string;
}

/** A check that judged nothing. */
export interface NotJudged extends Omit<NotEvaluated, "because"> {
  readonly because: NotEvaluated["because"] | "unread" | "ofTenants";
}

export interface Judgement {
  readonly results: readonly Result[];
  readonly notJudged: readonly NotJudged[];
}

/** What is judged, and with what. */
export interface Judging {
  readonly subject: ReportSubject;
  readonly checks: readonly Check[];
  readonly objects: readonly Manifest[];
  readonly unread: readonly Unread[];
  /** RFC 3339. */
  readonly now: string;
}

/** What the checks say of the subject's own objects and of those that it shares with others, as the operator judges them. Pure. */
export function judgementOf({ subject, checks, objects, unread, now }: Judging): Judgement {
  const held = checks.map((check): NotJudged | undefined => unreadBy(check, unread));
  const readable = checks.filter((_, index) => held[index] === undefined);
  const world = new CheckedWorld(readable);
  for (const object of objects) world.put(object);
  const platform = world.platform(now);
  const told = subject.kind === "Tenant" ? both(platform, ofTenant(world, readable, { subject, now })) : platform;
  const others = new Set(objects.filter((object) => isOfAnother(subject, object)).map(keyOf));
  // Whoever answers for the platform answers for what it does to every tenant.
  const own = told.results.filter(
    ({ object }) => subject.kind === "SovereignRegion" || !others.has(keyOf({ ...object, metadata: object })),
  );
  const answered = new Set([...own, ...told.notEvaluated].map(({ check }) => check));
  const left = readable.filter(({ id }) => !answered.has(id)).map((check) => silent(check, subject));
  return { results: own, notJudged: [...told.notEvaluated, ...left, ...held.filter((one) => one !== undefined)] };
}

/** Checks that hold back a first Ready are among them whatever their layer; each check is told once. */
function ofTenant(
  world: CheckedWorld,
  checks: readonly Check[],
  { subject, now }: Pick<Judging, "subject" | "now">,
): Evaluated {
  const ids = new Set(checks.flatMap(({ id, layer }) => (layer === "tenant" ? [id] : [])));
  const { results, notEvaluated } = world.tenant(subject.name, now);
  return {
    results: results.filter(({ check }) => ids.has(check)),
    notEvaluated: notEvaluated.filter(({ check }) => ids.has(check)),
  };
}

function both(left: Evaluated, right: Evaluated): Evaluated {
  return {
    results: [...left.results, ...right.results],
    notEvaluated: [...left.notEvaluated, ...right.notEvaluated],
  };
}

function silent({ id, layer }: Check, { kind }: ReportSubject): NotJudged {
  return layer === "tenant" && kind === "SovereignRegion"
    ? { check: id, because: "ofTenants", why: "the report of each tenant tells" }
    : { check: id, because: "noInput", why: "nothing to judge: what it concerns belongs to others" };
}

function unreadBy({ id, evaluation }: Check, unread: readonly Unread[]): NotJudged | undefined {
  if (evaluation.status !== "implemented") return undefined;
  const reads = [...evaluation.subjects, ...(evaluation.related ?? [])];
  const kinds = unread
    .filter(
      ({ because, scopes, ...kind }) =>
        because !== "absent" && reads.some((read) => kindOf(read) === kindOf(kind) && scopes.includes(read.scope)),
    )
    .map(({ kind }) => kind);
  if (kinds.length === 0) return undefined;
  return {
    check: id,
    because: "unread",
    why: `it looks at ${[...new Set(kinds)].join(", ")}, which could not be read`,
  };
}

interface Named {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

const keyOf = ({ apiVersion, kind, metadata: { namespace, name } }: Named): string =>
  JSON.stringify([apiVersion, kind, namespace ?? "", name]);
