import {
  AlreadyExistsError,
  ConflictError,
  ExpiredError,
  FieldConflictError,
  InternalError,
  type OperatorError,
  TerminalError,
  TransientError,
  WaitingError,
} from "../runtime/errors.ts";
import type { Answer } from "../runtime/transport.ts";

/** What was tried, for the sentence and for the few answers that mean something else for another verb. */
export interface Attempted {
  readonly verb: "get" | "list" | "create" | "apply" | "patch" | "delete" | "watch";
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

interface Cause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

interface Status {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly kind?: string;
    readonly causes?: readonly Cause[];
    readonly retryAfterSeconds?: number;
  };
}

/** A condition may hold 32 KiB; a person reads less. */
const longestMessage = 2_000;

/** A 404 counts only with the server's own word for it: a starting server or a proxy says 404 too. */
export function isNotFound(answer: Answer): boolean {
  return answer.status === 404 && statusOf(answer).reason === "NotFound";
}

/**
 * What an answer that is no success means. Decided by code, `reason` and `details` of the Status; its text is only shown, because
 * it is the API server speaking about our own objects.
 */
export function translateAnswer(answer: Answer, attempted: Attempted): OperatorError {
  const status = statusOf(answer);
  const message = sentence(answer, status, attempted);
  const retry = retryOf(answer, status);
  switch (answer.status) {
    case 400:
    case 413:
    case 422:
      return refused(status, message, attempted);
    case 401:
      return new TransientError("PermissionMissing", `${message} (the credentials are not accepted)`, retry);
    case 403:
      return forbidden(status, message, retry);
    case 404:
      return notFound(status, message, attempted);
    case 409:
      return conflict(status, message);
    case 410:
      return new ExpiredError(message);
    case 429:
      return new TransientError("ProviderUnreachable", message, retry);
    case 500:
      if (isTypedPatchRefusal(status, attempted)) return new TerminalError("InvalidSpec", message);
      return new TransientError("ProviderUnreachable", message, retry);
    default:
      return answer.status > 500 || answer.status < 400
        ? new TransientError("ProviderUnreachable", message, retry)
        : new InternalError(message);
  }
}

/** `apply ConfigMap t-a-apps/settings`, for messages. */
export function attemptText(attempted: Attempted): string {
  const { verb, kind, namespace, name } = attempted;
  const place = [namespace, name].filter((part) => part !== undefined).join("/");
  return place === "" ? `${verb} ${kind}` : `${verb} ${kind} ${place}`;
}

function statusOf(answer: Answer): Status {
  const json = answer.json as Status | null | undefined;
  return json?.kind === "Status" ? json : {};
}

function retryOf(answer: Answer, status: Status): { retryAfterMs?: number } {
  const seconds = status.details?.retryAfterSeconds ?? 0;
  const retryAfterMs = answer.retryAfterMs ?? (seconds > 0 ? seconds * 1000 : undefined);
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

function sentence(answer: Answer, status: Status, attempted: Attempted): string {
  const said = quotesContent(status, attempted) ? (fieldsOf(status) ?? undefined) : status.message;
  return `${attemptText(attempted)}: ${said ?? `the API server answered ${answer.status}`}`.slice(0, longestMessage);
}

/** The server quotes refused values: of a Secret that is the secret, of a refused patch it is the whole object. */
function quotesContent(status: Status, attempted: Attempted): boolean {
  const refusal = status.reason === "Invalid" || status.reason === "BadRequest" || status.reason === undefined;
  return refusal && (attempted.kind === "Secret" || causesOf(status).some((cause) => cause.field === "patch"));
}

function fieldsOf(status: Status): string | undefined {
  const fields = causesOf(status).flatMap((cause) => (cause.field === undefined ? [] : [cause.field]));
  return fields.length === 0 ? undefined : `refused because of ${fields.join(", ")}`;
}

function causesOf(status: Status): readonly Cause[] {
  return status.details?.causes ?? [];
}

/** A policy (ValidatingAdmissionPolicy) adds a cause that is only a message; validation of a schema names the field and its reason. */
function isPolicyRefusal(status: Status): boolean {
  const causes = causesOf(status);
  return causes.length > 0 && causes.every((cause) => cause.reason === undefined && cause.field === undefined);
}

function refused(status: Status, message: string, attempted: Attempted): OperatorError {
  const causes = causesOf(status);
  // Cut off on its way, or the words of a proxy: no refusal of the server, after which nothing would be tried for hours.
  if (status.reason === undefined && status.message === undefined)
    return new TransientError("ProviderUnreachable", message);
  if (isPolicyRefusal(status)) return new TerminalError("PolicyDenied", message);
  // The uid goes along with what was looked at; a newcomer of that name makes it an attempt to change the uid.
  if (causes.length > 0 && causes.every((cause) => cause.field === "metadata.uid")) return new ConflictError(message);
  // A JSON patch whose test failed, or whose path is not there, has no cause at all.
  if (attempted.verb === "patch" && status.reason === "Invalid" && causes.length === 0)
    return new ConflictError(message);
  // An admission webhook that gives no reason of its own.
  if (status.reason === undefined && status.message !== undefined) return new TerminalError("PolicyDenied", message);
  return new TerminalError("InvalidSpec", message);
}

function forbidden(status: Status, message: string, retry: { retryAfterMs?: number }): OperatorError {
  if (causesOf(status).some((cause) => cause.reason === "NamespaceTerminating"))
    return new WaitingError("Terminating", message, retry);
  if (isPolicyRefusal(status)) return new TerminalError("PolicyDenied", message);
  // The authorizer and the built-in plug-ins say which kind was asked for; a webhook's own words come without. A proxy in front
  // may also answer so, hence this is tried again.
  if (status.reason !== undefined && status.details === undefined)
    return new TransientError("PolicyDenied", message, retry);
  return new TransientError("PermissionMissing", message, retry);
}

function notFound(status: Status, message: string, attempted: Attempted): OperatorError {
  if (status.reason !== "NotFound") {
    return new TransientError(
      "DependencyMissing",
      `${message}; it does not serve ${attempted.kind} (yet): is the CustomResourceDefinition installed?`,
    );
  }
  if (status.details?.kind === "namespaces" && attempted.kind !== "Namespace")
    return new WaitingError("DependencyMissing", message);
  return new WaitingError("NotObserved", message, { retryAfterMs: 1_000 });
}

function conflict(status: Status, message: string): OperatorError {
  if (status.reason === "AlreadyExists") return new AlreadyExistsError(message);
  const causes = causesOf(status).filter((cause) => cause.reason === "FieldManagerConflict");
  if (causes.length === 0) return new ConflictError(message);
  const conflicts = causes.map((cause) => ({
    field: cause.field ?? "",
    manager: /"([^"]*)"/.exec(cause.message ?? "")?.[1] ?? "somebody else",
  }));
  return new FieldConflictError(message, conflicts);
}

/**
 * An apply that states a field or a type which the schema does not know is answered with 500, no reason and no details: measured on
 * 1.34 and 1.36. Failures of etcd look the same but for the text, so this is the one place that reads it: retried, it would be for ever.
 */
function isTypedPatchRefusal(status: Status, attempted: Attempted): boolean {
  const bare = attempted.verb === "apply" && (status.reason ?? "") === "" && status.details === undefined;
  return bare && (status.message ?? "").startsWith("failed to create typed patch object");
}
