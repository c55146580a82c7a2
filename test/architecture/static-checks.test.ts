import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { packageJson, root } from "./repository.ts";

/** The scripts of `npm run check`, but for the unit tests, which are a suite of their own here. */
const scripts = (packageJson.scripts["check"] ?? "")
  .split(" && ")
  .map((command) => command.replace("npm run ", ""))
  .filter((name) => name !== "test:unit");

describe("npm run check", () => {
  it("holds types, lint, format, import rules, unused code and generated files", () => {
    expect(scripts).toEqual(["typecheck", "lint", "format:check", "imports", "unused", "generate:check"]);
  });

  // Run once here, and by no other suite: they take most of the time of this one.
  it.each(scripts)("%s finds nothing", (script) => {
    const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", script], { cwd: root, encoding: "utf8" });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
  });
});
