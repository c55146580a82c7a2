import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Server } from "node:net";
import { becomes } from "../servers/server-process.ts";
import { undoOnExit } from "../servers/undo.ts";

/** A long-lived process that keeps the rights of root. */
export interface RootProcess {
  readonly pid: number;
  running(): boolean;
  /** Kills it and resolves when it is gone. */
  kill(): Promise<void>;
  /** Lets it outlive this process. */
  release(): void;
}

/** Starts it in a session of its own, both output streams appended to the log. It is killed when this process exits, unless released. */
export function startRootProcess(program: {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Sockets that listen here and that the program inherits as file descriptors 3 and up. */
  readonly listeners?: readonly Server[];
}): RootProcess {
  const log = openSync(program.logFile, "a", 0o600);
  const child = spawn(program.command, program.args, {
    cwd: program.cwd,
    env: { ...program.env },
    detached: true,
    stdio: ["ignore", log, log, ...(program.listeners ?? []).map(descriptorOf)],
  });
  closeSync(log);
  child.unref();
  let ended = false;
  const forget = undoOnExit(() => {
    if (!ended) child.kill("SIGKILL");
  });
  const end = (): void => {
    ended = true;
    forget();
  };
  child.once("exit", end).once("error", end);
  const running = (): boolean => !ended;
  return {
    pid: child.pid ?? 0,
    running,
    kill: async () => {
      child.kill("SIGKILL");
      await becomes(() => !running(), 10_000);
    },
    release: forget,
  };
}

/** The file descriptor of a listening socket; Node has it and does not document it. */
function descriptorOf(server: Server): number {
  const { _handle: handle } = server as unknown as { readonly _handle: { readonly fd: number } | null };
  if (handle === null || handle.fd < 0) throw new Error("The server does not listen.");
  return handle.fd;
}
