import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import { claimsIn } from "../../../test/support/claims.ts";
import { withAt } from "../../../test/support/policy-fixtures/at-path.ts";
import type { Fixture } from "../../../test/support/policy-fixtures/fixture.ts";
import { fixtures } from "../../../test/support/policy-fixtures/fixtures.ts";
import type { Check } from "../check.ts";
import { evaluate } from "../evaluate.ts";
import { catalogue } from "./catalogue.ts";

describe("the words that claim too much", () => {
  it.each([
    ["Le locataire est conforme"],
    ["Les services sont Conformes."],
    ["Hébergement certifié"],
    ["Une région qualifiée"],
    ["Des régions non qualifiées"],
    ["système homologué,"],
    ["Le centre est agréé"],
    ["L'hébergeur est agréé."],
    ["certifié".normalize("NFD")],
    ["SecNumCloud-compliant hosting"],
    ["A qualified provider"],
    ["This is Certified"],
  ])("are found in: %s", (text) => {
    expect(claimsIn(text)).toHaveLength(1);
  });

  it.each([
    ["La qualification de la région a une fin"],
    ["Une décision d'homologation est enregistrée"],
    ["conformément au préavis"],
    ["Certificates of routes end later"],
    ["The qualification of the region"],
  ])("are not found in what only names the subject: %s", (text) => {
    expect(claimsIn(text)).toEqual([]);
  });
});

describe("the catalogue", () => {
  it.each(catalogue.map((check) => ({ check })))("claims nothing in the title of $check.id", ({ check }) => {
    const { title, evaluation } = check;
    const waitsFor = evaluation.status === "stage2" ? [evaluation.needs] : [];
    const lacks = evaluation.status === "notObservable" ? [evaluation.lacks] : [];
    expect([title.en, title.fr, ...waitsFor, ...lacks].flatMap(claimsIn)).toEqual([]);
    expect(title.en).not.toBe(title.fr);
  });

  const evaluated = catalogue.filter(({ evaluation }) => evaluation.status === "implemented");
  it.each(evaluated.map((check) => ({ check })))("claims nothing in what $check.id says of objects", ({ check }) => {
    const messages = messagesOf(check);
    expect(messages.length, check.id).toBeGreaterThan(0);
    expect(messages.flatMap(claimsIn)).toEqual([]);
  });
});

/** Every message for an object of the fixtures, and for what they become with each value that must not pass and with each field taken away. */
function messagesOf(check: Check): readonly string[] {
  return [fixtures[check.id] ?? []].flat().flatMap((fixture) => {
    const worlds = [
      ...worldsOf(check, fixture),
      ...(fixture.rows ?? []).map(({ subject }) => [subject, ...(fixture.related ?? [])]),
    ];
    return worlds
      .flatMap((world) => evaluate([check], world, fixture.now ?? "2026-06-15T12:00:00Z").results)
      .flatMap(({ problems }) => problems.map(({ message }) => message));
  });
}

function worldsOf({ evaluation }: Check, { subject, related = [] }: Fixture): readonly (readonly Manifest[])[] {
  if (evaluation.status !== "implemented") return [];
  const world = [subject, ...related];
  return [...evaluation.subjects, ...(evaluation.related ?? [])].flatMap(({ kind, fields }) =>
    fields.flatMap(({ path, violations }) =>
      [undefined, ...violations].map((value) =>
        world.map((object) => (object.kind === kind ? withAt(object, path, value) : object)),
      ),
    ),
  );
}
