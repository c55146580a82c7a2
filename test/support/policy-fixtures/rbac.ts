import type { Manifest } from "../../../constructs/manifest.ts";

const apiVersion = "rbac.authorization.k8s.io/v1";
const apiGroup = "rbac.authorization.k8s.io";
type Labels = Readonly<Record<string, string>>;

/** To whom a binding gives its role. */
interface Bound {
  readonly apiGroup?: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export const group = (name: string): Bound => ({ apiGroup, kind: "Group", name });
export const user = (name: string): Bound => ({ apiGroup, kind: "User", name });
export const account = (namespace: string, name: string): Bound => ({ kind: "ServiceAccount", namespace, name });

/** A RoleBinding of a role, `Role name` or `ClusterRole name`. */
export function roleBinding(namespace: string, role: string, ...subjects: readonly Bound[]): Manifest {
  return {
    apiVersion,
    kind: "RoleBinding",
    metadata: { name: nameOf(role), namespace },
    roleRef: roleRef(role),
    subjects,
  };
}

export function clusterRoleBinding(role: string, ...subjects: readonly Bound[]): Manifest {
  return { apiVersion, kind: "ClusterRoleBinding", metadata: { name: nameOf(role) }, roleRef: roleRef(role), subjects };
}

/** As one that Kubernetes makes itself. */
export function labelledAsShipped(binding: Manifest): Manifest {
  const labels = { "kubernetes.io/bootstrapping": "rbac-defaults" };
  return { ...binding, metadata: { ...binding.metadata, labels } };
}

export function clusterRole(name: string, ...rules: readonly object[]): Manifest {
  return { apiVersion, kind: "ClusterRole", metadata: { name }, rules };
}

export function role(namespace: string, name: string, ...rules: readonly object[]): Manifest {
  return { apiVersion, kind: "Role", metadata: { name, namespace }, rules };
}

/** A ClusterRole that is made of another, which carries the labels. */
export function aggregatedRole(name: string, labels: Labels, ...rules: readonly object[]): readonly Manifest[] {
  const whole = { ...clusterRole(name), aggregationRule: { clusterRoleSelectors: [{ matchLabels: labels }] } };
  const part = clusterRole(`${name}-part`, ...rules);
  return [whole, { ...part, metadata: { ...part.metadata, labels } }];
}

const nameOf = (role: string): string => role.split(" ")[1] ?? "";
const roleRef = (role: string) => {
  return { apiGroup, kind: role.split(" ")[0], name: nameOf(role) };
};
