import fc from "fast-check";
import { searchFactor } from "./search.ts";

const usual = { seed: 20_261, numRuns: 100 };

fc.configureGlobal(searchFactor > 0 ? { numRuns: usual.numRuns * searchFactor } : usual);

/** Cases of a property that is tried more or less often than a hundred times. */
export function runs(count: number): number {
  return searchFactor > 0 ? count * searchFactor : count;
}

export { default as fc } from "fast-check";
