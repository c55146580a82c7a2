import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { SourceText } from "../export/file-documents.ts";

export interface Sources {
  readonly texts: readonly SourceText[];
  /** A sentence for each path that cannot be read. */
  readonly problems: readonly string[];
}

/** What these files hold, and the *.yaml and *.yml files anywhere below these directories, sorted by path; `-` is standard input. */
export async function readSources(paths: readonly string[], standardInput: AsyncIterable<unknown>): Promise<Sources> {
  const [texts, problems]: [SourceText[], string[]] = [[], []];
  const seen = new Set<string>();
  for (const path of new Set(paths)) {
    try {
      texts.push(...(path === "-" ? [await standardText(standardInput)] : textsBelow(path, seen)));
    } catch (error) {
      problems.push(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }
  return { texts, problems };
}

/** Each file once, however it is named. */
function textsBelow(path: string, seen: Set<string>): SourceText[] {
  const files = filesBelow(path, /\.ya?ml$/).filter((file) => !seen.has(resolve(file)));
  for (const file of files) seen.add(resolve(file));
  return files.map((name) => ({ name, text: readFileSync(name, "utf8") }));
}

/** A file itself, whatever its name; of a directory those files anywhere below it whose names are such, sorted by path. */
export function filesBelow(path: string, names: RegExp): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const found = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && names.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  // By bytes: the same everywhere, whatever the language of the machine.
  return found.sort((left, right) => (left < right ? -1 : 1));
}

async function standardText(stream: AsyncIterable<unknown>): Promise<SourceText> {
  return { name: "standard input", text: (await bytesOf(stream)).toString("utf8") };
}

/** All that a stream holds. */
export async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts);
}
