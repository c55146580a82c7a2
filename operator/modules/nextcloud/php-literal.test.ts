import { describe, expect, it } from "vitest";
import { fc } from "../../../test/support/fast-check.ts";
import { PhpFile, type PhpMap, type PhpValue, phpConfiguration } from "./php-literal.ts";

/** A reader of what the writer may write, by PHP's rules for text between single quotes: a backslash counts before a quote and before itself. */
class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    const expression = /^<\?php\n\$CONFIG = ([\s\S]*);\n$/.exec(text)?.[1] ?? "";
    this.#tokens = expression.match(/'(?:[^'\\]|\\[\s\S])*'|=>|file_get_contents|[A-Za-z]+|-?\d+|[^\s]/g) ?? [];
  }

  value(): unknown {
    const token = this.#next();
    if (token === "[") return this.#array();
    if (token === "file_get_contents") return this.#file("");
    if (!token.startsWith("'")) return JSON.parse(token) as unknown;
    if (this.#peek() !== ".") return textOf(token);
    this.#expect(".", "file_get_contents");
    return this.#file(textOf(token));
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  #array(): unknown {
    const [items, entries]: [unknown[], (readonly [unknown, unknown])[]] = [[], []];
    while (this.#peek() !== "]") {
      const first = this.value();
      if (this.#peek() !== "=>") items.push(first);
      else {
        this.#expect("=>");
        entries.push([first, this.value()]);
      }
      this.#expect(",");
    }
    this.#expect("]");
    expect(items.length * entries.length).toBe(0);
    return entries.length > 0 ? new Map(entries) : items;
  }

  #file(prefix: string): PhpFile {
    this.#expect("(");
    const path = textOf(this.#next());
    this.#expect(")");
    return new PhpFile(path, prefix);
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(): string {
    const token = this.#tokens[this.#at] ?? "";
    this.#at += 1;
    return token;
  }

  #expect(...tokens: readonly string[]): void {
    for (const token of tokens) expect(this.#next()).toBe(token);
  }
}

const textOf = (token: string): string => token.slice(1, -1).replaceAll(/\\([\\'])/g, "$1");
const read = (text: string): unknown => {
  const reader = new Reader(text);
  const value = reader.value();
  expect(reader.isAtEnd).toBe(true);
  return value;
};
const asRead = (value: PhpValue): unknown => {
  if (value === null || typeof value !== "object" || value instanceof PhpFile) return value;
  if (Array.isArray(value)) return value.map((item) => asRead(item as PhpValue));
  const entries = Object.entries(value as PhpMap).map(([key, item]) => [key, asRead(item)] as const);
  return entries.length === 0 ? [] : new Map(entries);
};

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom("'", "\\", "?>", "<?php", "$", "{", '"', "\n", "\0", "*/") }),
);
const { value } = fc.letrec<{ value: PhpValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    text,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.tuple(text, text).map(([path, prefix]) => new PhpFile(path, prefix)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe("a configuration in PHP", () => {
  it("gives back every value, whatever characters are in it", () => {
    fc.assert(
      fc.property(fc.dictionary(text, value, { minKeys: 1, noNullPrototype: true }), (values) => {
        expect(read(phpConfiguration(values))).toEqual(asRead(values));
      }),
    );
  });

  it("is the same text for the same values", () => {
    expect(phpConfiguration({ a: [1, true], "b'": new PhpFile("/secrets/a", "oc") })).toBe(
      "<?php\n$CONFIG = [\n  'a' => [\n    1,\n    true,\n  ],\n  'b\\'' => 'oc' . file_get_contents('/secrets/a'),\n];\n",
    );
  });

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("is not made of the number %d", (number) => {
    expect(() => phpConfiguration({ number })).toThrow("no whole number");
  });
});
