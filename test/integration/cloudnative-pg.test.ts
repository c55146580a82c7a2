import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inDays } from "../support/days.ts";
import { installDefinitions, PlayedCloudNativePg, removeDefinitions } from "../support/cloudnative-pg.ts";
import { operatorUser } from "../support/installation.ts";
import { type OwnPlatform, ownPlatform, type Platform } from "../support/platform.ts";
import { auditEvents, eventually } from "../support/test-cluster.ts";

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

/** Longer than a reflector pauses after a first failure, many times over. */
const restMs = 5_000;

/**
 * A control plane of its own: definitions are of the whole cluster. Nobody runs CloudNativePG here; what its operator would write is written by
 * the test, and the real definitions judge what ours writes.
 */
describe("a module whose driver is CloudNativePG", () => {
  let world: OwnPlatform;
  let platform: Platform;
  let region: string;
  let tenant: string;
  let played: PlayedCloudNativePg;

  const module = (): string[] => ["moduledeployment", "postgresql", "-n", `t-${tenant}`];
  const becomes = (type: string, status: string, reason?: string) =>
    platform.until(module(), { type, status, ...(reason === undefined ? {} : { reason }) });
  const claim = (): string[] => ["pvc", "postgresql-1", "-n", `t-${tenant}-data`];

  beforeAll(async () => {
    world = await ownPlatform("cloudnative-pg");
    ({ platform } = world);
    await world.startOperator();
    region = await platform.region("home", { postgresql: { defaultDriver: "CloudNativePG" } });
    tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
    played = new PlayedCloudNativePg(platform, `t-${tenant}-data`);
  });
  afterAll(async () => {
    await world.stop();
  });

  test("says what to install while the cluster lacks it, and asks for nothing", async () => {
    const { message } = await becomes("Ready", "False", "CapabilityMissing");
    expect(message).toContain("install CloudNativePG 1.30 or newer");
    await new Promise((resolve) => setTimeout(resolve, restMs));
    const asked = auditEvents(world.controlPlane.auditLog, operatorUser).filter(({ requestURI }) =>
      requestURI.startsWith("/apis/postgresql.cnpg.io"),
    );
    expect(asked).toEqual([]);
    expect(await platform.list(["secrets", "-n", `t-${tenant}-data`])).toEqual([]);
  });

  test("goes on by itself once the definitions are there, with objects that they accept", async () => {
    await installDefinitions(platform.kubectl, say);
    const { message } = await becomes("WorkloadAvailable", "False", "Progressing");
    expect(message).toContain("is the operator of CloudNativePG running?");
    for (const kind of ["cluster", "database", "databaserole"])
      expect((await played.get(kind)).metadata.labels?.["socle.dev/tenant"]).toBe(tenant);
    const secret = await platform.get(["secret", "postgresql-credentials", "-n", `t-${tenant}-data`]);
    expect(secret).toMatchObject({ type: "kubernetes.io/basic-auth" });
  });

  test("lets its instances reach the API server where it is now, and no other address", async () => {
    for (const address of ["192.0.2.10", "192.0.2.11"]) {
      // The API server writes this object itself, but not for an address of the loopback, as it has here.
      await platform.kubectl.apply([
        {
          apiVersion: "discovery.k8s.io/v1",
          kind: "EndpointSlice",
          metadata: { name: "kubernetes", namespace: "default" },
          addressType: "IPv4",
          endpoints: [{ addresses: [address] }],
          ports: [{ name: "https", port: 6443 }],
        },
      ]);
      await eventually(async () => {
        const policy = await platform.get(["networkpolicy", "postgresql-allow-api-server", "-n", `t-${tenant}-data`]);
        expect(policy?.spec["egress"]).toMatchObject([
          { to: [{ ipBlock: { cidr: `${address}/32` } }], ports: [{ port: 6443 }] },
        ]);
      });
    }
  });

  test("waits for the instances, then for role and database, and shows why they were refused", async () => {
    await played.makesVolume();
    await played.says("cluster", { phase: "Setting up primary", readyInstances: 0 });
    expect((await eventuallySays("WorkloadAvailable", "Setting up primary")).status).toBe("False");
    await played.clusterWorks();
    await becomes("WorkloadAvailable", "True");
    await played.applied("databaserole");
    await played.says("database", { applied: false, message: 'encoding "UTF8" does not match' });
    const { message } = await becomes("DatabaseReady", "False", "ProgressingWithRetry");
    expect(message).toContain('encoding "UTF8" does not match');
    await played.applied("database");
    await becomes("DatabaseReady", "True");
  });

  test("then asks the database itself: nobody answers here, and it is not Ready", async () => {
    const { message } = await becomes("EndpointReachable", "Unknown", "DependencyUnavailable");
    expect(message).toContain(`postgresql-rw.t-${tenant}-data.svc`);
  });

  test("makes volumes larger where their class lets it, and says so where not", async () => {
    const sized = (storage: string) => ({ modules: [{ module: "PostgreSQL", postgresql: { storage } }] });
    await platform.tenant(region, sized("12Gi"), tenant);
    const { message } = await becomes("UpToDate", "False", "CapabilityMissing");
    expect(message).toContain("has 10Gi and 12Gi is asked for");
    expect((await played.get("cluster")).spec).toMatchObject({ storage: { size: "10Gi" } });
    await platform.kubectl.ok([
      "patch",
      "storageclass",
      platform.name("storage"),
      "-p",
      '{"allowVolumeExpansion":true}',
    ]);
    await eventually(async () => {
      expect((await played.get("cluster")).spec).toMatchObject({ storage: { size: "12Gi" } });
    });
  });

  test("sleeps when the module is retained, and wakes up on return: its Cluster is never deleted", async () => {
    const { uid } = (await played.get("cluster")).metadata;
    await platform.confirmDeletion(tenant);
    await platform.kubectl.ok(["delete", "tenant", tenant, "--wait=false"]);
    await eventually(async () => {
      expect((await played.get("cluster")).metadata.annotations?.["cnpg.io/hibernation"]).toBe("on");
    });
    expect((await platform.get(module()))?.metadata.deletionTimestamp).toBeDefined();
    await played.sleeps();
    await eventually(async () => {
      expect(await platform.get(["tenant", tenant])).toBeUndefined();
    });
    expect((await played.get("cluster")).metadata.uid).toBe(uid);
    expect((await platform.get(claim()))?.metadata.deletionTimestamp).toBeUndefined();
    await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] }, tenant);
    await eventually(async () => {
      const { metadata } = await played.get("cluster");
      expect([metadata.uid, metadata.annotations?.["cnpg.io/hibernation"]]).toEqual([uid, undefined]);
    });
  });

  test("is erased with its volumes after the notice, and by the operator alone", async () => {
    const refused = await platform.kubectl.run([
      "delete",
      "cluster.postgresql.cnpg.io",
      "postgresql",
      "-n",
      `t-${tenant}-data`,
    ]);
    expect(refused.stderr).toContain("only the operator deletes it");
    const modules = [{ module: "PostgreSQL", deletionPolicy: "Delete" }];
    await platform.tenant(region, { modules }, tenant);
    const sent = inDays(-30);
    await platform.removeTenant(tenant, { deletionPolicy: "Delete", erasureNoticeSentAt: sent });
    expect(await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`])).toEqual([]);
    expect(await platform.list(["clusters.postgresql.cnpg.io", "-A"])).toEqual([]);
  });

  test("is incapable again when the definitions are gone, and nothing more is asked for", async () => {
    tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
    await becomes("WorkloadAvailable", "False", "Progressing");
    await removeDefinitions(platform.kubectl);
    await becomes("Ready", "False", "CapabilityMissing");
    // The watches end with their kind; from then on there is silence.
    await new Promise((resolve) => setTimeout(resolve, restMs));
    const from = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, restMs));
    const asked = auditEvents(world.controlPlane.auditLog, operatorUser).filter(
      ({ requestURI, requestReceivedTimestamp }) =>
        requestURI.startsWith("/apis/postgresql.cnpg.io") && requestReceivedTimestamp > from,
    );
    expect(asked).toEqual([]);
  });

  async function eventuallySays(type: string, text: string) {
    return await eventually(async () => {
      const found = (await platform.get(module()))?.status?.conditions?.find((one) => one.type === type);
      expect(found?.message).toContain(text);
      return found as NonNullable<typeof found>;
    });
  }
});
