import { describe, expect, it } from "vitest";
import { headAfter, recordsOf } from "../../operator/policy/evidence/chain.ts";
import { observedOf } from "../../operator/policy/evidence/observed.ts";
import type { EvidenceRecord, Head } from "../../operator/policy/evidence/record.ts";
import { recordLine } from "../../operator/policy/evidence/record.ts";
import { type Verdict, verifyEvidence } from "../../operator/policy/evidence/verify.ts";
import type { Result } from "../../operator/policy/result.ts";
import { fc, runs } from "../support/fast-check.ts";

const telling = { now: "2026-06-15T12:00:00.000Z", catalogue: "0.1.0 abc", redact: (text: string) => text };
const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const statement: fc.Arbitrary<Result> = fc.record(
  {
    check: fc.constantFrom("9-34", "13-06", "10-20"),
    version: fc.integer({ min: 1, max: 3 }),
    object: fc.record(
      {
        apiVersion: fc.constant("v1"),
        kind: fc.constantFrom("Service", "Secret"),
        namespace: fc.constantFrom("t-meteo", "t-meteo-apps"),
        name: fc.constantFrom("a", "b", "c"),
        uid: fc.constantFrom("1", "2"),
      },
      { requiredKeys: ["apiVersion", "kind", "name"] },
    ),
    result: fc.constantFrom("pass", "fail", "error"),
    problems: fc.array(
      fc.record({ field: fc.string(), observed: fc.string({ unit: "binary" }), message: fc.string() }),
      {
        maxLength: 2,
      },
    ),
    digest: hex,
  },
  { requiredKeys: ["check", "version", "object", "result", "problems", "digest"] },
);
/** What checks say at one time: each of an object once. */
const look = fc.uniqueArray(statement, {
  selector: ({ check, object }) => `${check} ${object.kind} ${object.namespace ?? ""}/${object.name}`,
  maxLength: 4,
});
const looks = fc.array(look, { minLength: 1, maxLength: 5 });

/** All records of looks that follow one another, from a place in the chain on. */
function chained(seen: readonly (readonly Result[])[], from: { head: Head | undefined; said: readonly Result[] }) {
  let { head, said } = from;
  const records: EvidenceRecord[] = [];
  for (const statements of seen) {
    const fresh = recordsOf({ scope: "t-meteo", head, said, resumed: false }, statements, telling);
    records.push(...fresh);
    head = headAfter(fresh, head);
    said = statements;
  }
  return { records, head, said };
}

const beginning = { head: undefined, said: [] };
const bytesOf = (records: readonly EvidenceRecord[]): Buffer =>
  Buffer.from(records.map((record) => `${recordLine(record)}\n`).join(""));
const verified = (parts: readonly Uint8Array[], head?: Head): Verdict =>
  verifyEvidence(
    parts.map((bytes, index) => ({ name: `${index}.jsonl`, bytes })),
    { log: false, head },
  );

describe("a chain of evidence", () => {
  it("verifies as it was written, in one file or in several", () => {
    fc.assert(
      fc.property(looks, fc.nat(), (seen, at) => {
        const { records, head } = chained(seen, beginning);
        const split = records.length === 0 ? 0 : at % records.length;
        const parts = [records.slice(0, split), records.slice(split)].map(bytesOf);
        expect(verified(parts, records.length === 0 ? undefined : head)).toMatchObject({ kind: "whole" });
      }),
      { numRuns: runs(100) },
    );
  });

  it("has the same hashes wherever it was interrupted and taken up again", () => {
    fc.assert(
      fc.property(looks, fc.nat(), (seen, at) => {
        const split = at % (seen.length + 1);
        const first = chained(seen.slice(0, split), beginning);
        const second = chained(seen.slice(split), first);
        expect([...first.records, ...second.records]).toEqual(chained(seen, beginning).records);
      }),
      { numRuns: runs(100) },
    );
  });

  it("does not verify, and names a record, when any one byte is another", () => {
    const records = looks.map((seen) => chained(seen, beginning).records).filter(({ length }) => length > 0);
    fc.assert(
      fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, at, difference) => {
        const bytes = bytesOf(written);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] ?? 0) ^ difference;
        const verdict = verified([bytes]);
        expect(verdict).toMatchObject({ kind: "broken", fault: expect.stringMatching(/record/) as string });
      }),
      { numRuns: runs(500) },
    );
  });

  it("does not verify when a record is taken away, moved or written twice", () => {
    const records = looks.map((seen) => chained(seen, beginning)).filter((chain) => chain.records.length > 1);
    fc.assert(
      fc.property(records, fc.nat(), fc.constantFrom("taken", "moved", "twice"), (chain, at, deed) => {
        const written = [...chain.records];
        const index = at % written.length;
        const [one] = written.splice(index, deed === "twice" ? 0 : 1);
        if (deed === "moved" && one !== undefined) written.splice((index + 1) % (written.length + 1), 0, one);
        if (deed === "twice") written.splice(index, 0, written[index]!);
        // Without its beginning a chain is a part of itself, which nobody can tell from one that was given in part.
        if (deed === "taken" && index === 0) return;
        expect(verified([bytesOf(written)], chain.head)).toMatchObject({ kind: "broken" });
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("what is kept of an observed value", () => {
  const kept = (value: string, kind = "ConfigMap", field = "data.a"): string =>
    observedOf({ field, observed: value, message: "" }, kind, (text) => text).value;

  it("is nothing of a Secret, nothing under a name that says secret, and nothing that looks like a key", () => {
    const key = fc.stringMatching(/^[A-Za-z0-9]{24,60}$/).filter((text) => /[0-9]/.test(text) && /[A-Za-z]/.test(text));
    fc.assert(
      fc.property(key, fc.string(), (secret, around) => {
        expect(kept(secret, "Secret")).toBe("[redacted]");
        expect(kept("hunter hunter", "ConfigMap", "spec.adminPassword")).toBe("[redacted]");
        expect(kept(`${around} ${secret}`)).not.toContain(secret);
        expect(kept(`https://me:${secret}@host/`)).not.toContain(secret);
      }),
    );
  });

  it("is what an auditor needs: names of Secrets, images by digest, addresses, settings", () => {
    const image = `registry.example/app@sha256:${"a1".repeat(32)}`;
    expect(kept("nextcloud-redis", "Deployment", "spec.containers[0].env[2].valueFrom.secretKeyRef.name")).toBe(
      "nextcloud-redis",
    );
    expect(kept("true", "Pod", "spec.automountServiceAccountToken")).toBe("true");
    for (const value of [image, "0.0.0.0/0", "app-7c9d8b6f4-x2x5z", "RSA 1024"]) expect(kept(value)).toBe(value);
  });

  it("is short", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 1_000 }), (text) => {
        expect(kept(text).length).toBeLessThanOrEqual(120);
      }),
    );
  });
});
