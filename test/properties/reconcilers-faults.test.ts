import { describe, expect, it } from "vitest";
import { failuresInTurn, faultsAt } from "../support/failures-in-turn.ts";
import { fc, runs } from "../support/fast-check.ts";
import { platformWorld, play, stories } from "../support/in-memory-stories.ts";
import { hourMs } from "../support/in-memory-world.ts";
import { expectSame, told } from "../support/story-endings.ts";

const faults = failuresInTurn({ longestPause: 30, minLength: 2, maxLength: 12 });

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
