import type { FieldPath } from "./field-path.ts";
import { valueAt } from "./pod-shape.ts";

/** A pod as a manifest has it: `pod` holds metadata and spec, or whatever stands there instead. */
export interface PlacedPod {
  /** Where it is in the manifest. */
  readonly at: FieldPath;
  readonly pod: unknown;
}

interface Kind {
  readonly group: string;
  readonly at: FieldPath;
}

const template = ["spec", "template"];

/** Every kind of Kubernetes itself that pods are made from. */
const kinds: ReadonlyMap<unknown, Kind> = new Map([
  ["Pod", { group: "", at: [] }],
  ["PodTemplate", { group: "", at: ["template"] }],
  ["ReplicationController", { group: "", at: template }],
  ["Deployment", { group: "apps", at: template }],
  ["ReplicaSet", { group: "apps", at: template }],
  ["StatefulSet", { group: "apps", at: template }],
  ["DaemonSet", { group: "apps", at: template }],
  ["Job", { group: "batch", at: template }],
  ["CronJob", { group: "batch", at: ["spec", "jobTemplate", ...template] }],
]);

/**
 * The pod that a manifest is or makes; none of a kind that makes no pods. A workload whose template is not there gives a pod that cannot
 * be read, so that it passes no check. A List is taken apart by whoever reads the file.
 */
export function podsOf(manifest: unknown): readonly PlacedPod[] {
  const at = placeIn(manifest);
  return at === undefined ? [] : [{ at, pod: valueAt(manifest, at) }];
}

function placeIn(manifest: unknown): FieldPath | undefined {
  const kind = kinds.get(valueAt(manifest, ["kind"]));
  const apiVersion = valueAt(manifest, ["apiVersion"]);
  if (kind !== undefined && (typeof apiVersion !== "string" || groupOf(apiVersion) === kind.group)) return kind.at;
  // Kinds of other makers that hold a template where Deployments do, such as Rollouts.
  return valueAt(manifest, [...template, "spec", "containers"]) === undefined ? undefined : template;
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}
