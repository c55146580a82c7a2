import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileObjects } from "../../operator/export/file-objects.ts";
import { exportTenant, type TenantExport } from "../../operator/export/tenant-export.ts";

const read = (file: string): string => readFileSync(join(import.meta.dirname, "..", "..", "examples", file), "utf8");

/** What the operator would make for the example ministry with the whole suite, in a cluster that has every kind. */
export function wholeSuite(): TenantExport {
  const { tenants, regions, problems } = fileObjects([
    { name: "region", text: read("region.yaml") },
    { name: "ministry", text: read("tenant-ministry.yaml") },
  ]);
  const [tenant, region] = [tenants.get("minagri"), regions.get("cloudgouv")];
  if (tenant === undefined || region === undefined || problems.length > 0) throw new Error(problems.join("\n"));
  return exportTenant(tenant, region, {
    installation: "00000000-0000-0000-0000-000000000000",
    kinds: { has: () => true } as unknown as ReadonlySet<string>,
    apiServers: [],
    operatorNamespace: "socle-system",
    operatorSubject: { kind: "User", name: "socle" },
  });
}
