import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operatorUser } from "../support/installation.ts";
import { type Platform, platformOnLanes } from "../support/platform.ts";
import { auditEvents, eventually, testCluster } from "../support/test-cluster.ts";

/**
 * The API server and its controllers bind claims and judge growth; the provisioner is played: volumes are made by hand, and grow by hand. No pod
 * runs, so the module never becomes Ready here.
 */
describe("the volume of a tenant's own PostgreSQL server", () => {
  let platform: Platform;
  let stop: () => Promise<void>;
  let region: string;
  let tenant: string;

  const claim = (): string[] => ["pvc", "postgresql-data", "-n", `t-${tenant}-data`];
  const module = (): string[] => ["moduledeployment", "postgresql", "-n", `t-${tenant}`];
  const upToDate = (status: string, reason?: string) =>
    platform.until(module(), { type: "UpToDate", status, ...(reason === undefined ? {} : { reason }) });
  const asks = async (storage: string): Promise<void> => {
    await platform.tenant(region, { modules: [{ module: "PostgreSQL", postgresql: { storage } }] }, tenant);
  };
  const requested = async (): Promise<unknown> => (await platform.get(claim()))?.spec["resources"];
  const patches = (): number =>
    auditEvents(testCluster().auditLog, operatorUser).filter(
      ({ verb, requestURI }) => verb === "patch" && requestURI.includes(`/t-${tenant}-data/persistentvolumeclaims/`),
    ).length;

  beforeAll(async () => {
    ({ platform, stop } = await platformOnLanes());
    region = await platform.region("volumes", { postgresql: { defaultDriver: "StatefulSet" } });
    tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
    await upToDate("False", "Progressing");
  });
  afterAll(async () => {
    await platform.removeTenant(tenant);
    await platform.kubectl.ok(["delete", "pv", platform.name("volume"), "--ignore-not-found", "--wait=false"]);
    await stop();
  });

  test("is waited for until it is bound", async () => {
    expect((await upToDate("False", "Progressing")).message).toContain("is not bound yet");
    await platform.kubectl.apply([
      {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: platform.name("volume") },
        spec: {
          accessModes: ["ReadWriteOnce"],
          capacity: { storage: "5Gi" },
          storageClassName: platform.name("storage"),
          claimRef: { name: "postgresql-data", namespace: `t-${tenant}-data` },
          csi: { driver: "socle.dev.none", volumeHandle: platform.name("volume") },
        },
      },
    ]);
    expect((await upToDate("True")).message).toContain("5Gi");
  });

  test("stays as it is where its class does not let it grow, which a person is told, and nothing is tried", async () => {
    const before = patches();
    await asks("8Gi");
    const { message } = await upToDate("False", "CapabilityMissing");
    expect(message).toContain(`t-${tenant}-data/postgresql-data has 5Gi and 8Gi is asked for`);
    expect(message).toContain(`StorageClass ${platform.name("storage")}`);
    expect(await requested()).toEqual({ requests: { storage: "5Gi" } });
    // Long enough for several retries of something that failed.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(patches()).toBe(before);
  });

  test("would have been refused by the API server, had it been asked", async () => {
    const spec = { resources: { requests: { storage: "8Gi" } } };
    const refused = await platform.kubectl.run(["patch", ...claim(), "-p", JSON.stringify({ spec })]);
    expect(refused.stderr).toContain("only dynamically provisioned pvc can be resized");
  });

  test("grows by itself once the class lets it, and is said to grow until its file system has", async () => {
    await platform.kubectl.ok([
      "patch",
      "storageclass",
      platform.name("storage"),
      "-p",
      '{"allowVolumeExpansion":true}',
    ]);
    await eventually(async () => {
      expect(await requested()).toEqual({ requests: { storage: "8Gi" } });
    });
    expect((await upToDate("False", "Progressing")).message).toContain("grows from 5Gi to 8Gi");
    const pending = { type: "FileSystemResizePending", status: "True" };
    await says({ conditions: [pending] });
    await eventually(async () => {
      expect((await upToDate("False", "Progressing")).message).toContain("when its pod starts next");
    });
    await says({ capacity: { storage: "8Gi" }, conditions: [] });
    expect((await upToDate("True")).message).toContain("8Gi");
  });

  async function says(status: object): Promise<void> {
    const patch = JSON.stringify({ status });
    await platform.kubectl.ok(["patch", ...claim(), "--subresource=status", "--type=merge", "-p", patch]);
  }
});
