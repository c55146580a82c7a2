import { describe, expect, it } from "vitest";
import { type LabelBound, type MetricDefinition, metricDefinitions } from "./metric-definitions.ts";
import { Metrics } from "./metrics.ts";

const definitions = Object.values<MetricDefinition>(metricDefinitions);
const labels = definitions.flatMap(({ name, labels: of }) =>
  Object.entries<LabelBound>(of).map(([label, bound]) => ({ metric: name, label, bound })),
);

describe("a label", () => {
  it.each(labels)("$label of $metric says what bounds it", ({ bound }) => {
    if ("oneOf" in bound) {
      expect(bound.oneOf.length).toBeGreaterThan(0);
      expect(bound.oneOf.length).toBeLessThan(60);
    } else expect(bound.each).toMatch(/^[A-Za-z].{3,}/);
  });

  it("is never called as what Prometheus adds to whatever it scrapes, which would rename it", () => {
    const added = ["namespace", "pod", "service", "job", "instance", "endpoint", "container", "node"];
    expect(labels.filter(({ label }) => added.includes(label))).toEqual([]);
  });
});

describe("Metrics", () => {
  it("tells a value that no list has as other, however many there are", async () => {
    const metrics = new Metrics();
    for (let index = 0; index < 100; index += 1) {
      metrics.reconciled({ controller: `c${index}`, result: "error", seconds: 1, reason: `password-${index}` });
      metrics.event(`Kind${index}`, `Because of ${index}`);
    }
    const text = await metrics.text();
    expect(text).toContain('socle_reconcile_unsuccessful_total{controller="other",reason="other"} 100');
    expect(text).toContain('socle_events_total{kind="other",reason="other"} 100');
    expect(text).not.toContain("password-");
  });

  it("reads once a second at most, however often it is asked: objects by the thousand take their time", async () => {
    const metrics = new Metrics();
    let reads = 0;
    metrics.readFrom(() => {
      reads += 1;
      return [{ metric: "reportKinds", labels: {}, value: 1 }];
    });
    const texts = await Promise.all(Array.from({ length: 20 }, () => metrics.text()));
    expect([reads, texts.every((text) => text.includes("socle_report_kinds 1"))]).toEqual([1, true]);
  });

  it("tells what is read as it is then: what is gone has no series, and no limit is not a limit of nothing", async () => {
    const metrics = new Metrics();
    const labelled = { metric: "evidenceStore", labels: { region: "paris" }, value: 1 } as const;
    metrics.readFrom(() => [labelled, { metric: "memoryLimit", labels: {}, value: 512 }]);
    const before = await metrics.text();
    expect(before).toContain('socle_evidence_store{region="paris"} 1');
    expect(before).toContain("socle_memory_limit_bytes 512");
    metrics.readFrom(() => []);
    const after = (await metrics.text())
      .split("\n")
      .filter((line) => /^socle_(evidence_store|memory_limit)/.test(line));
    expect(after).toEqual([]);
  });
});
