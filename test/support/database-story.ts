import { erasePlan, retainPlan } from "../../operator/postgres/plan.ts";
import type { DatabaseDesired, PostgresApi } from "../../operator/postgres/postgres-api.ts";
import { type ExternalReport, provideDatabase } from "../../operator/systems/database.ts";

export interface Story {
  readonly api: PostgresApi;
  readonly desired: DatabaseDesired;
  readonly password: string;
}

/** What a test may wish otherwise than a module does by default. */
export interface Wishes {
  readonly adopt?: boolean;
  readonly correct?: boolean;
}

const never = new AbortController().signal;

/** One pass over role and database, as the reconciler of modules makes it. */
export async function provide({ api, desired, password }: Story, wishes: Wishes = {}): Promise<ExternalReport> {
  return await provideDatabase(
    { desired, server: "server", api, password },
    { adopt: false, correct: true, ...wishes, signal: never },
  );
}

/** The end of a module whose data is kept. */
export async function retain({ api, desired }: Story): Promise<void> {
  const observed = await api.observe(desired, never);
  for (const change of retainPlan({ desired, observed })) await api.execute(change, { signal: never });
}

/** The end of a module whose data goes. */
export async function erase({ api, desired }: Story): Promise<void> {
  const observed = await api.observe(desired, never);
  for (const change of erasePlan({ desired, observed })) await api.execute(change, { signal: never });
}
