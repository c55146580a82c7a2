import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { ModuleSettings } from "./driver.ts";
import { driverOf } from "./registry.ts";

/** The modules of a tenant: those that it lists and those that they need, each once, in the order of need. */
export function moduleClosure(tenant: Tenant): ModuleSettings[] {
  const listed = new Map(tenant.spec.modules.map((entry) => [entry.module, entry]));
  const ordered: ModuleSettings[] = [];
  const visit = (entry: ModuleSettings): void => {
    if (ordered.some((other) => other.module === entry.module)) return;
    for (const needed of driverOf(entry.module)?.requires(entry) ?? []) visit(listed.get(needed) ?? { module: needed });
    ordered.push(entry);
  };
  for (const entry of tenant.spec.modules) visit(entry);
  return ordered;
}
