import { describe, expect, it } from "vitest";
import { names } from "../../../crds/group.ts";
import { liveModule, liveTenant } from "../../../test/support/live-objects.ts";
import { deletionBlock, erasureAllowed, isOvertaken } from "./deletion-checks.ts";

const deleting = { deletionTimestamp: "2026-06-01T00:00:00Z" };
const keycloak = liveModule("Keycloak", { metadata: deleting });
const wanting = (...modules: string[]) =>
  liveTenant("minagri", { spec: { modules: modules.map((module) => ({ module })) } });
const leaving = (lifecycle: object, annotations: Record<string, string> = {}) =>
  liveTenant("minagri", { metadata: { ...deleting, annotations }, spec: { lifecycle } });
const confirmed = { [names.confirmDelete]: "minagri" };
const open = { deletionProtection: false };

describe("deletionBlock", () => {
  it.each([
    ["the tenant no longer asks for it", wanting("PostgreSQL"), undefined],
    ["the tenant still asks for it", wanting("PostgreSQL", "Keycloak"), "still asks for Keycloak"],
    ["the tenant still asks for what needs it", wanting("Synapse"), "still asks for what needs Keycloak"],
    ["nobody knows the tenant", undefined, "nobody can confirm"],
    ["the tenant goes, confirmed", leaving(open, confirmed), undefined],
    ["the tenant goes unconfirmed", leaving(open), "without the annotation"],
    ["the tenant goes though protected", leaving({}, confirmed), "deletionProtection"],
  ])("where %s", (_claim, tenant, why) => {
    const block = deletionBlock(keycloak, tenant, [keycloak, liveModule("PostgreSQL")]);
    if (why === undefined) expect(block).toBe(undefined);
    else expect(block).toContain(why);
  });
});

describe("isOvertaken", () => {
  const meant = (uid = keycloak.metadata.uid) =>
    liveModule("Keycloak", { metadata: { ...deleting, annotations: { [names.removalRequested]: uid } } });
  it.each([
    ["its tenant gave it up, and asks for it again", meant(), wanting("Keycloak"), true],
    ["its tenant asks again for what needs it", meant(), wanting("Synapse"), true],
    ["its tenant asks for others", meant(), wanting("PostgreSQL"), false],
    ["it was deleted by a slip of the hand", keycloak, wanting("Keycloak"), false],
    ["the mark is of one that bore its name before", meant("another"), wanting("Keycloak"), false],
    ["its tenant goes", meant(), leaving(open, confirmed), false],
    ["nobody knows its tenant", meant(), undefined, false],
  ])("where %s", (_claim, module, tenant, overtaken) => {
    expect(isOvertaken(module, tenant)).toBe(overtaken);
  });
});

describe("erasureAllowed", () => {
  const now = Date.parse("2026-06-30T00:00:00Z");
  const due = { deletionProtection: false, deletionPolicy: "Delete", erasureNoticeSentAt: "2026-06-01T00:00:00Z" };
  it.each([
    ["both say Delete", "Delete", due, "erase"],
    ["only the tenant says Delete", "Retain", due, "retain"],
    ["only the tenant says Delete, and the module nothing", undefined, due, "retain"],
    ["only the module says Delete", "Delete", open, "retain"],
    ["the notice is too young", "Delete", { ...due, erasureNoticeSentAt: "2026-06-20T00:00:00Z" }, "wait"],
  ])("where %s: %s", (_claim, deletionPolicy, lifecycle, kind) => {
    const module = liveModule("Keycloak", { spec: deletionPolicy === undefined ? {} : { deletionPolicy } });
    expect(erasureAllowed(module, leaving(lifecycle, confirmed), now).kind).toBe(kind);
  });
});
