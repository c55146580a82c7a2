import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../constructs/manifest.ts";
import { releasedPolicies } from "../admission/policies.ts";
import { catalogue } from "../catalogue/catalogue.ts";
import { evaluate } from "../evaluate.ts";

const region: Manifest = { apiVersion: "socle.dev/v1alpha1", kind: "SovereignRegion", metadata: { name: "cloudgouv" } };
const released = releasedPolicies();
const judged = (objects: readonly Manifest[]) =>
  evaluate(
    catalogue.filter(({ id }) => id === "12-30"),
    [region, ...objects],
    "2026-06-15T12:00:00Z",
  ).results[0];

describe("check 12-30", () => {
  it("names each policy and binding that somebody deleted", () => {
    for (const gone of released) {
      const told = judged(released.filter((one) => one !== gone));
      expect(told?.problems.map(({ field }) => field)).toEqual([`${gone.kind} ${gone.metadata.name}`]);
    }
  });

  it("fails in a cluster that has none of them", () => {
    expect(judged([])).toMatchObject({ result: "fail", problems: { length: released.length } });
  });

  it("is content with a server that wrote its defaults into them, and with policies of others", () => {
    const others = { ...(released[0] as Manifest), metadata: { name: "another.example" }, spec: {} };
    const served = released.map((one) => {
      const { matchConstraints, ...spec } = one["spec"] as { readonly matchConstraints?: object };
      if (matchConstraints === undefined) return one;
      const defaults = { namespaceSelector: {}, objectSelector: {} };
      return { ...one, spec: { ...spec, matchConstraints: { ...defaults, ...matchConstraints } } };
    });
    expect(judged([...served, others])).toMatchObject({ result: "pass" });
  });
});
