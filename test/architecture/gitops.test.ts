import { dirname, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { z } from "zod";
import { definitionValues, operatorValues } from "../../charts/values.ts";
import type { Manifest } from "../../constructs/manifest.ts";
import { exampleObjects, examples } from "../support/examples.ts";
import { merged } from "../integration/api-rules/rule-row.ts";
import { textOf } from "./repository.ts";

interface Flux {
  readonly path: string;
  readonly prune: boolean;
  readonly wait: boolean;
  readonly dependsOn?: readonly { readonly name: string }[];
}
interface Helm {
  readonly chart: { readonly spec: { readonly chart: string } };
  readonly values?: object;
}
interface ArgoCd {
  readonly source: {
    readonly path: string;
    readonly helm?: { readonly valuesObject: object };
    readonly directory?: { readonly recurse: boolean };
  };
  readonly syncPolicy: { readonly automated: { readonly prune?: boolean }; readonly syncOptions?: readonly string[] };
}

/** What Flux and Argo CD leave alone, whatever becomes of its file. */
const guards = {
  "kustomize.toolkit.fluxcd.io/prune": "disabled",
  "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
};
const wave = "argocd.argoproj.io/sync-wave";

const ofKind = (group: string, kind: string): readonly Manifest[] =>
  exampleObjects
    .map(({ object }) => object)
    .filter((object) => object.kind === kind && object.apiVersion.startsWith(`${group}/`));
const layers = ofKind("kustomize.toolkit.fluxcd.io", "Kustomization") as readonly (Manifest & { spec: Flux })[];
const applications = ofKind("argoproj.io", "Application") as readonly (Manifest & { spec: ArgoCd })[];
const releases = ofKind("helm.toolkit.fluxcd.io", "HelmRelease") as readonly (Manifest & { spec: Helm })[];
const fleet = examples.filter(({ file }) => file.startsWith("pilot/"));

/** `Kind name` of the objects whose files lie right in that folder of the fleet. */
const lyingIn = (path: string): string[] =>
  exampleObjects
    .filter(({ file }) => dirname(file) === normalize(path))
    .map(({ object }) => `${object.kind} ${object.metadata.name}`)
    .sort();

/** All that comes before a layer. */
const before = (name: string): readonly string[] =>
  (layers.find(({ metadata }) => metadata.name === name)?.spec.dependsOn ?? []).flatMap((one) => [
    ...before(one.name),
    one.name,
  ]);

describe("Socle itself", () => {
  const schemas: Readonly<Record<string, z.ZodType>> = {
    "charts/socle-crds": definitionValues,
    "charts/socle": operatorValues,
  };
  const byFlux = releases.map(({ spec }) => ({
    tool: "Flux",
    chart: spec.chart.spec.chart,
    values: spec.values ?? {},
  }));
  const byArgoCd = applications
    .filter(({ spec }) => spec.source.path.startsWith("charts/"))
    .map(({ spec }) => ({ tool: "Argo CD", chart: spec.source.path, values: spec.source.helm?.valuesObject ?? {} }));

  it("is installed by both tools from both charts", () => {
    for (const charts of [byFlux, byArgoCd])
      expect(charts.map(({ chart }) => chart).sort()).toEqual(Object.keys(schemas).sort());
  });

  it.each([...byFlux, ...byArgoCd])("is given by $tool values that $chart takes", ({ chart, values }) => {
    const usual = parse(textOf(`${chart}/values.yaml`)) as object;
    expect(schemas[chart]?.safeParse(merged({ ...usual }, { ...values })).error?.issues ?? []).toEqual([]);
  });
});

describe("a fleet in git", () => {
  it("has every tenant and region guarded against pruning by Flux and by Argo CD", () => {
    expect(fleet.map(({ object }) => object.kind).sort()).toEqual([
      "SovereignRegion",
      ...Array<string>(5).fill("Tenant"),
    ]);
    for (const { object } of fleet) expect(object.metadata.annotations).toMatchObject(guards);
  });

  it("has each ministry in the folder of its cohort", () => {
    const tenants = fleet.filter(({ object }) => object.kind === "Tenant");
    const cohorts = tenants.map(({ object }) => (object.spec["rollout"] as { readonly cohort: string }).cohort);
    expect(tenants.map(({ file }) => dirname(file))).toEqual(cohorts.map((cohort) => `pilot/${cohort}`));
  });
});

describe("Flux", () => {
  it("is pointed at a folder that holds the layers, and nothing that a layer is there to hold back", () => {
    const cluster = exampleObjects.filter(({ file }) => file.startsWith("gitops/flux/cluster/"));
    expect([...new Set(cluster.map(({ object }) => object.kind))].sort()).toEqual(["GitRepository", "Kustomization"]);
  });

  it("goes from definitions to operator, region and cohort after cohort", () => {
    expect([...before("second-wave"), "second-wave"]).toEqual(layers.map(({ metadata }) => metadata.name));
    expect(layers.map(({ metadata }) => metadata.name)).toEqual([
      "socle-crds",
      "socle",
      "region",
      "first-wave",
      "second-wave",
    ]);
  });

  it("finds in each layer what the layer is for", () => {
    expect(Object.fromEntries(layers.map(({ metadata, spec }) => [metadata.name, lyingIn(spec.path)]))).toEqual({
      "socle-crds": ["HelmRelease socle-crds"],
      socle: ["HelmRelease socle"],
      region: ["SovereignRegion pilote"],
      "first-wave": ["Tenant culture", "Tenant travail"],
      "second-wave": ["Tenant ecologie", "Tenant education", "Tenant justice"],
    });
  });

  it("waits in every layer until all of it is Ready", () => {
    expect(layers.filter(({ spec }) => !spec.wait || !spec.prune).map(({ metadata }) => metadata.name)).toEqual([]);
  });
});

describe("Argo CD", () => {
  const waveOf = ({ metadata }: Pick<Manifest, "metadata">): number =>
    Number(metadata.annotations?.[wave] ?? Number.NaN);

  it("goes from definitions to operator and fleet", () => {
    const inWaves = applications.filter(({ metadata }) => metadata.annotations?.[wave] !== undefined);
    const names = inWaves.toSorted((one, other) => waveOf(one) - waveOf(other)).map(({ metadata }) => metadata.name);
    expect(names).toEqual(["socle-crds", "socle", "fleet"]);
    expect(
      lyingIn(applications.find(({ metadata }) => metadata.name === "socle-platform")?.spec.source.path ?? ""),
    ).toEqual(names.map((name) => `Application ${name}`).sort());
  });

  it("goes inside of the fleet from the region to cohort after cohort", () => {
    const [path] = applications.filter(({ metadata }) => metadata.name === "fleet").map(({ spec }) => spec.source.path);
    expect(path).toBe("pilot");
    const waves = Map.groupBy(fleet, ({ object }) => waveOf(object));
    const folders = [...waves]
      .toSorted(([one], [other]) => one - other)
      .map(([, group]) => group.map(({ file }) => dirname(file)));
    expect(folders.map((group) => [...new Set(group)])).toEqual([
      ["pilot/region"],
      ["pilot/first-wave"],
      ["pilot/second-wave"],
    ]);
  });

  it("applies on the server, compares there, and takes nothing along when an Application goes", () => {
    const deploying = applications.filter(({ metadata }) => metadata.name !== "socle-platform");
    for (const { metadata, spec } of deploying) {
      expect(metadata.annotations?.["argocd.argoproj.io/compare-options"]).toBe("ServerSideDiff=true");
      expect(spec.syncPolicy.syncOptions).toContain("ServerSideApply=true");
      expect(metadata).not.toHaveProperty("finalizers");
    }
    const crds = deploying.find(({ metadata }) => metadata.name === "socle-crds");
    expect(crds?.spec.syncPolicy.automated.prune).not.toBe(true);
  });
});
