import { nextcloudAddress } from "../../../constructs/nextcloud/nextcloud-input.ts";
import type { DesiredModule, ModuleAccess, ProbeResult } from "../driver.ts";

interface Status {
  readonly installed?: unknown;
  readonly maintenance?: unknown;
  readonly needsDbUpgrade?: unknown;
  readonly versionstring?: unknown;
}

/** Nextcloud is installed and at work, and whoever comes is sent to the realm: it found the realm, and knows its client there. */
export async function probeNextcloud(
  desired: DesiredModule,
  access: ModuleAccess,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const namespace = desired.application?.workload.awaits[0]?.namespace ?? "";
  const address = nextcloudAddress(namespace);
  const failed = (what: string): ProbeResult => ({ ok: false, message: `Nextcloud at ${address} ${what}.` });
  const { status, body } = await access.get(`${address}/status.php`, signal);
  if (status === 0) return failed("does not answer");
  const said = (body ?? {}) as Status;
  if (said.installed !== true) return failed(`answers ${status} and does not say that it is installed`);
  if (said.maintenance !== false) return failed("is in maintenance");
  if (said.needsDbUpgrade !== false) return failed("waits for its tables to be brought up to date");
  const problem = await loginProblem(desired, address, (url) => access.get(url, signal));
  if (problem !== undefined) return failed(problem);
  const version = typeof said.versionstring === "string" ? said.versionstring : "of a version that it does not tell";
  return {
    ok: true,
    message: `${desired.url ?? ""} serves files with Nextcloud ${version} and sends people to the realm to log in.`,
  };
}

/** Two steps, as a browser takes them: to the provider that is the only one, and from there to the realm. */
async function loginProblem(
  { client }: DesiredModule,
  address: string,
  ask: (url: string) => ReturnType<ModuleAccess["get"]>,
): Promise<string | undefined> {
  const first = await ask(`${address}/index.php/login`);
  const provider = pathOf(first.location);
  if (provider === undefined || !provider.includes("/apps/user_oidc/login/"))
    return `does not send people who come to the realm (HTTP ${first.status})`;
  const second = await ask(`${address}${provider}`);
  const realm = client?.desired.realm ?? "";
  const target = URL.canParse(second.location ?? "") ? new URL(second.location ?? "") : undefined;
  const isRealm =
    target?.host === client?.server && target?.pathname.endsWith(`/realms/${realm}/protocol/openid-connect/auth`);
  if (isRealm !== true)
    return `does not find realm ${realm} of ${client?.server ?? ""} (HTTP ${second.status}): its log says why`;
  return target?.searchParams.get("client_id") === client?.desired.clientId
    ? undefined
    : `comes to realm ${realm} as a client that is not its own`;
}

function pathOf(location: string | undefined): string | undefined {
  if (location === undefined || !URL.canParse(location, "https://anywhere.invalid")) return undefined;
  return new URL(location, "https://anywhere.invalid").pathname;
}
