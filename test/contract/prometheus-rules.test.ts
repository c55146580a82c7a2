import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { generatedDashboards } from "../../charts/dashboards.ts";
import { orWhyNot } from "../servers/debian-packages.ts";
import { promtool } from "../servers/promtool.ts";

/** Our rules and dashboards, judged by the program of Prometheus. */
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);
const found = await orWhyNot(async () => ({ program: await promtool(say) }));
if (typeof found === "string") say(`NOT RUN: rules and dashboards before promtool. ${found}`);
const program = typeof found === "string" ? "" : found.program;
const root = join(import.meta.dirname, "../..");
const unitTests = join(root, "test/prometheus");
const files = await readdir(unitTests);

/** What it said; rejects with that where it found fault. */
async function judged(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(program, args);
  return stdout + stderr;
}

describe.skipIf(typeof found === "string")("promtool", () => {
  it("takes the rules", async () => {
    expect(await judged("check", "rules", join(root, "charts/socle/files/rules.yaml"))).toContain("SUCCESS");
  });

  it.each(files)("sees each alert of %s fire when it should, and not otherwise", async (file) => {
    expect(await judged("test", "rules", join(unitTests, file))).toContain("SUCCESS");
  });

  it("takes every expression of the dashboards", async () => {
    const expressions = [...generatedDashboards().values()].flatMap((text) =>
      (JSON.parse(text) as { panels: { targets: { expr: string }[] }[] }).panels.flatMap(({ targets }) =>
        targets.map(({ expr }) => expr),
      ),
    );
    const rulesOf = (of: readonly string[]): string =>
      JSON.stringify({ groups: [{ name: "panels", rules: of.map((expr, at) => ({ record: `panel:${at}`, expr })) }] });
    const directory = await mkdtemp(join(tmpdir(), "socle-dashboards-"));
    try {
      const file = join(directory, "panels.json");
      await writeFile(file, rulesOf(expressions));
      expect(await judged("check", "rules", file)).toContain(`SUCCESS: ${expressions.length} rules found`);
      await writeFile(file, rulesOf(["sum("]));
      await expect(judged("check", "rules", file)).rejects.toThrow();
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
