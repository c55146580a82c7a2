import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generatedCharts } from "../../charts/generate.ts";
import { generatedFiles } from "../../crds/generate.ts";
import { generatedPages } from "../../docs/generate.ts";
import { generatedAdmission } from "../../operator/generate-admission.ts";
import { generatedRbac } from "../../operator/generate-rbac.ts";

const root = join(import.meta.dirname, "../..");

/** Folders that generators fill alone: a file there that none of them writes is left from an earlier shape. */
const generatedFolders = ["crds/generated", "docs/reference"];

/** What the generators would write now, by file name from the root of the repository. */
function expectedFiles(): Map<string, string> {
  return new Map([
    ...generatedFiles(),
    ...generatedRbac(),
    ...generatedAdmission(),
    ...generatedCharts(),
    ...generatedPages(),
  ]);
}

/** One sentence per file that does not hold what its generator would write; empty when all is fresh. */
export function staleFiles(expected: ReadonlyMap<string, string>, directory: string): string[] {
  const found: string[] = [];
  for (const [name, content] of expected) {
    const written = textOf(join(directory, name));
    if (written === undefined) found.push(`${name} is missing`);
    else if (written !== content) found.push(`${name} is stale: ${firstDifference(written, content)}`);
  }
  for (const folder of generatedFolders) {
    for (const file of filesOf(join(directory, folder))) {
      if (!expected.has(`${folder}/${file}`)) found.push(`${folder}/${file} is written by no generator: remove it`);
    }
  }
  return found;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function filesOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function firstDifference(written: string, content: string): string {
  const before = written.split("\n");
  const after = content.split("\n");
  const line = after.findIndex((text, index) => text !== before[index]);
  return line < 0
    ? `line ${after.length + 1} and below are too much`
    : `line ${line + 1} should be ${JSON.stringify(after[line])}`;
}

if (import.meta.main) {
  const expected = expectedFiles();
  const stale = staleFiles(expected, root);
  for (const sentence of stale) console.error(sentence);
  if (stale.length > 0) {
    console.error("Run `npm run generate`.");
    process.exitCode = 1;
  } else {
    console.log(`${expected.size} generated files are fresh.`);
  }
}
