import { apiVersion } from "../../../crds/group.ts";
import type { Surroundings } from "../check.ts";
import type { Read } from "../read.ts";
import { type Seen, type SeenText, Unknown } from "../seen.ts";

/** What a person answers for. */
export const attestations: Read = {
  apiVersion,
  kind: "Attestation",
  scope: "cluster",
  fields: [
    { path: "spec.check", whenAbsent: "error", violations: ["19-01"] },
    { path: "spec.subject.kind", whenAbsent: "error", violations: ["Tenant"] },
    { path: "spec.subject.name", whenAbsent: "error", violations: ["elsewhere"] },
    { path: "spec.validFrom", whenAbsent: "error", violations: ["2026-06-16T00:00:00Z"] },
    { path: "spec.expiresAt", whenAbsent: "error", violations: ["2026-06-15T12:00:00Z"] },
  ],
};

/** Does somebody answer today for this check of the region? What nobody else tells counts only then. */
export function isAttested(check: string, region: Seen, surroundings: Surroundings): boolean {
  const concerning = surroundings.of("Attestation").filter((attestation) => {
    const [wanted, kind, name] = ["spec.check", "spec.subject.kind", "spec.subject.name"].map(
      (path) => attestation.text(path).value,
    );
    return wanted === check && kind === "SovereignRegion" && name === region.name;
  });
  return concerning.some((attestation) => {
    const now = Date.parse(surroundings.now);
    return timeOf(attestation.text("spec.validFrom")) <= now && now < timeOf(attestation.text("spec.expiresAt"));
  });
}

function timeOf({ field, value }: SeenText): number {
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new Unknown(field, `${field} is no time.`);
  return time;
}
