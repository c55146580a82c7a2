import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { type NodeLane, prepareNode, startNode } from "../node-lane/node-lane.ts";
import { installSocle } from "../support/installation.ts";
import { operatorDeployment } from "../support/operator-deployment.ts";
import { Platform } from "../support/platform.ts";
import { storageClassName } from "../node-lane/manifests.ts";
import { eventually, uniqueName } from "../support/test-cluster.ts";

const root = join(import.meta.dirname, "..", "..");
const directory = join(root, ".socle", "test", String(process.pid), "node-postgresql");
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

/** Undefined, or why this host cannot run a node: then the tests count as skipped, and in CI that is a failure. */
const problem = await prepareNode(say).then(
  () => undefined,
  (error: unknown) => {
    if (!(error instanceof LaneUnavailable) || (process.env["CI"] ?? "") !== "") throw error;
    say(`NOT RUN: ${error.message}`);
    return error.message;
  },
);

describe.skipIf(problem !== undefined)("PostgreSQL as a pod that the operator made, itself a pod", () => {
  let node: NodeLane;
  let platform: Platform;
  let region: string;
  let tenant: string;
  let other: string;

  beforeAll(async () => {
    node = await startNode({ directory, log: say });
    // There is no server beside this cluster: nothing leaves the node.
    const nowhere = { url: "http://keycloak.nowhere.svc:8080", clientId: "none", clientSecret: "none-of-this-test" };
    const superuser = { username: "none", password: "none-of-this-test" };
    platform = new Platform(node.kubectl, {
      keycloak: nowhere,
      postgres: {
        host: "postgresql.nowhere.svc",
        port: 5432,
        username: "none",
        password: "none-of-this-test",
        superuser,
      },
    });
    await installSocle(node.kubectl, "system:serviceaccount:socle-system:socle");
    await platform.prepare();
    await node.kubectl.apply(operatorDeployment(node.images.socle));
    await node.kubectl.ok(["rollout", "status", "deployment/socle", "-n", "socle-system", "--timeout=120s"]);
    region = await platform.region("node", {
      storage: { className: storageClassName },
      postgresql: { defaultDriver: "StatefulSet" },
      images: { overrides: [{ name: "postgresql-18", reference: node.images["postgresql-18"] }] },
    });
    [tenant, other] = [uniqueName("t"), uniqueName("t")];
    for (const name of [tenant, other]) await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] }, name);
    for (const name of [tenant, other]) await platform.ready("tenant", name, 180_000);
  });
  afterAll(async () => {
    await node.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const inServer = async (
    name: string,
    sql: string,
    at = name,
  ): Promise<{ code: number; stdout: string; stderr: string }> => {
    const secret = await platform.get(["secret", "postgresql-credentials", "-n", `t-${name}-data`]);
    const password = Buffer.from(secret?.data?.["password"] ?? "", "base64").toString("utf8");
    // Its own pod may not even reach its own Service: nothing leaves the data namespace but questions to DNS.
    const host = at === name ? "/run/postgresql" : `postgresql.t-${at}-data.svc`;
    const url = `host=${host} user=${name} dbname=${name} connect_timeout=5`;
    return await node.kubectl.run(
      [
        "exec",
        "-i",
        "postgresql-0",
        "-n",
        `t-${name}-data`,
        "--",
        "sh",
        "-c",
        `read -r PGPASSWORD; export PGPASSWORD; exec psql -XAt "${url}" -f -`,
      ],
      `${password}\n${sql}\n`,
    );
  };

  it("is Ready only when the tenant's own role logged in, over TLS, and wrote", async () => {
    const module = await platform.get(["moduledeployment", "postgresql", "-n", `t-${tenant}`]);
    const conditions = Object.fromEntries((module?.status?.conditions ?? []).map(({ type, status }) => [type, status]));
    expect(conditions).toMatchObject({ WorkloadAvailable: "True", DatabaseReady: "True", EndpointReachable: "True" });
  });

  it("runs under the restricted profile with a read-only root", async () => {
    const pod = await platform.get(["pod", "postgresql-0", "-n", `t-${tenant}-data`]);
    expect(JSON.stringify(pod?.spec)).toContain('"readOnlyRootFilesystem":true');
    const namespace = await platform.get(["namespace", `t-${tenant}-data`]);
    expect(namespace?.metadata.labels?.["pod-security.kubernetes.io/enforce"]).toBe("restricted");
  });

  it("keeps what was written when its pod is deleted", async () => {
    expect(await inServer(tenant, "CREATE TABLE kept AS SELECT 42 AS answer;")).toMatchObject({ code: 0 });
    await node.kubectl.ok(["delete", "pod", "postgresql-0", "-n", `t-${tenant}-data`]);
    await platform.ready("tenant", tenant, 120_000);
    await eventually(async () => {
      expect(await inServer(tenant, "SELECT answer FROM kept;")).toMatchObject({ code: 0, stdout: "42\n" });
    }, 60_000);
  });

  it("lets no other tenant's pods in", async () => {
    const refused = await inServer(other, "SELECT 1;", tenant);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/timeout|timed out/i);
  });

  it("keeps its data through Retain and return", async () => {
    expect(await inServer(tenant, "CREATE TABLE stays AS SELECT 7 AS seven;")).toMatchObject({ code: 0 });
    const claim = ["pvc", "postgresql-data", "-n", `t-${tenant}-data`];
    const before = (await platform.get(claim))?.metadata.uid;
    await platform.removeTenant(tenant);
    expect(await platform.list(["statefulsets", "-n", `t-${tenant}-data`])).toEqual([]);
    expect((await platform.get(claim))?.metadata.uid).toBe(before);
    await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] }, tenant);
    await platform.ready("tenant", tenant, 180_000);
    await eventually(async () => {
      expect(await inServer(tenant, "SELECT seven FROM stays;")).toMatchObject({ code: 0, stdout: "7\n" });
    }, 60_000);
  });

  it("leaves nothing when it is erased after its notice: pods, volume and namespaces are gone", async () => {
    const modules = [{ module: "PostgreSQL", deletionPolicy: "Delete" }];
    await platform.tenant(region, { modules }, other);
    await platform.ready("tenant", other, 60_000);
    const sent = new Date(Date.now() - 30 * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
    await platform.removeTenant(other, { deletionPolicy: "Delete", erasureNoticeSentAt: sent });
    expect(await platform.list(["namespaces", "-l", `socle.dev/tenant=${other}`])).toEqual([]);
    const volumes = JSON.stringify(await platform.list(["persistentvolumes"]));
    await eventually(() => {
      expect(volumes).not.toContain(`t-${other}-data`);
    });
  });
});
