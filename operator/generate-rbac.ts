import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { yamlDocuments } from "../crds/generate.ts";
import { rbacManifests } from "../crds/rbac.ts";
import { access } from "./access.ts";

/** File name → content: the rights of the operator, from the list that gives each its reason. */
export function generatedRbac(): Map<string, string> {
  return new Map([["crds/generated/rbac.yaml", yamlDocuments(rbacManifests(access))]]);
}

if (import.meta.main) {
  for (const [name, content] of generatedRbac()) {
    writeFileSync(join(import.meta.dirname, "..", name), content);
    console.log(`Wrote ${name}`);
  }
}
