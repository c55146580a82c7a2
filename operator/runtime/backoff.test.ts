import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";

const range = { firstMs: 100, longestMs: 1_000 };

describe("backoffMs", () => {
  it.each([
    ["the first failure waits the first pause", 1, 100],
    ["each failure doubles it", 3, 400],
    ["up to the longest", 5, 1_000],
    ["where it stays, however often", 1e9, 1_000],
    ["before any failure it is the first pause too", 0, 100],
  ])("%s", (_claim, failures, whole) => {
    expect([0, 0.5, 1].map((random) => backoffMs(failures, range, () => random))).toEqual([
      whole / 2,
      (whole * 3) / 4,
      whole,
    ]);
  });
});
