import type { Around } from "../check.ts";
import { hostOf } from "../checks/server-address.ts";
import { homeOf } from "../checks/tenant-region.ts";
import { type Seen, type SeenText, Unknown, wordsOf } from "../seen.ts";
import { declaredAt, namespaceOfService } from "./declared-servers.ts";
import { providerAnswer } from "./provider-answer.ts";
import { type Place, placedBy } from "./store.ts";
import { type ToldZones, zonesOfStorage } from "./topology.ts";

/** Where the volume of a claim lies. */
export function placeOfClaim(claim: Seen, region: Seen, around: Around): Place {
  const volumeName = claim.text("spec.volumeName").value;
  const className = claim.text("spec.storageClassName").value;
  return placeInCluster(region, around, zonesOfStorage({ volumeName, className }, around));
}

/** Where the volumes of a database cluster will be made. */
export function placeOfCluster(cluster: Seen, region: Seen, around: Around): Place {
  const className = cluster.text("spec.storage.storageClass").value;
  return placeInCluster(region, around, zonesOfStorage({ volumeName: "", className }, around));
}

interface NamedBucket {
  readonly name: string;
  /** Of the store that holds it. */
  readonly address: SeenText;
}

/** Where a bucket lies, by the store that lists it. @throws Unknown where nothing tells it. */
export function placeOfBucket({ name, address }: NamedBucket, region: Seen, around: Around): Place {
  const place = placeOfServer(address, region, around);
  const answer = providerAnswer(region, around).bucket(hostOf(address), name);
  return answer === undefined ? place : { ...place, from: answer, proof: "ProviderAnswer" };
}

/** Where a server lies that is named by its address. @throws Unknown where nothing tells it. */
export function placeOfServer(address: SeenText, region: Seen, around: Around): Place {
  const host = hostOf(address);
  const declared = declaredAt(region, host);
  if (declared !== undefined) return declaredPlace(region, declared);
  const namespace = namespaceOfService(host);
  if (namespace !== undefined) return placeOfNamespace(namespace, region, around);
  throw new Unknown(
    address.field,
    `Nobody can say where ${host} lies, which is no server of region ${region.name}; move the data to one that the region declares.`,
  );
}

/** Of a database in the cluster: where its volumes lie, as far as the least known of them. */
function placeOfNamespace(namespace: string, region: Seen, around: Around): Place {
  const claims = around.within(namespace, "PersistentVolumeClaim");
  const places = claims.map((claim) => placeOfClaim(claim, region, around));
  const outside = places.find(({ country }) => country === undefined);
  const least = outside ?? places.find(({ proof }) => proof === "Declared") ?? places[0];
  return least ?? placeInCluster(region, around, undefined);
}

/** The cluster is the region's: zones that Kubernetes tells have to be of those that the region declares. */
function placeInCluster(region: Seen, around: Around, told: ToldZones | undefined): Place {
  const own = wordsOf(region.one("spec.zones"));
  const { cluster } = providerAnswer(region, around);
  if (told === undefined) {
    const declared = declaredPlace(region, "spec.country");
    return cluster === undefined ? declared : { ...declared, from: cluster, proof: "ProviderAnswer" };
  }
  if (told.zones.every((zone) => own.includes(zone)))
    return { ...declaredPlace(region, "spec.country"), ...told, proof: "Topology" };
  return { ...told, proof: "Topology" };
}

function declaredPlace(region: Seen, field: string): Place {
  return {
    region: region.text("spec.provider.regionCode").value,
    zones: [],
    country: region.text("spec.country").value,
    proof: "Declared",
    from: placedBy(region, field),
  };
}

/** The region in which a tenant lives. @throws Unknown where it is not here. */
export function regionOfTenant({ field, value }: SeenText, around: Around): Seen {
  const { region } = homeOf(value, around);
  if (region !== undefined) return region;
  throw new Unknown(field, `The Tenant ${value}, or its SovereignRegion, is not here.`);
}
