import type { ResourceType } from "./kube-api.ts";

const namespaced = (apiVersion: string, kind: string, plural: string): ResourceType => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
});
const clusterWide = (apiVersion: string, kind: string, plural: string): ResourceType => ({
  apiVersion,
  kind,
  plural,
  namespaced: false,
});

/** The closed list of kinds of others that Socle touches. Not discovered: a kind that is not named here is a bug, not a surprise at run time. */
export const builtinResourceTypes: readonly ResourceType[] = [
  clusterWide("v1", "Namespace", "namespaces"),
  namespaced("v1", "ConfigMap", "configmaps"),
  namespaced("v1", "Secret", "secrets"),
  namespaced("v1", "Service", "services"),
  namespaced("v1", "ServiceAccount", "serviceaccounts"),
  namespaced("v1", "ResourceQuota", "resourcequotas"),
  namespaced("v1", "LimitRange", "limitranges"),
  namespaced("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
  namespaced("apps/v1", "Deployment", "deployments"),
  namespaced("apps/v1", "StatefulSet", "statefulsets"),
  namespaced("batch/v1", "Job", "jobs"),
  namespaced("batch/v1", "CronJob", "cronjobs"),
  namespaced("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
  namespaced("networking.k8s.io/v1", "Ingress", "ingresses"),
  clusterWide("networking.k8s.io/v1", "IngressClass", "ingressclasses"),
  namespaced("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
  namespaced("rbac.authorization.k8s.io/v1", "Role", "roles"),
  namespaced("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
  clusterWide("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles"),
  clusterWide("storage.k8s.io/v1", "StorageClass", "storageclasses"),
  namespaced("coordination.k8s.io/v1", "Lease", "leases"),
  namespaced("events.k8s.io/v1", "Event", "events"),
  clusterWide("authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews"),
  clusterWide("authentication.k8s.io/v1", "SelfSubjectReview", "selfsubjectreviews"),
  clusterWide("authorization.k8s.io/v1", "SubjectAccessReview", "subjectaccessreviews"),
  clusterWide("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies"),
  clusterWide(
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
  ),
  clusterWide("v1", "Node", "nodes"),
  namespaced("apps/v1", "DaemonSet", "daemonsets"),
  clusterWide("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions"),
  namespaced("discovery.k8s.io/v1", "EndpointSlice", "endpointslices"),
  namespaced("postgresql.cnpg.io/v1", "Cluster", "clusters"),
  namespaced("postgresql.cnpg.io/v1", "Database", "databases"),
  namespaced("postgresql.cnpg.io/v1", "DatabaseRole", "databaseroles"),
  namespaced("gateway.networking.k8s.io/v1", "Gateway", "gateways"),
  namespaced("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes"),
  clusterWide("cert-manager.io/v1", "ClusterIssuer", "clusterissuers"),
];
