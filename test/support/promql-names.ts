/** What an expression reads. */
interface Names {
  /** With the labels by which each is selected. */
  readonly metrics: readonly { readonly metric: string; readonly labels: readonly string[] }[];
  /** Labels by which anything is grouped or matched. */
  readonly grouped: readonly string[];
}

/** Words of the language that stand where a metric may stand. */
const words = new Set([
  "and",
  "or",
  "unless",
  "by",
  "without",
  "on",
  "ignoring",
  "group_left",
  "group_right",
  "bool",
  "offset",
]);

/** The names in an expression of PromQL. Whether it is an expression at all is promtool's to say. */
export function namesIn(expr: string): Names {
  const grouped = [...expr.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(",").map((label) => label.trim()),
  );
  const rest = expr.replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, " ");
  const metrics: Names["metrics"][number][] = [];
  for (const match of rest
    .replaceAll(/\[[^\]]*\]/g, " ")
    .matchAll(/([a-zA-Z_:][\w:]*)\s*(\{(?:[^}"]|"[^"]*")*\}|\()?|"[^"]*"/g)) {
    const [, metric, after = ""] = match;
    if (metric === undefined || after === "(" || words.has(metric)) continue;
    const selected = [...after.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = ""]) => label);
    metrics.push({ metric, labels: selected });
  }
  return { metrics, grouped };
}
