import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** What is read of a report of vitest's JSON reporter. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    /** Why the file as a whole failed, as when it cannot be loaded; empty otherwise. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

/** Undefined where the run wrote none. */
export function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    console.error(`The run wrote no report ${file}.`);
    return undefined;
  }
}

/** Enough for an assertion with what it found, and for the seed of a property with its counterexample. */
const linesShown = 25;

/**
 * Each failure as a text: file, name, and the first lines of why. They end a run of many thousands of tests, whose own account of a failure is
 * thousands of lines above, and further than what a CI keeps.
 */
export function failuresIn(report: Report, root: string): string[] {
  return report.testResults.flatMap((file) => {
    const name = relative(root, file.name);
    const failed = file.assertionResults.filter(({ status }) => status === "failed");
    const texts = failed.map((test) => textOf(`${name} > ${test.fullName}`, test.failureMessages ?? []));
    // Hooks and imports fail a file without a failed test.
    return file.status === "failed" && texts.length === 0 ? [textOf(name, [file.message])] : texts;
  });
}

function textOf(title: string, messages: readonly string[]): string {
  const lines = messages.flatMap((message) => stripVTControlCharacters(message).trim().split("\n"));
  const cut = lines.length > linesShown ? [`… and ${lines.length - linesShown} lines more`] : [];
  return [`FAILED ${title}`, ...[...lines.slice(0, linesShown), ...cut].map((line) => `  ${line}`)].join("\n");
}
