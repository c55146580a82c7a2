import { canonicalJson } from "./digest.ts";

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

/** The owner that a marker names, or undefined if the text is not one of ours. */
export function parseMarker(text: string): Owner | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (value === null || typeof value !== "object") return undefined;
  const { installation, tenant, legalIdentifier, module } = value as Record<string, unknown>;
  if (typeof installation !== "string" || typeof tenant !== "string") return undefined;
  if (typeof legalIdentifier !== "string" || typeof module !== "string") return undefined;
  return { installation, tenant, legalIdentifier, module };
}
