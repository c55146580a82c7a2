import { describe, expect, it } from "vitest";
import { InMemoryNumSpotApi } from "../../test/support/in-memory-numspot-api.ts";
import { soundSpace } from "../../test/support/numspot-worlds.ts";
import { TransientError } from "../runtime/errors.ts";
import { askEveryMs, askFacts, type FactSources, isDue, unknownFacts } from "./facts.ts";

const never = new AbortController().signal;
const [cluster] = soundSpace.clusters;

function sources(wish: Partial<FactSources> = {}): FactSources & { readonly api: InMemoryNumSpotApi } {
  const api = new InMemoryNumSpotApi("space");
  const buckets = () => Promise.resolve(["minagri-drive"]);
  return { space: "space", organisation: undefined, cluster: cluster?.id, buckets, ...wish, api };
}

describe("isDue", () => {
  const last = { at: 1_000, as: "this" };

  it.each([
    ["nothing was asked", undefined, { at: 0, as: "this" }, true],
    ["it was asked a moment ago", last, { at: 1_001, as: "this" }, false],
    ["six hours are not over", last, { at: 1_000 + askEveryMs - 1, as: "this" }, false],
    ["six hours are over", last, { at: 1_000 + askEveryMs, as: "this" }, true],
    ["a person changed what is asked with", last, { at: 1_001, as: "that" }, true],
  ])("where %s", (_claim, before, next, due) => {
    expect(isDue(before, next)).toBe(due);
  });
});

describe("askFacts", () => {
  it("asks for each fact once", async () => {
    const given = sources();
    const { facts, failures } = await askFacts(given, never);
    expect(failures).toEqual([]);
    const { versions, ...same } = soundSpace;
    expect(facts).toEqual({ ...same, kubernetesVersions: versions, buckets: ["minagri-drive"] });
    expect(new Set(given.api.asked).size).toBe(given.api.asked.length);
  });

  it("leaves out what fails, says why, and keeps the rest", async () => {
    const given = sources({ buckets: () => Promise.reject(new TransientError("PermissionMissing", "no key")) });
    given.api.failing.set("securityGroups", new TransientError("ProviderUnreachable", "it is down"));
    const { facts, failures } = await askFacts(given, never);
    expect(failures).toEqual([
      { fact: "buckets", reason: "PermissionMissing", message: "no key" },
      { fact: "securityGroups", reason: "ProviderUnreachable", message: "it is down" },
    ]);
    expect(facts).not.toHaveProperty("securityGroups");
    expect(facts).not.toHaveProperty("buckets");
    expect(facts.clusters).toEqual(soundSpace.clusters);
  });

  it("asks nothing of a space where the region names none, and still knows what lies in no space", async () => {
    const given = sources({ space: undefined });
    const { facts, failures } = await askFacts(given, never);
    expect(Object.keys(facts).sort()).toEqual(["buckets", "kubernetesVersions"]);
    expect(failures.map(({ reason }) => reason)).toEqual(Array.from({ length: 7 }, () => "InvalidSpec"));
    expect(failures[0]?.message).toContain("set spec.provider.spaceID");
    expect(given.api.asked).toEqual(["kubernetesVersions"]);
  });

  it("asks for the accounts of the organisation where the region names it", async () => {
    const given = sources({ organisation: "organisation" });
    const holders: unknown[] = [];
    given.api.accounts = (of) => {
      holders.push(of);
      return Promise.resolve([]);
    };
    await askFacts(given, never);
    expect(holders).toEqual([{ kind: "organisation", id: "organisation" }]);
  });

  it("believes no list of clusters that the region's own is not in", async () => {
    const { facts, failures } = await askFacts(sources({ cluster: "another" }), never);
    expect(facts).not.toHaveProperty("clusters");
    expect(failures).toMatchObject([{ fact: "clusters", reason: "InvalidSpec" }]);
  });

  it("gives all facts one reason where nobody can be asked", async () => {
    const known = Object.keys((await askFacts(sources(), never)).facts).sort();
    const { facts, failures } = unknownFacts({ reason: "DependencyMissing", message: "no Secret" });
    expect(facts).toEqual({});
    expect(failures.map(({ fact }) => fact)).toEqual(known);
  });
});
