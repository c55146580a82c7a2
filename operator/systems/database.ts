import { databasePlan } from "../postgres/plan.ts";
import type { DatabaseDesired, PostgresApi } from "../postgres/postgres-api.ts";
import { type Finding, succeeded } from "../reconcile/story.ts";
import { TerminalError } from "../runtime/errors.ts";

/** The difference between what is and what should be outside of Kubernetes, and what was done about it. */
export interface ExternalReport {
  readonly finding: Finding;
  /** Fields that somebody else had changed. */
  readonly drift: readonly string[];
  readonly corrected: boolean;
}

export interface Mode {
  readonly adopt: boolean;
  /** False: differences of an object that exists are reported and left. */
  readonly correct: boolean;
  readonly signal: AbortSignal;
}

/** A database with its role, and where it lives. */
export interface DatabasePlace {
  readonly desired: DatabaseDesired;
  /** Host and port as shown in status. */
  readonly server: string;
  readonly api: PostgresApi;
  readonly password: string;
}

/** Role and database are there, ours, and as we want them. */
export async function provideDatabase(
  { desired, server, api, password }: DatabasePlace,
  mode: Mode,
): Promise<ExternalReport> {
  const observed = await api.observe(desired, mode.signal);
  const exists = observed.role !== undefined && observed.database !== undefined;
  const passwordWorks = exists && (await takesPassword(api, { ...desired, password }, mode.signal));
  const plan = databasePlan({ desired, observed, adopt: mode.adopt, passwordWorks });
  if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
  if (exists && plan.drift.length > 0 && !mode.correct) {
    return {
      finding: succeeded(`Database ${desired.database} exists on ${server}; differences are only reported.`),
      drift: plan.drift,
      corrected: false,
    };
  }
  for (const change of plan.changes) await api.execute(change, { password, signal: mode.signal });
  return {
    finding: succeeded(`Database ${desired.database} and its role exist on ${server}.`),
    drift: exists ? plan.drift : [],
    corrected: exists && plan.drift.length > 0,
  };
}

/** Whether the server would take another password no better: a role or database that is closed says nothing against this one. */
export async function takesPassword(
  api: PostgresApi,
  { role, database, password }: { role: string; database: string; password: string },
  signal: AbortSignal,
): Promise<boolean> {
  const result = await api.login({ role, database, password }, signal);
  return result.kind === "ok" || result.because !== "password";
}
