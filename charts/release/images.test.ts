import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { builtByPlatforms, catalogueImages } from "../../operator/modules/catalogue.ts";
import { registries } from "../../operator/policy/checks/images.ts";
import { imageList, releaseImages } from "./images.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const listed = (text: string): string[] => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
const list = imageList("1.2.3", releaseImages("1.2.3", digest));

/** Every image of every recorded manifest. */
const goldens = join(import.meta.dirname, "../../test/golden/__golden__");
const recorded = readdirSync(goldens, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .flatMap((entry) => [
    ...readFileSync(join(entry.parentPath, entry.name), "utf8").matchAll(
      /\b(?:image|imageName)"?: "?([^\s",]+\/[^\s",]+)/g,
    ),
  ])
  .map(([, reference = ""]) => reference);
/** The last part of the name of a repository: whoever mirrors or builds an image keeps it. */
const lastPart = (reference: string): string => /([^/:@]+)(?::[^/@]+)?(?:@.+)?$/.exec(reference)?.[1] ?? "";

describe("images.txt", () => {
  it("has the operator's image with its digest, and every image of the catalogue with its name above it", () => {
    expect(listed(list)).toEqual([`socle:1.2.3@${digest}`, ...catalogueImages().map(({ reference }) => reference)]);
    const lines = list.split("\n");
    for (const { name, reference } of catalogueImages())
      expect(lines[lines.indexOf(reference) - 1]?.split(";")[0]).toBe(`# ${name}`);
  });

  it("has every image that a recorded manifest runs", () => {
    expect(new Set(recorded.map(lastPart)).size).toBeGreaterThan(5);
    const known = new Set(listed(list).map(lastPart));
    expect(recorded.filter((reference) => !known.has(lastPart(reference)))).toEqual([]);
  });

  it("says which images are only what a platform builds on", () => {
    for (const [name, page] of Object.entries(builtByPlatforms))
      expect(list).toContain(`# ${name}; the platform builds its own on it, as ${page} says`);
  });

  it("names each reference once, in a form that every tool takes, from a registry that the checks know", () => {
    const references = listed(list);
    expect(new Set(references).size).toBe(references.length);
    for (const { reference } of catalogueImages()) {
      expect(reference).toMatch(/^[a-z0-9.-]+\/[a-z0-9./_-]+:[\w.-]+(@sha256:[0-9a-f]{64})?$/);
      expect(registries.value).toContain(reference.split("/")[0]);
    }
  });
});
