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

const dayMs = 86_400_000;
/** Clocks are set and machines sleep: no answer about a day is trusted for longer than this. */
const longestMs = 6 * 3_600_000;

/** Milliseconds until time alone may change which of these schemes the region proves: a verified proof begins, or ends. Undefined: it never will. */
export function untilProofsChange(
  region: SovereignRegion,
  schemes: readonly string[],
  now: number,
): number | undefined {
  const moments = (region.spec.qualifications ?? [])
    .filter(({ scheme, verification }) => verification === "Verified" && schemes.includes(scheme))
    .flatMap(({ validFrom, validUntil }) => [Date.parse(validFrom), Date.parse(validUntil) + dayMs])
    .filter((moment) => moment > now);
  return moments.length === 0 ? undefined : Math.min(longestMs, ...moments.map((moment) => moment - now));
}
