import type { Manifest } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import { sovereignRegionSpec, type SovereignRegionSpec } from "../../crds/v1alpha1/sovereign-region.ts";
import { storePlacesID } from "../policy/checks/store-places.ts";
import { kindOf } from "../policy/evaluate.ts";
import type { Store } from "../policy/location/store.ts";
import { carriers, storesOf, tellers } from "../policy/location/stores.ts";
import type { AttestationReport } from "./attestations.ts";
import type { Unread } from "./judgement.ts";
import { isOfAnother, type ReportSubject } from "./subject.ts";

/** A place where data lies or goes to, as the region declares it. */
export interface DataPlace {
  readonly what: "volumes" | "objectStore" | "databaseServer" | "logins" | "mail" | "webmail" | "images";
  /** Host or class. */
  readonly name: string;
  /** Addresses, or the region of a store. */
  readonly details: readonly string[];
}

/** Something that holds data of a tenant, where it lies, and how that is known. */
export interface StoreReport extends Store {
  /** Of what the region alone declares: the attestation in force that answers for it. */
  readonly vouchedBy?: { readonly name: string; readonly until: string };
}

/** Where data lies. */
export interface LocationReport {
  readonly provider: string;
  readonly regionCode: string;
  readonly country: string;
  readonly zones: readonly string[];
  /** Countries that the tenant allows; absent in the report of a region. */
  readonly allowedCountries?: readonly string[];
  readonly places: readonly DataPlace[];
  /** Of the tenant; in the report of a region, of all of its tenants. */
  readonly stores: readonly StoreReport[];
  /** Kinds that could not be read: stores may be missing here, or lie better known than is told. */
  readonly unread: readonly string[];
}

/** What the places of data are told from. */
export interface LocationSources {
  readonly subject: ReportSubject;
  readonly region: Manifest | undefined;
  readonly objects: readonly Manifest[];
  readonly unread: readonly Unread[];
  readonly attestations: readonly AttestationReport[];
}

/** Undefined where the region is not there or is not to be understood. Pure. */
export function locationOf(sources: LocationSources): LocationReport | undefined {
  const { subject, region, objects, unread } = sources;
  const parsed = sovereignRegionSpec.safeParse(region?.["spec"]);
  if (!parsed.success) return undefined;
  const { provider, country, zones } = parsed.data;
  const tenant = objects.find(
    (one) => isTenant(one) && subject.kind === "Tenant" && one.metadata.name === subject.name,
  );
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
    places: declared(parsed.data),
    stores: storesFor(sources),
    unread: unread.filter(({ because, ...kind }) => because !== "absent" && tells(kind)).map(({ kind }) => kind),
  };
}

const isTenant = (object: Manifest): boolean => object.apiVersion === apiVersion && object.kind === "Tenant";
const tells = (kind: Pick<Unread, "apiVersion" | "kind">): boolean =>
  [...carriers, ...tellers].some((read) => kindOf(read) === kindOf(kind));

/** A tenant's report tells its own alone; a region's, those of everybody but the tenants of another region. */
function storesFor({ subject, region, objects, attestations }: LocationSources): readonly StoreReport[] {
  const elsewhere = objects.filter((one) => isTenant(one) && regionNameOf(one) !== region?.metadata.name);
  const others = new Set(elsewhere.map(({ metadata }) => metadata.name));
  const isTold = ({ tenant }: Store): boolean =>
    subject.kind === "Tenant" ? tenant === subject.name : !others.has(tenant);
  const visible = objects.filter((one) => subject.kind === "SovereignRegion" || !isOfAnother(subject, one));
  const vouchedBy = voucherIn(attestations, region?.metadata.name);
  return storesOf(visible)
    .filter(isTold)
    .map((store) => (store.proof === "Declared" && vouchedBy !== undefined ? { ...store, vouchedBy } : store));
}

function regionNameOf({ spec }: Manifest): string | undefined {
  const { regionRef } = (spec ?? {}) as { readonly regionRef?: { readonly name?: string } };
  return regionRef?.name;
}

/** The one that counts longest. */
function voucherIn(
  attestations: readonly AttestationReport[],
  region: string | undefined,
): StoreReport["vouchedBy"] | undefined {
  const [longest] = attestations
    .filter(({ check, state, subject: { kind, name } }) => {
      return check === storePlacesID && state === "counts" && kind === "SovereignRegion" && name === region;
    })
    .toSorted((left, right) => Date.parse(right.expiresAt) - Date.parse(left.expiresAt));
  return longest === undefined ? undefined : { name: longest.name, until: longest.expiresAt };
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
