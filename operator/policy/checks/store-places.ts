import type { Evaluation, Surroundings } from "../check.ts";
import { regionOfTenant } from "../location/place.ts";
import type { Store } from "../location/store.ts";
import { carriers, storesIn, tellers } from "../location/stores.ts";
import type { Problem } from "../read.ts";
import { type Seen, Unknown, wordsOf } from "../seen.ts";
import { attestations, standingWord } from "./attestations.ts";
import { homeOf } from "./tenant-region.ts";

/** What an Attestation names that vouches for what a region declares. */
export const storePlacesID = "19-05";

function judgeStore(store: Store, surroundings: Surroundings): readonly Problem[] {
  const { proof, country, from } = store;
  const what = `${store.kind} ${store.name}`;
  if (proof === "Unknown") throw new Unknown(from.field, store.missing ?? `Nothing says where ${what} lies.`);
  const region = regionOf(store, surroundings);
  const field = `${from.object.kind} ${from.object.name} ${from.field}`;
  if (country === undefined) {
    const zones = store.zones.join(", ");
    const message = `${what} may lie in ${zones}, and region ${region.name} does not declare each of these zones; move it, or mend spec.zones.`;
    return [{ field, observed: zones, message }];
  }
  if (!countriesOf(store.tenant, surroundings).includes(country)) {
    const message = `${what} lies in ${country}, which tenant ${store.tenant} does not admit; move it to a region where it may lie.`;
    return [{ field, observed: country, message }];
  }
  if (proof !== "Declared" || vouching(region, surroundings) !== undefined) return [];
  const message = `Only region ${region.name} itself says that ${what} lies in ${country}; let nodes and classes of volumes name their zones, or record an Attestation of check ${storePlacesID} for the region.`;
  return [{ field, observed: proof, message }];
}

const regionOf = ({ from: { field }, tenant }: Store, surroundings: Surroundings): Seen =>
  regionOfTenant({ field, value: tenant }, surroundings);

const vouching = (subject: Seen, surroundings: Surroundings): Seen | undefined =>
  standingWord({ check: storePlacesID, subject }, surroundings);

function countriesOf(tenantName: string, surroundings: Surroundings): readonly string[] {
  const { tenant } = homeOf(tenantName, surroundings);
  return tenant === undefined ? [] : wordsOf(tenant.one("spec.compliance.countries"));
}

/** 19-05, requirement 19.2.a: where each store lies is known by more than what the region says of itself. */
export const storePlaces: Evaluation = {
  status: "implemented",
  subjects: carriers,
  related: [...tellers, attestations],
  judge: (carrier, surroundings) => storesIn(carrier, surroundings).flatMap((store) => judgeStore(store, surroundings)),
  restsOn: (carrier, surroundings) => {
    const store = storesIn(carrier, surroundings).find(({ proof }) => proof === "Declared");
    if (store === undefined || judgeStore(store, surroundings).length > 0) return undefined;
    return vouching(regionOf(store, surroundings), surroundings);
  },
};
