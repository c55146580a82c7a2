import { describe, expect, it } from "vitest";
import { reasons } from "../../crds/v1alpha1/conditions.ts";
import { remedyOf } from "./remedy.ts";
import type { NamedObject } from "./status-tree.ts";

const module: NamedObject = { kind: "ModuleDeployment", namespace: "t-minagri", name: "keycloak" };
const tenant: NamedObject = { kind: "Tenant", name: "minagri" };
const commandOf = (reason: string, object: NamedObject | undefined): string | undefined =>
  remedyOf({ path: [], reason, message: "", object }, { tenant: "minagri", region: "home" })?.command;

describe("the command to try", () => {
  it.each([
    { reason: "QuotaExceeded", object: module, command: "kubectl describe quota -n t-minagri-apps" },
    { reason: "NotQualified", object: tenant, command: "kubectl get sovereignregion home -o yaml" },
    { reason: "NotEntitled", object: tenant, command: "kubectl get tenant minagri -o yaml" },
    { reason: "InvalidSpec", object: module, command: "kubectl explain moduledeployment.spec" },
    {
      reason: "ProgressingWithRetry",
      object: module,
      command: "kubectl events --for moduledeployment/keycloak -n t-minagri",
    },
    {
      reason: "NotOwned",
      object: module,
      command: "kubectl describe moduledeployment keycloak -n t-minagri",
    },
    { reason: "RemovalBlocked", object: tenant, command: "kubectl describe tenant/minagri" },
    {
      reason: "Paused",
      object: module,
      command: `kubectl patch moduledeployment keycloak -n t-minagri --type merge -p '{"spec":{"managementPolicy":"Managed"}}'`,
    },
  ])("of $reason has its names filled in", ({ reason, object, command }) => {
    expect(commandOf(reason, object)).toBe(command);
  });

  it("is never the command that the person has just run", () => {
    expect(commandOf("DependencyNotReady", module)).toBe("kubectl describe moduledeployment/keycloak -n t-minagri");
  });

  it.each(Object.entries(reasons))(
    "of %s takes over, erases and confirms nothing: it once confirmed a deletion",
    (_name, { command }) => {
      expect(command).not.toMatch(/confirm-delete|abandon-external|Adopt|Delete|kubectl (delete|annotate|edit)/);
    },
  );

  it("looks at the tenant where the reason names no object", () => {
    expect(commandOf("DependencyMissing", undefined)).toBe("kubectl describe tenant/minagri");
  });

  it.each(Object.keys(reasons).flatMap((reason) => [module, tenant].map((object) => ({ reason, object }))))(
    "of $reason on a $object.kind runs as it stands: no placeholder is left",
    ({ reason, object }) => {
      expect(commandOf(reason, object)).toMatch(/^(kubectl|socle) [^<>]+$/);
    },
  );
});

it("says nothing of a reason of a newer release", () => {
  const failure = { path: [], reason: "InventedLater", message: "", object: undefined };
  expect(remedyOf(failure, { tenant: "minagri", region: "home" })).toBeUndefined();
});
