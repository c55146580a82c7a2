import {
  AlreadyExistsError,
  ConflictError,
  type OperatorError,
  TerminalError,
  TransientError,
} from "../runtime/errors.ts";

/** What was being done, in words for a person; never a part of what was sent. */
export interface Attempt {
  /** Host and port. */
  readonly server: string;
  /** E.g. `create context minagri`. */
  readonly doing: string;
}

const told = ({ server, doing }: Attempt, what: string): string => `App Suite ${server}: cannot ${doing}: ${what}`;

/** A fault of the provisioning services as an OperatorError, told apart by the class of the exception and never by text. */
export function faultError(faultClass: string | undefined, attempt: Attempt): OperatorError {
  switch (faultClass) {
    case "InvalidCredentialsException":
      return new TransientError(
        "PermissionMissing",
        told(
          attempt,
          `it refuses the account (${faultClass}); the Secret that spec.openXchange names must hold its master administrator.`,
        ),
      );
    case "ContextExistsException":
      return new AlreadyExistsError(told(attempt, `it exists already (${faultClass}).`));
    case "NoSuchContextException":
      return new ConflictError(told(attempt, `the context is gone meanwhile (${faultClass}).`));
    case "InvalidDataException":
      return new TerminalError(
        "InvalidSpec",
        told(
          attempt,
          `it calls the data invalid (${faultClass}): the name of the context or one of the mail domains may lead to another context already. Its log says which.`,
        ),
      );
    case undefined:
      return new TransientError(
        "DependencyUnavailable",
        told(
          attempt,
          "it answers with a fault that names no class. Its log says why; a wrong master administrator is one cause.",
        ),
      );
    default:
      return new TransientError("DependencyUnavailable", told(attempt, `it is not able to now (${faultClass}).`));
  }
}

/** An answer that is no SOAP message. */
export function statusError(status: number, attempt: Attempt): OperatorError {
  if (status === 401 || status === 403)
    return new TransientError(
      "PermissionMissing",
      told(attempt, `HTTP ${status}: something before it lets nobody in.`),
    );
  const hint = status === 404 ? " spec.openXchange.url must be the address of the services, mostly …/webservices." : "";
  return new TransientError("DependencyUnavailable", told(attempt, `HTTP ${status}, and no SOAP.${hint}`));
}

/** Nobody answered. */
export function networkError(thrown: unknown, attempt: Attempt): OperatorError {
  const code = (thrown as { readonly code?: unknown } | null | undefined)?.code;
  return new TransientError(
    "DependencyUnavailable",
    told(attempt, `no answer (${typeof code === "string" ? code : "connection closed"}).`),
  );
}

/** A password must not travel where others can read it. Undefined: the address is fine. */
export function addressProblem(url: string): string | undefined {
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:" || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return undefined;
  return `spec.openXchange.url ${url} is not https, and every call to it carries the master administrator's password; use https.`;
}
