import { describe, expect, it } from "vitest";
import type { Result } from "../../policy/result.ts";
import { controlsFinding, onboardingFinding, TenantControls } from "./controls.ts";

const result = (said: Result["result"], name = "a"): Result => ({
  check: "9-34",
  version: 1,
  object: { apiVersion: "v1", kind: "Namespace", name },
  result: said,
  problems: [],
  digest: name,
});

describe("what a Tenant says of its checks", () => {
  it.each([
    { of: "passes and excuses", results: [result("pass"), result("skip")], status: "True", reason: "Succeeded" },
    { of: "a fail among passes", results: [result("pass"), result("fail")], status: "False", reason: "ControlFailed" },
    { of: "what could not be judged", results: [result("error")], status: "Unknown", reason: "ControlFailed" },
  ] as const)("is $status for $of", ({ results, status, reason }) => {
    expect(controlsFinding(results, "there")).toMatchObject({ status, reason });
  });

  it("is not True where nobody can look up what was found, and says what to install", () => {
    const finding = controlsFinding([result("pass")], "missing");
    expect(finding).toMatchObject({ status: "Unknown", reason: "EvidenceStoreMissing" });
    expect(finding.message).toContain("openreports.io");
    expect(controlsFinding([result("fail")], "missing")).toMatchObject({ status: "False", reason: "ControlFailed" });
  });

  it("names the first findings with their objects, and how many more there are", () => {
    const many = ["a", "b", "c", "d", "e", "f", "g"].map((name) => result("fail", name));
    expect(controlsFinding(many, "there").message).toBe(
      "7 results fail: 9-34 on Namespace a, 9-34 on Namespace b, 9-34 on Namespace c, 9-34 on Namespace d, 9-34 on Namespace e and 2 more.",
    );
  });
});

describe("the first Ready", () => {
  it.each(["fail", "error"] as const)("is held back by %s", (said) => {
    expect(onboardingFinding([result("pass"), result(said)])).toMatchObject({
      status: "False",
      reason: "ControlFailed",
    });
  });

  it("is let through by passes and by what is excused", () => {
    expect(onboardingFinding([result("pass"), result("skip")])).toMatchObject({ status: "True" });
  });
});

describe("what tenants are told", () => {
  it("is passed on when it is another than before, and only then", () => {
    const told: string[] = [];
    const controls = new TenantControls({ onboarding: () => ({ results: [], notEvaluated: [] }) }, { now: () => 0 });
    controls.onChange((tenant) => told.push(tenant));
    controls.note("meteo", controlsFinding([result("pass")], "there"));
    controls.note("meteo", controlsFinding([result("pass")], "there"));
    expect(told).toEqual(["meteo"]);
    controls.note("meteo", controlsFinding([result("fail")], "there"));
    expect(told).toEqual(["meteo", "meteo"]);
    expect(controls.of("meteo")?.reason).toBe("ControlFailed");
    controls.forget("meteo");
    expect(controls.of("meteo")).toBeUndefined();
  });
});
