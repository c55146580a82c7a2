import type { Around } from "../check.ts";
import { type Seen, type SeenValue, Unknown, wordsOf } from "../seen.ts";
import { labels } from "./reads.ts";
import { type Place, placedBy } from "./store.ts";

/** Zones in which something may lie, and what told them. */
export interface ToldZones {
  readonly zones: readonly string[];
  readonly from: Place["from"];
}

/** Where a volume was made; undefined: it does not say. */
export function zonesOfVolume(volume: Seen, around: Around): readonly string[] | undefined {
  return zonesOfTerms(volume.one("spec.nodeAffinity.required.nodeSelectorTerms"), "matchExpressions", around);
}

/** Where volumes of a class are made. */
export function zonesOfClass(storageClass: Seen, around: Around): readonly string[] | undefined {
  return zonesOfTerms(storageClass.one("allowedTopologies"), "matchLabelExpressions", around);
}

/** Any of the terms may hold: one of them that names no zone leaves the place open. */
function zonesOfTerms(list: SeenValue, expressions: string, around: Around): readonly string[] | undefined {
  const zones = itemsOf(list).map((term) => zonesOfTerm(itemsOf(fieldOf(term, expressions)), around));
  if (zones.length === 0 || zones.includes(undefined)) return undefined;
  return [...new Set(zones.flatMap((some) => some ?? []))].sort();
}

/** All expressions of a term hold: one that names zones is enough, and one that names nodes is where those are. */
function zonesOfTerm(expressions: readonly SeenValue[], around: Around): readonly string[] | undefined {
  const found = expressions.map((expression) => {
    const { value: key } = fieldOf(expression, "key");
    const { value: operator = "In" } = fieldOf(expression, "operator");
    if (typeof key !== "string" || operator !== "In") return undefined;
    if (isZoneKey(key)) return wordsOf(fieldOf(expression, "values"));
    if (key === labels.host) return zonesOfHosts(wordsOf(fieldOf(expression, "values")), around);
    return undefined;
  });
  return found.find((zones) => zones !== undefined && zones.length > 0);
}

/** Drivers of volumes have keys of their own beside the well-known one: `topology.bsu.csi.outscale.com/zone`. */
const isZoneKey = (key: string): boolean => /^topology\.[^/]+\/zone$/.test(key);

/** A node is mostly named for its host; where it is not, nothing is told. */
function zonesOfHosts(hosts: readonly string[], around: Around): readonly string[] | undefined {
  const zones = hosts.map((host) => around.named("Node", host)?.text(`metadata.labels[${labels.zone}]`).value ?? "");
  return zones.includes("") ? undefined : zones;
}

function itemsOf({ field, value }: SeenValue): readonly SeenValue[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Unknown(field, `${field} is no list.`);
  return value.map((item: unknown, index) => ({ field: `${field}[${index}]`, value: item }));
}

function fieldOf({ field, value }: SeenValue, key: string): SeenValue {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Unknown(field, `${field} is no object.`);
  return { field: `${field}.${key}`, value: (value as Readonly<Record<string, unknown>>)[key] };
}

/** What the volume that a claim is bound to says of its zones, or else the class that it is made by. */
export function zonesOfStorage(
  { volumeName, className }: { readonly volumeName: string; readonly className: string },
  around: Around,
): ToldZones | undefined {
  const tellers = [
    { teller: around.named("PersistentVolume", volumeName), zonesOf: zonesOfVolume, field: "spec.nodeAffinity" },
    { teller: around.named("StorageClass", className), zonesOf: zonesOfClass, field: "allowedTopologies" },
  ];
  for (const { teller, zonesOf, field } of tellers) {
    const zones = teller === undefined ? undefined : zonesOf(teller, around);
    if (teller !== undefined && zones !== undefined) return { zones, from: placedBy(teller, field) };
  }
  return undefined;
}
