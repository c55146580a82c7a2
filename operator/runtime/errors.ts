/**
 * What went wrong, sorted by what should happen next. Errors are thrown at effects; decisions return values.
 * `reason` is a CamelCase word that ends up in a condition; `message` is written for the person who must act and
 * never carries a secret or the body of a foreign server.
 */
export abstract class OperatorError extends Error {
  readonly reason: string;
  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.reason = reason;
  }
}

/** The user must change something. Looked at again when the object changes, or at resync. */
export class TerminalError extends OperatorError {}

/** Something else must happen first. Looked at again after `retryAfterMs`, or when a watch says so. */
export class WaitingError extends OperatorError {
  readonly retryAfterMs: number;
  constructor(reason: string, message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(reason, message, options);
    this.retryAfterMs = options.retryAfterMs ?? 10_000;
  }
}

/** Our view was stale (409). Retried soon and not counted as a failure. */
export class ConflictError extends OperatorError {
  constructor(message: string, options?: ErrorOptions) {
    super("Conflict", message, options);
  }
}

/** Somebody else owns a field that we would set without force (409 of a server-side apply). */
export class FieldConflictError extends TerminalError {
  /** `manager: field` pairs as the API server reports them. */
  readonly conflicts: readonly { readonly manager: string; readonly field: string }[];
  constructor(message: string, conflicts: FieldConflictError["conflicts"], options?: ErrorOptions) {
    super("FieldConflict", message, options);
    this.conflicts = conflicts;
  }
}

/** A create met an object of that name (409 AlreadyExists). */
export class AlreadyExistsError extends ConflictError {}

/** Network, 429, 5xx, time-out, 403. Retried for ever with capped, jittered back-off. */
export class TransientError extends OperatorError {
  /** The server's own wish (Retry-After), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  constructor(reason: string, message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(reason, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** A bug of ours. */
export class InternalError extends OperatorError {
  constructor(message: string, options?: ErrorOptions) {
    super("InternalError", message, options);
  }
}

/** Every thrown thing as an OperatorError: what we did not classify is a bug of ours. */
export function asOperatorError(thrown: unknown): OperatorError {
  if (thrown instanceof OperatorError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new InternalError(`Unexpected failure: ${detail}`, { cause: thrown });
}

/** The version that a watch or a page started from is gone (410): list again. */
export class ExpiredError extends OperatorError {
  constructor(message: string, options?: ErrorOptions) {
    super("Expired", message, options);
  }
}
