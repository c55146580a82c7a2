import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { becomes, choosePorts } from "../servers/server-process.ts";
import { undoOnExit } from "../servers/undo.ts";
import type { Doubles } from "./doubles.ts";

/** What the operator counts of itself. */
export interface OperatorCounts {
  /** Reconciles by `controller result`. */
  readonly reconciles: ReadonlyMap<string, number>;
  readonly total: number;
  readonly waiting: number;
  /** Of the heap, what holds objects, dead ones included. */
  readonly heapMB: number;
}

/** An operator under measurement. */
export interface MeasuredOperator {
  readonly pid: number;
  /** When the process was started, by the clock that the API server reads too. */
  readonly startedAt: number;
  counts(): Promise<OperatorCounts>;
  /** When the log says that, in milliseconds; waits for it. */
  says(message: string): Promise<number>;
  /** Resolves once nothing was reconciled for `quietMs`, with the moment of the last reconcile (within 100 ms). */
  settled(quietMs?: number): Promise<number>;
  log(): string;
  kill(signal: NodeJS.Signals): void;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface OperatorWish {
  readonly kubeconfig: string;
  readonly username: string;
  readonly logFile: string;
  readonly doubles: Doubles;
  /** Directory for a CPU profile, written when it is stopped in order. */
  readonly profile?: string | undefined;
}

const program = join(import.meta.dirname, "operator-with-doubles.ts");

/** Starts an operator; it is not waited for. It ends with this process. */
export async function startMeasuredOperator(wish: OperatorWish): Promise<MeasuredOperator> {
  const [port = 0] = await choosePorts([undefined]);
  const log = openSync(wish.logFile, "a", 0o600);
  const startedAt = Date.now();
  const child = spawn(process.execPath, [...profiling(wish.profile), program], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      KUBECONFIG: wish.kubeconfig,
      SOCLE_USERNAME: wish.username,
      SOCLE_HEALTH_ADDRESS: `127.0.0.1:${port}`,
    },
    stdio: ["ignore", log, log, "ipc"],
    serialization: "advanced",
  });
  closeSync(log);
  wish.doubles.serve(child);
  let ended = false;
  const forget = undoOnExit(() => void child.kill("SIGKILL"));
  child.once("exit", () => {
    ended = true;
    forget();
  });
  const text = (): string => readFileSync(wish.logFile, "utf8");
  const counts = async (): Promise<OperatorCounts> => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    return countsOf(await answer.text());
  };
  return {
    pid: child.pid ?? 0,
    startedAt,
    counts,
    log: text,
    says: (message) => said(message, { startedAt, text, ended: () => ended }),
    settled: (quietMs = 2_000) => untilQuiet(counts, quietMs),
    kill: (signal) => void child.kill(signal),
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      await becomes(() => ended, 30_000);
    },
  };
}

function profiling(directory: string | undefined): string[] {
  return directory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${directory}`];
}

async function said(
  message: string,
  at: { readonly startedAt: number; readonly text: () => string; readonly ended: () => boolean },
): Promise<number> {
  let found: number | undefined;
  const look = (): boolean => {
    const lines = at.text().split("\n");
    const line = lines.find((one) => one.includes(`"msg":"${message}"`) && timeOf(one) >= at.startedAt);
    found = line === undefined ? undefined : timeOf(line);
    return found !== undefined || at.ended();
  };
  await becomes(look, 120_000, 20);
  if (found !== undefined) return found;
  throw new Error(
    `The operator did not say "${message}"; the end of its log:\n${at.text().split("\n").slice(-8).join("\n")}`,
  );
}

function timeOf(line: string): number {
  return Date.parse(/"time":"([^"]+)"/.exec(line)?.[1] ?? "");
}

async function untilQuiet(counts: () => Promise<OperatorCounts>, quietMs: number): Promise<number> {
  let last = { total: -1, at: Date.now() };
  const look = async (): Promise<boolean> => {
    const { total, waiting } = await counts();
    if (total !== last.total || waiting > 0) last = { total, at: Date.now() };
    return Date.now() - last.at >= quietMs;
  };
  if (!(await becomes(look, 600_000, 100))) throw new Error("The operator does not come to rest within 10 minutes.");
  return last.at;
}

/** Reads the text format of Prometheus as far as the operator's own counters need it. */
function countsOf(text: string): OperatorCounts {
  const reconciles = new Map<string, number>();
  let waiting = 0;
  let heapMB = 0;
  for (const line of text.split("\n")) {
    const value = Number(line.slice(line.lastIndexOf(" ") + 1));
    const [, controller, result] =
      /^controller_runtime_reconcile_total\{controller="([^"]+)",result="([^"]+)"/.exec(line) ?? [];
    if (controller !== undefined && result !== undefined) reconciles.set(`${controller} ${result}`, value);
    if (line.startsWith("workqueue_depth{")) waiting += value;
    if (line.startsWith("nodejs_heap_size_used_bytes ")) heapMB = value / 2 ** 20;
  }
  return { reconciles, total: [...reconciles.values()].reduce((sum, value) => sum + value, 0), waiting, heapMB };
}
