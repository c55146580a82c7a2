import { metricDefinitions, type MetricDefinition } from "../operator/telemetry/metrics.ts";
import { page, table } from "./markdown.ts";

/** docs/reference/metrics.md: every metric of the operator with its labels. Pure. */
export function metricsPage(): string {
  const rows = Object.values<MetricDefinition<string>>(metricDefinitions).map((metric) => [
    `\`${metric.name}\``,
    metric.type,
    metric.labelNames.map((label) => `\`${label}\``).join(", "),
    metric.help,
  ]);
  return page([
    "# Metrics of the operator",
    "Served as Prometheus reads them at `/metrics` of `SOCLE_HEALTH_ADDRESS`. Labels are bounded: none names a tenant or an object, so the number of series does not grow with the platform.",
    table(["Metric", "Type", "Labels", "Meaning"], rows),
    "Beside these, the usual metrics of a Node.js process (`process_*`, `nodejs_*`).",
  ]);
}
