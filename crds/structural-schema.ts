import { z } from "zod";

/** A node of the JSON Schema that zod writes, and of the structural schema that a CRD holds. */
export type SchemaNode = Readonly<Record<string, unknown>>;

/** Keywords that a structural schema may hold at a node; everything else that zod writes is dropped on purpose or refused. */
const kept = new Set([
  "type", "description", "default", "enum", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems",
  "maxProperties", "required", "nullable", "x-kubernetes-validations", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
]);
const dropped = new Set(["$schema", "additionalProperties", "propertyNames", "properties", "items", "id"]);

/**
 * Rewrites the JSON Schema of a zod type into a structural schema (kubernetes.io, "Specifying a structural schema").
 * Throws, naming the path, on what a CRD cannot express: unions, tuples, references, unbounded texts and lists.
 */
export function structuralSchema(type: z.ZodType): SchemaNode {
  const json = z.toJSONSchema(type, { io: "input", reused: "inline", cycles: "throw" }) as SchemaNode;
  return rewrite(json, "spec");
}

function rewrite(node: SchemaNode, path: string): SchemaNode {
  if (typeof node["type"] !== "string") throw new Error(`${path}: a structural schema needs one type here`);
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (kept.has(key)) result[key] = value;
    else if (!dropped.has(key)) throw new Error(`${path}: ${key} cannot be expressed in a structural schema`);
  }
  if (node["type"] === "integer") boundInteger(result);
  if (node["type"] === "object") objectNode(node, result, path);
  if (node["type"] === "array") {
    if (result["maxItems"] === undefined) throw new Error(`${path}: a list needs a maximum, or its CEL rules exceed the budget`);
    result["items"] = rewrite(node["items"] as SchemaNode, `${path}[]`);
  }
  if (node["type"] === "string" && result["maxLength"] === undefined && result["enum"] === undefined) {
    throw new Error(`${path}: a text needs a maximum length, or its CEL rules exceed the budget`);
  }
  return result;
}

/** zod bounds every integer by what JavaScript can count; those bounds say nothing, and the format says it better. */
function boundInteger(result: Record<string, unknown>): void {
  const small = (result["maximum"] as number) <= 2 ** 31 - 1 && (result["minimum"] as number) >= -(2 ** 31);
  result["format"] = small ? "int32" : "int64";
  if (result["maximum"] === Number.MAX_SAFE_INTEGER || result["maximum"] === 2 ** 31 - 1) delete result["maximum"];
  if (result["minimum"] === Number.MIN_SAFE_INTEGER || result["minimum"] === -(2 ** 31)) delete result["minimum"];
}

function objectNode(node: SchemaNode, result: Record<string, unknown>, path: string): void {
  const properties = node["properties"] as Readonly<Record<string, SchemaNode>> | undefined;
  if (properties !== undefined) {
    result["properties"] = Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, rewrite(child, `${path}.${name}`)]));
    if (result["default"] !== undefined) result["default"] = withNestedDefaults(result["default"], result);
    return;
  }
  const values = node["additionalProperties"];
  if (values === null || typeof values !== "object") throw new Error(`${path}: an object needs properties, or one type for all its values`);
  result["additionalProperties"] = rewrite(values as SchemaNode, `${path}{}`);
}

/** The API server checks CEL rules on a default before it fills the defaults inside of it, so they are written out (seen on a real 1.34 server). */
function withNestedDefaults(value: unknown, node: SchemaNode): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const filled: Record<string, unknown> = { ...value };
  const properties = (node["properties"] ?? {}) as Readonly<Record<string, SchemaNode>>;
  for (const [name, child] of Object.entries(properties)) {
    if (filled[name] === undefined && child["default"] !== undefined) filled[name] = child["default"];
  }
  return filled;
}
