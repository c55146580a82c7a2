import { execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { appendFileSync, closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { serverUser } from "./server-user.ts";
import { undoOnExit } from "./undo.ts";

/** How to start one server. */
export interface ServerCommand {
  /** Name in messages: "Keycloak". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process; secrets go here, since every user can read arguments. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Both output streams are appended to this file. */
  readonly logFile: string;
  /** Signal of an orderly stop. */
  readonly stopSignal: NodeJS.Signals;
  /** Signal that ends the server at once, with its children. */
  readonly killSignal: NodeJS.Signals;
}

/** A server process that we started. */
export interface ServerProcess {
  readonly pid: number;
  /** True until the process has ended. */
  running(): boolean;
  /** Stops in order within `graceMs`, then by force; resolves when the process is gone. */
  stop(graceMs: number): Promise<void>;
  /** Lets the server outlive this process. */
  release(): void;
}

/** Looking at a process or a small file is nearly free; whoever asks over the network chooses a longer interval. */
const defaultPollMs = 25;

const killWithinMs = 5_000;

/** Starts a server in a session of its own, as the unprivileged server user, with nothing inherited from our terminal. It ends with this process unless released. */
export function startProcess(server: ServerCommand): ServerProcess {
  const log = openSync(server.logFile, "a", 0o600);
  const user = serverUser();
  const child = spawn(server.command, server.args, {
    cwd: server.cwd,
    env: { ...server.env },
    detached: true,
    stdio: ["ignore", log, log],
    ...(user === undefined ? {} : user),
  });
  closeSync(log);
  child.unref();
  let ended = false;
  const forget = undoOnExit(() => {
    if (!ended && child.pid !== undefined) killAndWait(child.pid, server.killSignal);
  });
  const onEnd = () => {
    ended = true;
    forget();
  };
  child.once("exit", onEnd);
  child.once("error", (error) => {
    appendFileSync(server.logFile, `${server.command} could not be started: ${error.message}\n`);
    onEnd();
  });
  const pid = child.pid ?? 0;
  const running = () => !ended && pid > 0;
  const stop = async (graceMs: number) => {
    if (!running()) return;
    signal(pid, server.stopSignal);
    if (await becomes(() => !running(), graceMs)) return;
    signal(pid, server.killSignal);
    if (await becomes(() => !running(), graceMs)) return;
    signal(pid, "SIGKILL");
    await becomes(() => !running(), graceMs);
  };
  return { pid, running, stop, release: forget };
}

/** For a process that is exiting. It waits, because files deleted under a server that is still writing do not all go. */
function killAndWait(pid: number, name: NodeJS.Signals): void {
  signal(pid, name);
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (const deadline = Date.now() + killWithinMs; isRunning(pid) && Date.now() < deadline; )
    Atomics.wait(clock, 0, 0, defaultPollMs);
}

/** Polls `holds` until it is true (returns true) or `withinMs` have passed (returns false). */
export async function becomes(
  holds: () => boolean | Promise<boolean>,
  withinMs: number,
  everyMs = defaultPollMs,
): Promise<boolean> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; ) {
    if (await holds()) return true;
    await pause(everyMs);
  }
  return await holds();
}

/** True when `pid` is a live process; a zombie does not count. */
export function isRunning(pid: number): boolean {
  return commandLine(pid) !== "";
}

/**
 * Chosen ports lie below the range from which systems take the ports of outgoing connections (32768 and up on Linux, 49152 on macOS): else a
 * connection of anybody could sit on the port of a server that a test has stopped for a while.
 */
const choosablePorts = { first: 20_000, count: 12_000 };

/** Ports of 127.0.0.1, all different: a wanted port is taken as it is, for undefined a free one is chosen. */
export async function choosePorts(wanted: readonly (number | undefined)[]): Promise<number[]> {
  const taken = new Set(wanted.filter((port) => port !== undefined));
  const ports: number[] = [];
  for (const port of wanted) ports.push(port ?? (await otherFreePort(taken)));
  return ports;
}

async function otherFreePort(taken: Set<number>): Promise<number> {
  for (;;) {
    const port = choosablePorts.first + randomInt(choosablePorts.count);
    if (taken.has(port) || !(await isFreePort(port))) continue;
    taken.add(port);
    return port;
  }
}

/** @throws Error with the remedy when somebody listens on `port` of 127.0.0.1; `name` is the server that wants it. */
export async function requireFreePort(name: string, port: number): Promise<void> {
  if (await isFreePort(port)) return;
  throw new Error(
    `Port ${port} of 127.0.0.1, wanted by ${name}, is taken: stop what listens there, or choose another port.`,
  );
}

function isFreePort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(false);
    });
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/**
 * Ends every PostgreSQL and Java process whose own arguments place it in `directory` or below: what a run that was killed left behind. A process
 * id that was given to somebody else meanwhile is never touched, because the decision reads the live command line.
 */
export async function endServersBelow(directory: string): Promise<void> {
  const left = () => processes().filter(({ args }) => servesBelow(args, directory));
  for (const { pid, args } of left()) signal(pid, isJava(args) ? "SIGTERM" : "SIGINT");
  if (await becomes(() => left().length === 0, 10_000)) return;
  for (const { pid, args } of left()) signal(pid, isJava(args) ? "SIGKILL" : "SIGQUIT");
  if (await becomes(() => left().length === 0, 10_000)) return;
  throw new Error(
    `Processes ${left()
      .map(({ pid }) => pid)
      .join(", ")} in ${directory} do not end: stop them by hand.`,
  );
}

/** Id of the server process whose data directory (PostgreSQL) or temporary directory (Java) is exactly `directory`, if it runs. */
export function pidServing(directory: string): number | undefined {
  return processes().find(
    ({ args }) => args.includes(` -D ${directory} `) || args.includes(` -Djava.io.tmpdir=${directory} `),
  )?.pid;
}

function servesBelow(args: string, directory: string): boolean {
  return args.includes(` -D ${directory}/`) || args.includes(` -Djava.io.tmpdir=${directory}/`);
}

function isJava(args: string): boolean {
  return args.includes(" -Djava.io.tmpdir=");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Already gone: that is what the signal was for.
  }
}

function processes(): { readonly pid: number; readonly args: string }[] {
  if (process.platform !== "linux") return processesByPs();
  const pids = readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid);
  return pids.map((pid) => ({ pid, args: commandLine(pid) }));
}

/** The command line of a process with its parts joined by spaces; empty for a process that is gone or a zombie. */
export function commandLine(pid: number): string {
  if (process.platform !== "linux") return processesByPs().find((found) => found.pid === pid)?.args ?? "";
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function processesByPs(): { readonly pid: number; readonly args: string }[] {
  const lines = execFileSync("ps", ["-axww", "-o", "pid=,command="], { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => {
    const [, pid, args] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(pid ?? 0), args: `${args ?? ""} ` };
  });
}
