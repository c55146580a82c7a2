import { describe, expect, it } from "vitest";
import { statementOf as of } from "../../../test/support/statements.ts";
import { catalogue } from "../catalogue/catalogue.ts";
import { type Report, reportsOf } from "../reports.ts";
import type { Result } from "../result.ts";
import { EvidenceKeeper, type Noted } from "./keeper.ts";
import type { Head } from "./record.ts";
import { headIn, withHead } from "./resume.ts";

const scope = "t-meteo";
const [monday, tuesday] = ["2026-06-15T12:00:00.000Z", "2026-06-16T12:00:00.000Z"];
const digest = (letter: string): string => letter.repeat(64);
const failed = (name: string): Result =>
  of(name, { result: "fail", problems: [{ field: "spec.type", observed: "NodePort", message: "Make it ClusterIP." }] });
const keeper = (): EvidenceKeeper => new EvidenceKeeper({ catalogue: "0.1.0 abc", redact: (text) => text });
const newsOf = ({ records }: Noted): readonly string[] =>
  records.map(({ object, news, result }) => `${object.name} ${news} ${result}`);

/** The reports of these statements, which name a head. */
function reportsAt(head: Head | undefined, statements: readonly Result[]): readonly Report[] {
  const reports = reportsOf(
    { checks: catalogue, results: statements },
    { layers: ["tenant"], prefix: "socle-checks", namespace: scope, labels: {} },
    { now: 1, before: [] },
  );
  return head === undefined ? reports : reports.map((report) => withHead(report, head));
}

/** Notes and keeps. */
function kept(evidence: EvidenceKeeper, statements: readonly Result[], now = monday): Noted {
  const noted = evidence.note(scope, statements, now);
  evidence.kept(noted);
  return noted;
}

describe("the keeper of evidence", () => {
  it("makes a record of each statement that is another than before, and of each that is said no more", () => {
    const evidence = keeper();
    expect(newsOf(kept(evidence, [of("a"), of("b"), failed("c")]))).toEqual([
      "a first pass",
      "b first pass",
      "c first fail",
    ]);
    expect(newsOf(kept(evidence, [of("a"), of("b"), failed("c")]))).toEqual([]);
    expect(newsOf(kept(evidence, [failed("a"), of("b", { digest: digest("b") }), of("c", { version: 2 })]))).toEqual([
      "a changed fail",
      "b changed pass",
      "c changed pass",
    ]);
    expect(newsOf(kept(evidence, [failed("a")]))).toEqual(["b changed gone", "c changed gone"]);
  });

  it("takes an object that was made anew under the same name for another", () => {
    const evidence = keeper();
    const made = (uid: string): Result => ({ ...of("a"), object: { ...of("a").object, uid } });
    kept(evidence, [made("1")]);
    expect(newsOf(kept(evidence, [made("2")]))).toEqual(["a changed pass"]);
  });

  it("says what a record rests on: object, fields, catalogue, time, and what was observed", () => {
    expect(kept(keeper(), [failed("c")]).records).toMatchObject([
      {
        sequence: 1,
        scope,
        time: monday,
        catalogue: "0.1.0 abc",
        check: "13-06",
        version: 1,
        object: { kind: "Service", name: "c" },
        digest: digest("a"),
        observed: [{ field: "spec.type", value: "NodePort" }],
        previous: digest("0"),
      },
    ]);
  });

  it("hands out again what was not kept, with the changes that came meanwhile", () => {
    const evidence = keeper();
    const first = evidence.note(scope, [of("a")], monday);
    const second = evidence.note(scope, [failed("a")], tuesday);
    expect(second.records.slice(0, 1)).toEqual(first.records);
    expect(newsOf(second)).toEqual(["a first pass", "a changed fail"]);
    evidence.kept(second);
    expect(evidence.note(scope, [failed("a")], tuesday)).toMatchObject({ records: [], head: second.head });
  });

  it("holds a bounded number of records for a store that does not answer, and tells the rest as it is then", () => {
    const evidence = keeper();
    const many = Array.from({ length: 501 }, (_, index) => of(`s${index}`));
    expect(evidence.note(scope, many, monday).records).toHaveLength(501);
    const later = kept(evidence, many, tuesday);
    expect(later.records).toHaveLength(501);
    expect(new Set(later.records.map(({ time }) => time))).toEqual(new Set([tuesday]));
    expect(kept(evidence, many, tuesday).records).toEqual([]);
  });

  it("owes a checkpoint once a day, of records that are kept", () => {
    const evidence = keeper();
    expect(evidence.dueCheckpoint(scope, "2026-06-15")).toBeUndefined();
    const noted = evidence.note(scope, [of("a")], monday);
    expect(evidence.dueCheckpoint(scope, "2026-06-15")).toBeUndefined();
    evidence.kept(noted);
    expect(evidence.dueCheckpoint(scope, "2026-06-15")).toEqual({ scope, ...noted.head });
    evidence.checkpointed(scope, "2026-06-15");
    expect(evidence.dueCheckpoint(scope, "2026-06-15")).toBeUndefined();
    expect(evidence.dueCheckpoint(scope, "2026-06-16")).toEqual({ scope, ...noted.head });
  });
});

