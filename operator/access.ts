import {
  bucketSecretName,
  entitlementSecretName,
  mailSecretName,
  publicCertificateName,
  pullSecretName,
} from "../constructs/names.ts";
import { gatewayApi } from "../constructs/public-route.ts";
import { cloudNativePg } from "../constructs/postgresql/cluster-input.ts";
import type { AccessRule } from "../crds/rbac.ts";
import { youngestKind } from "./caches.ts";
import { checkAccess, checkDefinitions } from "./check-watches.ts";
import { reportAccess, reportDefinitions } from "./report-watches.ts";
import { moduleNames } from "../crds/v1alpha1/modules.ts";

/** Watched kinds are read in caches: `get` is for what has to be looked at itself. */
const watch = ["list", "watch"];
const write = ["create", "patch", "delete"];
const clusterGroup = cloudNativePg.apiVersion.split("/")[0] ?? "";
const clusterKinds = cloudNativePg.kinds.map(({ plural }) => plural);
const routeGroup = gatewayApi.apiVersion.split("/")[0] ?? "";
const routeKinds = gatewayApi.kinds.map(({ plural }) => plural);

/** Copies that the operator writes again; a Secret that it made once is never patched. */
const copiedSecrets = [
  publicCertificateName,
  pullSecretName,
  ...[bucketSecretName, mailSecretName, entitlementSecretName].flatMap((nameOf) => moduleNames.map(nameOf)),
];

/**
 * Every right of the operator, with its reason. Rights in tenants' namespaces come from a RoleBinding that onboarding makes in
 * each of them; nothing here reads Secrets across the cluster.
 */
