import { collaboraAddress } from "../../../constructs/collabora/collabora-input.ts";
import type { DesiredModule, ModuleAccess, ProbeResult } from "../driver.ts";

/** The office says what it can open, and sends browsers to the host of this tenant and to no other. */
export async function probeOffice(
  desired: DesiredModule,
  access: ModuleAccess,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const address = collaboraAddress(desired.application?.workload.awaits[0]?.namespace ?? "");
  const failed = (what: string): ProbeResult => ({ ok: false, message: `Collabora at ${address} ${what}.` });
  const { status, text = "" } = await access.get(`${address}/hosting/discovery`, signal);
  if (status === 0) return failed("does not answer");
  if (status !== 200) return failed(`answers ${status} to the question what it can open`);
  const found = [...text.matchAll(/\burlsrc="([^"]*)"/g)].map(([, url = ""]) => url);
  const hosts = new Set(found.map((url) => (URL.canParse(url) ? new URL(url).origin : url)));
  const wanted = new URL(desired.url ?? "https://nowhere.invalid").origin;
  if (hosts.size === 0) return failed("opens nothing");
  const other = [...hosts].find((host) => host !== wanted);
  if (other !== undefined) return failed(`sends browsers to ${other}, not to ${wanted}`);
  return { ok: true, message: `${wanted} opens documents of ${found.length} kinds.` };
}
