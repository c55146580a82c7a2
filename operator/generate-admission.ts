import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { yamlDocuments } from "../crds/generate.ts";
import { checkAdmissionManifests } from "./policy/admission/policies.ts";

/** File name → content: the policies that the checks' rules become. */
export function generatedAdmission(): Map<string, string> {
  return new Map([["crds/generated/admission-of-checks.yaml", yamlDocuments(checkAdmissionManifests())]]);
}

if (import.meta.main) {
  for (const [name, content] of generatedAdmission()) {
    writeFileSync(join(import.meta.dirname, "..", name), content);
    console.log(`Wrote ${name}`);
  }
}
