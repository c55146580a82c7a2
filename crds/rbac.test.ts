import { describe, expect, test } from "vitest";
import { type AccessRule, bindableRoles, mergedRules, type PolicyRule, rbacManifests } from "./rbac.ts";

const rule = (over: Partial<AccessRule> = {}): AccessRule => ({
  scope: "cluster",
  apiGroup: "",
  resources: ["namespaces"],
  verbs: ["get"],
  why: "a test",
  ...over,
});

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels: Record<string, string> };
  readonly rules?: readonly PolicyRule[];
  readonly roleRef?: object;
  readonly subjects?: readonly object[];
}

const rendered = (...arguments_: Parameters<typeof rbacManifests>): Role[] => rbacManifests(...arguments_) as Role[];

function role(manifests: readonly Role[], kind: string, name: string): Role {
  const found = manifests.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

/** Every verb that a role gives on a resource, with or without names. */
function verbsOn(given: Role, resource: string): string[] {
  return (given.rules ?? []).filter((one) => one.resources.includes(resource)).flatMap((one) => one.verbs);
}

describe("merging rights", () => {
  const mixed = [
    rule({ resources: ["pods", "namespaces"], verbs: ["watch", "get"] }),
    rule({ apiGroup: "apps", resources: ["deployments"], verbs: ["patch", "create"] }),
    rule({ resources: ["namespaces"], verbs: ["list"] }),
    rule({ resources: ["pods"], verbs: ["list", "get"] }),
    rule({ resources: ["configmaps"], verbs: ["get"], resourceNames: ["b", "a"] }),
  ];

  test("rights on the same verbs become one rule, verbs in the order of the field", () => {
    expect(mergedRules(mixed)).toEqual([
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["a", "b"], verbs: ["get"] },
      { apiGroups: [""], resources: ["namespaces", "pods"], verbs: ["get", "list", "watch"] },
      { apiGroups: ["apps"], resources: ["deployments"], verbs: ["create", "patch"] },
    ]);
  });

  test("any order of the same rights gives the same bytes", () => {
    const text = JSON.stringify(rbacManifests(mixed));
    for (let turn = 1; turn < mixed.length; turn++) {
      expect(JSON.stringify(rbacManifests([...mixed.slice(turn), ...mixed.slice(0, turn)]))).toBe(text);
    }
    expect(JSON.stringify(rbacManifests([...mixed].reverse()))).toBe(text);
  });

  test("a right on named objects never widens to all objects", () => {
    const merged = mergedRules([
      rule({ resources: ["configmaps"], verbs: ["get"] }),
      rule({ resources: ["configmaps"], verbs: ["delete"], resourceNames: ["one"] }),
    ]);
    expect(merged.filter((one) => one.resourceNames === undefined).flatMap((one) => one.verbs)).toEqual(["get"]);
  });
});

describe("guards", () => {
  test.each([
    ["every verb", { verbs: ["*"] }, /verb \*/],
    ["every resource", { resources: ["*"] }, /asks for \*/],
    ["every subresource", { resources: ["pods/*"] }, /asks for \*/],
    ["every group", { apiGroup: "*" }, /asks for \*/],
    ["escalate", { resources: ["clusterroles"], verbs: ["escalate"] }, /escalate/],
    ["impersonate", { resources: ["users"], verbs: ["get", "impersonate"] }, /impersonate/],
    ["bind, which belongs to named roles only", { resources: ["clusterroles"], verbs: ["bind"] }, /bind/],
    ["Secrets across the cluster", { resources: ["secrets"] }, /Secrets across the cluster/],
    ["a subresource of Secrets across the cluster", { resources: ["secrets/any"] }, /Secrets across the cluster/],
    ["no verb", { verbs: [] }, /no resource or no verb/],
    ["an empty list of names", { resourceNames: [] }, /would mean all/],
    ["creation limited to names", { verbs: ["create"], resourceNames: ["one"] }, /limits create to names/],
  ] as const)("%s is refused with the reason of the right", (_, over, message) => {
    expect(() => rbacManifests([rule(over)])).toThrow(message);
    expect(() => rbacManifests([rule(over)])).toThrow('"a test"');
  });

  test("Secrets in a tenant's namespaces are no rights across the cluster", () => {
    const manifests = rendered([rule({ scope: "tenant", resources: ["secrets"], verbs: ["get"] })]);
    expect(verbsOn(role(manifests, "ClusterRole", "socle:operator-in-tenant"), "secrets")).toEqual(["get"]);
    expect(verbsOn(role(manifests, "ClusterRole", "socle:operator"), "secrets")).toEqual([]);
  });
});

