import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import { driverOf } from "../../modules/registry.ts";
import { type Erasure, erasureOf, tenantGuard } from "../../reconcile/deletion-guard.ts";

/** Why a module that is being deleted loses nothing, or undefined if its removal was meant. */
export function deletionBlock(
  module: ModuleDeployment,
  tenant: Tenant | undefined,
  siblings: readonly ModuleDeployment[],
): string | undefined {
  const name = module.spec.module;
  if (tenant === undefined) {
    return `Tenant ${module.spec.tenantRef.name} does not exist, so nobody can confirm the removal of ${name}: nothing was touched.`;
  }
  if (tenant.metadata.deletionTimestamp !== undefined) {
    const guard = tenantGuard(tenant);
    if (guard !== undefined) return guard;
  } else if (tenant.spec.modules.some((entry) => entry.module === name)) {
    return `Tenant ${tenant.metadata.name} still asks for ${name}: nothing was touched. Remove it from spec.modules if it is meant.`;
  }
  const dependent = siblings.find(
    (other) =>
      other.metadata.uid !== module.metadata.uid &&
      driverOf(other.spec.module)?.requires(other.spec).includes(name) === true,
  );
  return dependent === undefined ? undefined : `Module ${dependent.spec.module} needs ${name}; it goes first.`;
}

/** External data of a module is erased only where the Tenant and the module both say Delete, and after the notice period. */
export function erasureAllowed(module: ModuleDeployment, tenant: Tenant, now: number): Erasure {
  if (module.spec.deletionPolicy !== "Delete") return { kind: "retain" };
  return erasureOf(tenant, now);
}
