import { describe, expect, it } from "vitest";
import { failuresIn, type Report } from "../run-report.ts";

const report = (...testResults: Report["testResults"]): Report => ({
  numPassedTests: 1,
  numFailedTests: 1,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults,
});
const passed = { fullName: "a thing works", status: "passed", failureMessages: [] };
const failed = (...failureMessages: string[]) => ({ fullName: "a thing breaks", status: "failed", failureMessages });

describe("the end of a run", () => {
  it("names each test that failed, its file and why, without colours, and none that passed", () => {
    const file = { name: "/here/operator/a.test.ts", status: "failed", message: "" };
    const why = "\u001b[31mAssertionError\u001b[39m: expected 1 to be 2\n    at a.test.ts:3";
    expect(failuresIn(report({ ...file, assertionResults: [passed, failed(why)] }), "/here")).toEqual([
      "FAILED operator/a.test.ts > a thing breaks\n  AssertionError: expected 1 to be 2\n      at a.test.ts:3",
    ]);
  });

  it("names a file that failed as a whole", () => {
    const file = { name: "/here/a.test.ts", status: "failed", message: "No such module b", assertionResults: [] };
    expect(failuresIn(report(file), "/here")).toEqual(["FAILED a.test.ts\n  No such module b"]);
  });

  it("says nothing of a run in which nothing failed", () => {
    const file = { name: "/here/a.test.ts", status: "passed", message: "", assertionResults: [passed] };
    expect(failuresIn(report(file), "/here")).toEqual([]);
  });

  it("cuts what is long, and says how much", () => {
    const file = { name: "/here/a.test.ts", status: "failed", message: "" };
    const [text = ""] = failuresIn(
      report({ ...file, assertionResults: [failed(Array.from({ length: 30 }, (_, n) => `line ${n}`).join("\n"))] }),
      "/here",
    );
    expect(text.split("\n").slice(-2)).toEqual(["  line 24", "  … and 5 lines more"]);
  });
});
