import { describe, expect, it } from "vitest";
import { firstDifference, quantityValue } from "./subset.ts";

describe("firstDifference", () => {
  it.each([
    ["fields that only the server has do not count", { a: 1 }, { a: 1, b: 2 }, undefined],
    ["a field that differs is named by its path", { spec: { a: 1 } }, { spec: { a: 2 } }, "/spec/a"],
    ["a missing map is a difference", { spec: { a: 1 } }, {}, "/spec"],
    ["a list of another length is a difference", { l: [1, 2] }, { l: [1] }, "/l"],
    ["an item is named by its index", { l: [{ n: "a" }] }, { l: [{ n: "b" }] }, "/l/0/n"],
    ["an empty list equals an absent one", { l: [] }, {}, undefined],
    ["an empty map equals an absent one", { podSelector: {} }, {}, undefined],
    ["quantities compare by value", { cpu: "1000m", memory: "1Gi" }, { cpu: "1", memory: "1024Mi" }, undefined],
    ["different quantities differ", { cpu: "2" }, { cpu: "1" }, "/cpu"],
    ["a number is not its text", { port: 80 }, { port: "80" }, "/port"],
    ["undefined is not wanted", { a: undefined }, {}, undefined],
  ])("%s", (_claim, wanted, live, difference) => {
    expect(firstDifference(wanted, live)).toBe(difference);
  });
});

describe("quantityValue", () => {
  it("reads the suffixes of Kubernetes and refuses other text", () => {
    expect([quantityValue("500m"), quantityValue("2Ki"), quantityValue("1.5G")]).toEqual([0.5, 2048, 1.5e9]);
    expect(quantityValue("ten")).toBeUndefined();
  });
});
