import { describe, expect, it } from "vitest";
import { canonicalJson } from "./manifest.ts";

describe("canonicalJson", () => {
  it.each([
    ["keys in any order", { b: 1, a: { d: 1, c: 2 } }, '{"a":{"c":2,"d":1},"b":1}'],
    ["lists in theirs", [2, 1], "[2,1]"],
    ["no key without a value", { a: undefined, b: null }, '{"b":null}'],
    ["text with quotes and breaks", { a: 'x"\n' }, '{"a":"x\\"\\n"}'],
    ["nothing", undefined, "null"],
  ])("%s", (_claim, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});
