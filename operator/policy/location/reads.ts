import { apiVersion, factsApiVersion, factsKind, names } from "../../../crds/group.ts";
import { regionsWith, tenantLabel, tenantsWith } from "../checks/tenant-region.ts";
import type { FieldRead, Read } from "../read.ts";
import { declaredServers } from "./declared-servers.ts";

/** Well known to Kubernetes. https://kubernetes.io/docs/reference/labels-annotations-taints/ */
export const labels = {
  region: "topology.kubernetes.io/region",
  zone: "topology.kubernetes.io/zone",
  host: "kubernetes.io/hostname",
} as const;
const zoneTerm = (zone: string) => ({ key: labels.zone, operator: "In", values: [zone] });

export const moduleLabel: FieldRead = {
  path: `metadata.labels[${names.moduleLabel}]`,
  whenAbsent: { default: "" },
  violations: [],
};
export const claims: Read = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  scope: "tenant",
  fields: [
    tenantLabel,
    moduleLabel,
    // Empty until a volume is bound.
    { path: "spec.volumeName", whenAbsent: { default: "" }, violations: [] },
    { path: "spec.storageClassName", whenAbsent: { default: "" }, violations: [] },
  ],
};
export const clusters: Read = {
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  scope: "tenant",
  fields: [
    tenantLabel,
    moduleLabel,
    { path: "spec.storage.storageClass", whenAbsent: { default: "" }, violations: ["elsewhere"] },
  ],
};
export const modules: Read = {
  apiVersion,
  kind: "ModuleDeployment",
  scope: "tenant",
  fields: [
    { path: "spec.tenantRef.name", whenAbsent: "error", violations: [] },
    { path: "spec.module", whenAbsent: "error", violations: [] },
    { path: "status.external[].kind", whenAbsent: "error", violations: [] },
    { path: "status.external[].name", whenAbsent: "error", violations: [] },
    { path: "status.external[].server", whenAbsent: "error", violations: [] },
  ],
};

/** A class says where volumes may be made; only the volume says where it was made. */
export const volumes: Read = {
  apiVersion: "v1",
  kind: "PersistentVolume",
  scope: "cluster",
  fields: [
    {
      path: "spec.nodeAffinity.required.nodeSelectorTerms",
      whenAbsent: { default: [] },
      violations: [[{ matchExpressions: [zoneTerm("elsewhere-1a")] }]],
    },
  ],
};
export const classes: Read = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  scope: "cluster",
  fields: [
    {
      path: "allowedTopologies",
      whenAbsent: { default: [] },
      violations: [[{ matchLabelExpressions: [{ key: labels.zone, values: ["elsewhere-1a"] }] }]],
    },
  ],
};
/** A node without the label says nothing of its place. */
export const nodes: Read = {
  apiVersion: "v1",
  kind: "Node",
  scope: "cluster",
  fields: [{ path: `metadata.labels[${labels.zone}]`, whenAbsent: { default: "" }, violations: ["", "elsewhere-1a"] }],
};

export const tenants: Read = tenantsWith({
  path: "spec.compliance.countries",
  whenAbsent: { default: ["FR"] },
  violations: [["DE"], []],
});
export const regions: Read = regionsWith(
  { path: "spec.country", whenAbsent: "error", violations: ["DE"] },
  { path: "spec.zones", whenAbsent: "error", violations: [["elsewhere-1a"], []] },
  { path: "spec.provider.regionCode", whenAbsent: "error", violations: [] },
  { path: "spec.provider.clusterID", whenAbsent: { default: "" }, violations: [] },
  { path: "spec.provider.apiURL", whenAbsent: { default: "" }, violations: [] },
  ...declaredServers.map((path): FieldRead => ({ path, whenAbsent: { default: "" }, violations: [] })),
);

/** What the provider of a region tells; a fact that is absent is not known. */
export const providerFacts: Read = {
  apiVersion: factsApiVersion,
  kind: factsKind,
  scope: "provider",
  fields: [
    { path: "facts.clusters[].id", whenAbsent: "error", violations: ["00000000-0000-4000-8000-000000000000"] },
    { path: "facts.buckets", whenAbsent: { default: [] }, violations: [[], ["of-another"]] },
  ],
};
