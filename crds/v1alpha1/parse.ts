import { z } from "zod";
import type { LiveObject } from "./status.ts";

/** One thing that a live object has wrong. `path` is written as in kubectl: spec.modules[0].module. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** What the guard at the cache's edge says of a live object. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly issues: readonly Issue[] };

const metadata = z.looseObject({ name: z.string().min(1), uid: z.string().min(1), resourceVersion: z.string().min(1) });

/**
 * The guard of one kind: turns what a server sent into a typed object, or says what is wrong with it. Never throws.
 * An object can be older than its schema, hence the guard; CEL rules are the API server's and are not asked again.
 * Fields that the schema does not know are dropped, defaults filled. A status that does not fit is dropped whole: it is
 * only what an operator wrote earlier, and the next reconcile writes it anew.
 */
export function objectParser<Spec, Status>(schemas: {
  readonly kind: string;
  readonly spec: z.ZodType<Spec>;
  readonly status: z.ZodType<Status> | undefined;
}): (object: unknown) => Parsed<LiveObject<Spec, Status>> {
  const envelope = z.looseObject({
    apiVersion: z.string(),
    kind: z.literal(schemas.kind),
    metadata,
    spec: schemas.spec,
  });
  return (object) => {
    const parsed = envelope.safeParse(object);
    if (!parsed.success) return { ok: false, issues: parsed.error.issues.map(issueOf) };
    const { status, ...rest } = parsed.data as LiveObject<Spec, unknown>;
    const known = schemas.status?.safeParse(status);
    const value = known?.success === true ? { ...rest, status: known.data } : rest;
    return { ok: true, value: value };
  };
}

function issueOf(issue: z.core.$ZodIssue): Issue {
  return { path: pathText(issue.path), message: issue.message };
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((key, index) => step(key, index)).join("");
}

function step(key: PropertyKey, index: number): string {
  if (typeof key === "number") return `[${key}]`;
  return index === 0 ? String(key) : `.${String(key)}`;
}
