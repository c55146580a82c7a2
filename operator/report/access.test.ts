import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { accessOf } from "./access.ts";

const apiVersion = "rbac.authorization.k8s.io/v1";
const role: Manifest = {
  apiVersion,
  kind: "Role",
  metadata: { name: "reads", namespace: "t-meteo" },
  rules: [
    { verbs: ["get"], apiGroups: [""], resources: ["secrets"], resourceNames: ["token"] },
    { verbs: ["list", "get"], apiGroups: ["apps"], resources: ["deployments"] },
    { verbs: ["watch"], apiGroups: ["apps"], resources: ["deployments"] },
  ],
};
const binding = (kind: "Role" | "ClusterRole", name: string, namespace = "t-meteo"): Manifest => ({
  apiVersion,
  kind: "RoleBinding",
  metadata: { name: `binds-${name}`, namespace },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
  subjects: [{ kind: "Group", name: "meteo-admins" }],
});

describe("access", () => {
  it("is told by resource, with all verbs of one holder together, and the name where a right is to one object", () => {
    const { byResource } = accessOf([role, binding("Role", "reads")], ["t-meteo"]);
    expect(byResource).toEqual([
      {
        where: "t-meteo",
        resource: "deployments.apps",
        holders: [{ who: "Group meteo-admins", by: "RoleBinding binds-reads", verbs: ["get", "list", "watch"] }],
      },
      {
        where: "t-meteo",
        resource: "secrets (token)",
        holders: [{ who: "Group meteo-admins", by: "RoleBinding binds-reads", verbs: ["get"] }],
      },
    ]);
  });

  it("is told by person, in the whole cluster where the binding is of the cluster", () => {
    const wide = { ...binding("ClusterRole", "view"), kind: "ClusterRoleBinding", metadata: { name: "wide" } };
    expect(accessOf([wide], ["t-meteo"]).byPerson).toEqual([
      { who: "Group meteo-admins", role: "ClusterRole view", where: "*", by: "ClusterRoleBinding wide" },
    ]);
  });

  it("names a role whose rules are not known instead of showing no right", () => {
    expect(accessOf([binding("ClusterRole", "view")], ["t-meteo"])).toMatchObject({
      byResource: [],
      unknownRoles: ["ClusterRole view"],
    });
  });

  it("leaves out other namespaces and what Kubernetes ships, and names a binding that it cannot read", () => {
    const shipped: Manifest = {
      ...binding("ClusterRole", "cluster-admin"),
      kind: "ClusterRoleBinding",
      metadata: { name: "cluster-admin", labels: { "kubernetes.io/bootstrapping": "rbac-defaults" } },
      subjects: [{ kind: "Group", name: "system:masters" }],
    };
    const odd = { ...binding("Role", "reads"), roleRef: "reads" };
    expect(accessOf([shipped, odd, binding("Role", "reads", "t-marine")], ["t-meteo"])).toEqual({
      byPerson: [],
      byResource: [],
      unknownRoles: [],
      malformed: ["RoleBinding t-meteo/binds-reads"],
    });
  });
});
