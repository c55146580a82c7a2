import { describe, expect, it, test } from "vitest";
import { group } from "../../crds/group.ts";
import { kinds } from "../../crds/kinds.ts";
import { argoHealthChecks, argoHealthOf } from "../support/argo-health.ts";
import { type MomentName, playedStates, recordedStates, recordingName } from "../support/onboarding-states.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

test("what objects say of themselves from their first second to their last is as it was recorded", async () => {
  expectGolden(recordingName, yamlDocuments([await playedStates()]));
});

/** What Argo CD shows, and the beginning of what it says. */
const shown: Readonly<Record<MomentName, readonly [health: string, says: string]>> = {
  "tenant: created, and not yet looked at": ["Progressing", "The operator has not looked at this version yet."],
  "tenant: isolated, modules are being made": ["Progressing", "Progressing: Module PostgreSQL is being made."],
  "tenant: its region does not exist": ["Progressing", "DependencyMissing: SovereignRegion region does not exist"],
  "tenant: a server is away": ["Progressing", "DependencyNotReady: Keycloak: ProviderUnreachable"],
  "tenant: ready": ["Healthy", "Succeeded: "],
  "tenant: its wish changed after it was ready": ["Progressing", "The operator has not looked at this version yet."],
  "tenant: wants a name that another holds": ["Degraded", "NameTaken: Domain rival.ministere.suite.example"],
  "tenant: deleted while protected": ["Progressing", "Pending deletion"],
  "tenant: deleted as confirmed": ["Progressing", "Pending deletion"],
  "region: ready": ["Healthy", "Succeeded: "],
  "module: ready": ["Healthy", "Succeeded: "],
  "module: paused": ["Suspended", "Paused: managementPolicy is Paused"],
};

describe("Argo CD with the health checks of examples/gitops/argo-cd", () => {
  it("has a check for each kind whose status people wait for, and for Applications themselves", () => {
    const withStatus = kinds.filter(({ status }) => status !== undefined).map(({ kind }) => `${group}_${kind}`);
    expect(Object.keys(argoHealthChecks()).sort()).toEqual([...withStatus, "argoproj.io_Application"].sort());
  });

  it.each(Object.entries(shown))("shows of a %s: %o", async (moment, [health, says]) => {
    const { status, message } = await argoHealthOf(recordedStates()[moment as MomentName]);
    expect(status).toBe(health);
    expect(message.slice(0, says.length)).toBe(says);
  });

  it.each([
    ["that it has not looked at", {}, { status: "Progressing", message: "Argo CD has not looked at it yet." }],
    ["that waits for a ministry", { health: { status: "Progressing" } }, { status: "Progressing", message: "" }],
    ["that is healthy", { health: { status: "Healthy" } }, { status: "Healthy", message: "" }],
  ])("makes a wave wait for an Application %s", async (_what, status, health) => {
    const application = {
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      metadata: { name: "fleet" },
      status,
    };
    expect(await argoHealthOf(application as unknown as Parameters<typeof argoHealthOf>[0])).toEqual(health);
  });
});
