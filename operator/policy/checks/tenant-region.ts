import { apiVersion, names } from "../../../crds/group.ts";
import type { Around } from "../check.ts";
import type { FieldRead, Read } from "../read.ts";
import type { Seen } from "../seen.ts";

/** Whose an object is. */
export const tenantLabel: FieldRead = {
  path: `metadata.labels[${names.tenantLabel}]`,
  whenAbsent: "error",
  violations: [],
};

/** Tenants with what leads to their region. */
export const tenantsWith = (...fields: readonly FieldRead[]): Read => ({
  apiVersion,
  kind: "Tenant",
  scope: "cluster",
  required: true,
  fields: [{ path: "spec.regionRef.name", whenAbsent: "error", violations: [] }, ...fields],
});

export const regionsWith = (...fields: readonly FieldRead[]): Read => ({
  apiVersion,
  kind: "SovereignRegion",
  scope: "cluster",
  required: true,
  fields,
});

/** The tenant of that name, and its region, as far as they are there. */
export function homeOf(tenantName: string, { named }: Around): { readonly tenant?: Seen; readonly region?: Seen } {
  const tenant = named("Tenant", tenantName);
  if (tenant === undefined) return {};
  const regionName = tenant.text("spec.regionRef.name").value;
  const region = named("SovereignRegion", regionName);
  return region === undefined ? { tenant } : { tenant, region };
}
