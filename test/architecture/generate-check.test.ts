import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { staleFiles } from "./generate-check.ts";

describe("the check of generated files", () => {
  let directory = "";
  const write = (name: string, content: string): void => {
    writeFileSync(join(directory, name), content);
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "generate-check-"));
    mkdirSync(join(directory, "crds/generated"), { recursive: true });
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("says nothing when every file holds what its generator writes", () => {
    write("crds/generated/a.yaml", "one\n");
    expect(staleFiles(new Map([["crds/generated/a.yaml", "one\n"]]), directory)).toEqual([]);
  });

  it("names a file that differs, with the first line that should be another", () => {
    write("crds/generated/a.yaml", "one\ntwo\n");
    const stale = staleFiles(new Map([["crds/generated/a.yaml", "one\nthree\n"]]), directory);
    expect(stale).toEqual(['crds/generated/a.yaml is stale: line 2 should be "three"']);
  });

  it("names a file that has text below what its generator writes", () => {
    write("crds/generated/a.yaml", "one\nby hand");
    expect(staleFiles(new Map([["crds/generated/a.yaml", "one"]]), directory)).toHaveLength(1);
  });

  it("names a file that is missing", () => {
    expect(staleFiles(new Map([["docs/conditions.md", "text"]]), directory)).toEqual(["docs/conditions.md is missing"]);
  });

  it("names a file that no generator writes any more", () => {
    write("crds/generated/crd-gone.yaml", "old");
    expect(staleFiles(new Map(), directory)).toEqual([
      "crds/generated/crd-gone.yaml is written by no generator: remove it",
    ]);
  });
});
