import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import {
  account,
  aggregatedRole,
  clusterRole,
  clusterRoleBinding,
  group,
  labelledAsShipped,
  role,
  roleBinding,
  user,
} from "../../../test/support/policy-fixtures/rbac.ts";
import { Seen } from "../seen.ts";
import { surroundingsOf } from "../surroundings.ts";
import { allows, isShipped, roleRef, roles, rulesOf } from "./rbac.ts";

const pods = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
const secrets = { verbs: ["get"], apiGroups: [""], resources: ["secrets"] };

/** The resources of what a binding grants, beside these roles. */
function granted(binding: Manifest, ...beside: readonly Manifest[]): readonly string[] {
  const byKind = Map.groupBy(
    roles().flatMap((read) => beside.filter(({ kind }) => kind === read.kind).map((object) => new Seen(object, read))),
    ({ object }) => object.kind,
  );
  const rules = rulesOf(
    new Seen(binding, { fields: roleRef }),
    surroundingsOf(byKind, () => "2026-06-15T12:00:00Z"),
  );
  return rules.flatMap(({ resources }) => resources);
}

describe("what a binding grants", () => {
  const agents = group("meteo-agents");

  it("is the Role of its own namespace, not that of another or of the cluster with the same name", () => {
    const beside = [role("t-agri", "reader", secrets), clusterRole("reader", secrets), role("t-meteo", "reader", pods)];
    expect(granted(roleBinding("t-meteo", "Role reader", agents), ...beside)).toEqual(["pods"]);
  });

  it("is what an aggregated role is made of, through roles that are aggregated themselves", () => {
    const [whole, part] = aggregatedRole("whole", { outer: "yes" });
    const beside = [
      whole!,
      { ...part!, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { inner: "yes" } }] } },
      ...aggregatedRole("other", { inner: "yes" }, secrets),
    ];
    expect(granted(clusterRoleBinding("ClusterRole whole", agents), ...beside)).toEqual(["secrets"]);
  });

  it("is found where two roles are made of each other", () => {
    const [one, other] = ["one", "other"].map((name, index) => ({
      ...clusterRole(name, index === 0 ? pods : secrets),
      metadata: { name, labels: { both: "yes" } },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { both: "yes" } }] },
    }));
    expect(granted(clusterRoleBinding("ClusterRole one", agents), one!, other!)).toEqual(["pods", "secrets"]);
  });

  it("is not known where the role is not there", () => {
    expect(() => granted(roleBinding("t-meteo", "Role gone", agents))).toThrow("Role gone is not there");
  });
});

describe("a rule", () => {
  const tokens = { verbs: ["create"], group: "", resources: ["serviceaccounts/token"] };
  const rule = (resources: string[]) => ({
    verbs: ["create"],
    apiGroups: [""],
    resources,
    resourceNames: [],
    nonResourceURLs: [],
  });

  it.each([
    [["serviceaccounts/token"], true],
    [["*"], true],
    [["*/token"], true],
    [["serviceaccounts"], false],
    [["serviceaccounts/*"], false],
  ])("on %j grants tokens of service accounts: %s", (resources, expected) => {
    expect(allows(rule(resources), tokens)).toBe(expected);
  });
});

describe("a binding under the label of Kubernetes", () => {
  const shipped = (name: string, subject: ReturnType<typeof group>): boolean =>
    isShipped(labelledAsShipped(clusterRoleBinding(`ClusterRole ${name}`, subject)));

  it.each([
    ["cluster-admin", group("system:masters")],
    ["system:discovery", group("system:authenticated")],
    ["system:kube-scheduler", user("system:kube-scheduler")],
    ["system:controller:job-controller", account("kube-system", "job-controller")],
  ])("of %s to its component is one that Kubernetes makes", (name, subject) => {
    expect(shipped(name, subject)).toBe(true);
  });

  it.each([
    ["cluster-admin", group("platform-operators")],
    ["system:kube-scheduler", group("system:authenticated")],
    ["system:kube-scheduler", user("marie.durand")],
    ["system:controller:job-controller", account("t-meteo-apps", "default")],
  ])("of %s to somebody else is judged", (name, subject) => {
    expect(shipped(name, subject)).toBe(false);
  });

  it("is judged without the label", () => {
    expect(isShipped(clusterRoleBinding("ClusterRole cluster-admin", group("system:masters")))).toBe(false);
  });
});
