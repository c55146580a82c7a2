import { createHash } from "node:crypto";
import type { Manifest } from "../../constructs/manifest.ts";
import { names } from "../../crds/group.ts";

/** JSON with sorted keys: equal values give equal text, whatever the order in which they were built. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
    return `{${entries.join(",")}}`;
  }
  return value === undefined ? "null" : JSON.stringify(value);
}

/** Hex SHA-256 of the canonical JSON. */
export function digest(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** The manifest with the digest of itself in an annotation: it shows when a field that we no longer set would otherwise stay. */
export function sealed(manifest: Manifest): Manifest {
  const annotations = { ...manifest.metadata.annotations, [names.appliedHash]: digest(manifest).slice(0, 32) };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}
