import { beforeEach, describe, expect, it } from "vitest";
import { InMemoryKubeApi } from "../test/support/in-memory-kube-api.ts";
import { condition, liveModule, liveRegion, liveTenant } from "../test/support/live-objects.ts";
import { names } from "../crds/group.ts";
import type { KubeObject } from "./kube/kube-api.ts";
import { type Caches, createCaches } from "./caches.ts";
import { connect, type Queues } from "./wiring.ts";
import { silent } from "../test/support/silent-logger.ts";

describe("who is told of a region", () => {
  let caches: Caches;
  let told: string[];
  const region = (version: string, reachable: "True" | "False") =>
    liveRegion({
      metadata: { resourceVersion: version },
      status: { conditions: [condition("Reachable", reachable)], tenants: Number(version) },
    });

  beforeEach(() => {
    caches = createCaches(new InMemoryKubeApi(), "socle-system", silent);
    told = [];
    const queue = (controller: string) => {
      const tell = ({ name, namespace }: { name: string; namespace?: string }): void => {
        told.push([controller, namespace, name].filter((part) => part !== undefined).join(" "));
      };
      return { enqueue: tell, enqueueAfresh: tell };
    };
    const names = ["region", "tenant", "module", "claim", "identityProvider", "exception"] as const;
    connect(caches, Object.fromEntries(names.map((name) => [name, queue(name)])) as unknown as Queues);
    caches.tenants.cache.observe(liveTenant("minagri"));
    caches.modules.cache.observe(liveModule("Keycloak"));
    caches.regions.cache.observe(region("1", "False"));
    told.length = 0;
  });

  it("modules, as soon as its Keycloak answers again: they would ask again after minutes", () => {
    caches.regions.cache.observe(region("2", "True"));
    expect(told).toEqual(["module t-minagri keycloak"]);
  });

  it("modules, as soon as the pods of its Keycloak are ready, though it is to be deleted and nobody looks at it", () => {
    const statefulSets = caches.identity.find(({ name }) => name === "StatefulSet")!.cache;
    const labels = { [names.regionLabel]: "region", [names.moduleLabel]: "Keycloak" };
    const server = (resourceVersion: string, readyReplicas: number): KubeObject => ({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "keycloak-region", namespace: "socle-identity", uid: "1", resourceVersion, labels },
      status: { readyReplicas },
    });
    statefulSets.observe(server("1", 0));
    told.length = 0;
    statefulSets.observe(server("2", 1));
    expect(told).toEqual(["region region", "module t-minagri keycloak"]);
    told.length = 0;
    statefulSets.observe(server("3", 0));
    expect(told).toEqual(["region region"]);
  });

  it("nobody, when only its counts change, or when its Keycloak falls silent", () => {
    caches.regions.cache.observe(region("2", "False"));
    expect(told).toEqual([]);
    caches.regions.cache.observe(region("3", "True"));
    told.length = 0;
    caches.regions.cache.observe(region("4", "False"));
    expect(told).toEqual([]);
  });
});
