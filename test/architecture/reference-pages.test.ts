import { describe, expect, it } from "vitest";
import { describeCommandLine } from "../../operator/cli/command-line.ts";
import { configSchema } from "../../operator/config.ts";
import { metricDefinitions } from "../../operator/telemetry/metric-definitions.ts";
import { Metrics, readMetrics } from "../../operator/telemetry/metrics.ts";
import { files, linesWith, shippedCode, textOf } from "./repository.ts";

describe("docs/reference/configuration.md", () => {
  const page = textOf("docs/reference/configuration.md");

  it.each(Object.entries(configSchema.shape))("has a row for %s with its meaning", (name, field) => {
    expect(field.description ?? "").toMatch(/^[A-Z].+\.$/);
    expect(page.split("\n").find((line) => line.startsWith(`| \`${name}\` |`))).toContain(field.description);
  });

  it("names every variable that anything in the tree sets or reads", () => {
    const named = files
      .filter((file) => /\.(ts|ya?ml|json)$/.test(file))
      .flatMap((file) => [...textOf(file).matchAll(/\bSOCLE_[A-Z_]+\b/g)].map((match) => match[0]));
    expect([...new Set(named)].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

describe("docs/reference/metrics.md", () => {
  it("has a row for every metric that the operator serves, with its type and labels", async () => {
    const metrics = new Metrics();
    metrics.reconciled({ controller: "tenant", result: "error", seconds: 0.1, reason: "Timeout" });
    metrics.depth("tenant", 1);
    metrics.request("GET", 200);
    metrics.event("Tenant", "Succeeded");
    metrics.readFrom(() =>
      readMetrics.map((metric) => ({
        metric,
        labels: Object.fromEntries(Object.keys(metricDefinitions[metric].labels).map((label) => [label, "x"])),
        value: 1,
      })),
    );
    const text = await metrics.text();
    const served = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
      .map(([, name = "", type = ""]) => ({ name, type }))
      .filter(({ name }) => !/^(process|nodejs)_/.test(name))
      .map(({ name, type }) => {
        const series = new RegExp(`^${name}(?:_bucket)?\\{(.*)\\} `, "m").exec(text)?.[1] ?? "";
        const labels = [...series.matchAll(/(\w+)="/g)].map((match) => match[1]).filter((label) => label !== "le");
        return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label ?? ""}\``).join(", ")} |`;
      });
    const [told = ""] = textOf("docs/reference/metrics.md").split("\n## ");
    const rows = told.match(/^\| `[^|]+\|[^|]+\|[^|]+\|/gm) ?? [];
    expect(rows.sort()).toEqual(served.sort());
    expect(rows.length).toBeGreaterThan(0);
  });
});

describe("docs/reference/cli.md", () => {
  const page = textOf("docs/reference/cli.md");

  it.each(describeCommandLine())("has a section for $name with all of its options", ({ name, options }) => {
    const section = page.split(`\n## ${name}\n`)[1]?.split("\n## ")[0] ?? "";
    const flags = [...section.matchAll(/^\| `(-[^`]+)` \|/gm)].map((match) => match[1]);
    expect(flags).toEqual(options.map((option) => option.flags));
  });
});

describe("every socle command that is named", () => {
  const commands = describeCommandLine()
    .map(({ name }) => name.replace(/^socle ?/, ""))
    .filter((name) => name !== "");
  const unknown = (before: string): RegExp =>
    new RegExp(`(?:${before}|npx |kubectl |with |run )socle (?!(?:${commands.join("|")})\\b)[a-z]+`);

  it("on a page or in an example exists", () => {
    const texts = files.filter((file) => /\.(md|yaml)$/.test(file));
    expect(linesWith(unknown("`"), texts)).toEqual([]);
  });

  it("in a message of the program or of a rule exists", () => {
    expect(linesWith(unknown('\\\\`|command: "'), shippedCode)).toEqual([]);
  });
});
