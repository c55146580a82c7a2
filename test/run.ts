import { spawn } from "node:child_process";
import { mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ensureAssets, LaneUnavailable } from "./control-plane/assets.ts";
import { prepareNode } from "./node-lane/node-lane.ts";
import { helmProgram } from "./programs/helm.ts";
import { kstatusVerdicts } from "./programs/kstatus-program.ts";
import { forgetDeeds } from "./rights/used-rights.ts";
import { failuresIn, type Report, readReport } from "./run-report.ts";
import { prepareServers } from "./servers/servers.ts";
import { synapsePackages } from "./servers/synapse-distribution.ts";

/**
 * `npm test`: prepares what the lanes need, runs every suite, and ends with what failed and one line of counts. Exit code 0 only if something ran
 * and nothing failed. Arguments go to vitest, e.g. a file name or `-t NAME`.
 */
const root = join(import.meta.dirname, "..");
/** Of this run: a suite runs this program too, and must not take the reports of the run that it belongs to. */
const reports = join(root, ".socle", "test", String(process.pid), "reports");
/** Without a choice of files. */
const isWhole = process.argv.length === 2;
const withoutLanes = ["unit", "golden", "properties", "architecture"];
const withLanes = ["contract", "integration"];
const withNode = ["e2e"];
/** Judges by what all the others made the operator do. */
const afterAll = ["rights"];

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

interface Run {
  readonly code: number;
  /** Undefined where it wrote none. */
  readonly report: Report | undefined;
}

const nothingRan: Run = { code: 0, report: undefined };

/** @param output - Shown as it comes, or kept in a file and shown at the end: two at once would be read by nobody. */
async function runVitest(projects: readonly string[], output: "now" | "afterwards" = "now"): Promise<Run> {
  const name = projects.join("-");
  const file = join(reports, `${name}.json`);
  const log = join(reports, `${name}.log`);
  const require = createRequire(import.meta.url);
  const program = join(dirname(require.resolve("vitest/package.json")), "vitest.mjs");
  const args = [
    program,
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile=${file}`,
    ...(process.argv.length > 2 ? ["--passWithNoTests", ...process.argv.slice(2)] : []),
  ];
  const sink = output === "now" ? "inherit" : openSync(log, "w");
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["inherit", sink, sink] });
  // Ctrl-C reaches the child too; this process waits until it has cleaned up.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void child.kill(signal));
  const code = await new Promise<number>((resolve) =>
    child.once("close", (ended) => {
      resolve(ended ?? 130);
    }),
  );
  if (output === "afterwards") console.log(readFileSync(log, "utf8"));
  const report = readReport(file);
  return { code: report === undefined ? code || 1 : code, report };
}

function testFiles(directory: string): number {
  return readdirSync(join(root, "test", directory), { recursive: true }).filter((name) =>
    String(name).endsWith(".test.ts"),
  ).length;
}

mkdirSync(reports, { recursive: true });
if (isWhole) forgetDeeds();
const stay = leaveWhenInterrupted();
const serverProblem = await problemOf(async () => {
  await ensureAssets(say);
  await prepareServers(say);
  await synapsePackages(say);
});
// What takes minutes the first time would take them from the first test that asks. Where it cannot be had, that test says why.
for (const prepare of [() => helmProgram(say), () => kstatusVerdicts([], say)]) await prepare().catch(() => undefined);
const nodeProblem = serverProblem ?? (await problemOf(() => prepareNode(say)));
stay();
const runs = [await runVitest(withoutLanes)];
// Servers and pods wait for each other much of the time, and share nothing: together they take little longer than the longer of the two.
const onLanes = await Promise.all([
  serverProblem === undefined ? runVitest(withLanes) : nothingRan,
  nodeProblem === undefined ? runVitest(withNode, "afterwards") : nothingRan,
]);
runs.push(...onLanes);
if (isWhole && nodeProblem === undefined) runs.push(await runVitest(afterAll));
const sum = (of: (report: Report) => number): number =>
  runs.reduce((total, { report }) => total + (report === undefined ? 0 : of(report)), 0);
let skipped = sum((report) => report.numPendingTests + report.numTodoTests);
for (const [problem, projects] of [
  [serverProblem, withLanes],
  [nodeProblem, withNode],
  [isWhole ? nodeProblem : undefined, afterAll],
] as const) {
  if (problem === undefined) continue;
  const files = projects.map(testFiles).reduce((total, count) => total + count, 0);
  skipped += files;
  console.error(`\nNOT RUN: all ${files} files of ${projects.join(" and ")}, counted as skipped.\n${problem}\n`);
}
for (const { report } of runs)
  for (const text of report === undefined ? [] : failuresIn(report, root)) console.error(`\n${text}`);
const passed = sum((report) => report.numPassedTests);
const broken = runs.filter(({ code, report }) => code !== 0 && (report?.numFailedTests ?? 0) === 0).length;
const failed = sum((report) => report.numFailedTests) + broken;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
