import { z } from "zod";
import type { Manifest } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import type { ReportSubject } from "./subject.ts";

const attestationSchema = z.object({
  check: z.string(),
  subject: z.object({ kind: z.string(), name: z.string() }),
  statement: z.string(),
  evidence: z.object({ uri: z.string(), sha256: z.string() }).optional(),
  attestedBy: z.string(),
  validFrom: z.string(),
  expiresAt: z.string(),
});

/** What a person answers for, and until when. */
export interface AttestationReport extends z.output<typeof attestationSchema> {
  readonly name: string;
  readonly state: "counts" | "notYetValid" | "ended";
}

/** Attestations of the subject and of the region in which it lives. Pure; `now` is RFC 3339. */
export function attestationsOf(
  objects: readonly Manifest[],
  subjects: readonly ReportSubject[],
  now: string,
): { readonly attestations: readonly AttestationReport[]; readonly malformed: readonly Manifest[] } {
  const own = objects.filter((object) => object.apiVersion === apiVersion && object.kind === "Attestation");
  const read = own.map((object) => ({ object, parsed: attestationSchema.safeParse(object["spec"]) }));
  return {
    malformed: read.filter(({ parsed }) => !parsed.success).map(({ object }) => object),
    attestations: read.flatMap(({ object, parsed }): AttestationReport[] => {
      if (!parsed.success) return [];
      const { subject, validFrom, expiresAt } = parsed.data;
      if (!subjects.some(({ kind, name }) => kind === subject.kind && name === subject.name)) return [];
      const at = Date.parse(now);
      const state = at >= Date.parse(expiresAt) ? "ended" : at < Date.parse(validFrom) ? "notYetValid" : "counts";
      return [{ name: object.metadata.name, ...parsed.data, state }];
    }),
  };
}
