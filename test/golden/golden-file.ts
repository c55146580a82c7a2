import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { stringify } from "yaml";

const directory = join(import.meta.dirname, "__golden__");

/** Manifests as one YAML text, a document each. */
export function yamlDocuments(documents: readonly unknown[]): string {
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join("---\n");
}

/**
 * Compares `text` with the golden file of that name, byte for byte. GOLDEN_UPDATE=1 writes the file instead; the change is then reviewed
 * like code. A missing file fails: a new example must not pass by having nothing to be compared with.
 */
export function expectGolden(name: string, text: string): void {
  const path = join(directory, name);
  if (process.env["GOLDEN_UPDATE"] === "1") {
    mkdirSync(directory, { recursive: true });
    writeFileSync(path, text);
    return;
  }
  expect(existsSync(path), `${name} is missing; run npm run golden:update and review it`).toBe(true);
  expect(text).toBe(readFileSync(path, "utf8"));
}
