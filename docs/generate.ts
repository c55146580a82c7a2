import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { kinds } from "../crds/kinds.ts";
import { access } from "../operator/access.ts";
import { conditionsPage } from "./conditions-page.ts";
import { kindPage, pageName } from "./kind-page.ts";
import { rbacPage } from "./rbac-page.ts";

/** File name, from the root of the repository → content of every page that is written from code. */
export function generatedPages(): Map<string, string> {
  return new Map([
    ["docs/conditions.md", conditionsPage()],
    ...kinds.map((meta): [string, string] => [`docs/reference/${pageName(meta)}`, kindPage(meta)]),
    ["docs/reference/rbac.md", rbacPage(access)],
  ]);
}

if (import.meta.main) {
  for (const [name, content] of generatedPages()) {
    const path = join(import.meta.dirname, "..", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    console.log(`Wrote ${name}`);
  }
}
