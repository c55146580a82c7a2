import { Environment } from "@marcbachmann/cel-js";
import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import { withAt } from "../../../test/support/policy-fixtures/at-path.ts";
import type { Fixture } from "../../../test/support/policy-fixtures/fixture.ts";
import { fixtures } from "../../../test/support/policy-fixtures/fixtures.ts";
import { wholeSuite } from "../../../test/support/whole-suite.ts";
import { catalogue } from "../catalogue/catalogue.ts";
import type { Check } from "../check.ts";
import { tenantOfNamespace } from "../checks/tenant-namespace.ts";
import { evaluate } from "../evaluate.ts";
import { isRead } from "../read.ts";
import { checkAdmissionManifests } from "./policies.ts";
import { admissionRules } from "./rules.ts";
import type { AdmissionRule } from "./rule.ts";

const cel = new Environment({ enableOptionalTypes: true, unlistedVariablesAreDyn: true });
const checkOf = ({ check }: AdmissionRule): Check => catalogue.find(({ id }) => id === check) as Check;
const fixturesOf = ({ check, kind }: AdmissionRule): readonly Fixture[] =>
  [fixtures[check] ?? []].flat().filter(({ subject }) => subject.kind === kind);

/** What the API server would say of the object, in the namespace of the tenant that its name tells. */
function admits({ apiVersion, kind, concerns = "true", keeps }: AdmissionRule, object: Manifest): boolean {
  const tenant = tenantOfNamespace(object.metadata.namespace);
  if (object.apiVersion !== apiVersion || object.kind !== kind || tenant === undefined) return true;
  const world = {
    object: JSON.parse(JSON.stringify(object)) as Manifest,
    request: { namespace: object.metadata.namespace },
    namespaceObject: { metadata: { labels: { [names.tenantLabel]: tenant } } },
  };
  try {
    return cel.evaluate(concerns, world) !== true || cel.evaluate(keeps, world) === true;
  } catch {
    // So do the policies: what they cannot evaluate they refuse.
    return false;
  }
}

function passes(rule: AdmissionRule, object: Manifest, { related = [], beside = [] }: Partial<Fixture> = {}): boolean {
  const { results } = evaluate([checkOf(rule)], [object, ...related, ...beside], "2026-06-15T12:00:00Z");
  const own = results.find(
    ({ object: { kind, name, namespace } }) =>
      kind === object.kind && name === object.metadata.name && namespace === object.metadata.namespace,
  );
  return own === undefined || own.result === "pass";
}

describe("what the API server refuses for a check", () => {
  it("is declared by the checks, and by none that an exception could excuse", () => {
    expect(catalogue.flatMap(({ admission = [] }) => admission)).toEqual(admissionRules);
    for (const { id, admission, excusable } of catalogue) if (admission) expect([id, excusable]).toEqual([id, false]);
  });

  it("is refused in namespaces of tenants alone, by policies that refuse what they cannot evaluate", () => {
    const manifests = checkAdmissionManifests();
    expect(manifests).toHaveLength(2 * admissionRules.length);
    for (const { kind, spec } of manifests)
      expect(spec).toMatchObject(
        kind === "ValidatingAdmissionPolicy"
          ? {
              failurePolicy: "Fail",
              matchConstraints: {
                namespaceSelector: { matchExpressions: [{ key: names.tenantLabel, operator: "Exists" }] },
              },
            }
          : { validationActions: ["Deny"] },
      );
  });
});

describe.each(admissionRules)("$check of a $kind", (rule) => {
  const { evaluation } = checkOf(rule);
  const reads = evaluation.status === "implemented" ? evaluation.subjects : [];

  it("is read by the check from the same fields, and can be broken in each", () => {
    const fields = reads.filter((read) => read.kind === rule.kind).flatMap((read) => read.fields);
    for (const path of rule.fields) expect(fields.find((field) => field.path === path)?.violations).not.toHaveLength(0);
    expect(fixturesOf(rule)).not.toHaveLength(0);
  });

  it("agrees with the check on what passes, and on each value that breaks it", () => {
    for (const fixture of fixturesOf(rule)) {
      expect([passes(rule, fixture.subject, fixture), admits(rule, fixture.subject)]).toEqual([true, true]);
      for (const { path, violations } of reads.flatMap((read) => (isRead(read, fixture.subject) ? read.fields : [])))
        for (const value of rule.fields.includes(path) ? [...violations, undefined] : []) {
          const other = withAt(fixture.subject, path, value);
          expect([path, value, admits(rule, other)]).toEqual([path, value, passes(rule, other, fixture)]);
        }
    }
  });

  it("refuses nothing that the check lets pass, of all objects that checks are tried with", () => {
    const tried = Object.values(fixtures)
      .flat()
      .flatMap(({ subject, rows = [] }) => [subject, ...rows.map((row) => row.subject)]);
    const refused = tried.filter((object) => !admits(rule, object));
    expect(refused.filter((object) => passes(rule, object))).toEqual([]);
  });

  it("refuses nothing that the operator makes for a tenant with every module", () => {
    expect(wholeSuite().manifests.filter((object) => !admits(rule, object))).toEqual([]);
  });

  it("refuses what has no shape that it knows", () => {
    for (const { subject } of fixturesOf(rule))
      for (const path of rule.fields) expect(admits(rule, withAt(subject, path, { odd: ["shape"] }))).toBe(false);
  });
});
