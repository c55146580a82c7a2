import { describe, expect, it } from "vitest";
import { catalogue } from "./catalogue/catalogue.ts";
import type { Result } from "./evaluate.ts";
import { isNews, largestReport, remembered, type Report, reportsOf, type ReportScope } from "./reports.ts";

const scope: ReportScope = {
  layers: ["tenant"],
  prefix: "socle-checks",
  namespace: "t-meteo",
  labels: { "socle.dev/tenant": "meteo" },
};
const result = (check: string, name: string, more: Partial<Result> = {}): Result => ({
  check,
  version: 1,
  object: { apiVersion: "v1", kind: "Service", namespace: "t-meteo-apps", name },
  result: "pass",
  problems: [],
  digest: `digest of ${name}`,
  ...more,
});
const failed = (check: string, name: string, message = "NodePort is open; make it ClusterIP."): Result =>
  result(check, name, { result: "fail", problems: [{ field: "spec.type", observed: "NodePort", message }] });
const told = (results: readonly Result[], at: { now?: number; before?: readonly Report[] } = {}): readonly Report[] =>
  reportsOf({ checks: catalogue, results }, scope, {
    now: at.now ?? 100,
    before: (at.before ?? []).map(remembered),
  });

const rememberedAt = (reports: readonly Report[], index: number) => {
  const report = reports[index];
  return report === undefined ? undefined : remembered(report);
};

describe("the reports of a tenant", () => {
  it("tell each finding by itself with its object, and passes as one result with their number", () => {
    const [report, ...others] = told([result("13-06", "a"), result("13-06", "b"), failed("13-06", "c")]);
    expect(others).toEqual([]);
    expect(report).toMatchObject({
      kind: "Report",
      metadata: { name: "socle-checks-communications", namespace: "t-meteo" },
      summary: { pass: 1, fail: 1, error: 0 },
      results: [
        {
          policy: "13-06",
          result: "fail",
          severity: "critical",
          resources: [{ kind: "Service", name: "c" }],
          message: "spec.type: NodePort is open; make it ClusterIP.",
          timestamp: { seconds: 100 },
        },
        { policy: "13-06", result: "pass", properties: { objects: "2" } },
      ],
    });
  });

  it("are six at most, and hold nothing of other layers", () => {
    const reports = told(catalogue.map(({ id }) => result(id, "a")));
    expect(reports.length).toBeLessThanOrEqual(6);
    const layers = new Set(reports.flatMap(({ results }) => results.map(({ properties }) => properties["layer"])));
    expect([...layers]).toEqual(["tenant"]);
  });

  it("keep the time since which a result is so, and are no news then", () => {
    const results = [result("13-06", "a"), failed("13-06", "c")];
    const before = told(results);
    const after = told(results, { now: 200, before });
    expect(after).toEqual(before);
    expect(after.map((report, index) => isNews(report, rememberedAt(before, index)))).toEqual([false]);
  });

  it("keep the time of the first finding where an object fails in another way, and that is news", () => {
    const before = told([failed("13-06", "c")]);
    const [after] = told([{ ...failed("13-06", "c", "It is another type now."), digest: "another" }], {
      now: 200,
      before,
    });
    expect(after?.results[0]?.timestamp.seconds).toBe(100);
    expect(after !== undefined && isNews(after, rememberedAt(before, 0))).toBe(true);
  });

  it("are no news in whatever order a server writes the keys of what it was given", () => {
    const [report] = told([failed("13-06", "c")]);
    if (report === undefined) throw new Error("There is no report.");
    const results = report.results.map((one) =>
      Object.fromEntries(Object.entries(one).reverse()),
    ) as Report["results"][number][];
    expect(isNews(report, remembered({ ...report, results }))).toBe(false);
  });

  it("are news where a field that was read is another, and where a pass became a finding", () => {
    const before = told([result("13-06", "a"), result("13-06", "c")]);
    for (const changed of [
      [result("13-06", "a", { digest: "another" }), result("13-06", "c")],
      [result("13-06", "a"), failed("13-06", "c")],
      [result("13-06", "a")],
    ]) {
      const [after] = told(changed, { now: 200, before });
      expect(after !== undefined && isNews(after, rememberedAt(before, 0))).toBe(true);
    }
  });

  it("are of a size that a server takes, and say how much they leave out", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => failed("13-06", `service-${index}`, "é".repeat(500)));
    const [report] = told(many);
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(largestReport);
    expect(report?.summary.fail).toBe(2_000);
    expect(report?.results.at(-1)?.message).toMatch(/^\d+ more results are not listed here/);
  });

  it("count what is excused as skipped, and name the exception", () => {
    const excused: Result = { ...failed("13-06", "c"), result: "skip", excusedBy: "old-phones" };
    expect(told([excused])).toMatchObject([
      {
        summary: { pass: 0, fail: 0, skip: 1 },
        results: [
          {
            result: "skip",
            properties: { exception: "old-phones" },
            message: "spec.type: NodePort is open; make it ClusterIP.",
          },
        ],
      },
    ]);
  });

  it("tell what rests on a person's word apart from what was seen", () => {
    const [report] = told([result("13-06", "a"), result("13-06", "b", { attestation: "seen-by-camille" })]);
    expect(report).toMatchObject({
      summary: { pass: 2 },
      results: [
        {
          result: "pass",
          properties: { mode: "attested", attestation: "seen-by-camille" },
          resources: [{ name: "b" }],
        },
        { result: "pass", properties: { mode: "automated", objects: "1" } },
      ],
    });
  });

  it("are of the cluster where there is no namespace", () => {
    const [report] = reportsOf(
      { checks: catalogue, results: [result("9-35", "a")] },
      { layers: ["platform"], prefix: "socle-checks-home", labels: {} },
      { now: 1, before: [] },
    );
    expect(report).toMatchObject({ kind: "ClusterReport", metadata: { name: "socle-checks-home-access" } });
  });
});
