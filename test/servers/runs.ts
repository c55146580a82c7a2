import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { cacheRoot, lock } from "./cache.ts";
import { commandLine, endServersBelow } from "./server-process.ts";

/** Name of the file in a servers' directory that says how to reach them; it holds secrets. */
export const connectionFileName = "servers.json";

/**
 * One group of servers: its data live below the cache, which the server user can enter and which is on the file system of the templates; the
 * directory that the caller chose holds the connection file and the logs.
 */
export interface Run {
  /** Directory that the caller chose. */
  readonly directory: string;
  /** Directory of the data; each server has its own below. */
  readonly data: string;
}

interface RunRecord {
  readonly directory: string;
  readonly owner: { readonly pid: number; readonly command: string };
  /** True once the servers are meant to outlive the process that started them. */
  readonly detached: boolean;
}

/** The run that belongs to `directory`, whether it exists or not. */
export async function runOf(directory: string): Promise<Run> {
  const path = resolve(directory);
  const id = createHash("sha256").update(path).digest("hex").slice(0, 12);
  return { directory: path, data: join(await cacheRoot(), "runs", id) };
}

/**
 * Opens the run of `directory` with an empty data directory, owned by this process.
 * @throws Error when another live process, or servers kept by `up`, use the directory.
 */
export async function openRun(directory: string): Promise<Run> {
  const run = await runOf(directory);
  mkdirSync(dirname(run.data), { recursive: true });
  const unlock = await lock(`${run.data}.lock`, () => undefined);
  try {
    return await claimRun(run);
  } finally {
    unlock();
  }
}

async function claimRun(run: Run): Promise<Run> {
  const record = readRecord(recordFile(run));
  if (record !== undefined && !isAbandoned(record))
    throw new Error(`Servers are already running for ${run.directory}: stop them first, or choose another directory.`);
  await removeRun(run);
  // Only the last directory is closed: what lies above may be shared with others.
  mkdirSync(dirname(run.directory), { recursive: true });
  mkdirSync(run.directory, { recursive: true, mode: 0o700 });
  // The record comes first and goes last: data without an owner cannot exist.
  writeRecord(run, false);
  mkdirSync(run.data);
  await chmod(run.data, 0o755);
  return run;
}

/** Notes that the servers of the run outlive this process. */
export function detachRun(run: Run): void {
  writeRecord(run, true);
}

/** Ends what still runs for `run` and deletes its data and connection file; logs stay. Returns false when there was nothing. */
export async function removeRun(run: Run): Promise<boolean> {
  const existed = existsSync(recordFile(run)) || existsSync(run.data);
  await endServersBelow(run.data);
  await rm(join(run.directory, connectionFileName), { force: true });
  await rm(run.data, { recursive: true, force: true, maxRetries: 5 });
  await rm(recordFile(run), { force: true });
  return existed;
}

/** The same for a process that is exiting and whose servers have just been killed. */
export function removeRunFiles(run: Run): void {
  rmSync(join(run.directory, connectionFileName), { force: true });
  rmSync(run.data, { recursive: true, force: true, maxRetries: 5 });
  rmSync(recordFile(run), { force: true });
}

/** Removes every run whose owner died without stopping it, with its servers. Returns the directories they belonged to. */
export async function removeAbandonedRuns(): Promise<string[]> {
  const runs = join(await cacheRoot(), "runs");
  if (!existsSync(runs)) return [];
  const removed: string[] = [];
  for (const name of readdirSync(runs).filter((file) => file.endsWith(".json"))) {
    const record = readRecord(join(runs, name));
    if (record !== undefined && !isAbandoned(record)) continue;
    const data = join(runs, name.slice(0, -".json".length));
    const directory = record?.directory ?? data;
    await removeRun({ directory, data });
    removed.push(directory);
  }
  return removed;
}

/** Kept servers are abandoned when their connection file is gone: nobody can reach or stop them any more. */
function isAbandoned({ detached, directory, owner }: RunRecord): boolean {
  return detached ? !existsSync(join(directory, connectionFileName)) : commandLine(owner.pid) !== owner.command;
}

function recordFile(run: Run): string {
  return `${run.data}.json`;
}

function readRecord(path: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as RunRecord;
  } catch {
    return undefined;
  }
}

function writeRecord(run: Run, detached: boolean): void {
  const record: RunRecord = {
    directory: run.directory,
    owner: { pid: process.pid, command: commandLine(process.pid) },
    detached,
  };
  // Others read it at any time to learn whether the run is abandoned: it must never be half written.
  const written = `${recordFile(run)}.${process.pid}`;
  writeFileSync(written, JSON.stringify(record), { mode: 0o600 });
  renameSync(written, recordFile(run));
}
