import type { Light } from "./status-tree.ts";

/** Exit codes of the program, as its help states them. */
export const exitCode = { done: 0, failed: 1, usage: 2, notWell: 3 } as const;

const colours: Readonly<Record<Light, number>> = { ready: 32, "not-ready": 31, unknown: 33 };

/** Where text goes, e.g. process.stdout. */
export interface Sink {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** What a command that reads files is connected to; remarks do not mix with results. */
export interface FileStreams {
  readonly input: AsyncIterable<unknown>;
  readonly results: Sink;
  readonly remarks: Sink;
}

export interface TerminalOptions {
  readonly output: "text" | "json";
  /** False: the person asked for none. */
  readonly color: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly sink: Sink;
}

/** Where results go: text for a person, JSON for a program. Colour only on a terminal, and never with NO_COLOR (no-color.org). */
export class Terminal {
  readonly json: boolean;
  readonly #coloured: boolean;
  readonly #sink: Sink;

  constructor(options: TerminalOptions) {
    const { color, environment, sink } = options;
    this.json = options.output === "json";
    this.#sink = sink;
    const forbidden = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
    this.#coloured = color && !forbidden && sink.isTTY === true;
  }

  /** One line, or several. */
  print(...lines: readonly string[]): void {
    this.#sink.write(`${lines.join("\n")}\n`);
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value, undefined, 2));
  }

  readonly paint = (light: Light, text: string): string =>
    this.#coloured ? `\u001b[${colours[light]}m${text}\u001b[0m` : text;
}

/** Rows in columns as wide as their widest cell; no line ends in blanks. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
