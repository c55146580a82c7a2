import { describe, expect, it } from "vitest";
import { condition, liveModule, liveTenant } from "../../../test/support/live-objects.ts";
import { isModuleReady, modulesFinding } from "./checks.ts";

const tenant = liveTenant("minagri", { spec: { modules: [{ module: "PostgreSQL" }, { module: "Keycloak" }] } });
const ready = { observedGeneration: 1, conditions: [condition("Ready", "True")] };
const failing = {
  observedGeneration: 1,
  conditions: [condition("Ready", "False", { reason: "ProbeFailed", message: "no login" })],
};
const postgresql = (status?: object) => liveModule("PostgreSQL", status === undefined ? {} : { status });
const keycloak = (status?: object) => liveModule("Keycloak", status === undefined ? {} : { status });

describe("modulesFinding", () => {
  it.each([
    ["all are Ready", [postgresql(ready), keycloak(ready)], "True", "2 of 2 modules are Ready."],
    ["one does not exist yet", [postgresql(ready)], "False", "Module Keycloak is being made."],
    ["one was not looked at", [postgresql(ready), keycloak()], "False", "Module Keycloak was not looked at yet."],
    ["one fails", [postgresql(ready), keycloak(failing)], "False", "Keycloak: ProbeFailed: no login"],
    [
      "several are not Ready: the first speaks",
      [postgresql(failing), keycloak()],
      "False",
      "PostgreSQL: ProbeFailed: no login",
    ],
  ])("where %s", (_claim, modules, status, message) => {
    expect(modulesFinding(tenant, modules)).toMatchObject({ status, message });
  });
});

describe("A module is Ready", () => {
  it.each([
    ["when its condition says so for the spec of now", ready, 1, true],
    ["not for an older spec", ready, 2, false],
    ["not while it fails", failing, 1, false],
    ["not without a status", undefined, 1, false],
  ])("%s", (_claim, status, generation, wanted) => {
    const module = liveModule("Keycloak", { metadata: { generation }, ...(status === undefined ? {} : { status }) });
    expect(isModuleReady(module)).toBe(wanted);
  });
});
