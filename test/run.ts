import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ensureAssets, LaneUnavailable } from "./control-plane/assets.ts";
import { prepareNode } from "./node-lane/node-lane.ts";
import { prepareServers } from "./servers/servers.ts";
import { synapsePackages } from "./servers/synapse-distribution.ts";

/**
 * `npm test`: prepares what the lanes need, runs every suite, and ends with one line of counts. Exit code 0 only if something ran
 * and nothing failed. Arguments go to vitest, e.g. a file name or `-t NAME`.
 */
const root = join(import.meta.dirname, "..");
const report = join(root, ".socle", "test-report.json");
const withoutLanes = ["unit", "golden", "properties", "architecture"];
const withLanes = ["contract", "integration"];
const withNode = ["e2e"];

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

const say = (line: string): void => {
  console.error(`  ${line}`);
};

/** Undefined, or why this host cannot have what is prepared. What is no matter of the host, and anything in CI, ends the run here. */
async function problemOf(prepare: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await prepare();
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isCi = process.env["CI"] !== undefined && process.env["CI"] !== "";
    if (error instanceof LaneUnavailable && !isCi) return message;
    console.error(`\nNOT RUN: what the suites need could not be prepared.\n${message}\n`);
    console.log("0 passed, 1 failed, 0 skipped");
    process.exit(1);
  }
}

/** Leaving by `process.exit` runs the undoings: what was half built is gone, and no program goes on building it. */
function leaveWhenInterrupted(): () => void {
  const leave = (): void => process.exit(130);
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.once(signal, leave);
  return () => {
    for (const signal of signals) process.removeListener(signal, leave);
  };
}

function runVitest(projects: readonly string[]): Promise<number> {
  const require = createRequire(import.meta.url);
  const program = join(dirname(require.resolve("vitest/package.json")), "vitest.mjs");
  const args = [
    program,
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile=${report}`,
    ...process.argv.slice(2),
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
  // Ctrl-C reaches the child too; this process waits until it has cleaned up.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void child.kill(signal));
  return new Promise((resolve) =>
    child.once("close", (code) => {
      resolve(code ?? 130);
    }),
  );
}

function testFiles(directory: string): number {
  return readdirSync(join(root, "test", directory), { recursive: true }).filter((name) =>
    String(name).endsWith(".test.ts"),
  ).length;
}

mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });
const stay = leaveWhenInterrupted();
const serverProblem = await problemOf(async () => {
  await ensureAssets(say);
  await prepareServers(say);
  await synapsePackages(say);
});
const nodeProblem = serverProblem ?? (await problemOf(() => prepareNode(say)));
stay();
const code = await runVitest([
  ...withoutLanes,
  ...(serverProblem === undefined ? withLanes : []),
  ...(nodeProblem === undefined ? withNode : []),
]);
let counts: Report | undefined;
try {
  counts = JSON.parse(readFileSync(report, "utf8")) as Report;
} catch {
  console.error("The test run wrote no report.");
}
let skipped = (counts?.numPendingTests ?? 0) + (counts?.numTodoTests ?? 0);
for (const [problem, projects] of [
  [serverProblem, withLanes],
  [nodeProblem, withNode],
] as const) {
  if (problem === undefined) continue;
  const files = projects.map(testFiles).reduce((sum, count) => sum + count, 0);
  skipped += files;
  console.error(`\nNOT RUN: all ${files} files of ${projects.join(" and ")}, counted as skipped.\n${problem}\n`);
}
const failed = Math.max(counts?.numFailedTests ?? 0, code === 0 ? 0 : 1);
console.log(`${counts?.numPassedTests ?? 0} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 && (counts?.numPassedTests ?? 0) > 0 ? 0 : 1);
