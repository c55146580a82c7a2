import { describe, expect, it } from "vitest";
import { isOlder } from "./version-order.ts";

describe("a version", () => {
  it.each([
    ["26.6.9", "26.7.5", true],
    ["26.7.4", "26.7.5", true],
    ["25.9.9", "26.0.0", true],
    ["26.7.5", "26.7.5", false],
    ["26.10.0", "26.9.0", false],
    ["26.7.5-1", "26.7.5", false],
    ["26.8", "26.7.5", false],
    ["nightly", "26.7.5", false],
    ["26.7.5", "nightly", false],
  ])("%s is older than %s: %s", (version, than, older) => {
    expect(isOlder(version, than)).toBe(older);
  });
});
