import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";

/** Images of this release, by the name under which a region overrides them. */
const imageCatalogue: Readonly<Record<string, string>> = {
  "postgresql-18": "ghcr.io/cloudnative-pg/postgresql:18.6-system-trixie",
  keycloak: "quay.io/keycloak/keycloak:26.7.5",
};

/**
 * Full reference of an image in a region: its override, or the catalogue's with the region's mirror in place of the public registry.
 * Undefined for a name that this release does not know and the region does not override.
 */
export function imageReference(region: Pick<SovereignRegion["spec"], "images">, name: string): string | undefined {
  const override = region.images?.overrides?.find((entry) => entry.name === name);
  if (override !== undefined) return override.reference;
  const reference = imageCatalogue[name];
  const mirror = region.images?.mirror;
  return mirror === undefined || reference === undefined
    ? reference
    : `${mirror.replace(/\/+$/, "")}/${reference.slice(reference.indexOf("/") + 1)}`;
}
