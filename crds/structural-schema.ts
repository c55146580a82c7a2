import { z } from "zod";

/** A node of the JSON Schema that zod writes, and of the structural schema that a CRD holds. */
export type SchemaNode = Readonly<Record<string, unknown>>;

/** Keywords that a structural schema may hold at a node. */
const kept = new Set([
  "type",
  "description",
  "default",
  "enum",
  "format",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "maxProperties",
  "required",
  "x-kubernetes-validations",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
]);

/** Keywords that are rewritten below, or that say nothing to an API server. Everything else is refused. */
const rewritten = new Set(["$schema", "properties", "items", "additionalProperties", "propertyNames"]);

const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/**
 * Rewrites the JSON Schema of a zod type into a structural schema (kubernetes.io, "Specifying a structural schema").
 * Throws an Error that names the path on what a CRD cannot express or the API server would refuse or not enforce: unions, tuples, references, refinements,
 * texts, lists and maps without a bound (their CEL rules exceed the cost budget), patterns that RE2 does not know.
 */
export function structuralSchema(type: z.ZodType, path: string): SchemaNode {
  refuseCode(type, path);
  const json = z.toJSONSchema(type, { io: "input", reused: "inline", cycles: "throw" }) as SchemaNode;
  return rewrite(json, path);
}

function rewrite(node: SchemaNode, path: string): SchemaNode {
  const type = node["type"];
  if (typeof type !== "string") throw new Error(`${path}: a structural schema needs one type here`);
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (kept.has(key)) result[key] = value;
    else if (!rewritten.has(key)) throw new Error(`${path}: ${key} cannot be expressed in a structural schema`);
  }
  if (type === "integer") boundInteger(result);
  if (type === "object") objectNode(node, result, path);
  if (type === "array") arrayNode(node, result, path);
  if (type === "string") checkText(result, path);
  return result;
}

/** zod bounds every integer by what JavaScript can count; those bounds say nothing, and the format says it better. */
function boundInteger(result: Record<string, unknown>): void {
  const minimum = result["minimum"] as number;
  const maximum = result["maximum"] as number;
  result["format"] = minimum >= int32.min && maximum <= int32.max ? "int32" : "int64";
  if (maximum === Number.MAX_SAFE_INTEGER || maximum === int32.max) delete result["maximum"];
  if (minimum === Number.MIN_SAFE_INTEGER || minimum === int32.min) delete result["minimum"];
}

function arrayNode(node: SchemaNode, result: Record<string, unknown>, path: string): void {
  if (result["maxItems"] === undefined)
    throw new Error(`${path}: a list needs a maximum, or its CEL rules exceed the budget`);
  if (node["items"] === undefined) throw new Error(`${path}: a list needs one type for all its items`);
  result["items"] = rewrite(node["items"] as SchemaNode, `${path}[]`);
}

function checkText(result: Record<string, unknown>, path: string): void {
  if (result["maxLength"] === undefined && result["enum"] === undefined) {
    throw new Error(`${path}: a text needs a maximum length, or its CEL rules exceed the budget`);
  }
  const pattern = result["pattern"];
  if (typeof pattern !== "string") return;
  // JavaScript escapes the slash in the source of an expression; RE2 and readers do without.
  result["pattern"] = pattern.replaceAll("\\/", "/");
  if (/\(\?[=!<]|\\[1-9]/.test(pattern)) {
    throw new Error(
      `${path}: the API server reads patterns with RE2, which knows no look-around and no back-reference`,
    );
  }
}

function objectNode(node: SchemaNode, result: Record<string, unknown>, path: string): void {
  const properties = node["properties"] as Readonly<Record<string, SchemaNode>> | undefined;
  if (properties !== undefined) {
    const entries = Object.entries(properties);
    result["properties"] = Object.fromEntries(
      entries.map(([name, child]) => [name, rewrite(child, `${path}.${name}`)]),
    );
    if (result["default"] !== undefined) result["default"] = withNestedDefaults(result["default"], result);
    return;
  }
  const values = node["additionalProperties"];
  if (values === null || typeof values !== "object" || Object.keys(values).length === 0) {
    throw new Error(`${path}: an object needs properties, or one type for all its values`);
  }
  if (result["maxProperties"] === undefined)
    throw new Error(`${path}: a map needs a maximum, or its CEL rules exceed the budget`);
  result["additionalProperties"] = rewrite(values as SchemaNode, `${path}{}`);
}

/** The API server checks CEL rules on a default before it fills the defaults inside of it, so they are written out (seen on a real 1.34 server). */
function withNestedDefaults(value: unknown, node: SchemaNode): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const filled: Record<string, unknown> = { ...value };
  const properties = (node["properties"] ?? {}) as Readonly<Record<string, SchemaNode>>;
  for (const [name, child] of Object.entries(properties)) {
    const given = filled[name] ?? child["default"];
    if (given !== undefined) filled[name] = withNestedDefaults(given, child);
  }
  return filled;
}

/** zod drops refinements and transformations silently when it writes JSON Schema: the server would accept what we refuse. */
function refuseCode(type: z.ZodType, path: string): void {
  const definition = type._zod.def as {
    readonly type: string;
    readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string } } }[];
    readonly shape?: Readonly<Record<string, z.ZodType>>;
    readonly element?: z.ZodType;
    readonly innerType?: z.ZodType;
  };
  if (definition.checks?.some((check) => check._zod.def.check === "custom") === true) {
    throw new Error(`${path}: a refinement has no form in a structural schema; write a CEL rule`);
  }
  if (definition.type === "pipe" || definition.type === "transform") {
    throw new Error(`${path}: a transformation has no form in a structural schema; the API holds what people write`);
  }
  for (const [name, child] of Object.entries(definition.shape ?? {})) refuseCode(child, `${path}.${name}`);
  if (definition.element !== undefined) refuseCode(definition.element, `${path}[]`);
  if (definition.innerType !== undefined) refuseCode(definition.innerType, path);
}
