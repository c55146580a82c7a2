import { clientPlan, endClientPlan } from "../../keycloak/client-plan.ts";
import type { KeycloakApi, ServiceAccount } from "../../keycloak/keycloak-api.ts";
import type { ClientWanted, ModuleAccess } from "../../modules/driver.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import { AlreadyExistsError, TerminalError, WaitingError } from "../../runtime/errors.ts";
import type { ExternalReport, Mode } from "../../systems/database.ts";

/** The client of a module is there, ours, and as we want it. One request when nothing differs. */
export async function provideClient(wanted: ClientWanted, access: ModuleAccess, mode: Mode): Promise<ExternalReport> {
  const { desired, server } = wanted;
  const { api, account } = await realmOf(wanted, access);
  const secret = await access.secret(wanted.secret);
  const observed = await api.observeClient(account, desired.clientId, mode.signal);
  const plan = clientPlan({ desired, observed, secret, adopt: mode.adopt });
  if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
  const { changes, drift } = plan;
  const exists = `Client ${desired.clientId} exists in realm ${desired.realm} of ${server}`;
  if (drift.length > 0 && !mode.correct)
    return { finding: succeeded(`${exists}; differences are only reported.`), drift, corrected: false };
  try {
    for (const change of changes) await api.execute({ account, realm: desired.realm, change }, mode.signal);
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    const message = `Client ${desired.clientId} of realm ${desired.realm} appeared while it was being made; looking again.`;
    throw new WaitingError("Progressing", message, { retryAfterMs: 1_000, cause: error });
  }
  return { finding: succeeded(`${exists}.`), drift, corrected: drift.length > 0 };
}

/** Logins to the module are off: its client is gone from the realm. */
export async function endClient(wanted: ClientWanted, access: ModuleAccess, signal: AbortSignal): Promise<Finding> {
  const { desired } = wanted;
  const { api, account } = await realmOf(wanted, access);
  const observed = await api.observeClient(account, desired.clientId, signal);
  for (const change of endClientPlan({ desired, observed }))
    await api.execute({ account, realm: desired.realm, change }, signal);
  return succeeded(`Realm ${desired.realm} has no client ${desired.clientId} of this module any more.`);
}

async function realmOf(
  wanted: ClientWanted,
  access: ModuleAccess,
): Promise<{ readonly api: KeycloakApi; readonly account: ServiceAccount }> {
  const clientSecret = await access.secret(wanted.operatorSecret);
  const account = { realm: wanted.desired.realm, clientId: wanted.operatorClientId, clientSecret };
  return { api: await access.keycloak(), account };
}
