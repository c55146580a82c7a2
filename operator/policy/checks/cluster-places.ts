import type { Evaluation, Surroundings } from "../check.ts";
import { labels, nodes, volumes } from "../location/reads.ts";
import { zonesOfVolume } from "../location/topology.ts";
import type { Problem, Read } from "../read.ts";
import { type Seen, type SeenText, wordsOf } from "../seen.ts";
import { attestations, standingWord } from "./attestations.ts";
import { regionsWith } from "./tenant-region.ts";

const check = "19-07";
const placedNodes: Read = {
  ...nodes,
  fields: [
    ...nodes.fields,
    { path: `metadata.labels[${labels.region}]`, whenAbsent: { default: "" }, violations: ["", "us-east-2"] },
  ],
};
const declaring = regionsWith(
  { path: "spec.zones", whenAbsent: "error", violations: [["eu-west-2c"], []] },
  { path: "spec.provider.regionCode", whenAbsent: "error", violations: [] },
);

interface DeclaredRegion {
  readonly region: Seen;
  readonly zones: readonly string[];
  readonly code: string;
}

const declaredRegions = ({ of }: Surroundings): readonly DeclaredRegion[] =>
  of("SovereignRegion").map((region) => ({
    region,
    zones: wordsOf(region.one("spec.zones")),
    code: region.text("spec.provider.regionCode").value,
  }));

const placeOfNode = (node: Seen): { readonly zone: SeenText; readonly code: SeenText } => ({
  zone: node.text(`metadata.labels[${labels.zone}]`),
  code: node.text(`metadata.labels[${labels.region}]`),
});

/** Zone and region have to be of one SovereignRegion; a node without either label is where the region says. */
function judgeNode(node: Seen, surroundings: Surroundings): readonly Problem[] {
  const regions = declaredRegions(surroundings);
  const { zone, code } = placeOfNode(node);
  if (saysNothing(node, surroundings)) return declaredOnly(zone.field, regions, surroundings);
  if (regions.some((one) => one.zones.includes(zone.value) && one.code === code.value)) return [];
  const message = `Zone ${zone.value} of ${code.value} is none of a SovereignRegion; take the node out of the cluster, or mend its labels.`;
  return [{ field: zone.field, observed: `${code.value} ${zone.value}`, message }];
}

function judgeVolume(volume: Seen, surroundings: Surroundings): readonly Problem[] {
  const regions = declaredRegions(surroundings);
  const field = "spec.nodeAffinity.required.nodeSelectorTerms";
  const zones = zonesOfVolume(volume, surroundings);
  if (zones === undefined) return declaredOnly(field, regions, surroundings);
  if (regions.some((one) => zones.every((zone) => one.zones.includes(zone)))) return [];
  const observed = zones.join(", ");
  const message = `The volume may lie in ${observed}, and no SovereignRegion declares each of these zones; move what is on it, or mend spec.zones.`;
  return [{ field, observed, message }];
}

/** Then it is where the region says, and somebody has to answer for that. */
function saysNothing(object: Seen, surroundings: Surroundings): boolean {
  if (object.object.kind !== "Node") return zonesOfVolume(object, surroundings) === undefined;
  const { zone, code } = placeOfNode(object);
  return zone.value === "" && code.value === "";
}

function declaredOnly(
  field: string,
  regions: readonly DeclaredRegion[],
  surroundings: Surroundings,
): readonly Problem[] {
  const unattested = regions.filter(({ region }) => vouching(region, surroundings) === undefined);
  return unattested.map(({ region: { name } }) => ({
    field,
    observed: "Declared",
    message: `It names no zone, so only region ${name} says where it is; let the provider label it, or record an Attestation of check ${check} for the region.`,
  }));
}

const vouching = (subject: Seen, surroundings: Surroundings): Seen | undefined =>
  standingWord({ check, subject }, surroundings);

/** 19-07, requirement 19.2.b. https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone */
export const clusterPlaces: Evaluation = {
  status: "implemented",
  subjects: [placedNodes, volumes],
  related: [declaring, attestations],
  judge: (object, surroundings) =>
    object.object.kind === "Node" ? judgeNode(object, surroundings) : judgeVolume(object, surroundings),
  restsOn: (object, surroundings) => {
    if (!saysNothing(object, surroundings)) return undefined;
    const words = surroundings.of("SovereignRegion").map((region) => vouching(region, surroundings));
    // One region without a word, and the object fails: it rests on none.
    return words.includes(undefined) ? undefined : words[0];
  },
};
