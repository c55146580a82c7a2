import { describe, expect, it } from "vitest";
import { stories } from "../support/in-memory-stories.ts";
import type { PortCall } from "../support/in-memory-world.ts";
import { expectSame, told } from "../support/story-endings.ts";

type Death = "killed before" | "killed after";

/** After a read it makes no difference whether the answer came. */
const deathsAt = ({ writes }: PortCall): readonly Death[] =>
  writes ? ["killed before", "killed after"] : ["killed before"];

describe("The operator, killed before or after any one of its calls and started again", () => {
  it.each(stories)("ends $name as if nothing had happened, and makes and removes nothing twice", async (story) => {
    const undisturbed = await told(story);
    expect(undisturbed.ending).toMatchObject({ sins: [], drift: 0 });
    for (const [at, call] of undisturbed.calls.entries()) {
      for (const death of deathsAt(call)) {
        const where = `${death} call ${at}: ${call.port} ${call.verb} ${call.target}`;
        const disturbed = await told(story, (index) => (index === at ? death : undefined));
        expect(disturbed.lives, where).toBe(undisturbed.lives + 1);
        expectSame(disturbed.ending, undisturbed.ending, where);
      }
    }
  });
});
