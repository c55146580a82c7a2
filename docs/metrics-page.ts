import { type LabelBound, type MetricDefinition, metricDefinitions } from "../operator/telemetry/metric-definitions.ts";
import { page, table } from "./markdown.ts";

const definitions = Object.values<MetricDefinition>(metricDefinitions);
/** Longer lists are told by what they are of. */
const shownValues = 8;

/** docs/reference/metrics.md: every metric of the operator with its labels and what bounds them. Pure. */
export function metricsPage(): string {
  const rows = definitions.map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    Object.keys(labels)
      .map((label) => `\`${label}\``)
      .join(", "),
    help,
  ]);
  const bounds = definitions.flatMap(({ name, labels }) =>
    Object.entries<LabelBound>(labels).map(([label, bound]) => [`\`${name}\``, `\`${label}\``, boundText(bound)]),
  );
  return page([
    "# Metrics of the operator",
    "Served as Prometheus reads them at `/metrics` of `SOCLE_HEALTH_ADDRESS`. How to scrape them, and what alerts come with them: [observability](../observability.md).",
    table(["Metric", "Type", "Labels", "Meaning"], rows),
    "Beside these, the usual metrics of a Node.js process (`process_*`, `nodejs_*`). Every replica tells them all, so objects are counted with `max by`.",
    "## What bounds the labels",
    "A label has values of a closed list, or one for each object of a kind, whose series go with the object. Nothing that people write as text (names to be shown, messages, domains) is a label; what is not in a closed list is told as `other`. Names of tenants are labels of `socle_condition` and `socle_exception_expiry_timestamp_seconds`: whoever may read the metrics may know them.",
    table(["Metric", "Label", "Values"], bounds),
  ]);
}

function boundText(bound: LabelBound): string {
  if ("each" in bound) return `one for each ${bound.each}`;
  const { oneOf } = bound;
  const first = oneOf.slice(0, shownValues).map((value) => `\`${value}\``);
  return oneOf.length <= shownValues ? first.join(", ") : `${oneOf.length} of a closed list: ${first.join(", ")}, …`;
}
