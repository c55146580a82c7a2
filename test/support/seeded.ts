import { searchFactor } from "./search.ts";

/** Numbers in [0, 1) that are the same in every run (mulberry32). In a search others each time; their seed is told, and given here shows the same again. */
export function seeded(seed: number): () => number {
  let state = searchFactor > 0 ? Math.floor(Math.random() * 4_294_967_296) : seed;
  if (searchFactor > 0) console.error(`seed ${state} instead of ${seed}`);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
