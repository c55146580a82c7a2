import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import { apiVersion } from "../../../crds/group.ts";
import { catalogue } from "../catalogue/catalogue.ts";
import { evaluate, type Result } from "../evaluate.ts";

const now = Date.parse("2026-06-15T12:00:00Z");
const moment = (daysAgo: number): string => new Date(now - daysAgo * 86_400_000).toISOString();
const region: Manifest = { apiVersion, kind: "SovereignRegion", metadata: { name: "cloudgouv" }, spec: {} };
const tenant = (...dataClasses: readonly string[]): Manifest => ({
  apiVersion,
  kind: "Tenant",
  metadata: { name: "meteo" },
  spec: { compliance: { dataClasses } },
});

/** What camille said so many days ago, for as long as anybody may. */
const word = (check: string, daysAgo: number, name = "seen-by-camille"): Manifest => ({
  apiVersion,
  kind: "Attestation",
  metadata: { name },
  spec: {
    check,
    subject: { kind: "SovereignRegion", name: "cloudgouv" },
    statement: "I have seen it, and it was as the check wants it.",
    evidence: { uri: "urn:example:review:1", sha256: "a".repeat(64) },
    attestedBy: "camille",
    validFrom: moment(daysAgo),
    expiresAt: moment(daysAgo - 366),
  },
});

function said(check: string, ...objects: readonly Manifest[]): Result | undefined {
  const only = catalogue.filter(({ id }) => id === check);
  return evaluate(only, objects, new Date(now).toISOString()).results[0];
}

describe("what a person attested", () => {
  it.each([
    ["9-16", 91, "pass"],
    ["9-16", 92, "fail"],
    ["5-06", 364, "pass"],
    ["5-06", 365, "fail"],
    ["5-05", 365, "pass"],
    ["5-05", 366, "fail"],
  ])("counts as long as check %s lets it: %i days later it is a %s", (check, daysAgo, result) => {
    expect(said(check, region, word(check, daysAgo))?.result).toBe(result);
  });

  it("is named by the result, valid or not", () => {
    expect(said("5-06", region, word("5-06", 1))).toMatchObject({ result: "pass", attestation: "seen-by-camille" });
    expect(said("5-06", region, word("5-06", 400))).toMatchObject({ result: "fail", attestation: "seen-by-camille" });
    expect(said("5-06", region)).not.toHaveProperty("attestation");
  });

  it("said again is something new to judge, and the later word counts", () => {
    const before = said("5-06", region, word("5-06", 300, "last-year"));
    const after = said("5-06", region, word("5-06", 300, "last-year"), word("5-06", 1, "this-year"));
    expect(after?.attestation).toBe("this-year");
    expect(after?.digest).not.toBe(before?.digest);
  });

  it("is asked of a tenant only where its data call for it", () => {
    expect(said("6-02", tenant("Internal", "Personal"))).toMatchObject({ result: "pass" });
    expect(said("6-02", tenant("Personal", "Health"))).toMatchObject({ result: "error" });
  });
});
