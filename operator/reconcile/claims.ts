import { createHash } from "node:crypto";
import { apiVersion, names } from "../../crds/group.ts";
import type { NameClaim, NameClaimKind } from "../../crds/v1alpha1/name-claim.ts";
import type { Manifest } from "../../constructs/manifest.ts";

/** A name that must belong to one tenant only. */
export interface WantedClaim {
  readonly kind: NameClaimKind;
  /** Canonical lower-case value; `<server>/<name>` for names that are unique per server. */
  readonly value: string;
}

export interface ClaimHolder {
  readonly name: string;
  /** `scheme:value`. */
  readonly legalIdentifier: string;
  readonly uid: string;
}

/** Name of the claim of a value: creation of that object is the lock. */
export function claimName(wanted: WantedClaim): string {
  const hash = createHash("sha256").update(wanted.value).digest("hex").slice(0, 32);
  return `${wanted.kind.toLowerCase()}-${hash}`;
}

export function claimManifest(wanted: WantedClaim, holder: ClaimHolder): Manifest {
  return {
    apiVersion,
    kind: "NameClaim",
    metadata: {
      name: claimName(wanted),
      labels: { [names.tenantLabel]: holder.name, [names.managedByLabel]: names.managedBy },
    },
    spec: { kind: wanted.kind, value: wanted.value, holder, state: "Held" },
  };
}

/** What to do about one wanted name, given the claim of that value as it is now. */
export type ClaimDecision =
  | { readonly kind: "create" }
  | { readonly kind: "held" }
  /** Ours from before: a re-created Tenant, or data that was retained for it. */
  | { readonly kind: "take-back" }
  | { readonly kind: "taken"; readonly message: string };

/** Same tenant name and same legal identifier is the same holder; anything else is somebody else. */
export function isHeldBy({ spec }: NameClaim, holder: ClaimHolder): boolean {
  return spec.holder.name === holder.name && spec.holder.legalIdentifier === holder.legalIdentifier;
}

/** What to do about a wanted name, by the claim of that value as it is now. Pure. */
export function decideClaim(wanted: WantedClaim, holder: ClaimHolder, live: NameClaim | undefined): ClaimDecision {
  if (live === undefined) return { kind: "create" };
  const { spec } = live;
  if (spec.state === "Tombstoned") {
    return {
      kind: "taken",
      message: `${wanted.kind} ${wanted.value} was served in the past and is never given out again; choose another.`,
    };
  }
  if (!isHeldBy(live, holder)) {
    const kept = spec.state === "Retained" ? "whose data is retained" : "which holds it";
    return {
      kind: "taken",
      message: `${wanted.kind} ${wanted.value} belongs to tenant ${spec.holder.name} (${kept}); choose another name, or ask that tenant to give it up.`,
    };
  }
  return spec.state === "Held" && spec.holder.uid === holder.uid ? { kind: "held" } : { kind: "take-back" };
}

/** Is one domain the other, or a parent of it? */
export function domainsOverlap(left: string, right: string): boolean {
  return left === right || left.endsWith(`.${right}`) || right.endsWith(`.${left}`);
}

/** A claim of somebody else on the same domain, a parent or a child of it. */
export function overlappingClaim(
  wanted: WantedClaim,
  holder: ClaimHolder,
  all: readonly NameClaim[],
): NameClaim | undefined {
  if (wanted.kind !== "Domain") return undefined;
  return all.find(
    (claim) =>
      claim.spec.kind === "Domain" &&
      claim.spec.holder.name !== holder.name &&
      domainsOverlap(claim.spec.value, wanted.value),
  );
}
