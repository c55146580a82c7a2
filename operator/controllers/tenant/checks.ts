import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import { moduleClosure } from "../../modules/closure.ts";
import { isTrue } from "../../reconcile/conditions.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";

/** A module counts as Ready only for the spec that it has now. */
export function isModuleReady(module: ModuleDeployment): boolean {
  return module.status?.observedGeneration === module.metadata.generation && isTrue(module.status?.conditions, "Ready");
}

/** Was it let into its region and isolated there, or was that tried? Not so a tenant that returns to namespaces that were kept: it asks anew. */
export function hasMovedIn(tenant: Tenant): boolean {
  return (tenant.status?.conditions ?? []).some(
    ({ type, reason }) => type === "IsolationReady" && reason !== "NotObserved",
  );
}

/** Every module of the tenant is Ready; otherwise the first that is not speaks, with its own reason and message. */
export function modulesFinding(tenant: Tenant, modules: readonly ModuleDeployment[]): Finding {
  const wanted = moduleClosure(tenant).map((entry) => entry.module);
  for (const name of wanted) {
    const module = modules.find((other) => other.spec.module === name);
    if (module === undefined)
      return { status: "False", reason: "Progressing", message: `Module ${name} is being made.` };
    if (isModuleReady(module)) continue;
    const ready = module.status?.conditions?.find((condition) => condition.type === "Ready");
    if (ready === undefined || module.status?.observedGeneration !== module.metadata.generation) {
      return { status: "False", reason: "Progressing", message: `Module ${name} was not looked at yet.` };
    }
    return { status: "False", reason: "DependencyNotReady", message: `${name}: ${ready.reason}: ${ready.message}` };
  }
  return succeeded(`${wanted.length} of ${wanted.length} modules are Ready.`);
}
