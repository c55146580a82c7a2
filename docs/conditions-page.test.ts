import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { conditionMeanings, conditionTypes, reasons } from "../crds/v1alpha1/conditions.ts";
import { conditionsPage } from "./conditions-page.ts";

const written = readFileSync(join(import.meta.dirname, "conditions.md"), "utf8");
const headings = (level: string): string[] =>
  [...written.matchAll(new RegExp(`^${level} (.+)$`, "gm"))].map((match) => match[1] ?? "");

/** The types in the lists below a heading. */
function typesBelow(heading: string): string[] {
  const section = written.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^- `(\w+)`:/gm)].map((match) => match[1] ?? "");
}

describe("docs/conditions.md", () => {
  it("has a block for every reason of the code, and for no other", () => {
    expect(headings("###").sort()).toEqual(Object.keys(reasons).sort());
  });

  it.each(Object.entries(conditionTypes))("lists the condition types of %s, and no other", (kind, types) => {
    expect(typesBelow(kind)).toEqual([...types.feeding, ...types.shown]);
  });

  it("says what every condition type means when it is True", () => {
    const shown = Object.keys(conditionTypes).flatMap(typesBelow).concat(typesBelow("On every kind"));
    expect(new Set(shown)).toEqual(new Set(Object.keys(conditionMeanings)));
  });

  it("is what the generator writes now", () => {
    expect(written).toBe(conditionsPage());
  });
});

describe("the reasons", () => {
  it("are the 34 of the public contract", () => {
    expect(Object.keys(reasons)).toHaveLength(34);
  });

  it.each(Object.entries(reasons))("%s has a meaning, causes, something to do and a command", (_name, reason) => {
    expect(reason.meaning).toMatch(/^[A-Z].+\.$/);
    expect(reason.causes).toMatch(/^\w.+\.$/);
    expect(reason.remedy).toMatch(/^[A-Z].+\.$/);
    expect(reason.command).toMatch(/^(kubectl|socle) /);
  });

  it("do not share one text: two reasons that read the same would be one", () => {
    const meanings = Object.values(reasons).map((reason) => reason.meaning);
    expect(new Set(meanings).size).toBe(meanings.length);
  });
});
