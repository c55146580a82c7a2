import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inDays } from "../support/days.ts";
import type { NodeLane } from "../node-lane/node-lane.ts";
import { installCloudNativePg } from "../support/cloudnative-pg-node.ts";
import { type NodePlatform, nodePlatform, nodeProblem, patienceMs } from "../support/node-platform.ts";
import type { Live, Platform } from "../support/platform.ts";
import { eventually, uniqueName } from "../support/test-cluster.ts";

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);
const problem = await nodeProblem();

const modules = (more: object = {}) => [
  { module: "PostgreSQL", size: "XS", postgresql: { driver: "CloudNativePG", instances: 2, storage: "1Gi" }, ...more },
];

describe.skipIf(problem !== undefined)("PostgreSQL on two instances that CloudNativePG runs", () => {
  let own: NodePlatform;
  let node: NodeLane;
  let platform: Platform;
  let region: string;
  let tenant: string;

  beforeAll(async () => {
    own = await nodePlatform("node-cloudnative-pg");
    ({ node, platform } = own);
    const instance = await installCloudNativePg(node, say);
    region = await own.region("node", {
      keycloak: {
        mode: "Managed",
        url: own.keycloakUrl,
        managed: { driver: "CloudNativePG", size: "XS", storage: "1Gi" },
      },
      postgresql: { defaultDriver: "CloudNativePG" },
      images: {
        overrides: [
          { name: "postgresql-18", reference: instance },
          { name: "keycloak", reference: node.images.keycloak },
        ],
      },
    });
    tenant = await platform.tenant(region, { modules: modules() }, uniqueName("t"));
    await platform.ready("tenant", tenant, patienceMs);
  });
  afterAll(async () => {
    await own.stop();
  });

  const data = (): string => `t-${tenant}-data`;
  const pods = (): Promise<readonly Live[]> =>
    platform.list(["pods", "-n", data(), "-l", "cnpg.io/cluster=postgresql,cnpg.io/podRole=instance"]);
  const cluster = async (): Promise<Live> => {
    const live = await platform.get(["clusters.postgresql.cnpg.io", "postgresql", "-n", data()]);
    if (live === undefined) throw new Error(`Cluster ${data()}/postgresql does not exist`);
    return live;
  };
  const primary = async (): Promise<string> => String((await cluster()).status?.["currentPrimary"]);
  const password = async (): Promise<string> => {
    const secret = await platform.get(["secret", "postgresql-credentials", "-n", data()]);
    return Buffer.from(secret?.data?.["password"] ?? "", "base64").toString("utf8");
  };
  /** A shell in an instance, with a connection string to the primary in $url; the password comes over standard input. */
  const shell = (pod: string, script: string): string[] => {
    const url = `host=postgresql-rw.${data()}.svc user=${tenant} dbname=${tenant} connect_timeout=3 sslmode=require`;
    const whole = `read -r PGPASSWORD; export PGPASSWORD; url='${url}'; ${script}`;
    return ["exec", "-i", pod, "-c", "postgres", "-n", data(), "--", "sh", "-c", whole];
  };
  const sql = async (pod: string, text: string) =>
    await node.kubectl.run(shell(pod, 'exec psql -XAt "$url" -f -'), `${await password()}\n${text}\n`);

  it("is Ready only when the tenant's own role logged in at the primary, over TLS, and wrote", async () => {
    const module = await platform.get(["moduledeployment", "postgresql", "-n", `t-${tenant}`]);
    const conditions = Object.fromEntries((module?.status?.conditions ?? []).map(({ type, status }) => [type, status]));
    expect(conditions).toMatchObject({
      WorkloadAvailable: "True",
      DatabaseReady: "True",
      EndpointReachable: "True",
      UpToDate: "True",
    });
  });

  it("holds the region's own Keycloak as well, with role and database as objects", async () => {
    await platform.ready("sovereignregion", region, patienceMs);
    const clusters = await platform.list(["clusters.postgresql.cnpg.io", "-n", "socle-identity"]);
    expect(clusters.map(({ status }) => status?.["readyInstances"])).toEqual([2]);
    const secrets = await platform.list(["secrets", "-n", "socle-identity"]);
    expect(secrets.filter(({ metadata }) => metadata.name.endsWith("-bootstrap"))).toEqual([]);
  });

  it("runs two pods under the restricted profile, and no role of the tenant's is more than an owner", async () => {
    expect((await pods()).map(({ metadata }) => metadata.name).sort()).toEqual(["postgresql-1", "postgresql-2"]);
    const namespace = await platform.get(["namespace", data()]);
    expect(namespace?.metadata.labels?.["pod-security.kubernetes.io/enforce"]).toBe("restricted");
    const rights =
      "SELECT rolsuper OR rolcreatedb OR rolcreaterole, rolconnlimit FROM pg_roles WHERE rolname = current_user;";
    expect(await sql(await primary(), rights)).toMatchObject({ stdout: "f|50\n" });
  });

  it("loses no row that was acknowledged when the pod of the primary is deleted while somebody writes", async () => {
    const before = await primary();
    const writerPod = before === "postgresql-1" ? "postgresql-2" : "postgresql-1";
    expect(await sql(before, "CREATE TABLE written (n int PRIMARY KEY);")).toMatchObject({ code: 0 });
    const script =
      'i=0; while [ "$i" -lt 100000 ]; do i=$((i+1)); psql -XAtq "$url" -c "INSERT INTO written VALUES ($i)" 2>/dev/null && echo "$i"; done';
    const acknowledged: number[] = [];
    const writer = spawn(join(node.assets, "kubectl"), ["--kubeconfig", node.kubeconfig, ...shell(writerPod, script)], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    writer.stdin.end(`${await password()}\n`);
    writer.stdout.setEncoding("utf8").on("data", (text: string) => {
      acknowledged.push(...text.split("\n").filter(Boolean).map(Number));
    });
    const atLeast = async (count: number): Promise<void> => {
      await eventually(() => {
        expect(acknowledged.length).toBeGreaterThan(count);
      }, patienceMs);
    };
    try {
      await atLeast(20);
      await node.kubectl.ok(["delete", "pod", before, "-n", data(), "--wait=false"]);
      await eventually(async () => {
        expect(await primary()).toBe(writerPod);
      }, patienceMs);
      await atLeast(acknowledged.length + 20);
    } finally {
      writer.kill("SIGKILL");
    }
    await platform.ready("tenant", tenant, patienceMs);
    const { stdout } = await sql(await primary(), "SELECT n FROM written;");
    const kept = new Set(stdout.split("\n").filter(Boolean).map(Number));
    const lost = acknowledged.filter((n) => !kept.has(n));
    say(`${acknowledged.length} rows were acknowledged, ${kept.size} are there`);
    expect(lost).toEqual([]);
  });

  it("sleeps when it is retained, with its volumes, and has its rows when it comes back", async () => {
    const volumes = async () => (await platform.list(["pvc", "-n", data()])).map(({ metadata }) => metadata.uid).sort();
    const before = await volumes();
    expect(before).toHaveLength(2);
    await platform.confirmDeletion(tenant);
    await platform.kubectl.ok(["delete", "tenant", tenant, "--wait=false"]);
    await eventually(async () => {
      expect(await platform.get(["tenant", tenant])).toBeUndefined();
    }, patienceMs);
    expect(await pods()).toEqual([]);
    expect(await volumes()).toEqual(before);
    await platform.tenant(region, { modules: modules() }, tenant);
    await platform.ready("tenant", tenant, patienceMs);
    expect((await sql(await primary(), "SELECT count(*) > 20 FROM written;")).stdout).toBe("t\n");
  });

  it("leaves nothing when it is erased after its notice", async () => {
    await platform.tenant(region, { modules: modules({ deletionPolicy: "Delete" }) }, tenant);
    const sent = inDays(-30);
    await platform.confirmDeletion(tenant, { deletionPolicy: "Delete", erasureNoticeSentAt: sent });
    await platform.kubectl.ok(["delete", "tenant", tenant, "--wait=false"]);
    await eventually(async () => {
      expect(await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`])).toEqual([]);
      expect(JSON.stringify(await platform.list(["persistentvolumes"]))).not.toContain(data());
    }, patienceMs);
  });
});
