import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { catalogue } from "./catalogue/catalogue.ts";
import { CheckedWorld } from "./checked-world.ts";

const day = "2026-06-15T12:00:00Z";
const of = (tenant: string) => ({ labels: { "socle.dev/tenant": tenant } });
const namespace = (tenant: string): Manifest => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: `t-${tenant}-apps`, ...of(tenant) },
});
const closed = (tenant: string, spec: object = {}): Manifest => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "all", namespace: `t-${tenant}-apps`, ...of(tenant) },
  spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ...spec },
});
const pods = (tenant: string): Manifest => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: `t-${tenant}-apps`, ...of(tenant) },
  spec: { template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web" }] } } },
});
const openToAll = { ingress: [{ from: [{ namespaceSelector: {} }] }] };
const resultsOf = (evaluated: ReturnType<CheckedWorld["tenant"]>, check: string): readonly string[] =>
  evaluated.results.filter((one) => one.check === check).map(({ object, result }) => `${object.name} ${result}`);

describe("the checked world", () => {
  it("says nothing of a tenant that names another", () => {
    const world = new CheckedWorld(catalogue);
    for (const tenant of ["meteo", "agri"]) for (const one of [namespace, closed, pods]) world.put(one(tenant));
    expect(JSON.stringify(world.tenant("meteo", day))).not.toContain("agri");
    expect(resultsOf(world.tenant("meteo", day), "9-34")).toEqual(["t-meteo-apps pass"]);
  });

  it("holds back a tenant that is open to a neighbour made like it, although it has none yet", () => {
    const world = new CheckedWorld(catalogue);
    const platform: Manifest = { apiVersion: "v1", kind: "Namespace", metadata: { name: "socle-system" } };
    for (const object of [platform, namespace("meteo"), closed("meteo"), pods("meteo")]) world.put(object);
    expect(resultsOf(world.onboarding("meteo", day), "9-35")).toEqual(["t-meteo-apps pass"]);
    world.put(closed("meteo", openToAll));
    expect(resultsOf(world.onboarding("meteo", day), "9-35")).toEqual(["t-meteo-apps pass"]);
    world.put(closed("meteo", { egress: [{}], ...openToAll }));
    expect(resultsOf(world.onboarding("meteo", day), "9-35")).toEqual(["t-meteo-apps fail"]);
  });

  it("knows what a tenant left in its namespaces when the Tenant comes back, of which no watch tells again", () => {
    const world = new CheckedWorld(catalogue);
    const tenant = { apiVersion: "socle.dev/v1alpha1", kind: "Tenant", metadata: { name: "meteo" } };
    for (const object of [tenant, namespace("meteo"), closed("meteo")]) world.put(object);
    world.remove(tenant);
    world.put(tenant);
    expect(resultsOf(world.onboarding("meteo", day), "9-34")).toEqual(["t-meteo-apps pass"]);
  });

  it("says nothing of a tenant about what lies in the platform's namespaces", () => {
    const world = new CheckedWorld(catalogue);
    const { metadata, ...rest } = closed("meteo", { egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }] });
    world.put({ ...rest, metadata: { ...metadata, namespace: "socle-identity", labels: {} } });
    for (const object of [namespace("meteo"), closed("meteo")]) world.put(object);
    expect(resultsOf(world.tenant("meteo", day), "12-35")).toEqual(["all pass"]);
  });

  it("judges the platform by what all tenants have", () => {
    const world = new CheckedWorld(catalogue);
    const openOut = { egress: [{}], ...openToAll };
    for (const tenant of ["meteo", "agri"])
      for (const object of [namespace(tenant), closed(tenant, openOut), pods(tenant)]) world.put(object);
    expect(resultsOf(world.platform(day), "9-35")).toEqual(["t-meteo-apps fail", "t-agri-apps fail"]);
    for (const object of [namespace("agri"), closed("agri"), pods("agri")]) world.remove(object);
    expect(resultsOf(world.platform(day), "9-35")).toEqual(["t-meteo-apps pass"]);
  });

  it("says nothing of a tenant about regions in which it does not live", () => {
    const world = new CheckedWorld(catalogue);
    const region = (name: string): Manifest => ({
      apiVersion: "socle.dev/v1alpha1",
      kind: "SovereignRegion",
      metadata: { name },
      spec: { smtp: { host: "relay.example", tls: "None" } },
    });
    for (const name of ["home", "abroad"]) world.put(region(name));
    world.put({
      apiVersion: "socle.dev/v1alpha1",
      kind: "Tenant",
      metadata: { name: "meteo" },
      spec: { regionRef: { name: "home" } },
    });
    expect(resultsOf(world.tenant("meteo", day), "10-12").map((said) => said.split(" ")[0])).toEqual(["home"]);
  });

  it("excuses what an exception covers in what is said of the platform too, and tells when it ends", () => {
    const world = new CheckedWorld(catalogue);
    const told: (string | undefined)[] = [];
    const exception = (status: object): Manifest => ({
      apiVersion: "socle.dev/v1alpha1",
      kind: "PolicyException",
      metadata: { name: "wide", namespace: "t-meteo", ...of("meteo") },
      spec: {
        check: "13-10",
        target: { module: "Synapse" },
        justification: "The gateway of the ministry has addresses in all of this network.",
        compensatingMeasures: ["The gateway asks for certificates."],
        risk: "Low",
        requestedBy: "alex",
        approvedBy: "camille",
        expiresAt: "2026-07-01T00:00:00Z",
      },
      status,
    });
    const open = closed("meteo", { ingress: [{ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }] });
    const labels = { ...open.metadata.labels, "socle.dev/module": "Synapse" };
    for (const object of [namespace("meteo"), { ...open, metadata: { ...open.metadata, labels } }, exception({})])
      world.put(object);
    expect(resultsOf(world.platform(day), "13-10")).toEqual(["all skip"]);
    world.onChange((tenant) => told.push(tenant));
    world.put(exception({ conditions: [{ type: "Active", status: "False" }] }));
    expect(told).toEqual(["meteo"]);
    expect(resultsOf(world.platform("2026-07-01T00:00:01Z"), "13-10")).toEqual(["all fail"]);
  });

  it("tells whose results may have changed, and nobody of what no check reads", () => {
    const world = new CheckedWorld(catalogue);
    const told: (string | undefined)[] = [];
    world.put(namespace("meteo"));
    world.onChange((tenant) => told.push(tenant));
    world.put(pods("meteo"));
    world.put({ ...pods("meteo"), status: { readyReplicas: 1 } });
    world.put({ apiVersion: "v1", kind: "Event", metadata: { name: "seen" } });
    world.put({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "fast" } });
    expect(told).toEqual(["meteo", undefined]);
  });
});
