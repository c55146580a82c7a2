import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { files, textOf } from "./repository.ts";

const page = "docs/capability-levels.md";
const named = [...textOf(page).matchAll(/^\[([\w-]+)\]: (\S+) "(.+)"$/gm)].map(
  ([, key = "", path = "", title = ""]) => ({
    key,
    file: join(dirname(page), path),
    title,
  }),
);
const cells = textOf(page)
  .split("\n")
  .filter((line) => line.startsWith("|") && !/^\| (-|Capability |Module +\|)/.test(line))
  .flatMap((line) => line.split("|").slice(2, -1))
  .map((cell) => cell.trim());
const keysOf = (cell: string): string[] => [...cell.matchAll(/\]\[([\w-]+)\]/g)].map(([, key = ""]) => key);

describe(page, () => {
  it("has cells, and a name for each test that they link", () => {
    expect(cells.length).toBeGreaterThan(60);
    expect(new Set(cells.flatMap(keysOf))).toEqual(new Set(named.map(({ key }) => key)));
  });

  it.each(cells)("has a test, or says that there is nothing yet: %s", (cell) => {
    expect(cell === "not yet" || keysOf(cell).length > 0).toBe(true);
  });

  it.each(named)("names a test that is there: $title", ({ file, title }) => {
    expect(files).toContain(file);
    expect(textOf(file)).toContain(`"${title}"`);
  });
});
