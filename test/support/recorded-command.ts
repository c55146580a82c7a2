import type { FileStreams } from "../../operator/cli/terminal.ts";

export interface Ran {
  readonly code: number;
  readonly results: string;
  readonly remarks: string;
}

/** Runs a command that reads files, with these pieces on its standard input, and keeps what it says. */
export async function recorded(
  command: (streams: FileStreams) => Promise<number>,
  input: readonly string[] = [],
): Promise<Ran> {
  let [results, remarks] = ["", ""];
  const code = await command({
    input: (async function* () {
      for (const text of input) yield await Promise.resolve(Buffer.from(text));
    })(),
    results: { write: (text: string) => (results += text) },
    remarks: { write: (text: string) => (remarks += text) },
  });
  return { code, results, remarks };
}
