import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packagesOfCheckout } from "../charts/release/runtime-packages.ts";
import { definitionValues, operatorValues } from "../charts/values.ts";
import { kinds } from "../crds/kinds.ts";
import { access } from "../operator/access.ts";
import { catalogue } from "../operator/policy/catalogue/catalogue.ts";
import { checksPage } from "./checks-page.ts";
import { cliPage } from "./cli-page.ts";
import { conditionsPage } from "./conditions-page.ts";
import { configurationPage } from "./configuration-page.ts";
import { kindPage, pageName } from "./kind-page.ts";
import { licencesPage } from "./licences-page.ts";
import { metricsPage } from "./metrics-page.ts";
import { rbacPage } from "./rbac-page.ts";
import { referenceIndex } from "./reference-index.ts";
import { valuesPage } from "./values-page.ts";

/** File name, from the root of the repository → content of every page that is written from code. */
export function generatedPages(): Map<string, string> {
  return new Map([
    ["docs/conditions.md", conditionsPage()],
    ["docs/checks.md", checksPage(catalogue)],
    ...kinds.map((meta): [string, string] => [`docs/reference/${pageName(meta)}`, kindPage(meta)]),
    ["docs/reference/README.md", referenceIndex()],
    ["docs/reference/rbac.md", rbacPage(access)],
    ["docs/reference/configuration.md", configurationPage()],
    ["docs/reference/values.md", valuesPage({ socle: operatorValues, "socle-crds": definitionValues })],
    ["docs/reference/metrics.md", metricsPage()],
    ["docs/reference/cli.md", cliPage()],
    ["docs/reference/licences.md", licencesPage(packagesOfCheckout())],
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
