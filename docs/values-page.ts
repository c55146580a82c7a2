import { z } from "zod";
import type { SchemaNode } from "../crds/structural-schema.ts";
import { fieldRows } from "./field-table.ts";
import { page, table } from "./markdown.ts";

/** docs/reference/values.md: every value of the charts. Pure. */
export function valuesPage(charts: Readonly<Record<string, z.ZodType>>): string {
  return page([
    "# Values of the charts",
    "Both charts are installed into namespace `socle-system`. A value that they do not know is refused, so a misspelt one is never passed over.",
    ...Object.entries(charts).flatMap(([name, values]) => [
      `## ${name}`,
      table(
        ["Value", "Default", "Type", "Meaning"],
        fieldRows(z.toJSONSchema(values, { io: "input" }) as SchemaNode)
          .filter(({ meaning }) => meaning !== "")
          .map(({ path, byDefault, type, limits, meaning }) => [
            `\`${path}\``,
            byDefault === "" ? "" : `\`${byDefault}\``,
            [type, limits].filter((text) => text !== "").join(", "),
            meaning,
          ]),
      ),
    ]),
  ]);
}
