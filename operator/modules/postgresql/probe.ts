import type { DesiredModule, ModuleAccess, ProbeResult } from "../driver.ts";

/** Logs in as the tenant's role and writes: a database that only answers pings does not work. */
export async function probeDatabase(
  desired: DesiredModule,
  access: ModuleAccess,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const wanted = desired.database;
  if (wanted === undefined) return { ok: false, message: "No database was asked for." };
  const { role, database } = wanted.desired;
  const password = await access.secret(wanted.password);
  const result = await (await access.postgres(wanted.host)).login({ role, password, database }, signal);
  return result.kind === "ok"
    ? { ok: true, message: `Role ${role} logs in to database ${database} on ${wanted.server}, reads and writes.` }
    : {
        ok: false,
        message: `Role ${role} cannot log in to database ${database} on ${wanted.server}: ${result.message}`,
      };
}
