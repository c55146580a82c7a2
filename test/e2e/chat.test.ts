import { afterAll, beforeAll, describe } from "vitest";
import { chromiumProblem } from "../support/chromium.ts";
import { nodeProblem } from "../support/node-platform.ts";
import { homeserverStory } from "./chat/homeserver.ts";
import { singleSignOnStory } from "./chat/single-sign-on.ts";
import { ChatWorld } from "./chat/world.ts";

const problem = await nodeProblem();
const withoutChromium = problem ?? (await chromiumProblem((line) => void process.stderr.write(`  ${line}\n`)));

/** One node and one Keycloak for both stories: to bring them up takes longer than to tell either. */
describe.skipIf(problem !== undefined)("chat on a real node", () => {
  const world = new ChatWorld();
  beforeAll(async () => {
    await world.start();
  });
  afterAll(async () => {
    await world.stop();
  });

  homeserverStory(world);
  singleSignOnStory(world, { inChromium: withoutChromium === undefined });
});
