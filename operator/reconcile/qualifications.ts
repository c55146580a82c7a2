import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";

type Qualification = NonNullable<SovereignRegion["spec"]["qualifications"]>[number];

/** A proof of that scheme that counts: Verified, and today lies between its first and its last day (both included, UTC). */
export function validQualification(region: SovereignRegion, scheme: string, now: number): Qualification | undefined {
  const today = new Date(now).toISOString().slice(0, 10);
  return region.spec.qualifications?.find(
    (proof) =>
      proof.scheme === scheme &&
      proof.verification === "Verified" &&
      proof.validFrom <= today &&
      today <= proof.validUntil,
  );
}
