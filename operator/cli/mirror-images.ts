import type { Manifest } from "../../constructs/manifest.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import { type AssumedCluster, exportTenant } from "../export/tenant-export.ts";
import { type CatalogueImage, catalogueImages, inMirror } from "../modules/catalogue.ts";
import { managedGap, managedKeycloak } from "../modules/registry.ts";

/** What a region has to be able to pull, besides what it overrides. */
export interface NeededImages {
  /** Absent: nobody said which region. */
  readonly region?: SovereignRegion;
  readonly images: readonly CatalogueImage[];
  /** Why something is missing: a sentence each. */
  readonly leftOut: readonly string[];
}

/** Stands for the region's own registry: it tells what comes from the catalogue from what the region names. No host can have that name. */
const standIn = "mirror.invalid";

/** Everything of the catalogue that the region does not override. */
export function everyImage(region?: SovereignRegion): NeededImages {
  const images = catalogueImages().filter(({ name }) => !isOverridden(region, name));
  return { ...(region === undefined ? {} : { region }), images, leftOut: [] };
}

/** What runs in a region with these tenants, by the code that makes it: in the versions that they ask for. Pure. */
export function imagesOfTenants(
  region: SovereignRegion,
  tenants: readonly Tenant[],
  assumed: AssumedCluster,
): NeededImages {
  const seen: SovereignRegion = {
    ...region,
    spec: { ...region.spec, images: { ...region.spec.images, mirror: standIn } },
  };
  const exports = tenants.map((tenant) => ({ tenant, ...exportTenant(tenant, seen, assumed) }));
  const server = serverOf(seen, assumed);
  const references = imagesIn([...exports.flatMap(({ manifests }) => manifests), ...server.manifests]);
  return {
    region,
    images: [...new Set(references)].sort().flatMap(fromCatalogue),
    leftOut: [
      ...server.leftOut,
      ...exports.flatMap(({ tenant, leftOut }) => leftOut.map((line) => `Tenant ${tenant.metadata.name}: ${line}`)),
    ],
  };
}

function serverOf(
  region: SovereignRegion,
  assumed: AssumedCluster,
): { readonly manifests: readonly Manifest[]; readonly leftOut: readonly string[] } {
  if (region.spec.keycloak.managed === undefined) return { manifests: [], leftOut: [] };
  const gap = managedGap(region, assumed);
  if (gap !== undefined) return { manifests: [], leftOut: [`Region ${region.metadata.name}: ${gap.message}`] };
  const server = managedKeycloak(region, { runs: undefined, trustBundle: undefined, marker: "", cluster: assumed });
  const { manifests } = server.workload({ published: false, stopped: false });
  return { manifests: [...manifests, ...(server.databaseServer?.manifests ?? [])], leftOut: [] };
}

/** Pods and Clusters of CloudNativePG name their images in these fields, and nothing else has them. */
function imagesIn(value: unknown): string[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    (key === "image" || key === "imageName") && typeof inner === "string" ? [inner] : imagesIn(inner),
  );
}

/** The public image that stands behind one of the stand-in; nothing where the region overrides it. */
function fromCatalogue(reference: string): CatalogueImage[] {
  const found = catalogueImages().find(
    (image) => repositoryOf(inMirror(standIn, image.reference)) === repositoryOf(reference),
  );
  if (found === undefined) return [];
  const tag = reference.slice(repositoryOf(reference).length);
  return [{ name: found.name, reference: `${repositoryOf(found.reference)}${tag}` }];
}

/** A reference without tag and digest; a colon before a slash is that of a port. */
function repositoryOf(reference: string): string {
  return reference.replace(/@.*$/, "").replace(/:[^:/]*$/, "");
}

function isOverridden(region: SovereignRegion | undefined, name: string): boolean {
  return region?.spec.images?.overrides?.some((entry) => entry.name === name) ?? false;
}
