import { type Figure, type Goal, type Results, verdictOf } from "./figures.ts";

/** The results as Markdown, for people. Pure. */
export function markdown(results: Results): string {
  const { machine, figures, details, doubles } = results;
  const title = `# Bench of ${results.date.slice(0, 10)} (${results.mode})`;
  const facts = [
    `- ${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Node ${machine.node}, Kubernetes ${machine.kubernetes}, commit ${results.commit}`,
    `- load average ${number(machine.loadBefore)} before, ${number(machine.loadAfter)} after`,
    ...(results.incomplete === undefined ? [] : [`- INCOMPLETE: ${results.incomplete}`]),
    ...doubles.map((line) => `- DOUBLE: ${line}`),
  ];
  const rows = figures.map((figure) => [
    figure.of,
    figure.name,
    `${number(figure.value)} ${figure.unit}`.trim(),
    goalText(figure),
    verdictOf(figure),
    figure.note ?? "",
  ]);
  const parts = [
    title,
    facts.join("\n"),
    table([["what", "figure", "value", "goal", "", "note"], ...rows]),
    ...details.map((detail) => `## ${detail.title}\n\n${table(detail.rows)}`),
  ];
  return `${parts.join("\n\n")}\n`;
}

function goalText({ goal, unit }: Pick<Figure, "goal" | "unit">): string {
  if (goal === undefined) return "";
  return [bound(goal, unit), goal.about].filter((part) => part !== undefined && part !== "").join(", ");
}

function bound({ atMost, atLeast }: Goal, unit: string): string {
  if (atMost !== undefined) return `≤ ${number(atMost)} ${unit}`.trim();
  return atLeast === undefined ? "" : `≥ ${number(atLeast)} ${unit}`.trim();
}

/** Three significant digits, whole numbers as they are. */
function number(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((row) => (row[column] ?? "").length), 3));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}
