import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { apiVersion } from "../../crds/group.ts";
import { kinds } from "../../crds/kinds.ts";
import { exampleFiles, exampleObjects, examples, exampleText } from "../support/examples.ts";

/** Fields of the example that the schema does not know; zod drops them in silence. */
function unknownFields(given: unknown, known: unknown, path: string): string[] {
  if (given === null || typeof given !== "object") return [];
  if (known === null || typeof known !== "object") return [path];
  return Object.entries(given).flatMap(([key, value]) =>
    unknownFields(value, (known as Record<string, unknown>)[key], `${path}.${key}`),
  );
}

describe("the examples", () => {
  it("show every kind that a person writes", () => {
    const shown = new Set(examples.map(({ object }) => object.kind));
    const written = kinds.map((meta) => meta.kind).filter((kind) => !["ModuleDeployment", "NameClaim"].includes(kind));
    expect([...shown].sort()).toEqual(written.sort());
  });

  it.each(examples)(
    "$file fits the schema of its kind, and has no field that the schema does not know",
    ({ object }) => {
      const meta = kinds.find(({ kind }) => kind === object.kind);
      const parsed = (meta?.spec as z.ZodType).safeParse(object.spec);
      expect(parsed.error?.issues ?? []).toEqual([]);
      expect(unknownFields(object.spec, parsed.data, "spec")).toEqual([]);
    },
  );

  it.each(exampleFiles)("%s begins with a sentence about what it shows", (file) => {
    expect(exampleText(file)).toMatch(/^# [A-Z].{20,}/);
  });

  it("are of our kinds, but for what Flux and Argo CD read", () => {
    const others = exampleObjects.filter(({ object }) => object.apiVersion !== apiVersion).map(({ file }) => file);
    expect(others.filter((file) => !file.startsWith("gitops/"))).toEqual([]);
  });

  it("tell that the end of an exception has to be chosen when it is filed: any date in a file is too late one day", () => {
    const text = exampleText("policy-exception.yaml");
    expect(text).toMatch(/# At most 90 days ahead .+\n +expiresAt: /);
  });

  it.each(examples)("$file is in a namespace exactly if its kind is namespaced", ({ object }) => {
    const meta = kinds.find(({ kind }) => kind === object.kind);
    expect(object.metadata.namespace !== undefined).toBe(meta?.scope === "Namespaced");
  });

  it("refer to a region and to tenants that the examples hold", () => {
    const named = (kind: string) =>
      examples.filter(({ object }) => object.kind === kind).map(({ object }) => object.metadata.name);
    const references = examples.flatMap(({ object }) => {
      const { regionRef, tenantRef } = object.spec as {
        readonly regionRef?: { readonly name: string };
        readonly tenantRef?: { readonly name: string };
      };
      return [
        ...(regionRef === undefined ? [] : [`SovereignRegion/${regionRef.name}`]),
        ...(tenantRef === undefined ? [] : [`Tenant/${tenantRef.name}`]),
      ];
    });
    const held = [
      ...named("SovereignRegion").map((name) => `SovereignRegion/${name}`),
      ...named("Tenant").map((name) => `Tenant/${name}`),
    ];
    expect(references.filter((reference) => !held.includes(reference))).toEqual([]);
  });
});