describe("an operator that starts again", () => {
  const before = [of("a"), of("b"), failed("c"), of("r", { check: "13-07" })];
  const first = kept(keeper(), before);

  function restarted(statements: readonly Result[], stored?: Head): Noted {
    const evidence = keeper();
    evidence.resume(scope, statements, { stored, reports: reportsAt(first.head, before) });
    return evidence.note(scope, statements, tuesday);
  }

  it("tells nothing again that its reports confirm", () => {
    expect(restarted(before)).toMatchObject({ records: [], head: first.head });
  });

  it("continues the chain from the head that its reports name", () => {
    const { records } = restarted([of("a"), of("b"), of("c"), of("r", { check: "13-07" })]);
    expect(records[0]).toMatchObject({ sequence: 5, previous: first.head?.hash });
  });

  it("tells anew all that pass a check whose passes are others, and what was found and is gone", () => {
    expect(newsOf(restarted([of("a"), of("r", { check: "13-07" })]))).toEqual(["a restated pass", "c changed gone"]);
  });

  it("goes on from the store where it is ahead of the reports, and from the reports where records were taken out of the store", () => {
    const ahead = { sequence: 9, hash: digest("e") };
    const changed = [failed("a"), ...before.slice(1)];
    expect(restarted(changed, ahead).records[0]).toMatchObject({ sequence: 10, previous: ahead.hash });
    expect(restarted(changed, { sequence: 2, hash: digest("e") }).records[0]).toMatchObject({ sequence: 5 });
  });

  it("knows by whom something was excused or attested, and tells where that is another", () => {
    const excused = (by: string): Result => ({ ...failed("c"), result: "skip", excusedBy: by });
    const attested = (by: string): Result => of("d", { attestation: by });
    const statements = [excused("one"), attested("paper")];
    const { head } = kept(keeper(), statements);
    const after = (now: readonly Result[]): readonly string[] => {
      const evidence = keeper();
      evidence.resume(scope, now, { stored: undefined, reports: reportsAt(head, statements) });
      return newsOf(evidence.note(scope, now, tuesday));
    };
    expect(after(statements)).toEqual([]);
    expect(after([excused("two"), attested("other paper")])).toEqual(["c changed skip", "d changed pass"]);
  });

  it("begins a chain where neither names a head", () => {
    const evidence = keeper();
    evidence.resume(scope, before, { stored: undefined, reports: reportsAt(undefined, before) });
    expect(newsOf(evidence.note(scope, before, monday))).toContain("a first pass");
  });

  it("reads the latest head of several reports, and none that somebody wrote by hand", () => {
    const [report] = reportsAt(undefined, before);
    const told = (text: string): Report => ({
      ...report!,
      metadata: { name: "a", annotations: { "socle.dev/evidence-head": text } },
    });
    const heads = [`7:${digest("b")}`, `12:${digest("c")}`, "99:short", "-1:", "0012"].map(told);
    expect(headIn(heads)).toEqual({ sequence: 12, hash: digest("c") });
  });
});
