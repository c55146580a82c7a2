import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { z } from "zod";
import { apiVersion } from "../../crds/group.ts";
import { kinds } from "../../crds/kinds.ts";

const directory = join(import.meta.dirname, "../../examples");

interface Example {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

const examples = readdirSync(directory)
  .filter((file) => file.endsWith(".yaml"))
  .flatMap((file) => {
    const documents = parseAllDocuments(readFileSync(join(directory, file), "utf8"));
    return documents.map((document) => ({ file, object: document.toJS() as Example }));
  });

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
      expect(object.apiVersion).toBe(apiVersion);
      const parsed = (meta?.spec as z.ZodType).safeParse(object.spec);
      expect(parsed.error?.issues ?? []).toEqual([]);
      expect(unknownFields(object.spec, parsed.data, "spec")).toEqual([]);
    },
  );

  it.each([...new Set(examples.map(({ file }) => file))])("%s begins with a sentence about what it shows", (file) => {
    expect(readFileSync(join(directory, file), "utf8")).toMatch(/^# [A-Z].{20,}/);
  });

  it("tell that the end of an exception has to be chosen when it is filed: any date in a file is too late one day", () => {
    const text = readFileSync(join(directory, "policy-exception.yaml"), "utf8");
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
