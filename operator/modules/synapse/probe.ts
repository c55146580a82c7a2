import { synapseAddress } from "../../../constructs/synapse/synapse-input.ts";
import type { WebAnswer } from "../../systems/cluster-web.ts";
import type { DesiredModule, ModuleAccess, ProbeResult } from "../driver.ts";
import { identityProvider } from "./configuration.ts";

interface Flows {
  readonly flows?: readonly {
    readonly type?: string;
    readonly identity_providers?: readonly { readonly id?: string }[];
  }[];
}

/** The homeserver speaks Matrix, offers login by the realm and by nothing else, and says of itself what its tenant says. */
export async function probeHomeserver(
  desired: DesiredModule,
  access: ModuleAccess,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const namespace = desired.application?.workload.rollout.namespace ?? "";
  const address = synapseAddress(namespace);
  const ask = (path: string): Promise<WebAnswer> => access.get(`${address}${path}`, signal);
  const versions = await ask("/_matrix/client/versions");
  if (versions.status === 0) return failed(address, "does not answer");
  if (versions.status !== 200 || !Array.isArray((versions.body as { versions?: unknown } | undefined)?.versions))
    return failed(address, `answers ${versions.status} to the question which versions of Matrix it speaks`);
  const login = await ask("/_matrix/client/v3/login");
  const problem = loginProblem(login);
  if (problem !== undefined) return failed(address, problem);
  const known = await ask("/.well-known/matrix/client");
  const base = (known.body as { "m.homeserver"?: { base_url?: string } } | undefined)?.["m.homeserver"]?.base_url;
  if (base?.replace(/\/$/, "") !== desired.url)
    return failed(address, `says that its address is ${base ?? "nowhere"}, not ${desired.url ?? ""}`);
  return { ok: true, message: `${desired.url} speaks Matrix and offers login by the realm alone.` };
}

function loginProblem({ status, body }: WebAnswer): string | undefined {
  const { flows = [] } = (body ?? {}) as Flows;
  if (status !== 200) return `answers ${status} to the question how to log in`;
  const providers = flows.find(({ type }) => type === "m.login.sso")?.identity_providers ?? [];
  if (!providers.some(({ id }) => id === `oidc-${identityProvider}`)) return "does not offer login by the realm";
  if (flows.some(({ type }) => type === "m.login.password")) return "offers login by password";
  return undefined;
}

function failed(address: string, what: string): ProbeResult {
  return { ok: false, message: `The homeserver at ${address} ${what}.` };
}
