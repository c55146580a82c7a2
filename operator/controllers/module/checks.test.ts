import { describe, expect, it } from "vitest";
import type { ModuleDriver } from "../../modules/driver.ts";
import type { ModuleName } from "../../../crds/v1alpha1/modules.ts";
import { condition, liveModule, liveRegion, liveTenant } from "../../../test/support/live-objects.ts";
import { dependenciesFinding, driftFinding } from "./checks.ts";
import type { ModuleScene } from "./scene.ts";

const needing = (...needed: ModuleName[]) => ({ requires: () => needed }) as unknown as ModuleDriver;
const isolated = { conditions: [condition("IsolationReady", "True")] };
const scene = (over: Partial<ModuleScene> = {}): ModuleScene => ({
  module: liveModule("Nextcloud"),
  tenant: liveTenant("minagri", { status: isolated }),
  region: liveRegion(),
  marker: "marker",
  cluster: { kinds: new Set(), apiServers: [] },
  holder: { name: "minagri", legalIdentifier: "Internal:MINAGRI", uid: "u" },
  siblings: [],
  live: [],
  claims: [],
  ...over,
});
const sibling = (status: "True" | "False") =>
  liveModule("PostgreSQL", { status: { observedGeneration: 1, conditions: [condition("Ready", status)] } });

describe("dependenciesFinding", () => {
  it.each([
    ["nothing is needed", scene(), needing(), "Succeeded"],
    ["what is needed is Ready", scene({ siblings: [sibling("True")] }), needing("PostgreSQL"), "Succeeded"],
    [
      "what is needed is not Ready",
      scene({ siblings: [sibling("False")] }),
      needing("PostgreSQL"),
      "DependencyNotReady",
    ],
    ["what is needed is not there", scene(), needing("PostgreSQL"), "DependencyMissing"],
    ["the tenant is not isolated", scene({ tenant: liveTenant("minagri") }), needing(), "DependencyNotReady"],
    [
      "the tenant is on its way out, though isolated",
      scene({
        tenant: liveTenant("minagri", { status: isolated, metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }),
      }),
      needing(),
      "Terminating",
    ],
  ])("where %s", (_claim, at, driver, reason) => {
    expect(dependenciesFinding(at, driver).reason).toBe(reason);
  });
});

describe("driftFinding", () => {
  it.each([
    ["nothing differs", { drift: [], corrected: false, observed: false }, "True", "Succeeded"],
    ["it was put back", { drift: ["x"], corrected: true, observed: false }, "True", "DriftCorrected"],
    ["it is only reported", { drift: ["x"], corrected: false, observed: false }, "False", "DriftFound"],
    ["the module is only observed", { drift: ["x"], corrected: false, observed: true }, "False", "DriftFound"],
  ])("where %s", (_claim, report, status, reason) => {
    expect(driftFinding(report)).toMatchObject({ status, reason });
  });

  it("says which policy to change, the one that holds it back", () => {
    const told = (observed: boolean) => driftFinding({ drift: ["x"], corrected: false, observed }).message;
    expect([told(false), told(true)]).toEqual([
      expect.stringContaining("driftPolicy Correct"),
      expect.stringContaining("managementPolicy Observe"),
    ]);
  });

  it("names ten fields at most", () => {
    const drift = Array.from({ length: 12 }, (_, index) => `f${index}`);
    expect(driftFinding({ drift, corrected: true, observed: false }).message).toMatch(/f9\.$/);
  });
});
