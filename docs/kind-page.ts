import { celRules } from "../crds/cel-rules.ts";
import { apiVersion } from "../crds/group.ts";
import { structuralSchema } from "../crds/structural-schema.ts";
import { conditionTypes, type ConditionedKind } from "../crds/v1alpha1/conditions.ts";
import { reservedFields, type ReservedFields } from "../crds/v1alpha1/reserved-fields.ts";
import type { KindMeta } from "../crds/v1alpha1/status.ts";
import { type FieldRow, fieldRows } from "./field-table.ts";
import { page, table } from "./markdown.ts";

/** File name of a kind's page: ModuleDeployment → module-deployment.md. */
export function pageName(meta: KindMeta): string {
  return `${meta.kind.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}.md`;
}

/** The reference page of a kind: what may be written, within which limits, and what is refused with which sentence. Pure. */
export function kindPage(meta: KindMeta): string {
  const rules = celRules(meta);
  return page([
    `# ${meta.kind}`,
    meta.description,
    facts(meta),
    "## spec",
    "A star marks what must be given. A change that the column forbids is refused by the API server.",
    fieldTable(marked(fieldRows(structuralSchema(meta.spec, "spec")), reservedOf(meta).spec)),
    "## Rules",
    rules.length === 0
      ? "None beside the limits above."
      : "The API server refuses, with these sentences, what does not hold:",
    rules.length === 0
      ? ""
      : table(
          ["Where", "Sentence", "What must hold"],
          rules.map((rule) => [`\`${rule.path === "" ? "(object)" : rule.path}\``, rule.message, `\`${rule.rule}\``]),
        ),
    ...statusBlocks(meta),
  ]);
}

function facts(meta: KindMeta): string {
  const columns = meta.columns.map(({ name, priority }) => (priority === 1 ? `${name} (wide)` : name)).join(", ");
  return [
    `- API: \`${apiVersion}\`, ${meta.scope === "Cluster" ? "cluster-scoped" : "namespaced"}`,
    `- Names: \`${meta.plural}\`, \`${meta.singular}\`, ${meta.shortNames.map((name) => `\`${name}\``).join(", ")}; category \`socle\``,
    `- Columns of \`kubectl get\`: ${columns}`,
    ...(meta.selectableFields.length === 0
      ? []
      : [`- Field selectors: ${meta.selectableFields.map((path) => `\`${path.slice(1)}\``).join(", ")}`]),
  ].join("\n");
}

function fieldTable(rows: readonly FieldRow[]): string {
  const head = ["Field", "Type", "Default", "Limits", "May change", "Meaning"];
  return table(
    head,
    rows.map((row) => [
      `\`${row.path}\`${row.required ? " *" : ""}`,
      row.type,
      code(row.byDefault),
      row.limits,
      row.change,
      row.meaning,
    ]),
  );
}

function reservedOf({ kind }: KindMeta): ReservedFields {
  return (reservedFields as Readonly<Record<string, ReservedFields>>)[kind] ?? {};
}

/** The rows, those of fields that nothing uses yet with a word about it. */
function marked(rows: readonly FieldRow[], reserved: Readonly<Record<string, string>> = {}): FieldRow[] {
  return rows.map((row) => {
    const work = reserved[row.path];
    return work === undefined ? row : { ...row, meaning: `${row.meaning} _(Reserved for ${work}.)_`.trim() };
  });
}

function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

function statusBlocks(meta: KindMeta): string[] {
  if (meta.status === undefined) return ["## status", "None: the object is there, or it is not."];
  const rows = marked(fieldRows(structuralSchema(meta.status, "status")), reservedOf(meta).status).map((row) => [
    `\`${row.path}\``,
    row.type,
    row.limits,
    row.meaning,
  ]);
  return [
    "## status",
    "Written by the operator only.",
    conditionLine(meta),
    table(["Field", "Type", "Limits", "Meaning"], rows),
  ];
}

function conditionLine(meta: KindMeta): string {
  const types = conditionTypes[meta.kind as ConditionedKind];
  const shown = types.shown.length === 0 ? "" : ` Shown beside it: ${types.shown.join(", ")}.`;
  return `Conditions that feed Ready: ${types.feeding.join(", ")}.${shown} Their meaning: [conditions](../conditions.md).`;
}
