import { AlreadyExistsError, InternalError, type OperatorError, TransientError } from "../runtime/errors.ts";

/** What a store answered, as far as it may be repeated: never its message, which can quote a key. */
interface Answer {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Code of S3, such as `NoSuchBucket`. */
export function s3Code(thrown: unknown): string {
  return (thrown as Answer | undefined)?.name ?? "";
}

export function s3Status(thrown: unknown): number | undefined {
  return (thrown as Answer | undefined)?.$metadata?.httpStatusCode;
}

/** The store says that it cannot do this at all. */
export function isUnsupported(thrown: unknown): boolean {
  return s3Status(thrown) === 501 || s3Code(thrown) === "NotImplemented" || s3Status(thrown) === 405;
}

/** The account is known and may not do this: the bucket is another's. */
export function isForbidden(thrown: unknown): boolean {
  return s3Code(thrown) === "AccessDenied" || s3Code(thrown) === "AllAccessDisabled";
}

/** Being made anew by the same account is no conflict, and by another it is. */
const taken: ReadonlySet<string> = new Set(["BucketAlreadyExists", "BucketAlreadyOwnedByYou"]);
const refused: ReadonlySet<string> = new Set(["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"]);
/** Passes by itself: what was listed is not there yet, or has come meanwhile. */
const passing: ReadonlySet<string> = new Set([
  "BucketNotEmpty",
  "NoSuchBucket",
  "OperationAborted",
  "ConditionalRequestConflict",
  "SlowDown",
]);

export interface S3Attempt {
  readonly server: string;
  /** E.g. `make bucket minagri-nextcloud`. */
  readonly doing: string;
}

/** A failure of the client or the store as an OperatorError, told apart by code and status and never by text. */
export function s3Error(thrown: unknown, { server, doing }: S3Attempt): OperatorError {
  const code = s3Code(thrown);
  const status = s3Status(thrown);
  const told = (what: string): string => `Object store ${server}: cannot ${doing}: ${what}`;
  if (refused.has(code))
    return new TransientError(
      "PermissionMissing",
      told(`the account is refused (${code}); check the Secret that spec.storage.objectStore of the region names.`),
    );
  if (taken.has(code)) return new AlreadyExistsError(told(`somebody else made it meanwhile (${code}).`));
  if (passing.has(code)) return new TransientError("DependencyUnavailable", told(`not at this moment (${code}).`));
  if (status === 401 || status === 403)
    return new TransientError("PermissionMissing", told(`the account lacks a right (HTTP ${status}, ${code}).`));
  if (status === undefined || status === 429 || status >= 500) {
    const why = status === undefined ? ((thrown as Answer | undefined)?.code ?? code) : `HTTP ${status}`;
    return new TransientError("DependencyUnavailable", told(`no answer to be used (${why}).`));
  }
  return new InternalError(told(`unexpected answer (HTTP ${status}, ${code}).`));
}
