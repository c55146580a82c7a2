/** Namespace and name; the queue carries nothing else. */
export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

/** One string per key, usable as a map key: `namespace/name` or `name`. */
export function keyString(key: ObjectKey): string {
  return key.namespace === undefined ? key.name : `${key.namespace}/${key.name}`;
}

/**
 * What the queue should do next. `settled`: nothing until something changes or the resync comes. `gone`: there is no such object,
 * so nothing at all until one of that name appears.
 */
export type Outcome =
  | { readonly kind: "settled" }
  | { readonly kind: "gone" }
  | { readonly kind: "requeue"; readonly afterMs: number };

export const settled: Outcome = { kind: "settled" };
export const gone: Outcome = { kind: "gone" };
export function requeue(afterMs: number): Outcome {
  return { kind: "requeue", afterMs };
}

/** Structured logging; implementations redact. Messages are constant, facts go into the fields. */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

export interface ReconcileContext {
  readonly log: Logger;
  /** Aborted on shutdown, on loss of leadership and on time-out. Pass it to every effect. */
  readonly signal: AbortSignal;
}

/** Makes the world match one object. Throws an OperatorError to be retried as its kind says. */
export interface Reconciler {
  reconcile(key: ObjectKey, context: ReconcileContext): Promise<Outcome>;
}

/** Time as an argument. */
export interface Clock {
  readonly now: () => number;
}
