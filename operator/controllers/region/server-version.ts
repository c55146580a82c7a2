import { names } from "../../../crds/group.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { KubeObject } from "../../kube/kube-api.ts";
import { managedNames } from "../../../constructs/keycloak/managed-names.ts";
import { liveWorkload, regionOwner, type WorkloadPorts } from "../../reconcile/workload.ts";

/** What is to be known of the server that runs, before it is changed. */
export interface RunningServer {
  readonly version: string;
  readonly image: string;
  /** Pods that are asked for, and that there are. */
  readonly asked: number;
  readonly pods: number;
}

interface StatefulSet extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status?: { readonly replicas?: number };
}

/** The live StatefulSet of a region's Keycloak, or undefined if there is none. */
export function runningServer(
  region: SovereignRegion,
  workloads: WorkloadPorts["workloads"],
): RunningServer | undefined {
  const { name } = region.metadata;
  const live = liveWorkload(regionOwner(name, "Keycloak"), { workloads }).find(
    ({ kind, metadata }) => kind === "StatefulSet" && metadata.name === managedNames(name).server,
  ) as StatefulSet | undefined;
  if (live === undefined) return undefined;
  return {
    version: live.metadata.labels?.[names.versionLabel] ?? "",
    image: live.spec.template.spec.containers[0]?.image ?? "",
    asked: live.spec.replicas ?? 1,
    pods: live.status?.replicas ?? 0,
  };
}

/** Must the server stop before it goes on? Its image is another one, or it is on its way to one and not all pods are gone. */
export function isRecreated(running: RunningServer | undefined, image: string): boolean {
  if (running === undefined) return false;
  if (running.image !== image) return true;
  return running.asked === 0 && running.pods > 0;
}