export const access: readonly AccessRule[] = [
  ...checkAccess,
  ...reportAccess,
  {
    scope: "cluster",
    apiGroup: "socle.dev",
    resources: ["tenants", "moduledeployments", "sovereignregions", "tenantidentityproviders"],
    verbs: [...watch, "patch"],
    why: "watches them and sets their finalizers",
  },
  {
    scope: "cluster",
    apiGroup: "socle.dev",
    resources: ["tenants", "moduledeployments"],
    verbs: ["get"],
    why: "looks once more before a name is given back or a finalizer goes",
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
    resources: ["policyexceptions", "attestations"],
    verbs: watch,
    why: "judges by what people answer for with their name",
  },
  {
    scope: "cluster",
    apiGroup: "socle.dev",
    resources: ["policyexceptions/status"],
    verbs: ["patch"],
    why: "says whether an exception is in force",
  },
  {
    scope: "cluster",
    apiGroup: "socle.dev",
    resources: ["nameclaims"],
    verbs: ["get", ...watch, ...write],
    why: "claims names; creation is the lock, and who has one already is looked up",
  },
  {
    scope: "cluster",
    apiGroup: "socle.dev",
    resources: [
      "tenants/status",
      "moduledeployments/status",
      "sovereignregions/status",
      "tenantidentityproviders/status",
    ],
    verbs: ["patch"],
    why: "writes what it found",
  },
  {
    scope: "cluster",
    apiGroup: "",
    resources: ["namespaces"],
    verbs: ["get", ...watch, ...write],
    why: "makes and labels the namespaces of tenants; an admission policy holds it to names t-*",
  },
  {
    scope: "cluster",
    apiGroup: "",
    resources: ["resourcequotas", "limitranges"],
    verbs: [...watch, ...write],
    why: "keeps the quota of each tier",
  },
  {
    scope: "cluster",
    apiGroup: "networking.k8s.io",
    resources: ["networkpolicies"],
    verbs: [...watch, ...write],
    why: "keeps the isolation of tenants",
  },
  {
    scope: "cluster",
    apiGroup: "rbac.authorization.k8s.io",
    resources: ["rolebindings"],
    verbs: [...watch, ...write],
    why: "binds the three roles of a ministry and its own rights, by name, in tenants' namespaces",
  },
  {
    scope: "cluster",
    apiGroup: "",
    resources: ["services", "persistentvolumeclaims"],
    verbs: watch,
    why: "sees what modules run, by label; ConfigMaps of others stay unseen",
  },
  {
    scope: "cluster",
    apiGroup: "apps",
    resources: ["deployments", "statefulsets"],
    verbs: watch,
    why: "sees whether the pods of modules are available",
  },
  {
    scope: "cluster",
    apiGroup: "batch",
    resources: ["jobs", "cronjobs"],
    verbs: watch,
    why: "sees whether the Jobs of modules are complete",
  },
  {
    scope: "cluster",
    apiGroup: "networking.k8s.io",
    resources: ["ingresses"],
    verbs: watch,
    why: "sees how modules are published, by label",
  },
  {
    scope: "cluster",
    apiGroup: routeGroup,
    resources: routeKinds,
    verbs: watch,
    why: "sees how modules are published through a Gateway, by label",
  },
  {
    scope: "cluster",
    apiGroup: clusterGroup,
    resources: clusterKinds,
    verbs: watch,
    why: "sees whether the clusters of modules are available, and whether role and database were carried out",
  },
  {
    scope: "cluster",
    apiGroup: "apiextensions.k8s.io",
    resources: ["customresourcedefinitions"],
    resourceNames: [
      `${youngestKind.plural}.socle.dev`,
      ...clusterKinds.map((plural) => `${plural}.${clusterGroup}`),
      ...[...routeKinds, gatewayApi.gateway.plural].map((plural) => `${plural}.${routeGroup}`),
      ...checkDefinitions,
      ...reportDefinitions,
    ],
    verbs: watch,
    why: "sees whether CloudNativePG, the Gateway API, cert-manager and OpenReports are installed, and the kind of ours that came last; no other definition is looked at",
  },
  {
    scope: "cluster",
    apiGroup: "discovery.k8s.io",
    resources: ["endpointslices"],
    resourceNames: ["kubernetes"],
    verbs: watch,
    why: "opens the way from database instances to the API server, and to no other address",
  },
  {
    scope: "cluster",
    apiGroup: "storage.k8s.io",
    resources: ["storageclasses"],
    verbs: watch,
    why: "verifies the storage class of a region",
  },
  {
    scope: "cluster",
    apiGroup: "networking.k8s.io",
    resources: ["ingressclasses"],
    verbs: watch,
    why: "verifies the ingress class of a region",
  },
  {
    scope: "cluster",
    apiGroup: "events.k8s.io",
    resources: ["events"],
    verbs: ["create"],
    why: "tells people about transitions",
  },
  {
    scope: "operatorNamespace",
    apiGroup: "",
    resources: ["secrets", "configmaps"],
    verbs: watch,
    why: "reads the credentials and bundles that regions reference",
  },
  {
    scope: "operatorNamespace",
    apiGroup: routeGroup,
    resources: [gatewayApi.gateway.plural],
    verbs: watch,
    why: "verifies the listener of a region, and sees where its Gateway is served",
  },
  {
    scope: "operatorNamespace",
    apiGroup: "coordination.k8s.io",
    resources: ["leases"],
    verbs: ["get", "create", "patch"],
    why: "elects one active operator",
  },
  {
    scope: "identityNamespace",
    apiGroup: "",
    resources: ["secrets"],
    verbs: ["get", ...watch, ...write],
    why: "makes the Secrets of a region's own Keycloak, copies its public certificate, and deletes those of the first administrator",
  },
  {
    scope: "identityNamespace",
    apiGroup: "",
    resources: ["services"],
    verbs: [...watch, ...write],
    why: "addresses of a region's own Keycloak",
  },
  {
    scope: "identityNamespace",
    apiGroup: "",
    resources: ["persistentvolumeclaims"],
    verbs: [...watch, "create", "patch"],
    why: "volumes of a region's own Keycloak, which outlive it",
  },
  {
    scope: "identityNamespace",
    apiGroup: "",
    resources: ["configmaps"],
    verbs: ["get", "create", "patch"],
    why: "settings and authorities of a region's own Keycloak",
  },
  {
    scope: "identityNamespace",
    apiGroup: "apps",
    resources: ["statefulsets", "deployments"],
    verbs: [...watch, ...write],
    why: "runs a region's own Keycloak and its database, and the accessibility page of its host",
  },
  {
    scope: "identityNamespace",
    apiGroup: clusterGroup,
    resources: clusterKinds,
    verbs: ["create", "patch"],
    why: "runs the cluster that holds the database of a region's own Keycloak",
  },
  {
    scope: "identityNamespace",
    apiGroup: "networking.k8s.io",
    resources: ["ingresses"],
    verbs: [...watch, ...write],
    why: "opens the public way to a region's own Keycloak",
  },
  {
    scope: "identityNamespace",
    apiGroup: routeGroup,
    resources: routeKinds,
    verbs: write,
    why: "opens the public way to a region's own Keycloak through a Gateway",
  },
  {
    scope: "identityNamespace",
    apiGroup: "policy",
    resources: ["poddisruptionbudgets"],
    verbs: [...watch, ...write],
    why: "keeps a region's own Keycloak up while nodes are drained",
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
    resources: ["secrets"],
    verbs: watch,
    why: "sees when a ministry hands in the secret of an identity provider, in home namespaces that have one; names only are kept",
  },
  {
    scope: "tenant",
    apiGroup: "",
    resources: ["secrets"],
    resourceNames: copiedSecrets,
    verbs: ["patch"],
    why: "copies what others keep and pods read, again when it is renewed: the region's certificate, pull Secret and mail account, keys of buckets, tokens that people bought",
  },
  {
    scope: "tenant",
    apiGroup: "",
    resources: ["configmaps"],
    verbs: ["get", "create", "patch"],
    why: "mirrors the tenant's status into its home namespace; settings of what modules run",
  },
  {
    scope: "tenant",
    apiGroup: "",
    resources: ["services", "persistentvolumeclaims"],
    verbs: write,
    why: "addresses and volumes of what modules run; a volume goes only when erasure is due",
  },
  {
    scope: "tenant",
    apiGroup: "apps",
    resources: ["deployments", "statefulsets"],
    verbs: write,
    why: "runs the servers of modules",
  },
  {
    scope: "tenant",
    apiGroup: "batch",
    resources: ["jobs", "cronjobs"],
    verbs: write,
    why: "prepares and upgrades what modules run, and does what comes round; a Job that failed is made anew",
  },
  {
    scope: "tenant",
    apiGroup: "networking.k8s.io",
    resources: ["ingresses"],
    verbs: write,
    why: "opens the public way to what modules run",
  },
  {
    scope: "tenant",
    apiGroup: routeGroup,
    resources: routeKinds,
    verbs: write,
    why: "opens the public way to what modules run through a Gateway",
  },
  {
    scope: "tenant",
    apiGroup: clusterGroup,
    resources: clusterKinds,
    verbs: write,
    why: "runs the clusters of modules with their role and database; a cluster goes only when erasure is due",
  },
];
