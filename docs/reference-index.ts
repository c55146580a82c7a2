import { kinds } from "../crds/kinds.ts";
import { pageName } from "./kind-page.ts";
import { page } from "./markdown.ts";

/** docs/reference/README.md: the way to every page of the reference. Pure. */
export function referenceIndex(): string {
  return page([
    "# Reference",
    "Generated from the code, so it says what the code does.",
    "Kinds:",
    kinds.map((meta) => `- [${meta.kind}](${pageName(meta)}): ${meta.description}`).join("\n"),
    "Operation:",
    [
      "- [Conditions and reasons](../conditions.md): what each means, and what to do.",
      "- [What happens when things break](../failure-modes.md)",
      "- [The Keycloak that a region runs](../keycloak.md)",
      "- [PostgreSQL: drivers, room, the end and the return](../postgresql.md)",
      "- [Manifests without the operator](../export.md)",
      "- [A node on your machine](../node-lane.md)",
      "- [The socle command](cli.md)",
      "- [Configuration of the operator](configuration.md)",
      "- [Metrics of the operator](metrics.md)",
      "- [Values of the charts](values.md)",
      "- [Rights of the operator](rbac.md)",
      "- [Licences of what is installed](licences.md)",
    ].join("\n"),
  ]);
}
