import type { DesiredModule, ModuleAccess, ProbeResult } from "../driver.ts";

/** The realm names the issuer that clients will check, and issues a token to its own service account. */
export async function probeRealm(
  desired: DesiredModule,
  access: ModuleAccess,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const wanted = desired.realm;
  if (wanted === undefined) return { ok: false, message: "No realm was asked for." };
  const clientSecret = await access.secret(wanted.operatorSecret);
  const account = { realm: wanted.desired.realm, clientId: wanted.desired.serviceAccountClientId, clientSecret };
  return await (await access.keycloak()).probeRealm(account, wanted.issuer, signal);
}
