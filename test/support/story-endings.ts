import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { platformWorld, play, type Story } from "./in-memory-stories.ts";
import { type FaultOf, hourMs, type PortCall, type Snapshot } from "./in-memory-world.ts";

/** What is there at the end of a story, once every clock has come round, and what must not differ between two tellings of it. */
export interface Ending {
  readonly snapshot: Snapshot;
  /** How often everything was made, and how often it went. */
  readonly made: Readonly<Record<string, number>>;
  readonly gone: Readonly<Record<string, number>>;
  /** What must never happen, and did. */
  readonly sins: readonly string[];
  /** Times that something was called changed by hand, which nobody does in a story. */
  readonly drift: number;
}

export interface Telling {
  readonly ending: Ending;
  /** Calls that could fail. */
  readonly calls: readonly PortCall[];
  /** Processes that the operator took. */
  readonly lives: number;
}

export async function told(story: Story, faultOf: FaultOf = () => undefined): Promise<Telling> {
  const world = await platformWorld();
  await play(world, story.before);
  await world.settle();
  world.setFaults(faultOf);
  await play(world, story.acts);
  const calls = [...world.calls];
  world.setFaults(() => undefined);
  await world.pass(7 * hourMs);
  const ending = {
    snapshot: await world.snapshot(),
    made: Object.fromEntries(world.made),
    gone: Object.fromEntries(world.gone),
    sins: world.sins,
    drift: world.events.filter(({ reason }) => reason.startsWith("Drift")).length,
  };
  return { ending, calls, lives: world.lives };
}

/** Fails with the difference; a deep comparison by `expect` alone would cost more than the story. */
export function expectSame(found: Ending, wanted: Ending, after: string): void {
  if (!isDeepStrictEqual(found, wanted)) expect(found, after).toEqual(wanted);
}
