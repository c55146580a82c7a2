import fc from "fast-check";

/** How many times as far as usual properties are searched, by another way each time. Unset: the same cases in every run, so that a change is judged by what it changed. */
const factor = Number(process.env["PROPERTY_SEARCH"]);
const usual = { seed: 20_261, numRuns: 100 };

fc.configureGlobal(factor > 0 ? { numRuns: usual.numRuns * factor } : usual);

/** Cases of a property that is tried more or less often than a hundred times. */
export function runs(count: number): number {
  return factor > 0 ? count * factor : count;
}

export { default as fc } from "fast-check";
