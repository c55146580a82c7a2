import { factsKind } from "../../../crds/group.ts";
import type { Around } from "../check.ts";
import { hostOf } from "../checks/server-address.ts";
import { type Seen, wordsOf } from "../seen.ts";
import { placedBy, type Place } from "./store.ts";

/** What NumSpot says lies in a region. Its services have a host per region, so an answer is about the region whose hosts gave it, and about no other. */
export interface ProviderAnswer {
  /** Of the cluster that the region is. */
  readonly cluster?: Place["from"];
  /** Of a bucket on that host. */
  bucket(host: string, name: string): Place["from"] | undefined;
}

export function providerAnswer(region: Seen, { named }: Around): ProviderAnswer {
  const code = region.text("spec.provider.regionCode").value;
  const apiURL = region.text("spec.provider.apiURL");
  const clusterID = region.text("spec.provider.clusterID").value;
  const facts = named(factsKind, region.name);
  if (facts === undefined) return { bucket: () => undefined };
  const asked = apiURL.value !== "" && hostOf(apiURL) === `api.${code}.numspot.com`;
  const own = facts.texts("facts.clusters[].id").find(({ value }) => value === clusterID);
  const buckets = facts.one("facts.buckets");
  const names = wordsOf(buckets);
  return {
    ...(asked && own !== undefined ? { cluster: placedBy(facts, own.field) } : {}),
    bucket: (host, name) =>
      host === `objectstorage.${code}.numspot.com` && names.includes(name) ? placedBy(facts, buckets.field) : undefined,
  };
}
