import type { Manifest } from "../../constructs/manifest.ts";
import { sovereignRegionSpec } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Check, Mappings } from "../policy/check.ts";

/** A proof of the provider below, as the region states it. */
export interface Inherited {
  readonly scheme: string;
  readonly reference: string;
  readonly holder: string;
  readonly scope: readonly string[];
  readonly validFrom: string;
  readonly validUntil: string;
  readonly evidenceURI?: string | undefined;
  readonly evidenceSHA256?: string | undefined;
  readonly verifiedBy?: string | undefined;
  /** Only `counts` does: somebody read the document, and it is valid on that day. */
  readonly state: "counts" | "unverified" | "withdrawn" | "notYetValid" | "expired";
}

/** Every proof of the region, whether it counts or not; undefined where the region is not to be understood. */
export function inheritedFrom(region: Manifest, now: string): readonly Inherited[] | undefined {
  const parsed = sovereignRegionSpec.safeParse(region["spec"]);
  if (!parsed.success) return undefined;
  const today = now.slice(0, 10);
  return (parsed.data.qualifications ?? []).map(({ verification, ...proof }) => ({
    ...proof,
    state: stateOf(proof, verification, today),
  }));
}

function stateOf(
  { validFrom, validUntil }: { readonly validFrom: string; readonly validUntil: string },
  verification: "Unverified" | "Verified" | "Withdrawn",
  today: string,
): Inherited["state"] {
  if (verification === "Withdrawn") return "withdrawn";
  if (today > validUntil) return "expired";
  if (verification === "Unverified") return "unverified";
  return today < validFrom ? "notYetValid" : "counts";
}

/** The table by which a scheme speaks of a check; the catalogue itself is that of SecNumCloud. */
const frameworks: Readonly<Record<string, keyof Mappings>> = { HDS: "hds", ISO27001: "iso27001", RGS: "rgs" };

/** Proofs that count, of schemes that ask for what the check looks at. */
export function bearingOn({ mappings }: Check, proofs: readonly Inherited[]): readonly Inherited[] {
  return proofs.filter(({ scheme, state }) => {
    if (state !== "counts") return false;
    const framework = frameworks[scheme];
    return scheme === "SecNumCloud" || (framework !== undefined && (mappings[framework] ?? []).length > 0);
  });
}
