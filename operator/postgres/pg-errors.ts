import {
  AlreadyExistsError,
  ConflictError,
  InternalError,
  type OperatorError,
  TerminalError,
  TransientError,
} from "../runtime/errors.ts";

/**
 * Five characters of the SQL standard and of PostgreSQL's appendix A, or undefined for what never reached the server's judgement. Every SQLSTATE has
 * a digit; codes of the operating system such as EPIPE have none.
 */
export function sqlState(thrown: unknown): string | undefined {
  const code = codeOf(thrown);
  return code !== undefined && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** What was being done, in words for a person; never SQL, which may hold a verifier. */
export interface Attempt {
  /** `host:port`. */
  readonly server: string;
  /** The platform's role. */
  readonly account: string;
  /** E.g. `create role minagri`. */
  readonly doing: string;
}

/** Classes of SQLSTATE that pass by themselves: connection, transaction rollback, resources, object state, operator intervention, system. */
const passing = /^(08|25|40|53|55|57|58|XX)/;

/**
 * A failure of the driver or the server as an OperatorError, told apart by SQLSTATE and never by text. Neither the server's message nor the
 * thrown error goes along: both may repeat what was sent.
 */
export function postgresError(thrown: unknown, attempt: Attempt): OperatorError {
  const { server, account, doing } = attempt;
  const state = sqlState(thrown);
  const told = (what: string) => `PostgreSQL ${server}: cannot ${doing}: ${what}`;
  if (state === undefined)
    return new TransientError("DependencyUnavailable", told(`no answer (${codeOf(thrown) ?? "connection closed"}).`));
  const code = `SQLSTATE ${state}`;
  if (state === "28P01" || state === "28000") {
    return new TransientError(
      "PermissionMissing",
      told(`the server refuses the login of ${account} (${code}); check the Secret of the region.`),
    );
  }
  if (state === "42501") {
    return new TransientError(
      "PermissionMissing",
      told(
        `${account} lacks a right (${code}); it needs CREATEDB, CREATEROLE, and ADMIN OPTION on roles that it did not make.`,
      ),
    );
  }
  if (state === "42710" || state === "42P04" || state === "23505")
    return new AlreadyExistsError(told(`somebody else made it meanwhile (${code}).`));
  if (state === "42704") return new ConflictError(told(`the role is gone meanwhile (${code}).`));
  if (state === "3D000") {
    return new TransientError(
      "DependencyUnavailable",
      told(`the database is missing (${code}); the operator itself works in database postgres, which must exist.`),
    );
  }
  if (state === "2BP01")
    return new TerminalError(
      "RemovalBlocked",
      told(`other objects of the server depend on it (${code}); reassign or drop them.`),
    );
  if (state === "42939" || state === "42602")
    return new TerminalError("InvalidSpec", told(`the server reserves this name (${code}).`));
  if (passing.test(state))
    return new TransientError("DependencyUnavailable", told(`the server is not able to now (${code}).`));
  return new InternalError(told(`unexpected ${code}.`));
}

function codeOf(thrown: unknown): string | undefined {
  const code = (thrown as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
