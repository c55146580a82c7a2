/** Kinds of other makers that allow or deny traffic by names that do not say it. */
const otherKinds = new Set(["EgressFirewall", "AuthorizationPolicy", "ServerAuthorization", "MeshTrafficPermission"]);

/**
 * Does this kind decide about traffic in a way that NetworkPolicies of networking.k8s.io/v1 know nothing of? By the kind's name in whatever group and version, since makers
 * (Cilium, Calico, Antrea, the cluster-wide kinds of SIG Network) call theirs something with NetworkPolicy at the end; so one that is not known yet is not overlooked.
 */
export function isOtherPolicy(apiVersion: string, kind: string): boolean {
  if (apiVersion === "networking.k8s.io/v1" && kind === "NetworkPolicy") return false;
  return kind.endsWith("NetworkPolicy") || otherKinds.has(kind);
}
