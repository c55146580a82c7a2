import { names } from "../../../crds/group.ts";
import { conditionTypes } from "../../../crds/v1alpha1/conditions.ts";
import type { PolicyException, PolicyExceptionStatus } from "../../../crds/v1alpha1/policy-exception.ts";
import { conditionList } from "../../reconcile/conditions.ts";
import type { Activity } from "./activity.ts";

/** The whole status of an exception. When its approval was seen first stays. Pure. */
export function policyExceptionStatusOf(
  { metadata, spec, status }: PolicyException,
  { check, progress }: Activity,
  now: number,
): PolicyExceptionStatus {
  const generation = metadata.generation ?? 0;
  const asked = metadata.annotations?.[names.reconcileRequestedAt];
  const seen = status?.approvedAt ?? new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    observedGeneration: generation,
    conditions: conditionList({
      table: conditionTypes.PolicyException,
      checks: [check],
      progress,
      previous: status?.conditions ?? [],
      generation,
      now,
    }),
    ...(asked === undefined ? {} : { lastHandledReconcileAt: asked }),
    ...(spec.approvedBy === undefined ? {} : { approvedAt: seen }),
  };
}
