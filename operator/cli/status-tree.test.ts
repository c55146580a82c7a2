import { describe, expect, it } from "vitest";
import type { Condition } from "../../crds/v1alpha1/conditions.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import { firstFailure, renderTree, type StatusNode, summaryOf, tenantTree } from "./status-tree.ts";

const condition = (type: string, status: Condition["status"], reason = "Succeeded"): Condition => ({
  type,
  status,
  reason,
  message: `${type} says ${reason}`,
  lastTransitionTime: "2026-01-01T00:00:00Z",
});
const good = (type: string): Condition => condition(type, "True");
const bad = (type: string, reason: string): Condition => condition(type, "False", reason);

interface Said {
  readonly generation?: number;
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

/** An object that the operator looked at in its generation of now, unless said otherwise. */
const object = (kind: string, name: string, said: Said & { readonly spec: object; readonly namespace?: string }) => ({
  apiVersion: "socle.dev/v1alpha1",
  kind,
  metadata: {
    name,
    ...(said.namespace === undefined ? {} : { namespace: said.namespace }),
    uid: name,
    resourceVersion: "1",
    generation: said.generation ?? 1,
  },
  spec: said.spec,
  status: { observedGeneration: said.observedGeneration ?? said.generation ?? 1, conditions: said.conditions },
});

const tenant = (...conditions: readonly Condition[]): Tenant => tenantOf({ conditions });
const tenantOf = (said: Said): Tenant =>
  object("Tenant", "minagri", { ...said, spec: { regionRef: { name: "home" } } }) as unknown as Tenant;
const region = (...conditions: readonly Condition[]): SovereignRegion =>
  object("SovereignRegion", "home", { conditions, spec: {} }) as unknown as SovereignRegion;
const module = (name: string, said: Said): ModuleDeployment =>
  object("ModuleDeployment", name.toLowerCase(), {
    ...said,
    namespace: "t-minagri",
    spec: { module: name },
  }) as unknown as ModuleDeployment;

const wellRegion = region(good("Ready"), good("Reachable"));
const wellModule = module("PostgreSQL", { conditions: [good("Ready"), good("DatabaseReady")] });
const wellTenant = tenant(good("Ready"), good("NamesClaimed"), good("ModulesReady"));

describe("Ready, as a reader must take it,", () => {
  it.each([
    { said: { conditions: [good("Ready")] }, light: "ready", reason: "Succeeded" },
    { said: { conditions: [bad("Ready", "NameTaken")] }, light: "not-ready", reason: "NameTaken" },
    { said: { conditions: [condition("Ready", "Unknown", "Timeout")] }, light: "unknown", reason: "Timeout" },
    { said: { conditions: [] }, light: "unknown", reason: "NotObserved" },
    {
      said: { conditions: [good("Ready")], generation: 3, observedGeneration: 2 },
      light: "unknown",
      reason: "NotObserved",
    },
    { said: { conditions: [good("Ready")], observedGeneration: -1 }, light: "unknown", reason: "NotObserved" },
  ])("of $said is $light with $reason", ({ said, light, reason }) => {
    expect(summaryOf(tenantOf(said))).toMatchObject({ light, reason });
  });

  it("of an object without any status is unknown", () => {
    expect(summaryOf({ kind: "Tenant", metadata: { name: "new", generation: 1 } }).light).toBe("unknown");
  });
});

describe("the first failure", () => {
  const dependencyFailed = tenant(
    bad("Ready", "DependencyNotReady"),
    good("NamesClaimed"),
    bad("ModulesReady", "DependencyNotReady"),
  );
  const rows: readonly {
    readonly of: string;
    readonly tree: StatusNode;
    readonly path: readonly string[];
    readonly reason: string;
    readonly object: object;
  }[] = [
    {
      of: "a tenant whose name is taken is the condition that says so",
      tree: tenantTree(tenant(bad("Ready", "NameTaken"), bad("NamesClaimed", "NameTaken")), [], wellRegion),
      path: ["Tenant minagri", "NamesClaimed"],
      reason: "NameTaken",
      object: { kind: "Tenant", name: "minagri" },
    },
    {
      of: "a tenant with a broken module lies in the module",
      tree: tenantTree(
        dependencyFailed,
        [
          wellModule,
          module("Keycloak", { conditions: [bad("Ready", "ProbeFailed"), bad("EndpointReachable", "ProbeFailed")] }),
        ],
        wellRegion,
      ),
      path: ["Tenant minagri", "ModulesReady", "Keycloak", "EndpointReachable"],
      reason: "ProbeFailed",
      object: { kind: "ModuleDeployment", namespace: "t-minagri", name: "keycloak" },
    },
    {
      of: "a module that is paused is the module itself: none of its conditions is wrong",
      tree: tenantTree(
        dependencyFailed,
        [module("PostgreSQL", { conditions: [bad("Ready", "Paused"), good("DatabaseReady")] })],
        wellRegion,
      ),
      path: ["Tenant minagri", "ModulesReady", "PostgreSQL"],
      reason: "Paused",
      object: { kind: "ModuleDeployment", namespace: "t-minagri", name: "postgresql" },
    },
    {
      of: "a module that nobody looked at since it changed is the module, whatever its old conditions say",
      tree: tenantTree(
        dependencyFailed,
        [
          module("PostgreSQL", {
            generation: 2,
            observedGeneration: 1,
            conditions: [good("Ready"), good("DatabaseReady")],
          }),
        ],
        wellRegion,
      ),
      path: ["Tenant minagri", "ModulesReady", "PostgreSQL"],
      reason: "NotObserved",
      object: { kind: "ModuleDeployment", namespace: "t-minagri", name: "postgresql" },
    },
    {
      of: "a tenant that is held back by its checks is the tenant, which says by which",
      tree: tenantTree(
        tenant(bad("Ready", "ControlFailed"), bad("ControlsSatisfied", "ControlFailed")),
        [],
        wellRegion,
      ),
      path: ["Tenant minagri"],
      reason: "ControlFailed",
      object: { kind: "Tenant", name: "minagri" },
    },
    {
      of: "a tenant in a broken region is the region, also while the tenant itself is still Ready",
      tree: tenantTree(
        wellTenant,
        [wellModule],
        region(bad("Ready", "DependencyUnavailable"), bad("Reachable", "DependencyUnavailable")),
      ),
      path: ["Tenant minagri", "SovereignRegion home", "Reachable"],
      reason: "DependencyUnavailable",
      object: { kind: "SovereignRegion", name: "home" },
    },
    {
      of: "a tenant without its region is the region that does not exist",
      tree: tenantTree(tenant(bad("Ready", "DependencyMissing")), [], undefined),
      path: ["Tenant minagri", "SovereignRegion home"],
      reason: "DependencyMissing",
      object: { kind: "Tenant", name: "minagri" },
    },
    {
      of: "a tenant that no operator has looked at is the tenant",
      tree: tenantTree(tenantOf({ observedGeneration: -1 }), [], wellRegion),
      path: ["Tenant minagri"],
      reason: "NotObserved",
      object: { kind: "Tenant", name: "minagri" },
    },
  ];
  it.each(rows)("of $of", ({ tree, path, reason, object }) => {
    expect(firstFailure(tree)).toMatchObject({ path, reason, object });
  });

  it("does not exist where a tenant is Ready, whatever its checks find", () => {
    const judged = tenant(good("Ready"), good("ModulesReady"), bad("ControlsSatisfied", "ControlFailed"));
    expect(firstFailure(tenantTree(judged, [wellModule], wellRegion))).toBeUndefined();
  });

  it("does not exist where all is Ready", () => {
    expect(firstFailure(tenantTree(wellTenant, [wellModule], wellRegion))).toBeUndefined();
  });

  it("is not a condition that is shown below a module that is Ready: drift that was left is no failure", () => {
    const drifted = module("PostgreSQL", { conditions: [good("Ready"), bad("DriftFree", "DriftFound")] });
    expect(firstFailure(tenantTree(wellTenant, [drifted], wellRegion))).toBeUndefined();
  });
});

describe("the tree", () => {
  const plain = (_light: string, text: string): string => text;

  it("draws branches, and tells reason and message where something is not Ready", () => {
    const broken = tenant(
      bad("Ready", "DependencyNotReady"),
      good("NamesClaimed"),
      bad("ModulesReady", "DependencyNotReady"),
    );
    const keycloak = module("Keycloak", { conditions: [bad("Ready", "ProbeFailed"), bad("SSOReady", "ProbeFailed")] });
    expect(renderTree(tenantTree(broken, [wellModule, keycloak], wellRegion), plain)).toEqual([
      "Not ready Tenant minagri  DependencyNotReady: Ready says DependencyNotReady",
      "├─ Ready     SovereignRegion home",
      "│  └─ Ready     Reachable",
      "├─ Ready     NamesClaimed",
      "└─ Not ready ModulesReady  DependencyNotReady: ModulesReady says DependencyNotReady",
      "   ├─ Ready     PostgreSQL",
      "   │  └─ Ready     DatabaseReady",
      "   └─ Not ready Keycloak  ProbeFailed: Ready says ProbeFailed",
      "      └─ Not ready SSOReady  ProbeFailed: SSOReady says ProbeFailed",
    ]);
  });

  it("shows the address of a module that has one", () => {
    const served = {
      ...wellModule,
      status: { ...wellModule.status, url: "https://login.example" },
    } as ModuleDeployment;
    expect(renderTree(tenantTree(wellTenant, [served], wellRegion), plain).join("\n")).toContain(
      "PostgreSQL https://login.example",
    );
  });

  it("shows modules also of a tenant that says nothing of modules yet", () => {
    const labels = tenantTree(tenantOf({}), [wellModule], wellRegion).children.map(({ label }) => label);
    expect(labels).toEqual(["SovereignRegion home", "PostgreSQL"]);
  });

  it("paints each word by its light", () => {
    const painted = renderTree(tenantTree(wellTenant, [], undefined), (light, text) => `<${light}>${text.trim()}`);
    expect(painted.slice(0, 2)).toEqual([
      "<ready>Ready Tenant minagri",
      "├─ <not-ready>Not ready SovereignRegion home  DependencyMissing: does not exist; the tenant goes on by itself once it does",
    ]);
  });
});
