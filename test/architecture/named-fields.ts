import { customResourceDefinition } from "../../crds/definition.ts";
import { kinds } from "../../crds/kinds.ts";
import type { SchemaNode } from "../../crds/structural-schema.ts";
import { conditionTypes } from "../../crds/v1alpha1/conditions.ts";
import type { KindMeta } from "../../crds/v1alpha1/status.ts";

/** A kind of ours by any name that kubectl takes for it. */
export function kindCalled(word: string): KindMeta | undefined {
  const name = word.toLowerCase().replace(/(\.v1alpha1)?\.socle\.dev$/, "");
  return kinds.find(
    (meta) => [meta.plural, meta.singular].includes(name) || meta.shortNames.some((short) => short === name),
  );
}

function schemaOf(meta: KindMeta): SchemaNode {
  const { spec } = customResourceDefinition(meta) as {
    spec: { versions: [{ schema: { openAPIV3Schema: SchemaNode } }] };
  };
  return spec.versions[0].schema.openAPIV3Schema;
}

type Properties = Readonly<Record<string, SchemaNode>>;

function childOf(node: SchemaNode, name: string): SchemaNode | undefined {
  const item = (node["items"] ?? node) as SchemaNode;
  const properties = item["properties"] as Properties | undefined;
  return properties?.[name] ?? (item["additionalProperties"] as SchemaNode | undefined);
}

/** Whether objects of this kind have the field, such as `spec.modules.size`; metadata is the API server's to know. */
export function hasField(meta: KindMeta, path: readonly string[]): boolean {
  if (path[0] === "metadata") return true;
  let node: SchemaNode | undefined = schemaOf(meta);
  for (const name of path) node = node === undefined ? undefined : childOf(node, name);
  return node !== undefined;
}

/** Paths in a part of an object that its kind does not have. */
export function strangeFields(meta: KindMeta, part: unknown, path: readonly string[] = []): string[] {
  if (Array.isArray(part)) return part.flatMap((item) => strangeFields(meta, item, path));
  if (part === null || typeof part !== "object") return [];
  return Object.entries(part).flatMap(([name, value]) => {
    const at = [...path, name];
    if (path.length === 0 && ["apiVersion", "kind", "metadata"].includes(name)) return [];
    return hasField(meta, at) ? strangeFields(meta, value, at) : [at.join(".")];
  });
}

/** Condition types that objects of this kind carry. */
export function conditionsOf(meta: KindMeta): string[] {
  const types: Readonly<Record<string, { feeding: readonly string[]; shown: readonly string[] } | undefined>> =
    conditionTypes;
  const own = types[meta.kind];
  return own === undefined ? [] : ["Ready", "Reconciling", "Stalled", ...own.feeding, ...own.shown];
}
