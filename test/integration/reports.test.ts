import { beforeAll, expect, test } from "vitest";
import { catalogue } from "../../operator/policy/catalogue/catalogue.ts";
import { evaluate } from "../../operator/policy/evaluate.ts";
import { type Report, reportsOf, type ReportScope } from "../../operator/policy/reports.ts";
import { firstDifference } from "../../operator/reconcile/subset.ts";
import { installDefinitionsOf } from "../support/definitions.ts";
import { testCluster, uniqueName } from "../support/test-cluster.ts";
import { wholeSuite } from "../support/whole-suite.ts";

const namespace = uniqueName("reports");
const labels = { "socle.dev/tenant": "minagri" };

beforeAll(async () => {
  const { kubectl } = testCluster();
  await installDefinitionsOf(kubectl, "openReports");
  await kubectl.ok(["create", "namespace", namespace]);
});

/** Reports of the ministry of the examples, by the checks of those layers. */
function reports(scope: Omit<ReportScope, "labels">): readonly Report[] {
  const { results } = evaluate(catalogue, wholeSuite().manifests, "2026-06-15T12:00:00Z");
  return reportsOf({ checks: catalogue, results }, { ...scope, labels }, { now: 1_781_524_800, before: [] });
}

test.each([
  { of: "a tenant", scope: { layers: ["tenant"], prefix: "socle-checks", namespace } },
  { of: "the platform", scope: { layers: ["platform", "infrastructure"], prefix: uniqueName("socle-checks") } },
] as const)("the reports of $of are taken as they are by the schema of those who defined them", async ({ scope }) => {
  const { kubectl } = testCluster();
  const wanted = reports(scope);
  expect(wanted.length).toBeGreaterThan(1);
  expect(wanted.some(({ summary }) => summary.fail > 0)).toBe(true);
  await kubectl.apply(wanted);
  for (const report of wanted) {
    const { name } = report.metadata;
    const live = await kubectl.json(["get", `${report.kind.toLowerCase()}s.openreports.io`, name, "-n", namespace]);
    expect([name, firstDifference(report, live)]).toEqual([name, undefined]);
  }
});
