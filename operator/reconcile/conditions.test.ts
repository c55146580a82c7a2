import { describe, expect, it } from "vitest";
import { conditionList, type ConditionsInput } from "./conditions.ts";

const table = { feeding: ["A", "B"], shown: ["S"] };
const at = Date.parse("2026-11-23T10:00:00Z");
const list = (input: Partial<ConditionsInput>) =>
  conditionList({ table, checks: [], progress: "settled", previous: [], generation: 3, now: at, ...input });
const ok = (type: string) => ({ type, status: "True" as const, reason: "Succeeded" as const, message: "ok" });
const find = (conditions: ReturnType<typeof list>, type: string) =>
  conditions.find((condition) => condition.type === type);

describe("conditionList", () => {
  it("starts every type as Unknown/NotObserved, so that nobody takes a new object for a finished one", () => {
    const conditions = list({ progress: "waiting" });
    expect(conditions.map((condition) => `${condition.type}=${condition.status}`)).toEqual([
      "Ready=Unknown",
      "Reconciling=True",
      "A=Unknown",
      "B=Unknown",
      "S=Unknown",
    ]);
  });

  it("is Ready when everything that feeds it is True, whatever is only shown", () => {
    const conditions = list({ checks: [ok("A"), ok("B"), { ...ok("S"), status: "False", reason: "DriftFound" }] });
    expect(find(conditions, "Ready")).toMatchObject({ status: "True", reason: "Succeeded", observedGeneration: 3 });
    expect(find(conditions, "Reconciling")).toBeUndefined();
    expect(find(conditions, "Stalled")).toBeUndefined();
  });

  it("speaks for the first condition that is wrong", () => {
    const wrong = { type: "B", status: "False" as const, reason: "NameTaken" as const, message: "taken" };
    expect(find(list({ checks: [ok("A"), wrong], progress: "stalled" }), "Ready")).toMatchObject({
      status: "False",
      reason: "NameTaken",
      message: "taken",
    });
    expect(find(list({ checks: [ok("A"), wrong], progress: "stalled" }), "Stalled")).toMatchObject({
      status: "True",
      reason: "NameTaken",
    });
  });

  it("moves lastTransitionTime with the status only", () => {
    const previous = list({ checks: [ok("A"), ok("B")] });
    const later = conditionList({
      table,
      checks: [ok("A"), { ...ok("B"), message: "other words" }],
      progress: "settled",
      previous,
      generation: 4,
      now: at + 60_000,
    });
    expect(find(later, "B")?.lastTransitionTime).toBe("2026-11-23T10:00:00Z");
    const broken = conditionList({
      table,
      checks: [ok("A"), { ...ok("B"), status: "False" }],
      progress: "waiting",
      previous,
      generation: 4,
      now: at + 60_000,
    });
    expect(find(broken, "B")?.lastTransitionTime).toBe("2026-11-23T10:01:00Z");
  });

  it("keeps what was last seen of a type that this pass did not reach", () => {
    const previous = list({ checks: [ok("A"), ok("B")] });
    const now = conditionList({
      table,
      checks: [{ ...ok("A"), status: "False", reason: "ProbeFailed" }],
      progress: "waiting",
      previous,
      generation: 3,
      now: at,
    });
    expect(find(now, "B")?.status).toBe("True");
    expect(find(now, "Ready")).toMatchObject({ status: "False", reason: "ProbeFailed" });
  });

  it("leaves out types that do not apply", () => {
    expect(find(list({ notApplicable: ["B"], checks: [ok("A")] }), "B")).toBeUndefined();
    expect(find(list({ notApplicable: ["B"], checks: [ok("A")] }), "Ready")?.status).toBe("True");
  });
});
