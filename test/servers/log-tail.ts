import { readFileSync } from "node:fs";

/** The last lines of a log file, for an error message; a sentence in their place when there is no such file. */
export function logTail(path: string, lines = 15): string {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "(the log file cannot be read)";
  }
}
