import { type SchemaNode, structuralSchema } from "./structural-schema.ts";
import type { CelRule } from "./v1alpha1/schema.ts";
import type { KindMeta } from "./v1alpha1/status.ts";

/** A CEL rule with the place it holds at. `path` is "" for the whole object, else e.g. spec.modules[].postgresql.major. */
export interface PlacedRule extends CelRule {
  readonly path: string;
}

/** Every CEL rule of a kind, outermost first, in the one shape that documentation and tests read. Pure. */
export function celRules(meta: KindMeta): PlacedRule[] {
  const found: PlacedRule[] = meta.objectRules.map((rule) => ({ path: "", ...rule }));
  walkSchema(structuralSchema(meta.spec, "spec"), "spec", (node, path) => {
    for (const { rule, message } of validations(node)) found.push({ path, rule, message });
  });
  return found;
}

/** Calls `visit` on a node and then on everything below it; items of a list are path[], values of a map path{}. */
export function walkSchema(node: SchemaNode, path: string, visit: (node: SchemaNode, path: string) => void): void {
  visit(node, path);
  for (const [name, child] of Object.entries(children(node, "properties"))) walkSchema(child, `${path}.${name}`, visit);
  if (node["items"] !== undefined) walkSchema(node["items"] as SchemaNode, `${path}[]`, visit);
  if (node["additionalProperties"] !== undefined) {
    walkSchema(node["additionalProperties"] as SchemaNode, `${path}{}`, visit);
  }
}

/**
 * The same schema without the rules that `keep` refuses. A test takes one rule away and shows that the object which
 * the rule refused now passes: a rule that another one hides would never be noticed missing.
 */
export function withRules(node: SchemaNode, path: string, keep: (rule: PlacedRule) => boolean): SchemaNode {
  const { "x-kubernetes-validations": _rules, ...rest } = node;
  const kept = validations(node).filter((rule) => keep({ path, ...rule }));
  const copy: Record<string, unknown> = kept.length === 0 ? rest : { ...rest, "x-kubernetes-validations": kept };
  if (node["properties"] !== undefined) {
    const entries = Object.entries(children(node, "properties"));
    const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
    copy["properties"] = Object.fromEntries(entries.map(([name, child]) => [name, withRules(child, at(name), keep)]));
  }
  if (node["items"] !== undefined) copy["items"] = withRules(node["items"] as SchemaNode, `${path}[]`, keep);
  const values = node["additionalProperties"];
  if (values !== undefined) copy["additionalProperties"] = withRules(values as SchemaNode, `${path}{}`, keep);
  return copy;
}

function children(node: SchemaNode, key: string): Readonly<Record<string, SchemaNode>> {
  return (node[key] ?? {}) as Readonly<Record<string, SchemaNode>>;
}

function validations(node: SchemaNode): readonly CelRule[] {
  return (node["x-kubernetes-validations"] ?? []) as readonly CelRule[];
}
