import { openProjectPort, webHost } from "../../../constructs/open-project/open-project-input.ts";
import type { DesiredModule, ModuleAccess, ProbeResult } from "../driver.ts";

/** Checks of the application by itself, each with what it means that it fails. */
const checks = [
  { name: "web", fails: "cannot work with its database" },
  { name: "worker", fails: "has work that waits for longer than five minutes: its worker does not get it done" },
] as const;

/** The pages say of themselves that they and their database work, and that what the worker was given is done. */
export async function probeProjects(
  desired: DesiredModule,
  access: ModuleAccess,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const namespace = desired.application?.workload.awaits[0]?.namespace ?? "";
  const address = `http://${webHost(namespace)}:${openProjectPort}`;
  for (const { name, fails } of checks) {
    const url = `${address}/health_checks/${name}.json`;
    const { status, body } = await access.get(url, signal);
    if (status === 0) return failed(url, "does not answer");
    if (status === 500) return failed(url, fails);
    // Something else may answer there with a page; only the application tells its checks by name.
    if (status !== 200 || typeof body !== "object" || body === null)
      return failed(url, `answers ${status} instead of a check`);
  }
  return { ok: true, message: `${desired.url ?? ""} works with its database, and no work waits.` };
}

function failed(url: string, what: string): ProbeResult {
  return { ok: false, message: `OpenProject at ${url} ${what}.` };
}
