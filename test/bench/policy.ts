import type { Manifest } from "../../constructs/manifest.ts";
import { catalogue } from "../../operator/policy/catalogue/catalogue.ts";
import { Evaluations } from "../../operator/policy/evaluations.ts";
import { remembered, type ReportScope, reportsOf } from "../../operator/policy/reports.ts";
import { wholeSuite } from "../support/whole-suite.ts";
import type { Figure } from "./figures.ts";
import { median } from "./statistics.ts";

const day = "2026-06-15T12:00:00Z";
const samples = 25;
/** Objects of one tenant; the ministry of the examples has fewer, so some of them stand here several times under other names. */
const objectsOfTenant = 200;
const manyTenants = 1_000;
const scope: ReportScope = { layers: ["tenant"], prefix: "socle-checks", namespace: "t-minagri", labels: {} };
const ofTenants = catalogue.filter(({ layer }) => layer === "tenant");
const ofPlatform = catalogue.filter(({ layer }) => layer !== "tenant");

/** Milliseconds of CPU that the work takes, whatever else the machine does. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function padded(objects: readonly Manifest[]): readonly Manifest[] {
  return Array.from({ length: objectsOfTenant }, (_, index): Manifest => {
    const object = objects[index % objects.length] as Manifest;
    if (index < objects.length) return object;
    return { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-${index}` } };
  });
}

/** The same objects in the namespaces of another tenant. */
function ofAnother(objects: readonly Manifest[], tenant: string): readonly Manifest[] {
  const renamed = (text: string): string => text.replace("minagri", tenant);
  return objects.map((object): Manifest => {
    const { name, namespace, labels, ...metadata } = object.metadata;
    const its = labels === undefined ? {} : { labels: { ...labels, "socle.dev/tenant": tenant } };
    const at = namespace === undefined ? { name: renamed(name) } : { name, namespace: renamed(namespace) };
    return { ...object, metadata: { ...metadata, ...at, ...its } };
  });
}

function filled(checks: typeof catalogue, objects: readonly Manifest[]): Evaluations {
  const evaluations = new Evaluations(checks);
  for (const object of objects) evaluations.put(object);
  return evaluations;
}

/** What it costs to judge a ministry again after one change, and a thousand from nothing. */
export function policyFigures(): Figure[] {
  const objects = padded(wholeSuite().manifests);
  const deployment = objects.find(({ kind }) => kind === "Deployment") as Manifest;
  const evaluations = filled(ofTenants, objects);
  let before = reportsOf({ checks: ofTenants, results: evaluations.evaluated(day).results }, scope, {
    now: 1,
    before: [],
  });
  const again = Array.from({ length: samples }, (_, index) =>
    cpuMs(() => {
      const metadata = { ...deployment.metadata, annotations: { change: String(index) } };
      evaluations.put({ ...deployment, metadata });
      const { results } = evaluations.evaluated(day);
      before = reportsOf({ checks: ofTenants, results }, scope, { now: index + 2, before: before.map(remembered) });
    }),
  );
  const tenants = Array.from({ length: manyTenants }, (_, index) => ofAnother(objects, `t${index}`));
  const cold = cpuMs(() => {
    for (const own of tenants) filled(ofTenants, own).evaluated(day);
  });
  const platform = cpuMs(() => {
    filled(ofPlatform, tenants.flat()).evaluated(day);
  });
  const many = `${manyTenants} tenants with ${objectsOfTenant} objects each`;
  return [
    {
      of: `checks of ${objectsOfTenant} objects of a tenant`,
      name: "CPU to judge again and to write the reports after one change of a Deployment",
      value: median(again),
      unit: "ms",
      goal: { atMost: 50 },
      note: `median of ${samples}; nothing is sent anywhere`,
    },
    {
      of: `checks of ${many}, from nothing`,
      name: "CPU, checks of tenants and of the platform",
      value: (cold + platform) / 1_000,
      unit: "s",
      goal: { atMost: 60 },
      note: `${(cold / 1_000).toFixed(1)} s of tenants, ${(platform / 1_000).toFixed(1)} s of the platform`,
    },
  ];
}
