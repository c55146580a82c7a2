import { z } from "zod";
import type { SchemaNode } from "../crds/structural-schema.ts";
import { configSchema } from "../operator/config.ts";
import { fieldRows } from "./field-table.ts";
import { page, table } from "./markdown.ts";

/** docs/reference/configuration.md: every variable that the operator reads from its environment. Pure. */
export function configurationPage(): string {
  const rows = fieldRows(z.toJSONSchema(configSchema) as SchemaNode).map((row) => [
    `\`${row.path}\``,
    row.byDefault === "" ? "" : `\`${row.byDefault.replace(/^"(.*)"$/, "$1")}\``,
    [row.type, row.limits].filter((text) => text !== "").join(", "),
    row.meaning,
  ]);
  return page([
    "# Configuration of the operator",
    "The operator is configured by its environment, and by nothing else. An empty variable means what an absent one means. A value that is wrong ends the start with exit code 2 and a sentence for each.",
    table(["Variable", "Default", "Values", "Meaning"], rows),
  ]);
}
