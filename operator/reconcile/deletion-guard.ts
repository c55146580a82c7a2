import { names } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";

/** Days between the notice of erasure and erasure (SecNumCloud 3.2, requirement 19.4.a). */
export const noticePeriodDays = 21;
const dayMs = 86_400_000;

/** Why a Tenant that is being deleted loses nothing, or undefined if its deletion was meant. */
export function tenantGuard(tenant: Tenant): string | undefined {
  const { name } = tenant.metadata;
  if (tenant.spec.lifecycle.deletionProtection) {
    return `Tenant ${name} is being deleted while spec.lifecycle.deletionProtection is true: nothing was touched. Set it to false and annotate ${names.confirmDelete}=${name} if it is meant.`;
  }
  if (tenant.metadata.annotations?.[names.confirmDelete] !== name) {
    return `Tenant ${name} is being deleted without the annotation ${names.confirmDelete}=${name}: nothing was touched. Add it if it is meant.`;
  }
  return undefined;
}

/** Whether a module is deleted, or was about to be, because its tenant no longer asked for it, and by no slip of a hand. */
export function isRemovalRequested({ metadata }: Pick<ModuleDeployment, "metadata">): boolean {
  return metadata.annotations?.[names.removalRequested] === metadata.uid;
}

export type Erasure =
  | { readonly kind: "retain" }
  | { readonly kind: "erase" }
  | { readonly kind: "wait"; readonly message: string; readonly afterMs: number };

/** Whether the data of a tenant that is being deleted may be erased now. Everything that is unclear retains. */
export function erasureOf(tenant: Tenant, now: number): Erasure {
  const { deletionPolicy, erasureNoticeSentAt } = tenant.spec.lifecycle;
  if (deletionPolicy !== "Delete" || erasureNoticeSentAt === undefined) return { kind: "retain" };
  const sent = Date.parse(erasureNoticeSentAt);
  if (Number.isNaN(sent)) return { kind: "retain" };
  const end = sent + noticePeriodDays * dayMs;
  if (now >= end) return { kind: "erase" };
  const until = new Date(end).toISOString();
  return {
    kind: "wait",
    message: `Notice of erasure was sent on ${erasureNoticeSentAt}; data is erased ${noticePeriodDays} days later, on ${until}. Until then everything is kept.`,
    afterMs: Math.min(end - now, 6 * 3_600_000),
  };
}
