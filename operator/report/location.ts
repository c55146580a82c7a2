import { z } from "zod";
import type { Manifest } from "../../constructs/manifest.ts";
import { sovereignRegionSpec, type SovereignRegionSpec } from "../../crds/v1alpha1/sovereign-region.ts";
import { objectText } from "./subject.ts";

/** A place where data lies or goes to, as the region declares it. */
export interface DataPlace {
  readonly what:
    | "volumes"
    | "volume"
    | "database"
    | "objectStore"
    | "databaseServer"
    | "logins"
    | "mail"
    | "webmail"
    | "images";
  /** Host, class or volume. */
  readonly name: string;
  /** Addresses, size or class. */
  readonly details: readonly string[];
}

/** Where data lies. What the provider itself says of it, its own interface tells. */
export interface LocationReport {
  readonly provider: string;
  readonly regionCode: string;
  readonly country: string;
  readonly zones: readonly string[];
  /** Countries that the tenant allows; absent in the report of a region. */
  readonly allowedCountries?: readonly string[];
  readonly places: readonly DataPlace[];
}

/** Undefined where the region is not there or is not to be understood. Pure. */
export function locationOf(
  region: Manifest | undefined,
  { tenant, objects }: { readonly tenant: Manifest | undefined; readonly objects: readonly Manifest[] },
): LocationReport | undefined {
  const parsed = sovereignRegionSpec.safeParse(region?.["spec"]);
  if (!parsed.success) return undefined;
  const { provider, country, zones } = parsed.data;
  const { compliance } = (tenant?.["spec"] ?? {}) as {
    readonly compliance?: { readonly countries?: readonly string[] };
  };
  return {
    provider: provider.type,
    regionCode: provider.regionCode,
    country,
    zones,
    // Left out, the API server takes France alone.
    ...(tenant === undefined ? {} : { allowedCountries: compliance?.countries ?? ["FR"] }),
    places: [...declared(parsed.data), ...objects.flatMap(kept)],
  };
}

function declared({ storage, postgresql, keycloak, smtp, openXchange, images }: SovereignRegionSpec): DataPlace[] {
  const { objectStore } = storage;
  const { server } = postgresql;
  return [
    { what: "volumes", name: storage.className, details: [] },
    ...(objectStore === undefined
      ? []
      : [place("objectStore", objectStore.url, [objectStore.region, ...(objectStore.cidrs ?? [])])]),
    ...(server === undefined ? [] : [place("databaseServer", server.host, server.cidrs)]),
    place("logins", keycloak.url, []),
    ...(smtp === undefined ? [] : [place("mail", smtp.host, smtp.cidrs)]),
    ...(openXchange === undefined ? [] : [place("webmail", openXchange.url, openXchange.cidrs)]),
    ...(images?.mirror === undefined ? [] : [place("images", images.mirror, [])]),
  ];
}

const place = (what: DataPlace["what"], name: string, details: readonly string[]): DataPlace => ({
  what,
  name,
  details,
});

const claim = z.object({
  spec: z.object({
    storageClassName: z.string().nullish(),
    resources: z.object({ requests: z.object({ storage: z.string().optional() }).optional() }).optional(),
  }),
});
/** The volumes of a Cluster of CloudNativePG, which makes them by itself. */
const database = z.object({
  spec: z.object({ storage: z.object({ size: z.string().optional(), storageClass: z.string().optional() }) }),
});

function kept(object: Manifest): DataPlace[] {
  const { apiVersion, kind, metadata } = object;
  const name = objectText({ kind, ...metadata });
  if (apiVersion === "v1" && kind === "PersistentVolumeClaim") {
    const spec = claim.safeParse(object).data?.spec;
    return [place("volume", name, known(spec?.resources?.requests?.storage, spec?.storageClassName))];
  }
  if (apiVersion !== "postgresql.cnpg.io/v1" || kind !== "Cluster") return [];
  const storage = database.safeParse(object).data?.spec.storage;
  return [place("database", name, known(storage?.size, storage?.storageClass))];
}

const known = (...values: readonly (string | null | undefined)[]): readonly string[] =>
  values.filter((value) => value !== undefined && value !== null);
