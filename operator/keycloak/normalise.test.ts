import { describe, expect, it } from "vitest";
import { canonicalText, differences, masked } from "./normalise.ts";

interface Row {
  readonly claim: string;
  readonly wanted: unknown;
  readonly live: unknown;
  readonly fields: readonly string[];
}

const rows: readonly Row[] = [
  { claim: "equal values are equal", wanted: { a: 1 }, live: { a: 1 }, fields: [] },
  { claim: "a key that the server added is no difference", wanted: { a: 1 }, live: { a: 1, b: 2 }, fields: [] },
  { claim: "a key that we leave open is no difference", wanted: { a: undefined }, live: { a: 1 }, fields: [] },
  {
    claim: "another value is named by its path",
    wanted: { a: { b: true } },
    live: { a: { b: false } },
    fields: ["r.a.b"],
  },
  { claim: "a missing value is named", wanted: { a: "x" }, live: {}, fields: ["r.a"] },
  {
    claim: "a missing object is named once, not by its keys",
    wanted: { a: { b: 1, c: 2 } },
    live: {},
    fields: ["r.a"],
  },
  { claim: "empty text equals absent", wanted: { a: "" }, live: {}, fields: [] },
  { claim: "empty text equals null", wanted: { a: "" }, live: { a: null }, fields: [] },
  { claim: "false does not equal absent", wanted: { a: false }, live: {}, fields: ["r.a"] },
  { claim: "a masked secret cannot be compared", wanted: { secret: "s" }, live: { secret: masked }, fields: [] },
  {
    claim: "a list that the server treats as a set has no order",
    wanted: { supportedLocales: ["en", "fr"] },
    live: { supportedLocales: ["fr", "en"] },
    fields: [],
  },
  {
    claim: "a set with one member more differs",
    wanted: { redirectUris: ["https://a"] },
    live: { redirectUris: ["https://a", "https://b"] },
    fields: ["r.redirectUris"],
  },
  {
    claim: "a set with another member differs",
    wanted: { webOrigins: ["https://a"] },
    live: { webOrigins: ["https://b"] },
    fields: ["r.webOrigins"],
  },
  {
    claim: "any other list has an order",
    wanted: { steps: ["a", "b"] },
    live: { steps: ["b", "a"] },
    fields: ["r.steps[0]", "r.steps[1]"],
  },
  {
    claim: "a shorter list differs as a whole",
    wanted: { steps: ["a", "b"] },
    live: { steps: ["a"] },
    fields: ["r.steps"],
  },
  {
    claim: "members of a list may have keys of the server",
    wanted: { list: [{ name: "a" }] },
    live: { list: [{ name: "a", id: "1" }] },
    fields: [],
  },
  { claim: "a value where a list should be differs", wanted: { list: ["a"] }, live: { list: "a" }, fields: ["r.list"] },
];

describe("differences", () => {
  it.each(rows)("$claim", ({ wanted, live, fields }) => {
    expect(differences(wanted, live, "r")).toEqual(fields);
  });
});

describe("canonicalText", () => {
  it.each([
    ["the order of keys", { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }, true],
    ["the order of a set", { supportedLocales: ["en", "fr"] }, { supportedLocales: ["fr", "en"] }, true],
    ["the order of any other list", { steps: ["a", "b"] }, { steps: ["b", "a"] }, false],
    ["a value", { a: 1 }, { a: 2 }, false],
    ["the type of a value", { a: "1" }, { a: 1 }, false],
  ])("%s", (_what, left, right, same) => {
    expect(canonicalText(left) === canonicalText(right)).toBe(same);
  });
});
