import { names } from "../../../crds/group.ts";
import { conditionTypes } from "../../../crds/v1alpha1/conditions.ts";
import type { SovereignRegion, SovereignRegionStatus } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import { conditionList, type ConditionTable } from "../../reconcile/conditions.ts";
import { admittedTenants } from "../../reconcile/region-admission.ts";
import type { StoryEnd } from "../../reconcile/story.ts";
import { earliestExpiry } from "./checks.ts";

/** The whole status of a region. Pure. */
export function regionStatus(
  region: SovereignRegion,
  found: {
    readonly end: StoryEnd;
    readonly tenants: readonly Tenant[];
    /** Versions and zones as the provider tells them. */
    readonly provider?: SovereignRegionStatus["provider"];
  },
  now: number,
): NonNullable<SovereignRegion["status"]> {
  const { end } = found;
  const admitted = admittedTenants(region, found.tenants);
  const generation = region.metadata.generation ?? 0;
  const table: ConditionTable = conditionTypes.SovereignRegion;
  const wrong = end.checks.some((check) => table.feeding.includes(check.type) && check.status !== "True");
  const progress = end.progress === "stalled" ? "stalled" : wrong ? "waiting" : "settled";
  const asked = region.metadata.annotations?.[names.reconcileRequestedAt];
  const expiry = earliestExpiry(region, now);
  const previous = region.status?.conditions ?? [];
  return {
    observedGeneration: generation,
    conditions: conditionList({ table, checks: end.checks, progress, previous, generation, now }),
    tenants: admitted.length,
    seats: admitted.reduce((sum, tenant) => sum + tenant.spec.seats, 0),
    ...(expiry === undefined ? {} : { earliestQualificationExpiry: expiry }),
    ...(found.provider === undefined ? {} : { provider: found.provider }),
    ...(asked === undefined ? {} : { lastHandledReconcileAt: asked }),
  };
}
