import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { cacheRoot } from "../servers/cache.ts";
import { commandLine } from "../servers/server-process.ts";

/** One node: the directory that its user chose, and the place of its own data, on the file system of the image stores. */
export interface NodeRun {
  /** Holds the kubeconfig. */
  readonly directory: string;
  readonly data: string;
}

interface RunRecord {
  readonly directory: string;
  readonly owner: { readonly pid: number; readonly command: string };
  /** The process whose end is the end of the node. */
  readonly node: number | undefined;
  readonly port: number | undefined;
  /** True once the node is meant to outlive the process that started it. */
  readonly detached: boolean;
}

const recordName = "run.json";

async function runsRoot(): Promise<string> {
  return join(await cacheRoot(), "nodes");
}

/** The run that belongs to `directory`, whether it exists or not. */
export async function runOf(directory: string): Promise<NodeRun> {
  const path = resolve(directory);
  const id = createHash("sha256").update(path).digest("hex").slice(0, 8);
  return { directory: path, data: join(await runsRoot(), id) };
}

/**
 * Opens the run of `directory` with an empty data directory, owned by this process.
 * @throws Error when a node runs for that directory, or another process is starting one.
 */
export async function openRun(directory: string): Promise<NodeRun> {
  const run = await runOf(directory);
  const record = readRecord(run);
  if (record !== undefined && !isAbandoned(run, record))
    throw new Error(`A node runs for ${run.directory} already: stop it first, or choose another directory.`);
  removeRun(run);
  mkdirSync(run.data, { recursive: true, mode: 0o700 });
  writeRecord(run, { node: undefined, port: undefined, detached: false });
  mkdirSync(run.directory, { recursive: true, mode: 0o700 });
  return run;
}

/** Notes the process of the node and whether it outlives this one. */
export function writeRecord(run: NodeRun, state: Pick<RunRecord, "node" | "port" | "detached">): void {
  const owner = { pid: process.pid, command: commandLine(process.pid) };
  const path = join(run.data, recordName);
  writeFileSync(`${path}.new`, JSON.stringify({ directory: run.directory, owner, ...state }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** What runs for `directory`: the node's process and its port; undefined when nothing does. */
export async function runningNode(
  directory: string,
): Promise<{ readonly node: number; readonly port: number } | undefined> {
  const run = await runOf(directory);
  const record = readRecord(run);
  if (record?.node === undefined || record.port === undefined || !lives(run, record.node)) return undefined;
  return { node: record.node, port: record.port };
}

/** Removes every node whose owner died without stopping it. Returns the directories that they belonged to. */
export async function removeAbandonedRuns(): Promise<string[]> {
  const root = await runsRoot();
  const removed: string[] = [];
  for (const name of existsSync(root) ? readdirSync(root) : []) {
    const data = join(root, name);
    const record = readRecord({ data, directory: data });
    const run = { data, directory: record?.directory ?? data };
    if (record !== undefined && !isAbandoned(run, record)) continue;
    removeRun(run);
    removed.push(run.directory);
  }
  return removed;
}

/**
 * Ends the node of this run and deletes all that it has: processes (with them go mounts, interfaces and packet filters, which are theirs alone),
 * control groups, data, kubeconfigs. Returns false when there was nothing. Synchronous, so that a process which is exiting can do it too.
 */
export function removeRun(run: NodeRun): boolean {
  const existed = existsSync(run.data);
  const record = readRecord(run);
  const killed = nodeProcesses(run, record);
  const inside = killed
    .map((pid) => linkOf(`/proc/${pid}/ns/pid_for_children`))
    .filter((found) => found !== hostNamespace);
  for (const pid of killed) kill(pid);
  // The first process goes at once; a large one inside it may take a moment longer to give its memory back.
  const gone = (): boolean =>
    nodeProcesses(run, record).length === 0 && inside.every((namespace) => !isPopulated(namespace));
  waitUntil(gone, `the processes of ${run.data}`);
  waitUntil(() => removeControlGroups(run), `the control groups ${groupOf(run)}`);
  if (existed) rmSync(run.data, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  for (const name of existsSync(run.directory) ? readdirSync(run.directory) : [])
    if (name.endsWith("kubeconfig")) rmSync(join(run.directory, name), { force: true });
  removeIfEmpty(run.directory);
  removeIfEmpty(join(run.data, ".."));
  return existed;
}

function removeIfEmpty(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory);
}

/** Kept nodes are abandoned when they no longer run; others, when their owner is gone. */
function isAbandoned(run: NodeRun, { detached, node, owner }: RunRecord): boolean {
  return detached ? node === undefined || !lives(run, node) : commandLine(owner.pid) !== owner.command;
}

function readRecord(run: NodeRun): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(run.data, recordName), "utf8")) as RunRecord;
  } catch {
    return undefined;
  }
}

/** The live command line decides, so a process id that was given to somebody else meanwhile is never touched. */
function lives(run: NodeRun, pid: number): boolean {
  return commandLine(pid).includes(run.data);
}

/** Usually one. A starter that was killed before it wrote the record down leaves one that only its arguments tell. */
function nodeProcesses(run: NodeRun, record: RunRecord | undefined): number[] {
  if (record?.node !== undefined) return lives(run, record.node) ? [record.node] : [];
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && lives(run, pid));
}

const hostNamespace = linkOf("/proc/self/ns/pid");

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** True while a process lives in that process namespace; a dead one that nobody has collected yet does not count. */
function isPopulated(namespace: string | undefined): boolean {
  if (namespace === undefined) return false;
  return readdirSync("/proc").some((pid) => linkOf(`/proc/${pid}/ns/pid`) === namespace && !isDead(pid));
}

function isDead(pid: string): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

/** Name of the node's control groups below each hierarchy. */
export function groupOf(run: NodeRun): string {
  return `socle-node-${basename(run.data)}`;
}

/** Where the hierarchies of control groups are mounted: several of version 1, or one of version 2. */
export function controlGroupRoots(): { readonly path: string; readonly unified: boolean }[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, path = "", type = ""]) => path.startsWith("/sys/fs/cgroup") && type.startsWith("cgroup"))
    .map(([, path = "", type]) => ({ path, unified: type === "cgroup2" }));
}

/** Groups that a killed node leaves make the next kubelet of that name wait for minutes. False while some are still busy. */
function removeControlGroups(run: NodeRun): boolean {
  return controlGroupRoots().every(({ path }) => removeGroup(join(path, groupOf(run))));
}

function removeGroup(path: string): boolean {
  if (!existsSync(path)) return true;
  try {
    for (const entry of readdirSync(path, { withFileTypes: true }))
      if (entry.isDirectory()) removeGroup(join(path, entry.name));
    rmdirSync(path);
    return true;
  } catch {
    // Its last process is still ending.
    return false;
  }
}

function waitUntil(holds: () => boolean, what: string): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (const deadline = Date.now() + 20_000; !holds(); Atomics.wait(clock, 0, 0, 25))
    if (Date.now() > deadline) throw new Error(`After 20 s, ${what} are still there: remove them by hand.`);
}

/** Makes the node's control groups, below which the kubelet puts those of the pods. */
export function makeControlGroups(run: NodeRun): void {
  for (const { path, unified } of controlGroupRoots()) {
    const group = join(path, groupOf(run));
    mkdirSync(group, { recursive: true });
    // A group of version 1 without processors and memory nodes takes no process.
    for (const name of ["cpuset.cpus", "cpuset.mems"])
      if (!unified && existsSync(join(group, name)))
        writeFileSync(join(group, name), readFileSync(join(path, name), "utf8"));
  }
}
