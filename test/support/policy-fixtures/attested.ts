import type { Manifest } from "../../../constructs/manifest.ts";
import { apiVersion } from "../../../crds/group.ts";
import { catalogue } from "../../../operator/policy/catalogue/catalogue.ts";
import type { Check } from "../../../operator/policy/check.ts";
import type { Fixture, Fixtures } from "./fixture.ts";

const subjects: Readonly<Record<string, Manifest>> = {
  Tenant: {
    apiVersion,
    kind: "Tenant",
    metadata: { name: "meteo" },
    spec: { compliance: { dataClasses: ["Internal", "Health"] } },
  },
  SovereignRegion: { apiVersion, kind: "SovereignRegion", metadata: { name: "cloudgouv" }, spec: {} },
};

interface Said {
  readonly name?: string;
  readonly validFrom?: string;
  readonly expiresAt?: string;
  readonly check?: string;
}

/** What somebody said of an object: valid on the day of the fixtures unless it says otherwise. */
const word = (check: string, { kind, metadata }: Manifest, said: Said = {}): Manifest => ({
  apiVersion,
  kind: "Attestation",
  metadata: { name: said.name ?? "seen-by-camille" },
  spec: {
    check: said.check ?? check,
    subject: { kind, name: metadata.name },
    statement: "I have seen it, and it was as the check wants it.",
    evidence: { uri: "urn:example:review:1", sha256: "a".repeat(64) },
    attestedBy: "camille",
    validFrom: said.validFrom ?? "2026-06-01T00:00:00Z",
    expiresAt: said.expiresAt ?? "2026-12-01T00:00:00Z",
  },
});

function fixtureOf(id: string, subject: Manifest): Fixture {
  const other: Manifest = { ...subject, metadata: { name: "another" } };
  const of = (...said: readonly Said[]): readonly Manifest[] => said.map((one) => word(id, subject, one));
  const ended: Said = { name: "ended", validFrom: "2026-01-01T00:00:00Z", expiresAt: "2026-06-15T12:00:00Z" };
  return {
    subject,
    related: of({}),
    rows: [
      { that: "nobody said anything about", subject, related: [], result: "error" },
      { that: "somebody said something else about", subject, related: of({ check: "99-99" }), result: "error" },
      { that: "was said of another object", subject, related: [word(id, other)], result: "error" },
      { that: "will be said later", subject, related: of({ validFrom: "2026-06-16T00:00:00Z" }), result: "error" },
      { that: "was said until this moment", subject, related: of(ended), result: "fail" },
      { that: "was said again before it ended", subject, related: of(ended, {}), result: "pass" },
      {
        that: "was said for longer than anybody may",
        subject,
        related: of({ validFrom: "2025-06-01T00:00:00Z" }),
        result: "fail",
      },
    ],
  };
}

const restsOnWords = ({ evaluation }: Check): boolean =>
  evaluation.status === "implemented" && evaluation.restsOn !== undefined;

/** One for each check that rests on a person's word alone, by the kind that its words are about. */
export const attested: Fixtures = Object.fromEntries(
  catalogue.filter(restsOnWords).map(({ id, layer }) => {
    const subject = subjects[layer === "tenant" ? "Tenant" : "SovereignRegion"] as Manifest;
    return [id, fixtureOf(id, subject)];
  }),
);
