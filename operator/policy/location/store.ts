import { type ObjectRef, refOf } from "../../../constructs/manifest.ts";
import type { Seen } from "../seen.ts";

/**
 * How it is known where something lies, the best first: the provider says so; Kubernetes knows the zone; only the SovereignRegion says so; nothing
 * says anything.
 */
export type Proof = "ProviderAnswer" | "Topology" | "Declared" | "Unknown";

/** Where something lies, and what told it. */
export interface Place {
  /** Code of the provider's region. */
  readonly region?: string;
  /** Zones in which it may lie; none = no better than the region. */
  readonly zones: readonly string[];
  /** ISO 3166 alpha-2; absent where the region does not vouch for what was told. */
  readonly country?: string;
  readonly proof: Proof;
  readonly from: { readonly object: ObjectRef; readonly field: string };
  /** Of Unknown: what is missing, and the remedy. */
  readonly missing?: string;
}

/** Something that holds data of a tenant. */
export interface Store extends Place {
  /** Unknown: something of the tenant that is not to be understood; it bears the name of the object. */
  readonly kind: "Volume" | "Database" | "Realm" | "Bucket" | "Context" | "Unknown";
  readonly name: string;
  /** Of what is an object of the cluster itself. */
  readonly namespace?: string;
  readonly tenant: string;
  /** In the spelling of the API. */
  readonly module: string;
}

/** A field of an object that tells where something lies. */
export const placedBy = ({ object }: Seen, field: string): Place["from"] => ({ object: refOf(object), field });
