import { describe, expect, it } from "vitest";
import { kinds } from "../../crds/kinds.ts";
import { structuralSchema } from "../../crds/structural-schema.ts";
import { recordedFields, reservedFields, type ReservedFields } from "../../crds/v1alpha1/reserved-fields.ts";
import { fieldRows } from "../../docs/field-table.ts";
import { shippedCode, textOf } from "./repository.ts";

const texts = shippedCode.filter((file) => /^(constructs|operator)\//.test(file)).map(textOf);
const admission = shippedCode.filter((file) => file.startsWith("crds/admission/")).map(textOf);
const reserved: Readonly<Record<string, ReservedFields>> = reservedFields;
const meta = (kind: string) => {
  const found = kinds.find((one) => one.kind === kind);
  if (found?.status === undefined) throw new Error(`no kind ${kind} with a status`);
  return found;
};
const leafOf = (path: string): string => (path.split(".").at(-1) ?? "").replace("[]", "");
const known = (word: string, among: readonly string[]): boolean =>
  among.some((text) => new RegExp(`\\b${word}\\b`).test(text));
const below = (path: string, parents: readonly string[]): boolean =>
  parents.some((parent) => path === parent || path.startsWith(`${parent}.`));

/** Words that stand for much else in the code; of the others, the word alone says that somebody reads the field. */
const everyday = new Set(["host", "tls", "from", "cidrs"]);

describe("a field of a SovereignRegion or a Tenant", () => {
  it.each(["SovereignRegion", "Tenant"])(
    "of kind %s whose name no code knows is reserved, or kept for people",
    (kind) => {
      const { spec, columns } = meta(kind);
      const readers = [...texts, ...admission, ...columns.map(({ jsonPath }) => jsonPath)];
      const excused = [...Object.keys(reserved[kind]?.spec ?? {}), ...(recordedFields[kind] ?? [])];
      const unknown = fieldRows(structuralSchema(spec, "spec"))
        .map(({ path }) => path)
        .filter((path) => !known(leafOf(path), readers) && !below(path, excused));
      expect(unknown).toEqual([]);
    },
  );

  const rows = Object.entries(reserved).flatMap(([kind, { spec = {}, status = {} }]) => [
    ...Object.keys(spec).map((path) => ({ kind, part: "spec" as const, path })),
    ...Object.keys(status).map((path) => ({ kind, part: "status" as const, path })),
  ]);
  it.each(rows)("that is reserved exists: $kind $part $path", ({ kind, part, path }) => {
    const schema = part === "spec" ? meta(kind).spec : meta(kind).status;
    if (schema === undefined) throw new Error(`${kind} has no ${part}`);
    expect(fieldRows(structuralSchema(schema, part)).map((row) => row.path)).toContain(path);
  });

  it.each(rows.filter(({ path }) => !everyday.has(leafOf(path))))(
    "that is reserved is known to no code, or is reserved no more: $kind $part $path",
    ({ path }) => {
      expect(known(leafOf(path), texts)).toBe(false);
    },
  );
});
