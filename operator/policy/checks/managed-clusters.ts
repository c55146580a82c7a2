import type { Evaluation } from "../check.ts";
import type { Problem } from "../read.ts";
import { type Seen, Unknown } from "../seen.ts";
import { known, numSpotFacts, requireFact } from "./numspot-facts.ts";

const clusters = "facts.clusters";
const visibility = `${clusters}[].visibility`;

/** 9-28. `EXTERNAL` is the public address that a cluster gets unless it is made without one; it cannot be changed later. */
export const internalApiServers: Evaluation = {
  status: "implemented",
  subjects: [numSpotFacts([known(clusters), known(visibility, ["EXTERNAL"])])],
  judge: (facts) => {
    requireFact(facts, clusters);
    return externals(
      facts,
      visibility,
      "The API server has a public address; make a cluster with visibility INTERNAL, and move there.",
    );
  },
};

/** What can be reached from the internet. @throws Unknown for a word that the provider may have added. */
export function externals(facts: Seen, path: string, message: string): readonly Problem[] {
  return facts.texts(path).flatMap(({ field, value }): Problem[] => {
    if (value === "INTERNAL") return [];
    if (value === "EXTERNAL") return [{ field, observed: value, message }];
    throw new Unknown(field, `${field} is no visibility that this release knows.`);
  });
}
