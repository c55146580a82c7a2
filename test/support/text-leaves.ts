import { walkSchema } from "../../crds/cel-rules.ts";
import { type SchemaNode, structuralSchema } from "../../crds/structural-schema.ts";
import type { KindMeta } from "../../crds/v1alpha1/status.ts";

/** A field of a kind that holds text which is none of a list: items of a list are path[], values of a map path{}. */
export interface TextLeaf {
  readonly path: string;
  readonly pattern?: RegExp;
  readonly min: number;
  readonly max: number;
}

interface TextNode {
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

export type Fields = Readonly<Record<string, unknown>>;

/** Every field of a kind's spec that a person may write any text in, or any text of a pattern. */
export function textLeaves({ spec }: Pick<KindMeta, "spec">): TextLeaf[] {
  const leaves: TextLeaf[] = [];
  walkSchema(structuralSchema(spec, "spec"), "spec", (node, path) => {
    if (node["type"] === "string" && node["enum"] === undefined) leaves.push(leafOf(node, path));
  });
  return leaves;
}

function leafOf(node: SchemaNode, path: string): TextLeaf {
  const { pattern, minLength = 0, maxLength = 0 } = node as TextNode;
  return { path, ...(pattern === undefined ? {} : { pattern: new RegExp(pattern) }), min: minLength, max: maxLength };
}

/** An object with these texts in its fields. Of a list, the items that have it already get it, or else the first; a map gets one key. */
export function withTexts<Value>(object: Value, texts: ReadonlyMap<string, string>): Value {
  const copy = structuredClone(object);
  for (const [path, text] of texts)
    put(copy as Record<string, unknown>, path.match(/[^.[\]{}]+|\[\]|\{\}/g) ?? [], text);
  return copy;
}

type Holder = Record<string, unknown>;

function put(holder: Holder, [step = "", ...rest]: readonly string[], text: string): void {
  const [next] = rest;
  if (next === undefined) holder[step] = text;
  else if (next === "{}") holder[step] = { label: text };
  else if (next === "[]") putItem(holder, { step, rest: rest.slice(1), text });
  else put((holder[step] ??= {}) as Holder, rest, text);
}

function putItem(
  holder: Holder,
  to: { readonly step: string; readonly rest: readonly string[]; readonly text: string },
): void {
  const items = (holder[to.step] ??= []) as Holder[];
  const [key] = to.rest;
  if (key === undefined) holder[to.step] = [to.text];
  else {
    const having = items.filter((one) => one[key] !== undefined);
    if (items.length === 0) items.push({});
    for (const item of having.length > 0 ? having : items.slice(0, 1)) put(item, to.rest, to.text);
  }
}
