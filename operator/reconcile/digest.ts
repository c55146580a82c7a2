import { createHash } from "node:crypto";
import { canonicalJson, type Manifest } from "../../constructs/manifest.ts";
import { names } from "../../crds/group.ts";

/** Hex SHA-256 of the canonical JSON. */
export function digest(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** The manifest with the digest of itself in an annotation: it shows when a field that we no longer set would otherwise stay. */
export function sealed(manifest: Manifest): Manifest {
  const annotations = { ...manifest.metadata.annotations, [names.appliedHash]: digest(manifest).slice(0, 32) };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}
