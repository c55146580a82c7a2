import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { yamlText } from "./yaml-text.ts";

describe("yamlText", () => {
  it.each([
    "yes",
    "off",
    "n",
    "0777",
    "1:30",
    "1_000",
    "2001-01-01",
    "0b11",
    "<<",
    "~",
    "",
    " a",
    "a\nb\n\n",
    "\u0085",
    "a\u2028b",
    "\ufeff",
    "\u007f",
    "\uffff",
    " \n",
    "\n  \n\n",
  ])("writes the text %j so that readers of either version of YAML find a text", (text) => {
    const written = yamlText({ [text]: text });
    for (const version of ["1.1", "1.2"] as const) expect(parse(written, { version })).toEqual({ [text]: text });
  });

  it("writes what one reader takes for a line break as an escape", () => {
    expect(yamlText({ a: "x\u2028y" })).toBe('a: "x\\u2028y"\n');
  });

  it.each([
    ["=", 'a: "="\n'],
    ["x\ty", 'a: "x\\ty"\n'],
    ["\uffff", 'a: "\\uffff"\n'],
  ])("writes %j, which Python's reader would refuse, between quotes", (text, written) => {
    expect(yamlText({ a: text })).toBe(written);
  });

  it("gives equal bytes for equal objects, whatever the order of their keys", () => {
    expect(yamlText({ b: { d: 1, c: [2] }, a: "x" })).toBe(yamlText({ a: "x", b: { c: [2], d: 1 } }));
  });

  it("writes a value that stands in two places twice: an anchor is hard to read and to compare", () => {
    const shared = { app: "x" };
    expect(yamlText({ a: shared, b: shared })).toBe("a:\n  app: x\nb:\n  app: x\n");
  });
});
