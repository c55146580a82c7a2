import type { ContextWanted, ModuleAccess } from "../../modules/driver.ts";
import { contextPlan, erasePlan, retainPlan } from "../../openxchange/plan.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import { TerminalError } from "../../runtime/errors.ts";
import { provideContext } from "../../systems/context.ts";
import type { ExternalReport, Mode } from "../../systems/database.ts";

/** The context is there and the module's own. */
export async function provideOwnContext(
  { desired, server, administratorPassword }: ContextWanted,
  access: ModuleAccess,
  mode: Mode,
): Promise<ExternalReport> {
  const password = await access.secret(administratorPassword);
  return await provideContext({ desired, server, api: await access.openXchange(), password }, mode);
}

/** What is and what should be, and not one change. Undefined: there is no such context. */
export async function observeContext(
  { desired, server }: ContextWanted,
  access: ModuleAccess,
  { adopt, signal }: Pick<Mode, "adopt" | "signal">,
): Promise<ExternalReport | undefined> {
  const api = await access.openXchange();
  const observed = await api.observe(desired.name, signal);
  if (observed === undefined) return undefined;
  const plan = contextPlan({ desired, observed, adopt });
  if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
  const drift = plan.changes.map(({ kind, why }) => `${kind} (${why})`);
  return { finding: succeeded(`Context ${desired.name} exists on ${server}.`), drift, corrected: false };
}

/** Closed and kept, or gone with everything in it. */
export async function endContext(
  { desired, server }: ContextWanted,
  access: ModuleAccess,
  { erasing, signal }: { readonly erasing: boolean; readonly signal: AbortSignal },
): Promise<Finding> {
  const api = await access.openXchange();
  const state = { desired, observed: await api.observe(desired.name, signal) };
  for (const change of erasing ? erasePlan(state) : retainPlan(state)) await api.execute(change, { signal });
  return succeeded(
    erasing
      ? `Context ${desired.name} of ${server} is gone.`
      : `Context ${desired.name} of ${server} is closed and kept.`,
  );
}
