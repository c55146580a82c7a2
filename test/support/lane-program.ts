import { type Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { LaneUnavailable } from "../control-plane/assets.ts";

/** Exit codes of the programs that start and stop lanes, as their help states them. */
export const exitCode = { done: 0, failed: 1, usage: 2, notHealthy: 3, interrupted: 130 } as const;

export type Output = "text" | "json";

/** The last lines of a program's help. `notHealthy` says what else exit code 3 stands for in this lane. */
export function exitCodesHelp(notHealthy: string): string {
  return `\nExit codes: ${exitCode.done} done, ${exitCode.failed} failed, ${exitCode.usage} wrong usage, ${exitCode.notHealthy} ${notHealthy}, ${exitCode.interrupted} interrupted.`;
}

export function outputOption(): Option {
  return new Option("-o, --output <format>", "format of the result").choices(["text", "json"]).default("text");
}

/** Parses the number of a port that a person may choose. */
export function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1024 || value > 65535)
    throw new InvalidArgumentError("a port is a number from 1024 to 65535");
  return value;
}

/**
 * Runs a program whose commands give their exit code to `finish`; the exit code of the process. Interrupted, it leaves by `process.exit`,
 * which runs the undoings: what was half started or half made is gone afterwards.
 */
export async function runLaneProgram(
  program: (finish: (code: number) => void) => Command,
  progress: (line: string) => void,
): Promise<number> {
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => {
      progress("interrupted: removing what was started");
      process.exit(exitCode.interrupted);
    });
  }
  let code: number = exitCode.done;
  try {
    await program((result) => {
      code = result;
    }).parseAsync();
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof LaneUnavailable ? exitCode.notHealthy : exitCode.failed;
  }
}
