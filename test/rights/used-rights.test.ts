import { describe, expect, it } from "vitest";
import type { AccessRule } from "../../crds/rbac.ts";
import { access } from "../../operator/access.ts";
import { type Deed, deedsIn, grantText, missingRights, notedDeeds, usageOf } from "./used-rights.ts";

describe("the rights of the operator, after every suite on a real API server", () => {
  const deeds = notedDeeds();
  const { idle, unexercised } = usageOf(access, deeds);

  it("have been watched: the suites ran before", () => {
    expect(deeds.length).toBeGreaterThan(100);
  });

  it("have no verb that a feature asks for and does not use", () => {
    expect(idle.map(grantText)).toEqual([]);
  });

  it("lack none that it asked for", () => {
    expect(missingRights(access, deeds)).toEqual([]);
  });

  it("are there for features that a suite exercises", () => {
    const rest = unexercised.map((rule) => `${rule.verbs.join(", ")} ${rule.resources.join(", ")}: ${rule.why}`);
    for (const line of rest) console.log(`not exercised: ${line}`);
    expect(rest.length).toBeLessThan(access.length / 4);
  });
});

describe("the comparison", () => {
  const rule: AccessRule = {
    scope: "tenant",
    apiGroup: "apps",
    resources: ["deployments"],
    verbs: ["create", "delete"],
    why: "runs modules",
  };
  const line = (verb: string, more: Record<string, unknown> = {}): string =>
    JSON.stringify({
      verb,
      user: { username: "socle-operator" },
      userAgent: "socle-operator",
      stage: "ResponseComplete",
      objectRef: { apiGroup: "apps", resource: "deployments", namespace: "t-one", name: "web" },
      responseStatus: { code: 200 },
      ...more,
    });
  const after = (...lines: string[]) => usageOf([rule], lines.flatMap(deedsIn));

  it("finds a verb that nobody used", () => {
    expect(after(line("create")).idle.map(({ verb }) => verb)).toEqual(["delete"]);
  });
  it("finds nothing when all was used", () => {
    expect(after(line("create"), line("delete"))).toEqual({ idle: [], unexercised: [] });
  });
  it("takes a rule of which nothing was used for a feature that was not exercised", () => {
    expect(after()).toEqual({ idle: [], unexercised: [rule] });
  });
  it("takes what is applied anew for created", () => {
    expect(after(line("patch", { responseStatus: { code: 201 } }), line("delete"))).toEqual({
      idle: [],
      unexercised: [],
    });
  });
  it.each([
    ["of somebody else", { user: { username: "kubernetes-admin" } }],
    ["of another program with its rights", { userAgent: "socle-cli" }],
    ["that was refused", { responseStatus: { code: 403 } }],
    ["elsewhere", { objectRef: { apiGroup: "apps", resource: "deployments", namespace: "default", name: "web" } }],
    [
      "on a subresource",
      { objectRef: { apiGroup: "apps", resource: "deployments", subresource: "scale", namespace: "t-one" } },
    ],
    ["of another group", { objectRef: { resource: "deployments", namespace: "t-one" } }],
  ])("counts no deed %s", (_title, more) => {
    expect(after(line("create"), line("delete", more)).idle.map(({ verb }) => verb)).toEqual(["delete"]);
  });
  const forbidden = (verb: string): readonly Deed[] =>
    deedsIn(line(verb, { responseStatus: { code: 403 }, annotations: { "authorization.k8s.io/decision": "forbid" } }));
  it("finds what was forbidden because no rule grants it, and counts it for nothing", () => {
    expect(missingRights([rule], forbidden("get")).map(({ verb }) => verb)).toEqual(["get"]);
    expect(usageOf([{ ...rule, verbs: ["get"] }], forbidden("get")).unexercised).toHaveLength(1);
  });
  it("misses nothing where a suite took away what a rule grants, or where something else refused", () => {
    expect(missingRights([rule], forbidden("create"))).toEqual([]);
    expect(deedsIn(line("get", { responseStatus: { code: 403 } }))).toEqual([]);
  });
  it("counts a deed for a named right only under that name", () => {
    const named = { ...rule, verbs: ["get"], resourceNames: ["web"] };
    const other = line("get", {
      objectRef: { apiGroup: "apps", resource: "deployments", namespace: "t-one", name: "x" },
    });
    expect(usageOf([named], deedsIn(other)).unexercised).toEqual([named]);
    expect(usageOf([named], deedsIn(line("get"))).unexercised).toEqual([]);
  });
});
