import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generatedDashboards } from "../../charts/dashboards.ts";
import { namesIn } from "../support/promql-names.ts";
import { servedMetrics } from "../support/served-metrics.ts";
import { root, textOf } from "./repository.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface UnitTest {
  readonly name: string;
  readonly promql_expr_test: readonly { readonly expr: string; readonly exp_samples: readonly unknown[] }[];
}

const rules = (parse(textOf("charts/socle/files/rules.yaml")) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const alerts = rules.map(({ alert }) => alert);
const unitTests = readdirSync(join(root, "test/prometheus")).flatMap(
  (file) => (parse(textOf(`test/prometheus/${file}`)) as { tests: UnitTest[] }).tests,
);
const panels = [...generatedDashboards()].flatMap(([file, text]) => {
  const { title, panels: of } = JSON.parse(text) as {
    title: string;
    panels: { title: string; targets: { expr: string }[] }[];
  };
  return of.map((panel) => ({
    file,
    title,
    panel: panel.title,
    expr: panel.targets.map(({ expr }) => expr).join(" or "),
  }));
});
/** What Prometheus adds to whatever it scrapes. */
const ofTargets = new Set(["job", "instance", "namespace", "pod", "service", "endpoint", "container"]);

describe("what a rule or a dashboard reads", () => {
  let served: ReadonlyMap<string, ReadonlySet<string>>;
  beforeAll(async () => {
    served = await servedMetrics();
  });
  const unknown = (expr: string): string[] => {
    const { metrics, grouped } = namesIn(expr);
    const missing = metrics.flatMap(({ metric, labels }) => {
      const has = served.get(metric);
      if (has === undefined) return [metric];
      return labels.filter((label) => !has.has(label) && !ofTargets.has(label)).map((label) => `${metric}{${label}}`);
    });
    const nobodys = grouped.filter(
      (label) => !ofTargets.has(label) && metrics.every(({ metric }) => served.get(metric)?.has(label) !== true),
    );
    return [...missing, ...nobodys.map((label) => `by (${label})`)];
  };

  it.each(rules)("$alert is told by the operator, with its labels", ({ expr }) => {
    expect(namesIn(expr).metrics.length).toBeGreaterThan(0);
    expect(unknown(expr)).toEqual([]);
  });

  it.each(panels)("$title: $panel is told by the operator, with its labels", ({ expr }) => {
    expect(namesIn(expr).metrics.length).toBeGreaterThan(0);
    expect(unknown(expr)).toEqual([]);
  });

  it("would be missed if nobody told it", () => {
    expect(unknown('sum by (nobody) (rate(socle_condition{kinds="Tenant"}[5m])) > socle_nothing')).toEqual([
      "socle_condition{kinds}",
      "socle_nothing",
      "by (nobody)",
    ]);
  });
});

describe("an alert", () => {
  it.each(rules)("$alert says how bad it is, what is wrong, and which page helps", ({ alert, labels, annotations }) => {
    expect(["info", "warning", "critical"]).toContain(labels["severity"]);
    expect(annotations["summary"]).toMatch(/^.{10,}\.$/);
    expect(annotations["description"]).toMatch(/^.{20,}\.$/);
    expect(annotations["runbook_url"]).toBe(`docs/runbooks/${alert}.md`);
  });

  it.each(rules)("$alert has a page with what it means, whom it harms, what to look at and what to do", ({ alert }) => {
    const headings = [...textOf(`docs/runbooks/${alert}.md`).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([alert, "Meaning", "Impact", "Diagnosis", "Mitigation"]);
    expect(textOf("docs/runbooks/README.md")).toContain(`](${alert}.md)`);
  });

  it("is there for every page", () => {
    const pages = readdirSync(join(root, "docs/runbooks")).filter((file) => file !== "README.md");
    expect(pages.map((file) => basename(file, ".md")).sort()).toEqual([...alerts].sort());
  });

  it.each(rules)("$alert has a unit test in which it is silent first and fires later", ({ alert }) => {
    const [test, ...more] = unitTests.filter(({ name }) => name === alert);
    expect(more).toEqual([]);
    const looks = test?.promql_expr_test ?? [];
    expect(looks.map(({ expr }) => expr)).toEqual(looks.map(() => `ALERTS{alertname="${alert}",alertstate="firing"}`));
    expect(looks.map(({ exp_samples }) => exp_samples.length > 0)).toEqual([false, true]);
  });
});
