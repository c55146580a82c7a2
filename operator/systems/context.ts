import type { ContextDesired, OpenXchangeApi } from "../openxchange/openxchange-api.ts";
import { contextPlan } from "../openxchange/plan.ts";
import { succeeded } from "../reconcile/story.ts";
import { AlreadyExistsError, TerminalError, WaitingError } from "../runtime/errors.ts";
import type { ExternalReport, Mode } from "./database.ts";

/** A context, and where it lives. */
export interface ContextPlace {
  readonly desired: ContextDesired;
  /** Host of the App Suite as shown in status. */
  readonly server: string;
  readonly api: OpenXchangeApi;
  /** Of its administrator; needed when it is made. */
  readonly password: string;
}

/** The context is there, ours, open, and as we want it. One request when nothing differs. */
export async function provideContext(
  { desired, server, api, password }: ContextPlace,
  mode: Mode,
): Promise<ExternalReport> {
  const observed = await api.observe(desired.name, mode.signal);
  const plan = contextPlan({ desired, observed, adopt: mode.adopt });
  if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
  const { changes, drift } = plan;
  const exists = `Context ${desired.name} exists on ${server}`;
  if (drift.length > 0 && !mode.correct)
    return { finding: succeeded(`${exists}; differences are only reported.`), drift, corrected: false };
  try {
    for (const change of changes) await api.execute(change, { password, signal: mode.signal });
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    const message = `Context ${desired.name} appeared on ${server} while it was being made; looking again.`;
    throw new WaitingError("Progressing", message, { retryAfterMs: 1_000, cause: error });
  }
  return { finding: succeeded(`${exists}.`), drift, corrected: drift.length > 0 };
}
