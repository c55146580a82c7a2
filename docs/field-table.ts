import type { SchemaNode } from "../crds/structural-schema.ts";
import type { CelRule } from "../crds/v1alpha1/schema.ts";

/** One row of the table of fields. Everything is text, as the reader sees it. */
export interface FieldRow {
  /** Path below spec or status, e.g. modules[].module. */
  readonly path: string;
  readonly required: boolean;
  readonly type: string;
  /** JSON of the default; "" where there is none. */
  readonly byDefault: string;
  readonly limits: string;
  readonly change: string;
  readonly meaning: string;
}

/** The rows of everything below a node, parents before children. Pure. */
export function fieldRows(root: SchemaNode): FieldRow[] {
  const rows: FieldRow[] = [];
  collect(root, "", rows);
  return rows;
}

function collect(node: SchemaNode, path: string, rows: FieldRow[]): void {
  const required = new Set((node["required"] ?? []) as readonly string[]);
  for (const [name, child] of Object.entries((node["properties"] ?? {}) as Readonly<Record<string, SchemaNode>>)) {
    const at = path === "" ? name : `${path}.${name}`;
    rows.push(row(child, at, required.has(name)));
    const items = child["items"] as SchemaNode | undefined;
    if (items === undefined) collect(child, at, rows);
    else collect(items, `${at}[]`, rows);
  }
}

function row(node: SchemaNode, path: string, required: boolean): FieldRow {
  return {
    path,
    required,
    type: typeText(node),
    byDefault: node["default"] === undefined ? "" : JSON.stringify(node["default"]),
    limits: limitsText(node),
    change: changeText(node),
    meaning: (node["description"] ?? "") as string,
  };
}

function typeText(node: SchemaNode): string {
  const type = node["type"] as string;
  if (type === "array") return `list of ${typeText(node["items"] as SchemaNode)}${listText(node)}`;
  // Of any type where it says none, and of named fields alone where it is false.
  const values = (node["additionalProperties"] ?? {}) as SchemaNode;
  if (values["type"] !== undefined) return `map of ${typeText(values)}`;
  if (node["enum"] !== undefined) return (node["enum"] as readonly string[]).join(" · ");
  if (type === "string" && node["format"] !== undefined) return node["format"] as string;
  return type;
}

function listText(node: SchemaNode): string {
  if (node["x-kubernetes-list-type"] === "set") return " (set)";
  if (node["x-kubernetes-list-type"] === "map") {
    return ` (key ${(node["x-kubernetes-list-map-keys"] as readonly string[]).join(", ")})`;
  }
  return "";
}

/** Of a list: its own limits, then those of its items. The format of a moment or a day says all about its text. */
function limitsText(node: SchemaNode): string {
  const limits: string[] = [];
  if (node["maxItems"] !== undefined)
    limits.push(`${(node["minItems"] ?? 0) as number}…${node["maxItems"] as number} items`);
  if (node["maxProperties"] !== undefined) limits.push(`≤${node["maxProperties"] as number} keys`);
  if (node["type"] === "integer") limits.push(...rangeText(node));
  if (node["type"] === "string" && node["format"] === undefined && node["enum"] === undefined)
    limits.push(...textLimits(node));
  const inner = (node["items"] ?? node["additionalProperties"]) as SchemaNode | undefined;
  if (inner?.["type"] === "string") limits.push(limitsText(inner));
  return limits.filter((limit) => limit !== "").join(", ");
}

function rangeText(node: SchemaNode): string[] {
  const { minimum, maximum } = node as { readonly minimum?: number; readonly maximum?: number };
  if (minimum !== undefined && maximum !== undefined) return [`${minimum}…${maximum}`];
  if (minimum !== undefined) return [`≥${minimum}`];
  return maximum === undefined ? [] : [`≤${maximum}`];
}

function textLimits(node: SchemaNode): string[] {
  const { pattern, minLength, maxLength } = node as {
    readonly pattern?: string;
    readonly minLength?: number;
    readonly maxLength?: number;
  };
  return [
    ...(pattern === undefined ? [] : [`\`${pattern}\``]),
    ...(minLength === undefined ? [] : [`≥${minLength}`]),
    ...(maxLength === undefined ? [] : [`≤${maxLength} chars`]),
  ];
}

function changeText(node: SchemaNode): string {
  const rules = (node["x-kubernetes-validations"] ?? []) as readonly CelRule[];
  if (rules.some(({ rule }) => rule === "self == oldSelf")) return "never";
  return rules.some(({ rule }) => rule.includes("oldSelf")) ? "within its rule" : "";
}
