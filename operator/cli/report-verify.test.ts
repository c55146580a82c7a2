import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statementOf } from "../../test/support/statements.ts";
import { recordsOf } from "../policy/evidence/chain.ts";
import { checkpointLine, recordLine } from "../policy/evidence/record.ts";
import { runVerify, type VerifyWish } from "./report-verify.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "evidence-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const records = recordsOf(
  { scope: "t-meteo", head: undefined, said: [], resumed: false },
  Array.from({ length: 12 }, (_, index) => statementOf(`s${index}`)),
  { now: "2026-06-15T12:00:00.000Z", catalogue: "0.1.0 abc", redact: (text) => text },
);
const linesOf = (some: typeof records): string => some.map((record) => `${recordLine(record)}\n`).join("");
const last = records.at(-1)!;

/** As the bucket lies in a directory. */
function mirrored(): string {
  const files = {
    "t-meteo/2026-06-15/000000000001.jsonl": linesOf(records.slice(0, 9)),
    "t-meteo/2026-06-15/000000000010.jsonl": linesOf(records.slice(9)),
    "t-meteo/checkpoints/2026-06-15.jsonl": `${checkpointLine({ ...records[10]!, scope: "t-meteo" })}\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return join(directory, "t-meteo/2026-06-15/000000000010.jsonl");
}

async function verify(wish: Partial<VerifyWish> = {}, input = "") {
  let [results, remarks] = ["", ""];
  const code = await runVerify(
    { paths: [directory], log: false, output: "text", ...wish },
    {
      input: (async function* () {
        yield await Promise.resolve(Buffer.from(input));
      })(),
      results: { write: (text: string) => (results += text) },
      remarks: { write: (text: string) => (remarks += text) },
    },
  );
  return { code, results, remarks };
}

describe("socle report verify", () => {
  it("says how many records fit, of which time, and what the head is", async () => {
    mirrored();
    expect(await verify()).toEqual({
      code: 0,
      results: `t-meteo: records 1 to 12 fit (12), of ${last.time} to ${last.time}.\n  head 12:${last.hash}\n`,
      remarks: "",
    });
  });

  it("names the record of which one byte is another, with exit code 2", async () => {
    const file = mirrored();
    writeFileSync(file, readFileSync(file, "utf8").replace('"s10"', '"s1O"'));
    const { code, results, remarks } = await verify();
    expect([code, results]).toEqual([2, ""]);
    expect(remarks).toBe(
      `${file}, line 2: record 11 (check 13-06, Service t-meteo-apps/s1O) does not bear the hash of what it says: it was changed.\n`,
    );
  });

  it("finds that the end is missing, by a checkpoint or by a head", async () => {
    const file = mirrored();
    writeFileSync(file, linesOf(records.slice(9, 10)));
    expect((await verify()).remarks).toContain(
      "record 11 of t-meteo was the last at some time, and the records end with 10",
    );
    rmSync(join(directory, "t-meteo/checkpoints"), { recursive: true });
    expect(await verify()).toMatchObject({ code: 0 });
    expect(await verify({ head: { sequence: 12, hash: last.hash } })).toMatchObject({ code: 2 });
  });

  it("tells programs the same", async () => {
    const file = mirrored();
    const whole = await verify({ output: "json" });
    expect(JSON.parse(whole.results)).toMatchObject({ kind: "whole", chains: [{ head: `12:${last.hash}` }] });
    writeFileSync(file, "");
    const broken = await verify({ output: "json" });
    expect([broken.code, broken.remarks]).toEqual([2, ""]);
    expect(JSON.parse(broken.results)).toMatchObject({ kind: "broken" });
  });

  it("reads a log from standard input, and says where what it holds begins", async () => {
    const log = records.slice(4).map((record) => `${JSON.stringify({ level: 30, evidence: recordLine(record) })}\n`);
    const { code, results } = await verify({ paths: ["-"], log: true }, `{"msg":"started"}\n${log.join("")}`);
    expect(code).toBe(0);
    expect(results).toContain("records 5 to 12 fit (8)");
    expect(results).toContain("what came before record 5 is not here");
  });

  it("fails with exit code 1 where there is nothing to verify, and says so", async () => {
    expect(await verify({ paths: [join(directory, "absent")] })).toMatchObject({
      code: 1,
      remarks: expect.stringContaining("absent cannot be read") as string,
    });
    expect(await verify()).toMatchObject({
      code: 1,
      remarks: `${directory}: there is no record. Is it a log (--log)?\n`,
    });
    expect((await verify({ paths: ["-"] }, '{"msg":"started"}\n')).remarks).toContain("say so (--log)");
    mirrored();
    expect(await verify({ scope: "platform" })).toMatchObject({ code: 1 });
  });
});
