import { describe, expect, it } from "vitest";
import { celRules, walkSchema } from "./cel-rules.ts";
import { customResourceDefinition } from "./definition.ts";
import { kinds } from "./kinds.ts";
import { socleResourceTypes } from "./resource-types.ts";
import type { SchemaNode } from "./structural-schema.ts";
import { tenantKind } from "./v1alpha1/tenant.ts";

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly versions: readonly {
      readonly schema: { readonly openAPIV3Schema: SchemaNode };
      readonly subresources?: unknown;
      readonly additionalPrinterColumns: readonly { readonly name: string; readonly priority?: number }[];
    }[];
  };
}

const definitionOf = (...given: Parameters<typeof customResourceDefinition>) =>
  customResourceDefinition(...given) as unknown as Definition;
const schemaOf = (definition: Definition): SchemaNode => definition.spec.versions[0]?.schema.openAPIV3Schema ?? {};
const all = kinds.map((meta) => [meta.kind, meta] as const);

function rulesIn(schema: SchemaNode): string[] {
  const found: string[] = [];
  walkSchema(schema, "", (node) => {
    for (const { message } of (node["x-kubernetes-validations"] ?? []) as { message: string }[]) found.push(message);
  });
  return found;
}

describe("the definition of a kind", () => {
  it.each(all)("%s: the same kind gives the same bytes", (_kind, meta) => {
    expect(JSON.stringify(definitionOf(meta))).toBe(JSON.stringify(definitionOf(meta)));
  });

  it.each(all)("%s: every rule of the list is in the schema, and no other", (_kind, meta) => {
    const listed = celRules(meta).map(({ message }) => message);
    expect(rulesIn(schemaOf(definitionOf(meta))).sort()).toEqual(listed.sort());
  });

  it.each(all)("%s: every field of spec says what it means", (_kind, meta) => {
    const silent: string[] = [];
    walkSchema(schemaOf(definitionOf(meta)), "", (node, path) => {
      const explained = node["description"] !== undefined || !path.startsWith(".spec") || /(\[\]|\{\})$/.test(path);
      if (!explained) silent.push(path);
    });
    expect(silent.filter((path) => path !== ".spec.administrators[].kind")).toEqual([]);
  });

  it.each(all)("%s: a text, list or map without a bound is nowhere", (_kind, meta) => {
    const unbounded: string[] = [];
    walkSchema(schemaOf(definitionOf(meta)), "", (node, path) => {
      const { type } = node;
      const bounded =
        (type !== "string" || "maxLength" in node || "enum" in node) &&
        (type !== "array" || "maxItems" in node) &&
        (type !== "object" || !("additionalProperties" in node) || "maxProperties" in node);
      if (!bounded && path.includes(".spec")) unbounded.push(path);
    });
    expect(unbounded).toEqual([]);
  });

  it("starts observedGeneration at -1 where there is a status, so that a new object is never taken for a finished one", () => {
    for (const meta of kinds.filter(({ status }) => status !== undefined)) {
      const { status } = schemaOf(definitionOf(meta))["properties"] as Record<string, { default: unknown }>;
      expect(status?.default).toEqual({ observedGeneration: -1 });
    }
  });

  it("shows wide columns only on request", () => {
    const columns = definitionOf(tenantKind).spec.versions[0]?.additionalPrinterColumns ?? [];
    expect(columns.filter(({ priority }) => priority !== 1).map(({ name }) => name)).toEqual([
      "Ready",
      "Reason",
      "Region",
      "Modules",
      "Age",
    ]);
    expect(columns.filter(({ priority }) => priority === 1).map(({ name }) => name)).toEqual(["Domain", "Message"]);
  });

  it("can be made without one rule, and under another group", () => {
    const [first, ...others] = celRules(tenantKind);
    const variant = definitionOf(tenantKind, {
      group: "other.example",
      keep: ({ path, rule }) => path !== first?.path || rule !== first.rule,
    });
    expect(variant.metadata.name).toBe("tenants.other.example");
    expect(rulesIn(schemaOf(variant)).sort()).toEqual(others.map(({ message }) => message).sort());
  });
});

describe("the list of resource types", () => {
  it("says of each kind how its URLs read", () => {
    expect(
      socleResourceTypes.map(({ plural, namespaced }) => `${plural}:${namespaced ? "namespaced" : "cluster"}`),
    ).toEqual([
      "sovereignregions:cluster",
      "tenants:cluster",
      "moduledeployments:namespaced",
      "tenantidentityproviders:namespaced",
      "policyexceptions:namespaced",
      "attestations:cluster",
      "nameclaims:cluster",
    ]);
  });
});
