import type { Light } from "./status-tree.ts";

/** Exit codes of the program, as its help states them. */
export const exitCode = { done: 0, failed: 1, usage: 2, notWell: 3 } as const;

const colours: Readonly<Record<Light, number>> = { ready: 32, "not-ready": 31, unknown: 33 };

export interface TerminalOptions {
  readonly output: "text" | "json";
  /** False: the person asked for none. */
  readonly color: boolean;
}

/** Where results go: text for a person, JSON for a program. Colour only on a terminal, and never with NO_COLOR (no-color.org). */
export class Terminal {
  readonly json: boolean;
  readonly #coloured: boolean;

  constructor(options: TerminalOptions) {
    this.json = options.output === "json";
    const forbidden = (process.env["NO_COLOR"] ?? "") !== "" || process.env["TERM"] === "dumb";
    this.#coloured = options.color && !forbidden && process.stdout.isTTY;
  }

  /** One line, or several. */
  print(...lines: readonly string[]): void {
    process.stdout.write(`${lines.join("\n")}\n`);
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value, undefined, 2));
  }

  readonly paint = (light: Light, text: string): string =>
    this.#coloured ? `\u001b[${colours[light]}m${text}\u001b[0m` : text;
}

/** Rows in columns as wide as their widest cell; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  return rows.map((row) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  "),
  );
}
