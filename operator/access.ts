import type { AccessRule } from "../crds/rbac.ts";

const read = ["get", "list", "watch"];
const write = ["create", "patch", "delete"];

/**
 * Every right of the operator, with its reason. Rights in tenants' namespaces come from a RoleBinding that onboarding makes in
 * each of them; nothing here reads Secrets across the cluster.
 */
export const access: readonly AccessRule[] = [
  {
    scope: "cluster",
    apiGroup: "socle.dev",
    resources: ["tenants", "moduledeployments", "sovereignregions"],
    verbs: [...read, "patch"],
    why: "watches them and sets their finalizers",
  },
  {
    scope: "cluster",
    apiGroup: "socle.dev",
    resources: ["moduledeployments"],
    verbs: ["create", "delete"],
    why: "makes one per module of a tenant, and ends it when the tenant no longer asks for it",
  },
  {
    scope: "cluster",
    apiGroup: "socle.dev",
    resources: ["nameclaims"],
    verbs: [...read, ...write],
    why: "claims names; creation is the lock",
  },
  {
    scope: "cluster",
    apiGroup: "socle.dev",
    resources: ["tenants/status", "moduledeployments/status", "sovereignregions/status"],
    verbs: ["patch"],
    why: "writes what it found",
  },
  {
    scope: "cluster",
    apiGroup: "",
    resources: ["namespaces"],
    verbs: [...read, ...write],
    why: "makes and labels the namespaces of tenants; an admission policy holds it to names t-*",
  },
  {
    scope: "cluster",
    apiGroup: "",
    resources: ["resourcequotas", "limitranges"],
    verbs: [...read, ...write],
    why: "keeps the quota of each tier",
  },
  {
    scope: "cluster",
    apiGroup: "networking.k8s.io",
    resources: ["networkpolicies"],
    verbs: [...read, ...write],
    why: "keeps the isolation of tenants",
  },
  {
    scope: "cluster",
    apiGroup: "rbac.authorization.k8s.io",
    resources: ["rolebindings"],
    verbs: [...read, ...write],
    why: "binds the three roles of a ministry and its own rights, by name, in tenants' namespaces",
  },
  {
    scope: "cluster",
    apiGroup: "",
    resources: ["services", "persistentvolumeclaims"],
    verbs: ["list", "watch"],
    why: "sees what modules run, by label; ConfigMaps of others stay unseen",
  },
  {
    scope: "cluster",
    apiGroup: "apps",
    resources: ["statefulsets"],
    verbs: ["list", "watch"],
    why: "sees whether the pods of modules are available",
  },
  {
    scope: "cluster",
    apiGroup: "storage.k8s.io",
    resources: ["storageclasses"],
    verbs: read,
    why: "verifies the storage class of a region",
  },
  {
    scope: "cluster",
    apiGroup: "networking.k8s.io",
    resources: ["ingressclasses"],
    verbs: read,
    why: "verifies the ingress class of a region",
  },
  {
    scope: "cluster",
    apiGroup: "cert-manager.io",
    resources: ["clusterissuers"],
    verbs: ["get"],
    why: "verifies the issuer of a region",
  },
  {
    scope: "cluster",
    apiGroup: "events.k8s.io",
    resources: ["events"],
    verbs: ["create", "patch"],
    why: "tells people about transitions",
  },
  {
    scope: "operatorNamespace",
    apiGroup: "",
    resources: ["secrets", "configmaps"],
    verbs: read,
    why: "reads the credentials and bundles that regions reference",
  },
  {
    scope: "operatorNamespace",
    apiGroup: "coordination.k8s.io",
    resources: ["leases"],
    verbs: ["get", "create", "patch"],
    why: "elects one active operator",
  },
  {
    scope: "tenant",
    apiGroup: "",
    resources: ["secrets"],
    verbs: ["get", "create"],
    why: "makes generated Secrets once and reads them back by name",
  },
  {
    scope: "tenant",
    apiGroup: "",
    resources: ["configmaps"],
    verbs: ["get", "create", "patch", "delete"],
    why: "mirrors the tenant's status into its home namespace; settings of what modules run",
  },
  {
    scope: "tenant",
    apiGroup: "",
    resources: ["services", "persistentvolumeclaims"],
    verbs: ["create", "patch", "delete"],
    why: "addresses and volumes of what modules run; a volume goes only when erasure is due",
  },
  {
    scope: "tenant",
    apiGroup: "apps",
    resources: ["statefulsets"],
    verbs: ["create", "patch", "delete"],
    why: "runs the servers of modules",
  },
];
