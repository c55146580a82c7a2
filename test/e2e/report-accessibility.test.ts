import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accessibilityStatement } from "../../operator/modules/accessibility-statement.ts";
import { pageOf } from "../../operator/report/html/page.ts";
import { languages } from "../../operator/report/language.ts";
import { auditedMinistry } from "../support/audited-ministry.ts";
import { chromiumProblem, startChromium } from "../support/chromium.ts";

const problem = await chromiumProblem((line) => void process.stderr.write(`  ${line}\n`));

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string }[];
}

describe.skipIf(problem !== undefined)("a report in a real browser", () => {
  let browser: Browser;
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "socle-report-page-"));
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(directory, { recursive: true });
  });

  /** What axe finds in a page, and what the page asked the network for. */
  async function findings(html: string): Promise<{ violations: readonly string[]; asked: readonly string[] }> {
    const file = join(directory, "report.html");
    writeFileSync(file, html);
    const page: Page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    try {
      await page.goto(pathToFileURL(file).href);
      // The page's own policy forbids scripts; the debugger is not bound by it.
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<{ violations: readonly Violation[] }>(
        `axe.run(document, { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] } })`,
      );
      return {
        violations: violations.map(({ id, help, nodes }) => `${id}: ${help} ${nodes[0]?.html ?? ""}`),
        asked: asked.filter((url) => url !== pathToFileURL(file).href),
      };
    } finally {
      await page.close();
    }
  }

  it.each(languages)(
    "in %s, has no violation of WCAG 2.0 and 2.1, A and AA, and asks nobody for anything",
    async (language) => {
      expect(await findings(pageOf(auditedMinistry({ language })))).toEqual({ violations: [], asked: [] });
    },
  );

  it.each([
    ["with", { organisation: "Ministère de l’Agriculture", contact: "dpo@agriculture.example" }],
    ["without", {}],
  ])("is joined by the accessibility page, %s a contact: it has no violation either", async (_contact, known) => {
    const page = accessibilityStatement({ service: "Messagerie", hosts: ["chat.agriculture.example"], ...known });
    expect(await findings(page)).toEqual({ violations: [], asked: [] });
  });

  it("is looked at by a judge who finds what is wrong: a page without its language, a picture without words", async () => {
    const report = auditedMinistry();
    const short = { ...report, findings: report.findings.slice(0, 2), requirements: report.requirements.slice(0, 2) };
    const spoilt = pageOf(short)
      .replace('<html lang="fr">', "<html>")
      .replace("<body>", '<body><p><img src="data:,"/></p>');
    const { violations } = await findings(spoilt);
    expect(violations.map((line) => line.split(":")[0])).toEqual(["html-has-lang", "image-alt"]);
  });
});
