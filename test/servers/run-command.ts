import { spawn } from "node:child_process";
import type { ServerUser } from "./server-user.ts";
import { undoOnExit } from "./undo.ts";

/** A program that does one thing and ends. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs as this user instead of us. */
  readonly user?: ServerUser | undefined;
  /** Text for its standard input: the place for secrets. */
  readonly input?: string;
}

/** How much of a failed program's output an error repeats. */
const tailLength = 1500;

/**
 * Runs a program to its end and returns its output; ends it when this process exits.
 * @throws Error with the last lines of its output when it fails; `cause` is the system's error when it could not be started (code ENOENT: missing).
 */
export function runCommand(command: Command): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.command, command.args, {
      cwd: command.cwd,
      env: { ...(command.env ?? process.env) },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      ...(command.user === undefined ? {} : command.user),
    });
    const forget = undoOnExit(() => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    });
    let output = "";
    const collect = (chunk: Buffer) => (output += chunk.toString("utf8"));
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.stdin.on("error", () => undefined);
    child.stdin.end(command.input ?? "");
    child.once("error", (cause) => {
      forget();
      reject(new Error(`${command.command} could not be started`, { cause }));
    });
    child.once("close", (code, signal) => {
      forget();
      if (code === 0) resolve(output);
      else
        reject(
          new Error(
            `${command.command} failed (${signal ?? `exit code ${code ?? "unknown"}`}):\n${output.trim().slice(-tailLength)}`,
          ),
        );
    });
  });
}
