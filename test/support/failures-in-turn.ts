import { fc } from "./fast-check.ts";
import type { Fault, FaultOf } from "./in-memory-world.ts";

export interface Failure {
  /** Calls after the failure before. */
  readonly after: number;
  readonly fault: Fault;
}

const fault = fc.constantFrom<Fault>("killed before", "killed after", "refused", "answer lost", "conflict");

/** Failures of every kind, each so many calls after the one before. */
export function failuresInTurn(limits: {
  readonly longestPause: number;
  readonly minLength?: number;
  readonly maxLength: number;
}): fc.Arbitrary<Failure[]> {
  const { longestPause, minLength = 0, maxLength } = limits;
  const one = fc.record({ after: fc.integer({ min: 1, max: longestPause }), fault });
  return fc.array(one, { minLength, maxLength });
}

export function faultsAt(list: readonly Failure[]): FaultOf {
  let at = -1;
  const byIndex = new Map(list.map(({ after, fault: one }) => [(at += after), one]));
  return (index) => byIndex.get(index);
}
