import { describe, expect, it } from "vitest";
import type { DesiredModule } from "../../modules/driver.ts";
import type { StoryEnd } from "../../reconcile/story.ts";
import { condition, liveModule } from "../../../test/support/live-objects.ts";
import { moduleStatus } from "./status.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const desired = {
  claims: [],
  secrets: [],
  database: { host: { kind: "region" }, desired: { database: "minagri" }, server: "db:5432" },
  url: "https://a.example",
  resolved: { driver: "External", database: "minagri" },
} as unknown as DesiredModule;
const end = (checks: StoryEnd["checks"] = []): StoryEnd => ({
  checks,
  progress: "settled",
  error: undefined,
  againAfterMs: undefined,
});
const check = (type: string, status: "True" | "False", message = "said so") => ({
  type,
  status,
  reason: "Succeeded" as const,
  message,
});
const typesOf = (status: ReturnType<typeof moduleStatus>) => status.conditions?.map(({ type }) => type);

describe("moduleStatus", () => {
  it("carries the conditions that apply: a database has no realm", () => {
    expect(typesOf(moduleStatus(liveModule("PostgreSQL"), { end: end(), desired }, now))).toEqual([
      "Ready",
      "Reconciling",
      "DependenciesReady",
      "Owned",
      "CredentialsReady",
      "DatabaseReady",
      "EndpointReachable",
      "DriftFree",
    ]);
  });

  it("counts a context among what runs, but knows no version of it", () => {
    const context = { desired: { name: "minagri" }, server: "ox.example" };
    const webmail = { claims: [], secrets: [], context, resolved: {} } as unknown as DesiredModule;
    const status = moduleStatus(liveModule("OpenXchange"), { end: end(), desired: webmail }, now);
    expect(typesOf(status)).toContain("WorkloadAvailable");
    expect(typesOf(status)).not.toContain("UpToDate");
    expect(status.external).toEqual([{ kind: "Context", name: "minagri", server: "ox.example" }]);
  });

  it("names what lies outside", () => {
    const status = moduleStatus(liveModule("PostgreSQL"), { end: end(), desired }, now);
    expect(status).toMatchObject({
      external: [{ kind: "Database", name: "minagri", server: "db:5432" }],
      url: "https://a.example",
    });
  });

  it("keeps a choice that was made once, whatever the default says today", () => {
    const module = liveModule("PostgreSQL", { status: { observedGeneration: 1, resolved: { driver: "StatefulSet" } } });
    expect(moduleStatus(module, { end: end(), desired }, now).resolved).toEqual({
      driver: "StatefulSet",
      database: "minagri",
    });
  });

  it("keeps all that is known where the module was not looked at", () => {
    const known = { url: "https://a.example", external: [], resolved: { driver: "External" }, version: "1" };
    const module = liveModule("PostgreSQL", { status: { observedGeneration: 1, ...known } });
    expect(moduleStatus(module, { end: end(), desired: undefined }, now)).toMatchObject(known);
  });

  it("notes when the answer of the application changed, and not each answer: that would be a write per probe", () => {
    const before = { conditions: [condition("EndpointReachable", "True")], observedGeneration: 1 };
    const module = liveModule("PostgreSQL", { status: before });
    const probe = (status: "True" | "False") =>
      moduleStatus(module, { end: end([check("EndpointReachable", status)]), desired }, now).lastProbe;
    expect([probe("True"), probe("False")]).toEqual([
      { time: "2026-01-01T00:00:00Z", succeeded: true, message: "said so" },
      { time: "2026-06-01T00:00:00Z", succeeded: false, message: "said so" },
    ]);
  });

  it("keeps the last answer where nobody asked", () => {
    const lastProbe = { time: "2026-01-01T00:00:00Z", succeeded: true, message: "was so" };
    const module = liveModule("PostgreSQL", { status: { observedGeneration: 1, lastProbe } });
    expect(moduleStatus(module, { end: end(), desired }, now).lastProbe).toEqual(lastProbe);
  });
});
