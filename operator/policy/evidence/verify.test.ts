import { describe, expect, it } from "vitest";
import { statementOf } from "../../../test/support/statements.ts";
import { recordsOf } from "./chain.ts";
import { logField } from "./lines.ts";
import { checkpointLine, recordLine } from "./record.ts";
import { verifyEvidence, type Wanted } from "./verify.ts";

const chainOf = (scope: string) =>
  recordsOf(
    { scope, head: undefined, said: [], resumed: false },
    ["one", "two", "three"].map((name) => statementOf(name)),
    {
      now: "2026-06-15T12:00:00.000Z",
      catalogue: "0.1.0 abc",
      redact: (text) => text,
    },
  );
const records = chainOf("t-meteo");
const lines = records.map(recordLine);
const [, second, third] = records;
const checkpointOf = (record = second!) => checkpointLine({ ...record, scope: "t-meteo" });

const verify = (texts: readonly (readonly string[])[], wanted: Partial<Wanted> = {}) =>
  verifyEvidence(
    texts.map((text, index) => ({
      name: `${index}.jsonl`,
      bytes: Buffer.from(text.map((line) => `${line}\n`).join("")),
    })),
    { log: false, ...wanted },
  );
const faultOf = (...wished: Parameters<typeof verify>): string => {
  const verdict = verify(...wished);
  return verdict.kind === "broken" ? verdict.fault : "";
};

describe("evidence that is verified", () => {
  it("tells how many records there are, and which is the last", () => {
    expect(verify([lines])).toMatchObject({
      kind: "whole",
      chains: [{ scope: "t-meteo", count: 3, first: { sequence: 1 }, last: { sequence: 3 } }],
      uncompared: 0,
    });
  });

  it("may be a part, which begins anywhere", () => {
    expect(verify([lines.slice(1)])).toMatchObject({ kind: "whole", chains: [{ count: 2, first: { sequence: 2 } }] });
  });

  it("names the record that says something else than it did, with its check and object", () => {
    expect(faultOf([lines.with(1, (lines[1] ?? "").replace('"pass"', '"fail"'))])).toBe(
      "0.jsonl, line 2: record 2 (check 13-06, Service t-meteo-apps/two) does not bear the hash of what it says: it was changed.",
    );
  });

  it("names the record that can no longer be read", () => {
    expect(faultOf([lines.with(1, (lines[1] ?? "").replace('"result":', '"result";'))])).toBe(
      "0.jsonl, line 2: record 2 (check 13-06, Service two) is not as it was written: it was changed, or cut off.",
    );
    expect(faultOf([lines.with(2, "")])).toBe(
      "0.jsonl, line 3: what follows record 2 is not as it was written: it was changed, or cut off.",
    );
  });

  it("names the record that follows a gap, one that stands twice, and one that was written anew with its hash", () => {
    expect(faultOf([[lines[0]!, lines[2]!]])).toContain(
      "record 3 (check 13-06, Service t-meteo-apps/three) comes after record 1",
    );
    expect(faultOf([lines, [lines[2]!]])).toContain("1.jsonl, line 1: record 3");
    const forged = recordsOf(
      { scope: "t-meteo", head: { sequence: 1, hash: "f".repeat(64) }, said: [], resumed: false },
      [statementOf("two")],
      { now: "2026-06-15T12:00:00.000Z", catalogue: "0.1.0 abc", redact: (text) => text },
    ).map(recordLine);
    expect(faultOf([lines.with(1, forged[0]!)])).toContain(
      "record 2 (check 13-06, Service t-meteo-apps/two) does not continue record 1",
    );
  });

  it("is held against a head that is known from elsewhere", () => {
    expect(verify([lines], { head: third! })).toMatchObject({ kind: "whole" });
    expect(verify([lines], { head: second! })).toMatchObject({ kind: "whole" });
    expect(faultOf([lines.slice(0, 2)], { head: third! })).toContain("record 3 of t-meteo was the last at some time");
    expect(faultOf([lines], { head: { sequence: 3, hash: "f".repeat(64) } })).toContain(
      "record 3 of t-meteo had another hash",
    );
    expect(faultOf([[]], { head: third! })).toContain("Record 3, which the head names, is missing");
  });

  it("is held against the checkpoints among it, and says how many it could not compare", () => {
    expect(verify([[...lines, checkpointOf()]])).toMatchObject({ kind: "whole", uncompared: 0 });
    expect(verify([[...lines.slice(2), checkpointOf()]])).toMatchObject({ kind: "whole", uncompared: 1 });
    expect(faultOf([lines.slice(0, 1), [checkpointOf()]])).toMatch(
      /^1\.jsonl, line 1: record 2 of t-meteo was the last/,
    );
    expect(faultOf([[...lines, checkpointOf({ ...second!, hash: "f".repeat(64) })]])).toContain("had another hash");
  });

  it("may be of several scopes, each a chain of its own; a head is of one", () => {
    const mixed = lines.flatMap((line, index) => [line, recordLine(chainOf("platform-cloudgouv")[index]!)]);
    expect(verify([mixed])).toMatchObject({
      kind: "whole",
      chains: [{ scope: "t-meteo" }, { scope: "platform-cloudgouv" }],
    });
    expect(verify([mixed], { scope: "t-meteo", head: third! })).toMatchObject({
      kind: "whole",
      chains: [{ count: 3 }],
    });
    expect(faultOf([mixed], { head: third! })).toContain("choose one of t-meteo, platform-cloudgouv");
  });

  it("may stand in a log, whose other lines are passed over, and whose lines somebody wrote anew", () => {
    const logged = [...lines, checkpointOf()].flatMap((line) => [
      "no JSON: evidence",
      '{"level":30,"msg":"evidence"}',
      JSON.stringify({ msg: "evidence", [logField]: line, level: 30 }, undefined, " ").replaceAll("\n", ""),
    ]);
    expect(verify([logged], { log: true })).toMatchObject({ kind: "whole", chains: [{ count: 3 }], uncompared: 0 });
    expect(faultOf([logged.toSpliced(5, 1)], { log: true })).toContain("comes after record 1");
  });
});
