import { names } from "../../../crds/group.ts";
import { conditionTypes } from "../../../crds/v1alpha1/conditions.ts";
import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { DesiredModule } from "../../modules/driver.ts";
import { conditionList } from "../../reconcile/conditions.ts";
import type { StoryEnd } from "../../reconcile/story.ts";

export interface ModuleResult {
  readonly end: StoryEnd;
  /** Undefined: the module was not looked at; what is known stays. */
  readonly desired: DesiredModule | undefined;
}

/** Condition types that have no meaning for the module. */
function notApplicable(desired: DesiredModule | undefined, previous: readonly { readonly type: string }[]): string[] {
  const types = ["DatabaseReady", "SSOReady", "WorkloadAvailable", "UpToDate", "Published"];
  if (desired === undefined) return types.filter((type) => !previous.some((condition) => condition.type === type));
  return types.filter((type) => {
    if (type === "DatabaseReady") return desired.database === undefined && desired.bucket === undefined;
    if (type === "SSOReady") return desired.realm === undefined && desired.client === undefined;
    if (type === "WorkloadAvailable" || type === "UpToDate")
      return desired.server === undefined && desired.application === undefined && !hasContext(desired, type);
    if (type === "Published") return desired.application === undefined;
    return true;
  });
}

/** A context takes the place of pods; its version is the business of who runs the server. */
function hasContext({ context }: DesiredModule, type: string): boolean {
  return type === "WorkloadAvailable" && context !== undefined;
}

/** The whole status of a module. Pure. */
export function moduleStatus(
  module: ModuleDeployment,
  result: ModuleResult,
  now: number,
): NonNullable<ModuleDeployment["status"]> {
  const previous = module.status?.conditions ?? [];
  const { desired, end } = result;
  const asked = module.metadata.annotations?.[names.reconcileRequestedAt];
  const conditions = conditionList({
    table: conditionTypes.ModuleDeployment,
    notApplicable: notApplicable(desired, previous),
    checks: end.checks,
    progress: end.progress,
    previous,
    generation: module.metadata.generation ?? 0,
    now,
  });
  const kept = module.status;
  return {
    observedGeneration: module.metadata.generation ?? 0,
    conditions,
    ...(asked === undefined ? {} : { lastHandledReconcileAt: asked }),
    ...(desired === undefined ? pickKnown(kept) : known(desired, kept)),
    ...versionOf(result, kept),
    ...probeOf(module, conditions),
  };
}

type Status = NonNullable<ModuleDeployment["status"]>;

function pickKnown(kept: Status | undefined): Partial<Status> {
  if (kept === undefined) return {};
  const { url, endpoints, external, resolved } = kept;
  return Object.fromEntries(
    Object.entries({ url, endpoints, external, resolved }).filter(([, value]) => value !== undefined),
  );
}

/** What ran last, never what was only asked for: a version that cannot start is none that one could not go back from. */
function versionOf({ desired, end }: ModuleResult, kept: Status | undefined): Partial<Status> {
  const runs = end.checks.some(({ type, status }) => type === "WorkloadAvailable" && status === "True");
  const version = (runs ? desired?.version : undefined) ?? kept?.version;
  return version === undefined ? {} : { version };
}

function known(desired: DesiredModule, kept: Status | undefined): Partial<Status> {
  const external = [
    ...(desired.database?.host.kind !== "region"
      ? []
      : [{ kind: "Database" as const, name: desired.database.desired.database, server: desired.database.server }]),
    ...(desired.bucket === undefined
      ? []
      : [{ kind: "Bucket" as const, name: desired.bucket.desired.bucket, server: desired.bucket.server }]),
    ...(desired.realm === undefined
      ? []
      : [{ kind: "Realm" as const, name: desired.realm.desired.realm, server: desired.realm.server }]),
    ...(desired.context === undefined
      ? []
      : [{ kind: "Context" as const, name: desired.context.desired.name, server: desired.context.server }]),
  ];
  return {
    // A choice made once stays, whatever the defaults say today.
    resolved: { ...desired.resolved, ...kept?.resolved },
    external,
    ...(desired.url === undefined ? {} : { url: desired.url }),
    ...(desired.endpoints === undefined ? {} : { endpoints: [...desired.endpoints] }),
  };
}

/** The last change of the probe's answer: writing each answer would cost a write per module and interval, for ever. */
function probeOf(
  module: ModuleDeployment,
  conditions: readonly { type: string; status: string; lastTransitionTime: string; message: string }[],
): Partial<Status> {
  const reachable = conditions.find((condition) => condition.type === "EndpointReachable");
  if (reachable === undefined || reachable.status === "Unknown")
    return module.status?.lastProbe === undefined ? {} : { lastProbe: module.status.lastProbe };
  return {
    lastProbe: {
      time: reachable.lastTransitionTime,
      succeeded: reachable.status === "True",
      message: reachable.message,
    },
  };
}
