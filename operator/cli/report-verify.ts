import { readFileSync } from "node:fs";
import type { EvidenceText } from "../policy/evidence/lines.ts";
import { type Head, headText } from "../policy/evidence/record.ts";
import { type Verdict, type VerifiedChain, verifyEvidence } from "../policy/evidence/verify.ts";
import { bytesOf, filesBelow } from "./file-sources.ts";
import { exitCode, type FileStreams } from "./terminal.ts";

/** What the person wants verified. */
export interface VerifyWish {
  readonly paths: readonly string[];
  readonly log: boolean;
  readonly scope?: string;
  readonly head?: Head;
  readonly output: "text" | "json";
}

/** Exit code 0 where every record fits, 2 where one does not, which is named, and 1 where there is nothing to verify. */
export async function runVerify(wish: VerifyWish, { input, results, remarks }: FileStreams): Promise<number> {
  const read = await textsOf(wish.paths, input);
  if (typeof read === "string") {
    remarks.write(`${read}\n`);
    return exitCode.failed;
  }
  const { log, scope, head, paths } = wish;
  const verdict = verifyEvidence(read, { log, scope, head });
  if (verdict.kind === "whole" && verdict.chains.length === 0) {
    const remedy = log ? "" : " Is it a log (--log)?";
    remarks.write(`${paths.join(", ")}: there is no record${scope === undefined ? "" : ` of ${scope}`}.${remedy}\n`);
    return exitCode.failed;
  }
  if (wish.output === "json") results.write(`${JSON.stringify(told(verdict), undefined, 2)}\n`);
  else if (verdict.kind === "whole") results.write(`${text(verdict).join("\n")}\n`);
  if (verdict.kind === "whole") return exitCode.done;
  if (wish.output === "text") remarks.write(`${verdict.fault}\n`);
  return exitCode.usage;
}

/** The bytes as they are, or why there are none. */
async function textsOf(
  paths: readonly string[],
  input: AsyncIterable<unknown>,
): Promise<readonly EvidenceText[] | string> {
  const texts: EvidenceText[] = [];
  for (const path of paths) {
    try {
      texts.push(...(path === "-" ? [{ name: "standard input", bytes: await bytesOf(input) }] : textsBelow(path)));
    } catch (error) {
      return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
    }
  }
  return texts;
}

function textsBelow(path: string): readonly EvidenceText[] {
  return filesBelow(path, /\.jsonl$/).map((name) => ({ name, bytes: readFileSync(name) }));
}

function told(verdict: Verdict): object {
  if (verdict.kind === "broken") return verdict;
  const { kind, chains, uncompared } = verdict;
  return {
    kind,
    chains: chains.map(({ scope, count, first, last }) => ({
      scope,
      count,
      first: { sequence: first.sequence, time: first.time },
      last: { sequence: last.sequence, time: last.time },
      head: headText(last),
    })),
    uncompared,
  };
}

function text({ chains, uncompared }: Extract<Verdict, { kind: "whole" }>): readonly string[] {
  const rest =
    uncompared === 0 ? [] : [`${uncompared} checkpoints were not compared: the records of their time are not here.`];
  return [...chains.flatMap(chainText), ...rest];
}

function chainText({ scope, count, first, last }: VerifiedChain): readonly string[] {
  const part = first.sequence === 1 ? "" : `; what came before record ${first.sequence} is not here`;
  return [
    `${scope}: records ${first.sequence} to ${last.sequence} fit (${count}), of ${first.time} to ${last.time}${part}.`,
    `  head ${headText(last)}`,
  ];
}
