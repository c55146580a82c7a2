import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";

/** Images of this release, by the name under which a region overrides them. */
const imageCatalogue: Readonly<Record<string, string>> = {
  "postgresql-18": "ghcr.io/cloudnative-pg/postgresql:18.6-system-trixie",
  keycloak: "quay.io/keycloak/keycloak:26.7.5",
  "element-web": "oci.element.io/element-web:v1.12.26",
  // Valkey: what Redis was until its licence changed.
  redis: "docker.io/valkey/valkey:8.1.1",
  // These four are one release: each speaks to the others as they are at that tag.
  "jitsi-web": "ghcr.io/jitsi/web:stable-11146-2",
  "jitsi-prosody": "ghcr.io/jitsi/prosody:stable-11146-2",
  "jitsi-jicofo": "ghcr.io/jitsi/jicofo:stable-11146-2",
  "jitsi-jvb": "ghcr.io/jitsi/jvb:stable-11146-2",
  "jitsi-oidc-adapter": "ghcr.io/jitsi-contrib/jitsi-oidc-adapter:20260315",
  openproject: "docker.io/openproject/openproject:17.7.2-slim",
  synapse: "docker.io/matrixdotorg/synapse:v1.163.2",
  collabora: "docker.io/collabora/code:26.04.2.2.1",
  nextcloud: "docker.io/library/nextcloud:34.0.2",
};

/** Public images that lack what a module needs, and the page that says how to build one that has it. */
export const builtByPlatforms: Readonly<Record<string, string>> = {
  // It has none of the suite's apps, and nobody can log in without them.
  nextcloud: "docs/drive.md",
};

/** An image of this release by the name under which a region overrides it. */
export interface CatalogueImage {
  readonly name: string;
  readonly reference: string;
}

/** Every image that this release knows, by name. */
export function catalogueImages(): CatalogueImage[] {
  const names = Object.keys(imageCatalogue).sort();
  return names.map((name) => ({ name, reference: imageCatalogue[name] ?? "" }));
}

/** Where a mirror has what is public under that reference. */
export function inMirror(mirror: string, reference: string): string {
  return `${mirror.replace(/\/+$/, "")}/${reference.slice(reference.indexOf("/") + 1)}`;
}

/**
 * Full reference of an image in a region: its override, or the catalogue's with the region's mirror in place of the public registry.
 * Undefined for a name that this release does not know and the region does not override.
 */
export function imageReference(region: Pick<SovereignRegion["spec"], "images">, name: string): string | undefined {
  const override = region.images?.overrides?.find((entry) => entry.name === name);
  if (override !== undefined) return override.reference;
  const reference = imageCatalogue[name];
  const mirror = region.images?.mirror;
  return mirror === undefined || reference === undefined ? reference : inMirror(mirror, reference);
}

/** A version of a module, and the image that runs it. */
export interface VersionedImage {
  readonly version: string;
  readonly reference: string;
}

/**
 * The image of that version; without one, of the version of this release. An override is taken as it is: whoever names it answers for
 * what is in it.
 */
export function imageOfVersion(
  region: Pick<SovereignRegion["spec"], "images">,
  name: string,
  asked: string | undefined,
): VersionedImage | undefined {
  const reference = imageReference(region, name);
  if (reference === undefined) return undefined;
  const tag = /:(v?)([^:/@]+)$/.exec(imageCatalogue[name] ?? "");
  const version = asked ?? tag?.[2] ?? "";
  const isOverridden = region.images?.overrides?.some((entry) => entry.name === name) === true;
  if (isOverridden || tag === null) return { version, reference };
  return { version, reference: reference.replace(/:[^:/@]+$/, `:${tag[1] ?? ""}${version}`) };
}
