import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import { withAt } from "../../../test/support/policy-fixtures/at-path.ts";
import type { Fixture } from "../../../test/support/policy-fixtures/fixture.ts";
import { fixtures } from "../../../test/support/policy-fixtures/fixtures.ts";
import { fixturesOfKinds } from "../../../test/support/policy-fixtures/other-kinds.ts";
import type { Check, Evaluation } from "../check.ts";
import { evaluate } from "../evaluate.ts";
import { type FieldRead, isRead, type Read } from "../read.ts";
import { catalogue, catalogueVersion, versionOf } from "./catalogue.ts";
import { countsOf } from "./listing.ts";

type Implemented = Extract<Evaluation, { readonly status: "implemented" }>;
interface Judged {
  readonly check: Check;
  readonly evaluation: Implemented;
  readonly fixture: Fixture;
}

const implemented = catalogue.flatMap((check) =>
  check.evaluation.status === "implemented" ? [{ check, evaluation: check.evaluation }] : [],
);

const fixturesOf = (id: string, { subjects }: Implemented): readonly Fixture[] =>
  fixturesOfKinds([fixtures[id] ?? []].flat(), subjects);

describe("the catalogue", () => {
  it("has each check once, in the order of its number", () => {
    const order = (id: string) => id.split("-").map(Number) as [number, number];
    const ids = catalogue.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const sorted = [...ids].sort((a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1]);
    expect(ids).toEqual(sorted);
  });

  it("has 179 checks, of the severities, modes and layers that it was drawn up with", () => {
    const { total, severity, mode, status } = countsOf(catalogue);
    expect(total).toBe(179);
    expect(severity).toEqual({ critical: 30, high: 82, medium: 58, low: 9 });
    expect(mode).toEqual({ automated: 109, probe: 25, mixed: 18, attested: 26, manual: 1 });
    expect(Object.values(status).reduce((sum, count) => sum + count, 0)).toBe(total);
  });

  it("has a version that is another as soon as one check is of another", () => {
    expect(catalogueVersion).toMatch(/^[0-9a-f]{16}$/);
    const [first, ...others] = catalogue;
    expect(versionOf([...catalogue])).toBe(catalogueVersion);
    expect(versionOf([{ id: first?.id ?? "", version: 99 }, ...others])).not.toBe(catalogueVersion);
    expect(versionOf(others)).not.toBe(catalogueVersion);
  });

  it("holds back a first Ready for six checks, and lets no exception excuse seven", () => {
    const ids = (some: readonly Check[]): string[] => some.map(({ id }) => id);
    expect(ids(catalogue.filter(({ gate }) => gate === "onboarding"))).toEqual([
      ...["5-03", "9-34", "9-35", "9-36", "13-06", "19-06"],
    ]);
    expect(ids(catalogue.filter(({ excusable }) => !excusable))).toEqual([
      ...["8-06", "8-07", "9-24", "9-29", "10-17", "19-06", "19-07"],
    ]);
  });

  it("tries each kind that a check judges with an object of it that passes", () => {
    const untried = implemented.flatMap(({ check, evaluation }) => {
      const tried = fixturesOf(check.id, evaluation).flatMap(({ subject, rows = [] }) => [
        subject.kind,
        ...rows.filter(({ result }) => result === "pass").map((row) => row.subject.kind),
      ]);
      return evaluation.subjects.filter(({ kind }) => !tried.includes(kind)).map(({ kind }) => `${check.id} ${kind}`);
    });
    expect(untried).toEqual([]);
  });

  it("declares what each check that is evaluated reads", () => {
    for (const { check, evaluation } of implemented)
      expect(
        [...evaluation.subjects, ...(evaluation.related ?? [])].flatMap(({ fields }) => fields).length,
        check.id,
      ).toBeGreaterThan(0);
  });

  it("has an object that passes for each check that is evaluated, and for no other", () => {
    expect(Object.keys(fixtures).sort()).toEqual(implemented.map(({ check }) => check.id).sort());
  });
});

const day = "2026-06-15T12:00:00Z";
/** The result of the first subject. */
function resultOf({ check, fixture }: Judged, subject: Manifest, related = fixture.related ?? []): string {
  const { results, notEvaluated } = evaluate(
    [check],
    [subject, ...related, ...(fixture.beside ?? [])],
    fixture.now ?? day,
  );
  const own = results.find(({ object }) => object.kind === subject.kind && object.name === subject.metadata.name);
  return own?.result ?? notEvaluated[0]?.why ?? "not judged";
}

const reads = ({ evaluation, fixture }: Judged, object: Manifest): readonly Read[] =>
  (object === fixture.subject ? evaluation.subjects : (evaluation.related ?? [])).filter((read) =>
    isRead(read, object),
  );

/** The result with another value in a field of the subject or of what is beside it. */
function changed(judged: Judged, object: Manifest, [{ path }, value]: readonly [FieldRead, unknown]): string {
  const { fixture } = judged;
  const other = withAt(object, path, value);
  if (object === fixture.subject) return resultOf(judged, other);
  return resultOf(
    judged,
    fixture.subject,
    (fixture.related ?? []).map((one) => (one === object ? other : one)),
  );
}

describe.each(
  implemented.flatMap(({ check, evaluation }): Judged[] => {
    return fixturesOf(check.id, evaluation).map((fixture) => ({ check, evaluation, fixture }));
  }),
)("check $check.id of a $fixture.subject.kind $fixture.subject.metadata.name", (judged) => {
  const { check, fixture } = judged;
  const fields = [fixture.subject, ...(fixture.related ?? [])].flatMap((object) =>
    reads(judged, object).flatMap((read) =>
      read.fields.map((field) => ({ object, field, of: `${object.kind} ${field.path}` })),
    ),
  );

  it("lets the object pass that keeps the rule", () => {
    expect(resultOf(judged, fixture.subject)).toBe("pass");
  });

  it("fails for each value that breaks the rule, in each field that it reads", () => {
    for (const { object, field, of } of fields)
      for (const value of field.violations)
        expect([of, value, changed(judged, object, [field, value])]).toEqual([of, value, "fail"]);
    expect(fields.flatMap(({ field }) => field.violations).length, check.id).toBeGreaterThan(0);
  });

  it("says of a field that is absent what it declares of it", () => {
    for (const { object, field, of } of fields) {
      const told = changed(judged, object, [field, undefined]);
      const { whenAbsent } = field;
      const expected =
        typeof whenAbsent === "string" ? whenAbsent : changed(judged, object, [field, whenAbsent.default]);
      expect([of, told]).toEqual([of, expected]);
    }
  });

  it("never lets a value pass that is of no shape it knows", () => {
    for (const { object, field, of } of fields)
      for (const value of [{ odd: ["shape"] }, [[{}]]])
        expect([of, value, changed(judged, object, [field, value])]).not.toEqual([of, value, "pass"]);
  });

  it("does not judge an object of another version of its kind", () => {
    const { apiVersion } = fixture.subject;
    expect(resultOf(judged, { ...fixture.subject, apiVersion: `${apiVersion}beta9` })).toMatch(
      /^(nothing to judge|not judged)/,
    );
  });

  it.each(fixture.rows ?? [])("of one that $that: $result", ({ subject, related, result }) => {
    expect(resultOf(judged, subject, related)).toBe(result);
  });
});
