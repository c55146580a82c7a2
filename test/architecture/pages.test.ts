import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { proseOf } from "./page-code.ts";
import { packageJson, pages, root, textOf } from "./repository.ts";

/** GitHub's name for a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- ]/gu, "")
    .replaceAll(" ", "-");
const anchors = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1] ?? ""));

describe.each(pages)("%s", (page) => {
  it("links to what is there", () => {
    const broken = [...proseOf(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]*)\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => {
        const [file = "", anchor] = target.split("#");
        const path = file === "" ? page : join(dirname(page), file);
        if (!existsSync(join(root, path))) return true;
        return anchor !== undefined && !anchors(path).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it("names files and folders of the repository that are there", () => {
    const named = [...textOf(page).matchAll(/`((?:crds|constructs|operator|test|docs|examples)\/[\w./-]*)`/g)];
    expect(named.map(([, path = ""]) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("names commands of package.json that are there", () => {
    const run = [...textOf(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
    const bins = [...textOf(page).matchAll(/npx ([\w-]+)/g)].map(([, name = ""]) => name);
    const installed = new Set([...Object.keys(packageJson.bin), ...readdirSync(join(root, "node_modules/.bin"))]);
    expect(run.filter((name) => !(name in packageJson.scripts))).toEqual([]);
    expect(bins.filter((name) => !installed.has(name))).toEqual([]);
  });
});

describe("docs/failure-modes.md", () => {
  const cells = (line: string): string[] =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const [, , ...rows] = textOf("docs/failure-modes.md")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map(cells);
  const suites = readdirSync(join(root, "test"), { recursive: true }).map((path) => basename(String(path)));

  it("has lines", () => {
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows)("%s: is told in a suite that is there", (...row) => {
    expect(row).toHaveLength(4);
    const [suite = ""] = row.slice(-1);
    expect(suites).toContain(`${suite.replaceAll("`", "")}.test.ts`);
  });
});

describe("README.md", () => {
  const readme = textOf("README.md");

  it("begins with commands that exist", () => {
    const block = /```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const commands = block
      .split("\n")
      .flatMap((line) => (line.split("#")[0] ?? "").split("&&"))
      .map((command) => command.trim());
    const known = new Set(["npm ci", "npm test", ...Object.keys(packageJson.scripts).map((name) => `npm run ${name}`)]);
    expect(commands.filter((command) => command !== "")).toEqual(expect.arrayContaining(["npm ci", "npm test"]));
    expect(commands.filter((command) => command !== "" && !known.has(command))).toEqual([]);
  });

  it("leads to every reference page, or to a page that does", () => {
    const reachable = new Set<string>();
    const walk = (page: string): void => {
      if (reachable.has(page)) return;
      reachable.add(page);
      for (const [, target = ""] of proseOf(page).matchAll(/\]\(([^)#\s]+)/g)) {
        const path = join(dirname(page), target);
        if (pages.includes(path)) walk(path);
      }
    };
    walk("README.md");
    const references = pages.filter((page) => page.startsWith("docs/") && !page.startsWith("docs/adr/"));
    expect(references.filter((page) => !reachable.has(page))).toEqual([]);
  });
});
