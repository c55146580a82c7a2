import { canonicalJson } from "../../constructs/manifest.ts";

/** Whose an external object is. Written on the object itself: a realm attribute, a comment on a database, a bucket tag. */
export interface Owner {
  /** Identifies this installation of Socle: the UID of namespace kube-system. */
  readonly installation: string;
  readonly tenant: string;
  /** `scheme:value`, e.g. `SIREN:110070018`. */
  readonly legalIdentifier: string;
  readonly module: string;
}

/** The marker as text: canonical JSON, so that equal owners give equal markers. The UID of the Tenant is left out on purpose: a re-created or restored Tenant has another and is the same owner. */
export function markerText(owner: Owner): string {
  return canonicalJson(owner);
}
