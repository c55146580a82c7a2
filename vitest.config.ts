import { defineConfig } from "vitest/config";
import { searchFactor } from "./test/support/search.ts";

/** A test without a lane that takes so long hangs; one that takes seconds is on a machine that does much else. */
const hangsAfterMs = 60_000;
/** So many times as long where properties are searched further than usual. */
const searches = Math.max(1, searchFactor);

const project = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  test: {
    name,
    include,
    exclude: ["node_modules/**"],
    testTimeout: hangsAfterMs * searches,
    hookTimeout: hangsAfterMs,
    ...extra,
  },
});

/** Two cores: files that share the real servers run one at a time; their tests poll with deadlines. */
const lanes = {
  globalSetup: ["test/support/lanes.ts"],
  fileParallelism: false,
  testTimeout: 120_000,
  hookTimeout: 180_000,
};

export default defineConfig({
  test: {
    // One less by default, which on two cores is one.
    maxWorkers: "100%",
    projects: [
      project(
        "unit",
        ["crds", "constructs", "operator", "charts", "docs"].map((room) => `${room}/**/*.test.ts`),
      ),
      project("golden", ["test/golden/**/*.test.ts"]),
      project("properties", ["test/properties/**/*.test.ts"], { testTimeout: 300_000 * searches }),
      project("architecture", ["test/architecture/**/*.test.ts"], { testTimeout: 900_000, fileParallelism: false }),
      project("contract", ["test/contract/**/*.test.ts"], lanes),
      project("integration", ["test/integration/**/*.test.ts"], lanes),
      project("e2e", ["test/e2e/**/*.test.ts"], {
        fileParallelism: false,
        testTimeout: 1_200_000,
        // The first time on a machine, Kubernetes is built and images are made.
        hookTimeout: 1_800_000,
      }),
      // After the others: it looks at what they made the operator do.
      project("rights", ["test/rights/**/*.test.ts"]),
    ],
  },
});
