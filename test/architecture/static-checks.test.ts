import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
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

  // Run once here, and by no other suite: they take most of the time of this one, and less beside each other, as each uses one core.
  it.concurrent.each(scripts)("%s finds nothing", async (script) => {
    const child = spawn("npm", ["run", "--silent", script], { cwd: root });
    const status = new Promise((resolve) => child.once("close", resolve));
    const told = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(await status, told.join("\n")).toBe(0);
  });
});
