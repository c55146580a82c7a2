import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archivePackage } from "../../charts/release/archives.ts";
import { packageJson, root } from "./repository.ts";

describe("what npm packs", () => {
  let directory: string;
  let archive: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "npm-pack-"));
    archive = join(directory, "one.tgz");
    archivePackage(root, archive);
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it("is the same bytes the second time", () => {
    const again = join(directory, "two.tgz");
    archivePackage(root, again);
    const [first, second] = [archive, again].map((file) =>
      createHash("sha256").update(readFileSync(file)).digest("hex"),
    );
    expect(second).toBe(first);
  });

  it("is what runs, its licence and its changes: no test, no tool of ours, no page", () => {
    const names = execFileSync("tar", ["-tzf", archive], { encoding: "utf8" }).trim().split("\n");
    const parts = new Set(names.map((name) => name.split("/")[1]));
    expect(
      [...parts].filter((part) => !["charts", "constructs", "crds", "operator"].includes(part ?? "")).sort(),
    ).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    expect(names.filter((name) => /\.test\.ts$|\/charts\/release\//.test(name))).toEqual([]);
    for (const file of [
      "operator/main.ts",
      "crds/kinds.ts",
      "constructs/manifest.ts",
      ...Object.values(packageJson.bin),
    ])
      expect(names).toContain(`package/${file}`);
  });

  it("runs where it is installed, below node_modules, where Node itself reads no TypeScript", () => {
    const installed = join(directory, "node_modules/socle");
    mkdirSync(installed, { recursive: true });
    execFileSync("tar", ["-xzf", archive, "--strip-components=1", "-C", installed]);
    symlinkSync(join(root, "node_modules"), join(installed, "node_modules"));
    const words = [join(installed, packageJson.bin["socle"] ?? ""), "--help"];
    const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^Usage: socle /);
  });
});
