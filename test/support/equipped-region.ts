import { apiVersion } from "../../crds/group.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import type { Act } from "./in-memory-stories.ts";
import type { InMemoryWorld } from "./in-memory-world.ts";

/** Somebody makes a Secret, or changes what it holds. */
export async function handIn(
  world: InMemoryWorld,
  at: { readonly name: string; readonly namespace: string },
  data: Readonly<Record<string, string>>,
): Promise<void> {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  await world.kube.apply(
    { apiVersion: "v1", kind: "Secret", metadata: at, data: Object.fromEntries(encoded) },
    { fieldManager: "player", force: true },
  );
}

/** A platform team gives the region everything that any module asks of one: objects, mail, a way for media, an App Suite, a registry of its own, with their accounts. */
export const equip: Act = async (world) => {
  const { url, region, accessKeyId, secretAccessKey } = world.objectStore.server;
  const suite = world.appSuite.server;
  const operator = (name: string) => ({ name, namespace: "socle-system" });
  await handIn(world, operator("store-admin"), { accessKeyID: accessKeyId, secretAccessKey });
  await handIn(world, operator("relay"), { username: "suite", password: "of the relay" });
  await handIn(world, operator("app-suite"), { username: suite.username, password: suite.password });
  const objectStore = {
    url,
    region,
    pathStyle: true,
    cidrs: ["192.0.2.0/24"],
    credentialsSecretRef: { name: "store-admin" },
  };
  const smtp = {
    host: "relay.example",
    port: 587,
    tls: "StartTLS" as const,
    from: "suite@example.org",
    cidrs: ["192.0.2.25/32"],
    credentialsSecretRef: { name: "relay" },
  };
  const openXchange = { url: suite.url, cidrs: ["10.0.0.9/32"], adminCredentialsSecretRef: { name: "app-suite" } };
  world.kube.edit<SovereignRegion & KubeObject>({ apiVersion, kind: "SovereignRegion", name: "region" }, (live) => ({
    ...live,
    spec: {
      ...live.spec,
      storage: { ...live.spec.storage, objectStore },
      smtp,
      openXchange,
      media: { exposure: "NodePort" },
      images: { ...live.spec.images, mirror: "registry.example" },
    },
  }));
};

/** The platform team makes a key for the bucket of that module. */
export const giveBucketKey =
  (module: string): Act =>
  (world) =>
    handIn(
      world,
      { name: `minagri-${module}`, namespace: "socle-system" },
      { accessKeyID: "its own", secretAccessKey: "of the bucket" },
    );
