import { createHash } from "node:crypto";

/** Numbers that people and other tools give out begin at 1; ours begin above. */
const lowest = 1_000_000;
const highest = 2_147_483_647;
const tries = 8;

/**
 * Numbers to try for a new context, in this order. A server numbers contexts by itself only where a package for that is installed. One that comes
 * from the name asks nobody and is the same after a crash; of a million new contexts, hardly one meets one of a thousand others.
 */
export function candidateIds(name: string): readonly number[] {
  return Array.from({ length: tries }, (_, attempt) => {
    const hash = createHash("sha256").update(`${attempt} ${name}`).digest().readUInt32BE(0);
    return lowest + (hash % (highest - lowest));
  });
}