describe("roles of the operator", () => {
  const manifests = rendered([
    rule({ resources: ["nodes"] }),
    rule({ scope: "operatorNamespace", resources: ["leases"], apiGroup: "coordination.k8s.io" }),
    rule({ scope: "identityNamespace", resources: ["services"] }),
    rule({ scope: "tenant", resources: ["pods"] }),
  ]);

  test("each scope has its role, labelled with where it is bound", () => {
    expect(
      manifests.map(
        (one) =>
          `${one.kind} ${one.metadata.namespace ?? "-"}/${one.metadata.name} ${one.metadata.labels["socle.dev/binding"] ?? "-"}`,
      ),
    ).toEqual([
      "ClusterRole -/socle:operator cluster",
      "ClusterRoleBinding -/socle:operator cluster",
      "Role socle-system/socle:operator operator-namespace",
      "RoleBinding socle-system/socle:operator operator-namespace",
      "Role socle-identity/socle:operator identity-namespace",
      "RoleBinding socle-identity/socle:operator identity-namespace",
      "ClusterRole -/socle:operator-in-tenant tenant",
      "ClusterRole -/socle:tenant-admin -",
      "ClusterRole -/socle:identity-admin -",
      "ClusterRole -/socle:auditor -",
      "ClusterRole -/socle:security-officer -",
      "ClusterRole -/socle:aggregate-to-view -",
      "ClusterRole -/socle:aggregate-to-admin -",
    ]);
  });

  test("the rights in tenants' namespaces are bound by no manifest: onboarding does it, tenant by tenant", () => {
    const bound = manifests.filter((one) => one.roleRef !== undefined).map((one) => JSON.stringify(one.roleRef));
    expect(bound.some((reference) => reference.includes("operator-in-tenant"))).toBe(false);
  });

  test("bind is held on exactly the named roles", () => {
    const bind = role(manifests, "ClusterRole", "socle:operator").rules?.filter((one) => one.verbs.includes("bind"));
    expect(bind).toEqual([
      {
        apiGroups: ["rbac.authorization.k8s.io"],
        resources: ["clusterroles"],
        resourceNames: [...bindableRoles].sort(),
        verbs: ["bind"],
      },
    ]);
  });

  test("the subject is the service account, or the user of an operator outside of the cluster", () => {
    expect(role(manifests, "ClusterRoleBinding", "socle:operator").subjects).toEqual([
      { kind: "ServiceAccount", name: "socle", namespace: "socle-system" },
    ]);
    const outside = rendered([], { subject: { kind: "User", name: "socle-operator" } });
    expect(role(outside, "ClusterRoleBinding", "socle:operator").subjects).toEqual([
      { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "socle-operator" },
    ]);
  });

  test("a namespace in which the operator needs nothing gets no role", () => {
    expect(rendered([]).filter((one) => one.kind === "Role" || one.kind === "RoleBinding")).toEqual([]);
  });
});

describe("roles of people", () => {
  const manifests = rendered([]);
  const people = ["socle:tenant-admin", "socle:identity-admin", "socle:auditor"];

  test.each(people)("%s reads the namespaced kinds and never a Secret", (name) => {
    const given = role(manifests, "ClusterRole", name);
    for (const kind of ["moduledeployments", "tenantidentityproviders", "policyexceptions"]) {
      expect(verbsOn(given, kind)).toEqual(expect.arrayContaining(["get", "list", "watch"]));
    }
    // A patch is a read: its response carries the object.
    for (const verb of ["get", "list", "watch", "patch"]) expect(verbsOn(given, "secrets")).not.toContain(verb);
    expect(verbsOn(given, "moduledeployments")).not.toContain("delete");
    expect(verbsOn(given, "policyexceptions")).not.toContain("approve");
  });

  test("a TenantAdmin tunes modules and asks for exceptions, nothing more", () => {
    const given = role(manifests, "ClusterRole", "socle:tenant-admin");
    const writes = (given.rules ?? []).flatMap((one) =>
      one.resources.flatMap((resource) => one.verbs.map((verb) => `${verb} ${resource}`)),
    );
    expect(writes.filter((right) => !/^(get|list|watch) /.test(right)).sort()).toEqual([
      "create policyexceptions",
      "patch moduledeployments",
      "update moduledeployments",
    ]);
  });

  test("a security officer approves and attests, files no exception, and is bound by no manifest", () => {
    const given = role(manifests, "ClusterRole", "socle:security-officer");
    expect(verbsOn(given, "policyexceptions")).toEqual(["get", "list", "watch", "patch", "approve"]);
    expect(verbsOn(given, "attestations")).toEqual(["get", "list", "watch", "create", "update", "patch"]);
    expect(verbsOn(given, "tenants")).toEqual(["get", "list", "watch"]);
    expect(verbsOn(given, "secrets")).toEqual([]);
    expect(manifests.filter(({ roleRef }) => JSON.stringify(roleRef ?? {}).includes("security-officer"))).toEqual([]);
  });

  test("an IdentityAdmin hands in Secrets blind", () => {
    const given = role(manifests, "ClusterRole", "socle:identity-admin");
    expect(verbsOn(given, "secrets")).toEqual(["create", "update"]);
    expect(verbsOn(given, "tenantidentityproviders")).toEqual([
      "get",
      "list",
      "watch",
      "create",
      "update",
      "patch",
      "delete",
    ]);
  });

  test("an Auditor writes nothing", () => {
    const given = role(manifests, "ClusterRole", "socle:auditor");
    expect(new Set((given.rules ?? []).flatMap((one) => one.verbs))).toEqual(new Set(["get", "list", "watch"]));
  });

  test("whoever may look at everything looks at ours; whoever administers describes it, and does nobody else's part", () => {
    const view = role(manifests, "ClusterRole", "socle:aggregate-to-view");
    expect(new Set((view.rules ?? []).flatMap((one) => one.verbs))).toEqual(new Set(["get", "list", "watch"]));
    const labels = (name: string): string[] =>
      Object.keys(role(manifests, "ClusterRole", name).metadata.labels).filter((label) => label.includes("aggregate"));
    expect(labels("socle:aggregate-to-view")).toHaveLength(3);
    expect(labels("socle:aggregate-to-admin")).toEqual(["rbac.authorization.k8s.io/aggregate-to-admin"]);
    const admin = role(manifests, "ClusterRole", "socle:aggregate-to-admin");
    expect(verbsOn(admin, "tenants")).toEqual(["create", "update", "patch", "delete"]);
    expect(verbsOn(admin, "policyexceptions")).toEqual(["create", "delete"]);
    for (const resource of ["nameclaims", "attestations", "tenants/status", "secrets"])
      expect(verbsOn(admin, resource)).toEqual([]);
  });
});
