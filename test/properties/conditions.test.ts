import { describe, expect, it } from "vitest";
import type { Condition } from "../../crds/v1alpha1/conditions.ts";
import { type Check, type ConditionsInput, conditionList } from "../../operator/reconcile/conditions.ts";
import { fc, runs } from "../support/fast-check.ts";

const table = { feeding: ["A", "B", "C"], shown: ["S"] };
const status = fc.constantFrom("True" as const, "False" as const, "Unknown" as const);
const check = (type: string): fc.Arbitrary<Check> =>
  fc.record({
    type: fc.constant(type),
    status,
    reason: fc.constantFrom("Succeeded" as const, "ProbeFailed" as const, "NameTaken" as const),
    message: fc.constantFrom("x", "y", "z".repeat(3_000)),
  });
/** One look: some of the checks, in the order of the table; now and then the spec was changed before. */
const look = fc.record({
  checks: fc.tuple(...["A", "B", "C", "S"].map((type) => fc.option(check(type), { nil: undefined }))),
  progress: fc.constantFrom("settled" as const, "waiting" as const, "stalled" as const),
  edited: fc.boolean(),
  passed: fc.nat({ max: 100 }),
});
const history = fc.array(look, { minLength: 1, maxLength: 8 });

/** Every look of a history: what went in and what came out. */
function* looks(all: typeof history extends fc.Arbitrary<infer T> ? T : never): Generator<{
  input: ConditionsInput;
  output: Condition[];
  /** Generation in which a type was looked at last, and what was seen. */
  seen: ReadonlyMap<string, { generation: number; status: string }>;
}> {
  let previous: readonly Condition[] = [];
  let [generation, now] = [1, Date.parse("2026-01-01T00:00:00Z")];
  const seen = new Map<string, { generation: number; status: string }>();
  for (const { checks, progress, edited, passed } of all) {
    if (edited) generation += 1;
    now += passed * 1_000;
    const found = checks.filter((one) => one !== undefined);
    for (const one of found) seen.set(one.type, { generation, status: one.status });
    const input = { table, checks: found, progress, previous, generation, now };
    const output = conditionList(input);
    yield { input, output, seen: new Map(seen) };
    previous = output;
  }
}

const of = (conditions: readonly Condition[], type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type);

describe("The condition list, over any history of looks", () => {
  it("says Ready if and only if everything that feeds it was seen to be True in this generation", () => {
    fc.assert(
      fc.property(history, (all) => {
        for (const { input, output, seen } of looks(all)) {
          const good = table.feeding.every((type) => {
            const last = seen.get(type);
            return last?.status === "True" && last.generation === input.generation;
          });
          expect(of(output, "Ready")?.status === "True").toBe(good);
          expect(of(output, "Ready")?.observedGeneration).toBe(input.generation);
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  it("says of every type in which generation it was looked at last", () => {
    fc.assert(
      fc.property(history, (all) => {
        for (const { output, seen } of looks(all))
          for (const [type, { generation }] of seen) expect(of(output, type)?.observedGeneration).toBe(generation);
      }),
    );
  });

  it("moves lastTransitionTime with the status, and only then", () => {
    fc.assert(
      fc.property(history, (all) => {
        for (const { input, output } of looks(all))
          for (const condition of output) {
            const before = of(input.previous, condition.type);
            const now = new Date(input.now).toISOString().replace(".000Z", "Z");
            const moved = before?.status !== condition.status;
            expect(condition.lastTransitionTime).toBe(moved ? now : before.lastTransitionTime);
          }
      }),
    );
  });

  it("rests: the same look again, however late, changes nothing", () => {
    fc.assert(
      fc.property(history, fc.nat(), (all, later) => {
        for (const { input, output } of looks(all)) {
          expect(conditionList({ ...input, previous: output, now: input.now + later })).toEqual(output);
        }
      }),
    );
  });

  it("has each type once, the whole table, and is either done, or working, or stalled", () => {
    fc.assert(
      fc.property(history, (all) => {
        for (const { input, output } of looks(all)) {
          const types = output.map((condition) => condition.type);
          expect(types).toEqual([...new Set(types)]);
          expect(types).toEqual(expect.arrayContaining(["Ready", ...table.feeding, ...table.shown]));
          const [reconciling, stalled] = [of(output, "Reconciling")?.status, of(output, "Stalled")?.status];
          expect(stalled).toBe(input.progress === "stalled" ? "True" : undefined);
          const works =
            stalled === undefined && (of(output, "Ready")?.status !== "True" || input.progress === "waiting");
          expect(reconciling).toBe(works ? "True" : undefined);
          for (const { message } of output) expect(message.length).toBeLessThanOrEqual(1_024);
        }
      }),
    );
  });
});
