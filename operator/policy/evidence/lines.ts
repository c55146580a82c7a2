import { type Checkpoint, type EvidenceRecord, readLine } from "./record.ts";

/** A file, or an object of a store. */
export interface EvidenceText {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export type Line =
  | { readonly kind: "record"; readonly record: EvidenceRecord; readonly place: string }
  | { readonly kind: "checkpoint"; readonly checkpoint: Checkpoint; readonly place: string }
  | { readonly kind: "broken"; readonly text: string; readonly place: string };

/** Field of a line of the operator's log that holds a record or a checkpoint, as text: whoever collects logs may write them anew, and keeps texts. */
export const logField = "evidence";

/** Every record and checkpoint, in order. In a log the lines without one are passed over. */
export function* evidenceLines(texts: readonly EvidenceText[], isLog: boolean): Generator<Line> {
  for (const { name, bytes } of texts) {
    let number = 0;
    for (const { part, isEnded } of linesIn(bytes)) {
      number += 1;
      const place = `${name}, line ${number}`;
      const text = textOf(part);
      const evidence = isLog ? inLog(text) : text;
      if (evidence === undefined) continue;
      const read = isEnded || isLog ? readLine(evidence) : undefined;
      if (read === undefined) yield { kind: "broken", text: evidence, place };
      else if ("checkpoint" in read) yield { kind: "checkpoint", checkpoint: read.checkpoint, place };
      else yield { kind: "record", record: read, place };
    }
  }
}

const newline = 0x0a;

function* linesIn(bytes: Uint8Array): Generator<{ readonly part: Uint8Array; readonly isEnded: boolean }> {
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(newline, from);
    yield { part: bytes.subarray(from, end === -1 ? bytes.length : end), isEnded: end !== -1 };
    from = end === -1 ? bytes.length : end + 1;
  }
}

/** Bytes that are no text stand for no other: a line that held some is never taken for one without. */
function textOf(part: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part);
  } catch {
    return `${Buffer.from(part).toString("latin1")}\u0000`;
  }
}

function inLog(line: string): string | undefined {
  if (!line.includes(logField)) return undefined;
  try {
    const found = (JSON.parse(line) as Readonly<Record<string, unknown>> | null)?.[logField];
    return typeof found === "string" ? found : undefined;
  } catch {
    return undefined;
  }
}
