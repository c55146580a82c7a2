import { describe, expect, it } from "vitest";
import { z } from "zod";
import { structuralSchema } from "./structural-schema.ts";
import { cidrs, described, immutable, rules, setOf, text } from "./v1alpha1/schema.ts";

const schemaOf = (type: z.ZodType) => structuralSchema(type, "spec");

describe("a structural schema", () => {
  it("requires what has neither a default nor an optional mark", () => {
    const type = z.object({ a: text(9), b: text(9).optional(), c: text(9).default("x") });
    expect(schemaOf(type)["required"]).toEqual(["a"]);
  });

  it("keeps description, rules and list type of a field through optional and default", () => {
    const field = described(immutable(setOf(text(5), 0, 3), "field"), "Words").default(["a"]);
    expect(schemaOf(z.object({ field }))["properties"]).toEqual({
      field: {
        type: "array",
        description: "Words",
        default: ["a"],
        minItems: 0,
        maxItems: 3,
        items: { type: "string", maxLength: 5 },
        "x-kubernetes-list-type": "set",
        "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "field cannot change" }],
      },
    });
  });

  it("keeps rules in the order in which they were added", () => {
    const type = rules(rules(z.object({}), { rule: "a", message: "1" }), { rule: "b", message: "2" });
    expect(schemaOf(type)["x-kubernetes-validations"]).toEqual([
      { rule: "a", message: "1" },
      { rule: "b", message: "2" },
    ]);
  });

  it.each([
    ["a 32-bit integer", z.int32().min(1), { type: "integer", format: "int32", minimum: 1 }],
    ["an integer beyond 32 bits", z.int(), { type: "integer", format: "int64" }],
    [
      "an integer with a large bound",
      z
        .int()
        .min(0)
        .max(10 ** 12),
      { type: "integer", format: "int64", minimum: 0, maximum: 10 ** 12 },
    ],
  ])("names the width of %s, without the bounds that JavaScript has", (_name, type, expected) => {
    expect(schemaOf(type)).toEqual(expected);
  });

  it("writes nested defaults into the default of the object: the server asks CEL rules before it fills them", () => {
    const inner = z.object({
      deep: z.object({ on: z.boolean().default(true) }).prefault({}),
      name: text(9).default("x"),
    });
    const properties = schemaOf(z.object({ inner: inner.prefault({}) }))["properties"] as Record<
      string,
      { default?: unknown }
    >;
    expect(properties["inner"]?.default).toEqual({ deep: { on: true }, name: "x" });
  });

  it("writes a slash without the backslash of JavaScript", () => {
    expect(schemaOf(text(9, /^https?:\/\//))["pattern"]).toBe("^https?://");
  });

  it("gives a map one type for its values", () => {
    const type = z.record(z.string(), text(63)).meta({ maxProperties: 4 });
    expect(schemaOf(type)).toEqual({
      type: "object",
      maxProperties: 4,
      additionalProperties: { type: "string", maxLength: 63 },
    });
  });

  it("drops what says nothing to a server: strictness, which pruning and Strict validation give", () => {
    expect(schemaOf(z.strictObject({ a: text(3) }))).not.toHaveProperty("additionalProperties");
  });
});

describe("what a CRD cannot express is refused, with its path:", () => {
  const at = (field: z.ZodType) => () => schemaOf(z.object({ list: z.array(z.object({ field })).max(2) }));
  it.each([
    ["a union", z.union([text(3), z.int32()]), "one type"],
    [
      "a discriminated union",
      z.discriminatedUnion("a", [z.object({ a: z.literal("x") }), z.object({ a: z.literal("y") })]),
      "one type",
    ],
    ["a tuple", z.tuple([text(3)]), "prefixItems"],
    ["anything", z.unknown(), "one type"],
    ["a literal", z.literal("x"), "const"],
    ["null", text(3).nullable(), "one type"],
    ["a text without a bound", z.string(), "maximum length"],
    ["a list without a bound", z.array(text(3)), "maximum"],
    ["a map without a bound", z.record(z.string(), text(3)), "maximum"],
    ["a map of anything", z.record(z.string(), z.unknown()), "one type for all its values"],
    ["an object of anything", z.looseObject({ a: z.unknown() }), "one type"],
    ["a refinement", text(3).refine((value) => value !== "no"), "write a CEL rule"],
    [
      "a refinement behind a default",
      text(3)
        .refine((value) => value !== "no")
        .default("x"),
      "write a CEL rule",
    ],
    ["a transformation", text(3).transform((value) => value.length), "a transformation"],
    ["two patterns", text(3, /a/).regex(/b/), "allOf"],
    ["a look-ahead", text(3, /^(?!x)/), "RE2"],
    ["a back-reference", text(3, /^(a)\1$/), "RE2"],
    ["an example", text(3).meta({ examples: ["x"] }), "examples"],
  ])("%s", (_name, field, reason) => {
    expect(at(field)).toThrow(reason);
    expect(at(field)).toThrow("spec.list[].field");
  });

  it.each([
    ["a date object", z.date()],
    ["a big integer", z.bigint()],
  ])("%s", (_name, field) => {
    expect(at(field)).toThrow();
  });
});

it("an address range is checked by the server, not by a pattern of ours", () => {
  expect(schemaOf(cidrs(1))["x-kubernetes-validations"]).toEqual([
    { rule: "self.all(c, isCIDR(c))", message: expect.stringContaining("CIDR notation") as string },
  ]);
});
