import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import { moduleClosure } from "../../modules/closure.ts";
import { driverOf } from "../../modules/registry.ts";
import { type Erasure, erasureOf, isRemovalRequested, tenantGuard } from "../../reconcile/deletion-guard.ts";

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
  } else if (isAskedFor(module, tenant)) {
    const isListed = tenant.spec.modules.some((entry) => entry.module === name);
    const [asked, them] = isListed ? [name, "it"] : [`what needs ${name}`, "that"];
    return `Tenant ${tenant.metadata.name} still asks for ${asked}: nothing was touched. No deletion can be called back: remove ${them} from spec.modules, and put it back there if it is to stay.`;
  }
  const dependent = siblings.find(
    (other) =>
      other.metadata.uid !== module.metadata.uid &&
      driverOf(other.spec.module)?.requires(other.spec).includes(name) === true,
  );
  return dependent === undefined ? undefined : `Module ${dependent.spec.module} needs ${name}; it goes first.`;
}

function isAskedFor(module: ModuleDeployment, tenant: Tenant): boolean {
  return moduleClosure(tenant).some((entry) => entry.module === module.spec.module);
}

/** Its tenant gave it up, and asked for it again before it was gone: what was begun to end is the next one's to go on with. */
export function isOvertaken(module: ModuleDeployment, tenant: Tenant | undefined): boolean {
  return (
    tenant !== undefined &&
    tenant.metadata.deletionTimestamp === undefined &&
    isRemovalRequested(module) &&
    isAskedFor(module, tenant)
  );
}

/** External data of a module is erased only where the Tenant and the module both say Delete, and after the notice period. */
export function erasureAllowed(module: ModuleDeployment, tenant: Tenant, now: number): Erasure {
  if (module.spec.deletionPolicy !== "Delete") return { kind: "retain" };
  return erasureOf(tenant, now);
}
