import { describe, expect, it } from "vitest";
import type { ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { type Act, onboard, platformWorld, play } from "../support/in-memory-stories.ts";
import { hourMs, type InMemoryWorld } from "../support/in-memory-world.ts";

const moduleRef: ObjectRef = { apiVersion, kind: "ModuleDeployment", namespace: "t-minagri", name: "postgresql" };
const regionRef: ObjectRef = { apiVersion, kind: "SovereignRegion", name: "region" };
const registry = (value: string): string =>
  Buffer.from(JSON.stringify({ auths: { "registry.example": { auth: value } } })).toString("base64");

/** The region's registry asks who is there. */
const closedRegistry: Act = (world) => {
  world.kube.edit<KubeObject>(regionRef, (region) => ({
    ...region,
    spec: { ...(region["spec"] as object), images: { pullSecretRef: { name: "registry" } } },
  }));
};
const handIn =
  (value: string): Act =>
  async (world) => {
    const metadata = { name: "registry", namespace: "socle-system" };
    const data = { ".dockerconfigjson": registry(value) };
    await world.kube.apply(
      { apiVersion: "v1", kind: "Secret", metadata, data },
      { fieldManager: "people", force: true },
    );
  };
const comesToLife = onboard([{ module: "PostgreSQL", postgresql: { driver: "StatefulSet", major: 18 } }]);

async function after(...acts: readonly Act[]): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await play(world, acts);
  return world;
}

function podsOf(world: InMemoryWorld): unknown {
  const server = world.kube.objects().find(({ kind }) => kind === "StatefulSet");
  return (server?.["spec"] as { template: { spec: { imagePullSecrets?: unknown } } } | undefined)?.template.spec;
}

const copyIn = (world: InMemoryWorld, namespace: string) =>
  world.kube.objects().find(({ kind, metadata }) => {
    return kind === "Secret" && metadata.namespace === namespace && metadata.name === "image-pull";
  });

describe("the Secret by which images are pulled", () => {
  it("lies where the pods of a tenant are, which name it, and nowhere else", async () => {
    const world = await after(closedRegistry, handIn("first"), comesToLife);
    expect(podsOf(world)).toMatchObject({ imagePullSecrets: [{ name: "image-pull" }] });
    expect(copyIn(world, "t-minagri-data")).toMatchObject({
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": registry("first") },
    });
    expect(copyIn(world, "t-minagri")).toBeUndefined();
    expect(copyIn(world, "t-minagri-apps")).toBeUndefined();
  });

  it("is copied again when it was renewed", async () => {
    const world = await after(closedRegistry, handIn("first"), comesToLife, handIn("second"));
    await world.pass(hourMs);
    expect(copyIn(world, "t-minagri-data")).toMatchObject({ data: { ".dockerconfigjson": registry("second") } });
  });

  it("is waited for, and named, before a pod is made", async () => {
    const world = await platformWorld();
    // It is looked for again and again.
    await expect(play(world, [closedRegistry, comesToLife])).rejects.toThrow("Never rests");
    const module = await world.kube.get<ModuleDeployment & KubeObject>(moduleRef);
    const said = module?.status?.conditions?.find(({ type }) => type === "CredentialsReady");
    expect(said).toMatchObject({ status: "False", reason: "DependencyMissing" });
    expect(said?.message).toContain("Secret socle-system/registry is missing");
    expect(podsOf(world)).toBeUndefined();
  });

  it("is none where anybody may pull", async () => {
    const world = await after(comesToLife);
    expect(podsOf(world)).not.toHaveProperty("imagePullSecrets");
    expect(copyIn(world, "t-minagri-data")).toBeUndefined();
  });
});
