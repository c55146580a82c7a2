import type { ModuleDriver } from "../../modules/driver.ts";
import { isTrue } from "../../reconcile/conditions.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import type { ModuleScene } from "./scene.ts";

/** The tenant is isolated and every module that this one needs is Ready. */
export function dependenciesFinding(scene: ModuleScene, driver: ModuleDriver): Finding {
  const { tenant, siblings } = scene;
  if (tenant.metadata.deletionTimestamp !== undefined) {
    return {
      status: "False",
      reason: "Terminating",
      message: `Tenant ${tenant.metadata.name} is being deleted; nothing new is made.`,
    };
  }
  if (!isTrue(tenant.status?.conditions, "IsolationReady")) {
    return {
      status: "False",
      reason: "DependencyNotReady",
      message: `Tenant ${tenant.metadata.name} is not isolated yet; this goes on when its IsolationReady is True.`,
    };
  }
  for (const needed of driver.requires(scene.module.spec)) {
    const other = siblings.find((sibling) => sibling.spec.module === needed);
    if (other === undefined)
      return {
        status: "False",
        reason: "DependencyMissing",
        message: `Module ${needed} is not part of the tenant; add it to spec.modules.`,
      };
    if (!isTrue(other.status?.conditions, "Ready")) {
      return { status: "False", reason: "DependencyNotReady", message: `Module ${needed} is not Ready yet.` };
    }
  }
  return succeeded("Everything this module needs is Ready.");
}

/** What differs outside, as a condition that people see and that does not make the module unready. */
export function driftFinding(report: {
  readonly drift: readonly string[];
  readonly corrected: boolean;
  readonly observed: boolean;
}): Finding {
  if (report.drift.length === 0) return succeeded("The external objects are as declared.");
  const fields = report.drift.slice(0, 10).join(", ");
  if (report.corrected)
    return { status: "True", reason: "DriftCorrected", message: `Changed by hand and put back: ${fields}.` };
  const message = report.observed
    ? `Differs from what is declared, and managementPolicy Observe changes nothing: ${fields}. Set it to Managed to make it so.`
    : `Changed by hand and left as it is: ${fields}. Set driftPolicy Correct to put it back.`;
  return { status: "False", reason: "DriftFound", message };
}
