import {
  AlreadyExistsError,
  ConflictError,
  InternalError,
  OperatorError,
  TerminalError,
  TransientError,
  WaitingError,
} from "../../operator/runtime/errors.ts";

/** What the operator asks of a double that lives in the process of the bench. */
export interface DoubleCall {
  readonly id: number;
  readonly system: "keycloak" | "postgres";
  /** The parameters with which the operator connected, for PostgreSQL: they hold its credential. */
  readonly server?: unknown;
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface DoubleAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: {
    readonly name: string;
    readonly reason: string;
    readonly message: string;
    readonly retryAfterMs?: number;
  };
}

/** An error as data; its class is what the operator decides by. */
export function errorData(thrown: unknown): NonNullable<DoubleAnswer["error"]> {
  if (!(thrown instanceof OperatorError)) return { name: "InternalError", reason: "", message: String(thrown) };
  const { name, reason, message } = thrown;
  const retryAfterMs = "retryAfterMs" in thrown && typeof thrown.retryAfterMs === "number" ? thrown.retryAfterMs : 0;
  return { name, reason, message, ...(retryAfterMs > 0 ? { retryAfterMs } : {}) };
}

export function errorOf({ name, reason, message, retryAfterMs }: NonNullable<DoubleAnswer["error"]>): OperatorError {
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (name === "TransientError") return new TransientError(reason, message, options);
  if (name === "WaitingError") return new WaitingError(reason, message, options);
  if (name === "TerminalError") return new TerminalError(reason, message);
  if (name === "AlreadyExistsError") return new AlreadyExistsError(message);
  if (name === "ConflictError") return new ConflictError(message);
  return new InternalError(message);
}
