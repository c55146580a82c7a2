import { describe, expect, it } from "vitest";
import type { ContextDesired, ObservedContext } from "./openxchange-api.ts";
import { contextPlan, erasePlan, retainPlan } from "./plan.ts";

const desired: ContextDesired = {
  name: "meteo",
  marker: "ours",
  loginMappings: ["meteo.example", "agents.example"],
  quotaMi: 5120,
  administrator: { name: "oxadmin", email: "oxadmin@meteo.example" },
};

/** The note that a context bears on which this wish was applied. */
function appliedOf(wish: ContextDesired): string {
  const made = contextPlan({ desired: wish, observed: undefined, adopt: false });
  const [change] = made.kind === "plan" ? made.changes : [];
  return change?.kind === "create" ? change.applied : "";
}

const live = (fields: Partial<ObservedContext> = {}): ObservedContext => ({
  id: 7,
  name: "meteo",
  enabled: true,
  loginMappings: ["agents.example", "meteo.example"],
  quotaMi: 5120,
  marker: "ours",
  applied: appliedOf(desired),
  ...fields,
});
const plan = (observed: ObservedContext | undefined, adopt = false) => contextPlan({ desired, observed, adopt });
const kinds = (observed: ObservedContext | undefined, adopt = false) => {
  const result = plan(observed, adopt);
  return result.kind === "plan" ? [result.changes.map(({ kind }) => kind), result.drift] : result.message;
};

describe("the plan for a context", () => {
  it.each<[string, ObservedContext | undefined, readonly string[], readonly string[]]>([
    ["makes one that is missing, with its mark", undefined, ["create"], []],
    ["leaves one alone that is as it should be", live(), [], []],
    ["does not mind the order of mail domains", live({ loginMappings: ["meteo.example", "agents.example"] }), [], []],
    ["puts back a quota", live({ quotaMi: 1 }), ["change"], ["contexts.meteo.maxQuota"]],
    ["puts back a quota that was taken away", live({ quotaMi: undefined }), ["change"], ["contexts.meteo.maxQuota"]],
    ["puts back mail domains", live({ loginMappings: [] }), ["change"], ["contexts.meteo.loginMappings"]],
    ["carries out a wish that is new, and calls it no drift", live({ quotaMi: 1, applied: "before" }), ["change"], []],
    ["notes a wish that happens to be so already", live({ applied: undefined }), ["change"], []],
    [
      "opens what is closed, last",
      live({ enabled: false, quotaMi: 1 }),
      ["change", "enable"],
      ["contexts.meteo.maxQuota"],
    ],
  ])("%s", (_what, observed, changes, drift) => {
    expect(kinds(observed)).toEqual([changes, drift]);
  });

  it("takes over what nobody marked, where it may, and calls no difference of it drift", () => {
    expect(kinds(live({ marker: undefined, quotaMi: 1 }), true)).toEqual([["change"], []]);
    expect(kinds(live({ marker: undefined }), true)).toEqual([["change"], []]);
  });

  it.each<[string, Partial<ObservedContext>, boolean, string]>([
    ["that nobody marked", { marker: undefined }, false, "set adoptionPolicy Adopt"],
    ["with another mark", { marker: "theirs" }, false, "bears the mark of somebody else"],
    ["with another mark, though it may adopt", { marker: "theirs" }, true, "bears the mark of somebody else"],
  ])("refuses a context %s before any change, and names the context", (_what, fields, adopt, says) => {
    expect(plan(live(fields), adopt)).toMatchObject({ kind: "refused", reason: "NotOwned" });
    expect(kinds(live(fields), adopt)).toContain(says);
    expect(kinds(live(fields), adopt)).toContain("Context meteo");
  });
});

describe("the end of a context", () => {
  it.each<[string, ObservedContext | undefined, readonly string[], readonly string[]]>([
    ["ours", live(), ["disable"], ["delete"]],
    ["ours, and closed", live({ enabled: false }), [], ["delete"]],
    ["somebody else's", live({ marker: "theirs" }), [], []],
    ["nobody's", live({ marker: undefined }), [], []],
    ["gone", undefined, [], []],
  ])("that is %s", (_what, observed, retained, erased) => {
    expect(retainPlan({ desired, observed }).map(({ kind }) => kind)).toEqual(retained);
    expect(erasePlan({ desired, observed }).map(({ kind }) => kind)).toEqual(erased);
  });
});
