import type { Manifest } from "../../constructs/manifest.ts";

/** What must be there first: a namespace before what lies in it, isolation before whatever runs, the way in when there is something behind it. */
const stages = ["namespaces", "isolation", "settings", "workloads", "routes"] as const;
type Stage = (typeof stages)[number];

const stageOfKind: Readonly<Record<string, Stage>> = {
  Namespace: "namespaces",
  RoleBinding: "isolation",
  NetworkPolicy: "isolation",
  ResourceQuota: "isolation",
  LimitRange: "isolation",
  Secret: "settings",
  ConfigMap: "settings",
  ServiceAccount: "settings",
  Service: "settings",
  PersistentVolumeClaim: "settings",
  PodDisruptionBudget: "settings",
  Ingress: "routes",
  HTTPRoute: "routes",
};

const stageOf = ({ kind }: Manifest): Stage => stageOfKind[kind] ?? "workloads";

/** The manifests in an order in which they can be applied; within a stage they keep theirs. */
export function inOrder(manifests: readonly Manifest[]): Manifest[] {
  return stages.flatMap((stage) => manifests.filter((manifest) => stageOf(manifest) === stage));
}

/** Name of the file of one object: files sorted by name are in order too. */
export function fileName(manifest: Manifest): string {
  const stage = stageOf(manifest);
  const { name, namespace } = manifest.metadata;
  const place = namespace === undefined ? [] : [namespace];
  return [`${stages.indexOf(stage) + 1}-${stage}`, ...place, manifest.kind.toLowerCase(), name, "yaml"].join(".");
}
