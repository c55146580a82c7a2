import { type OperatorError, TerminalError, TransientError } from "../runtime/errors.ts";
import type { Answer } from "../runtime/transport.ts";
import { problemAnswer, quotaAnswer } from "./answers.ts";

export interface NumSpotAttempt {
  /** Host. */
  readonly server: string;
  /** E.g. `list load balancers`. */
  readonly doing: string;
}

/** A longer wait than the interval between two looks would change nothing. */
const longestResetMs = 6 * 3_600_000;

/** An answer that is no success as an OperatorError, told apart by status and type of the problem and never by its text, which may quote what was sent. */
export function numSpotError(answer: Answer, { server, doing }: NumSpotAttempt, now: number): OperatorError {
  const { status } = answer;
  const type = problemType(answer.json);
  const said = type === undefined ? `HTTP ${status}` : `HTTP ${status}, ${type}`;
  const told = (what: string): string => `NumSpot ${server}: cannot ${doing}: ${what}`;
  if (status === 401 || type === "unauthenticated_access")
    return new TransientError(
      "PermissionMissing",
      told(`the account is refused (${said}); check the Secret that spec.provider.credentialsSecretRef names.`),
    );
  if (status === 403)
    return new TransientError(
      "PermissionMissing",
      told(`the account lacks a right (${said}); give it the right to list and read this.`),
    );
  if (status === 404)
    return new TerminalError(
      "InvalidSpec",
      told(
        `it is not there (${said}); check apiURL, organisationID and spaceID below spec.provider, and that this region has the service.`,
      ),
    );
  if (status === 429) {
    const retryAfterMs = answer.retryAfterMs ?? untilReset(answer.json, now);
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    return new TransientError("ProviderUnreachable", told(`too many requests (${said}).`), options);
  }
  return new TransientError("ProviderUnreachable", told(`no answer to be used (${said}).`));
}

/** An answer whose shape is none that is documented: nothing of it is believed. */
export function shapeError({ server, doing }: NumSpotAttempt, fields: readonly string[]): OperatorError {
  const where = fields.slice(0, 3).join(", ");
  return new TransientError(
    "ProviderUnreachable",
    `NumSpot ${server}: cannot ${doing}: the answer has another shape than documented (${where}).`,
  );
}

/** The word after `urn:numspot:errors#`; anything else is not repeated. */
function problemType(json: unknown): string | undefined {
  const problem = problemAnswer.safeParse(json);
  return problem.success ? /^urn:numspot:errors#([a-z_]{1,64})$/.exec(problem.data.type)?.[1] : undefined;
}

/** Until the last of the quotas that were reached is reset. */
function untilReset(json: unknown, now: number): number | undefined {
  const answer = quotaAnswer.safeParse(json);
  if (!answer.success) return undefined;
  const waits = answer.data.quota
    .map(({ rateLimit }) => Date.parse(rateLimit?.reset ?? "") - now)
    .filter((wait) => wait > 0);
  return waits.length === 0 ? undefined : Math.min(Math.max(...waits), longestResetMs);
}
