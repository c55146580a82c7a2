import { describe, expect, it } from "vitest";
import { fc, runs } from "../support/fast-check.ts";
import { platformWorld, play, stories } from "../support/in-memory-stories.ts";
import { type Fault, type FaultOf, hourMs } from "../support/in-memory-world.ts";
import { expectSame, told } from "../support/story-endings.ts";

const fault = fc.constantFrom<Fault>("killed before", "killed after", "refused", "answer lost", "conflict");
/** Faults, each so many calls after the one before. */
const faults = fc.array(fc.record({ after: fc.integer({ min: 1, max: 30 }), fault }), { minLength: 2, maxLength: 12 });

function faultsAt(list: readonly { readonly after: number; readonly fault: Fault }[]): FaultOf {
  let at = -1;
  const byIndex = new Map(list.map(({ after, fault: one }) => [(at += after), one]));
  return (index) => byIndex.get(index);
}

describe("The operator, after any sequence of deaths, refusals, lost answers and conflicts that ends", () => {
  it.each(stories)("ends $name as if nothing had happened, and makes and removes nothing twice", async (story) => {
    const undisturbed = await told(story);
    await fc.assert(
      fc.asyncProperty(faults, async (list) => {
        const { ending } = await told(story, faultsAt(list));
        expectSame(ending, undisturbed.ending, JSON.stringify(list));
      }),
      { numRuns: runs(60) },
    );
  });
});

describe("The operator at rest", () => {
  it.each(stories)("after $name writes nothing, and asks the API server for nothing", async (story) => {
    const world = await platformWorld();
    await play(world, [...story.before, ...story.acts]);
    await world.pass(7 * hourMs);
    world.setFaults(() => undefined);
    for (let hour = 0; hour < 12; hour += 1) await world.pass(hourMs);
    expect(world.calls.filter(({ port, writes }) => port === "kube" || writes)).toEqual([]);
  });
});
