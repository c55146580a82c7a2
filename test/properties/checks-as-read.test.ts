import { expect, test } from "vitest";
import { factsManifest } from "../../operator/controllers/region/provider-facts.ts";
import { catalogue } from "../../operator/policy/catalogue/catalogue.ts";
import { evaluate } from "../../operator/policy/evaluate.ts";
import { Evaluations } from "../../operator/policy/evaluations.ts";
import { soundSpace } from "../support/numspot-worlds.ts";
import { wholeSuite } from "../support/whole-suite.ts";

const day = "2026-06-15T12:00:00Z";

test("what checks say of objects reduced to what they read is what they say of the whole objects", () => {
  const { versions, ...space } = soundSpace;
  const facts = { ...space, kubernetesVersions: versions, buckets: ["minagri-nextcloud"] };
  const told = factsManifest("region", { facts, failures: [] }, Date.parse(day));
  const manifests = [...wholeSuite().manifests, told];
  const evaluations = new Evaluations(catalogue);
  for (const object of manifests) evaluations.put(object);
  expect(evaluations.evaluated(day)).toEqual(evaluate(catalogue, manifests, day));
});
