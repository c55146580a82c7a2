import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { inDays } from "../support/days.ts";
import { type OwnPlatform, ownPlatform, type Platform } from "../support/platform.ts";
import { eventually, uniqueName } from "../support/test-cluster.ts";

let own: OwnPlatform;
let platform: Platform;
let region: string;
let operator: Awaited<ReturnType<OwnPlatform["startOperator"]>>;
/** Short, so that a region that works is looked at again within the test. */
const environment = { SOCLE_PROBE_INTERVAL_SECONDS: "5", SOCLE_EXTERNAL_INTERVAL_SECONDS: "5" };

beforeAll(async () => {
  own = await ownPlatform("outage");
  ({ platform } = own);
  operator = await own.startOperator(environment);
  region = await platform.region("home");
  await platform.ready("sovereignregion", region);
});
/** What a failed test left down would fail every later one. */
afterEach(async () => {
  for (const start of downs.splice(0)) await start();
});
afterAll(async () => {
  await own.stop();
});

const downs: (() => Promise<void>)[] = [];
async function postgresDown(): Promise<void> {
  await own.servers.stopPostgres();
  downs.push(() => own.servers.startPostgres());
}
async function keycloakDown(): Promise<void> {
  await own.servers.stopKeycloak();
  downs.push(() => own.servers.startKeycloak());
}
/** Everything that is down answers again. */
async function up(): Promise<void> {
  for (const start of downs.splice(0)) await start();
}

const postgresql = (tenant: string): string[] => ["moduledeployment", "postgresql", "-n", `t-${tenant}`];
const keycloak = (tenant: string): string[] => ["moduledeployment", "keycloak", "-n", `t-${tenant}`];

async function databases(name: string): Promise<number> {
  const { host, port, superuser } = own.servers.postgres;
  const client = new pg.Client({
    host,
    port,
    user: superuser.username,
    password: superuser.password,
    database: "postgres",
  });
  await client.connect();
  const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname LIKE $1", [`${name}%`]);
  await client.end();
  return rowCount ?? 0;
}

describe("PostgreSQL that is down", () => {
  test("while a tenant is made holds it back with the reason, and it goes on by itself when it answers", async () => {
    await postgresDown();
    const tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
    const waiting = await platform.until(postgresql(tenant), {
      type: "DatabaseReady",
      status: "Unknown",
      reason: "DependencyUnavailable",
    });
    expect(waiting.message).toContain(`${own.servers.postgres.host}:${own.servers.postgres.port}`);
    await platform.until(["sovereignregion", region], {
      type: "Reachable",
      status: "Unknown",
      reason: "DependencyUnavailable",
    });
    await up();
    await platform.ready("tenant", tenant, 90_000);
    expect(await databases(tenant)).toBe(1);
  });

  test("under a tenant that lived makes it not Ready, and Ready again, with nothing made anew", async () => {
    const tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
    await platform.ready("tenant", tenant);
    const secret = ["secret", "postgresql-credentials", "-n", `t-${tenant}-data`];
    const before = await platform.get(secret);
    await postgresDown();
    await platform.until(postgresql(tenant), { status: "Unknown" }, 60_000);
    await up();
    await platform.ready("tenant", tenant, 90_000);
    expect(await platform.get(secret)).toEqual(before);
  });

  test("while a tenant is erased keeps it, finalizer and data, and the erasure completes afterwards", async () => {
    const tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL", deletionPolicy: "Delete" }] });
    await platform.ready("tenant", tenant);
    await postgresDown();
    await platform.confirmDeletion(tenant, { deletionPolicy: "Delete", erasureNoticeSentAt: inDays(-30) });
    await platform.kubectl.ok(["delete", "tenant", tenant, "--wait=false"]);
    const held = await platform.until(postgresql(tenant), { status: "False", reason: "DependencyUnavailable" });
    expect(held.message).toContain("Being removed");
    expect((await platform.get(postgresql(tenant)))?.metadata.finalizers).toContain("socle.dev/module");
    await up();
    await eventually(async () => {
      expect(await platform.get(["tenant", tenant])).toBeUndefined();
    }, 90_000);
    expect(await databases(tenant)).toBe(0);
  });

  test("for good is left behind on request: the annotation releases the module, and an event lists what stays", async () => {
    const tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
    await platform.ready("tenant", tenant);
    await postgresDown();
    await platform.confirmDeletion(tenant);
    await platform.kubectl.ok(["delete", "tenant", tenant, "--wait=false"]);
    await platform.until(postgresql(tenant), { status: "False" });
    const uid = (await platform.get(postgresql(tenant)))?.metadata.uid ?? "";
    await platform.kubectl.ok(["annotate", ...postgresql(tenant), `socle.dev/abandon-external=${uid}`]);
    await eventually(async () => {
      expect(await platform.get(["tenant", tenant])).toBeUndefined();
    });
    await eventually(async () => {
      const events = (await platform.list(["events.events.k8s.io", "-A"])) as unknown as readonly {
        note?: string;
        action?: string;
      }[];
      const notes = events.filter(({ action }) => action === "Abandon").map(({ note }) => note);
      expect(notes.join("\n")).toContain(`Database ${tenant}`);
    });
    await up();
    expect(await databases(tenant)).toBe(1);
  });
});

describe("Keycloak that is down", () => {
  test("while a tenant is made holds back what needs it, and only that", async () => {
    await keycloakDown();
    const tenant = await platform.tenant(region);
    await platform.until(keycloak(tenant), { type: "SSOReady", status: "Unknown", reason: "DependencyUnavailable" });
    await platform.until(postgresql(tenant), { status: "True" });
    await platform.until(["tenant", tenant], { status: "False" });
    await up();
    await platform.ready("tenant", tenant, 120_000);
  });
});

describe("the API server that is killed and comes back", () => {
  test("is found again: what changed meanwhile is seen, and nothing is made twice", async () => {
    const before = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
    await platform.ready("tenant", before);
    const uid = (await platform.get(["namespace", `t-${before}`]))?.metadata.uid;
    await own.controlPlane.killApiServer();
    await own.controlPlane.startApiServer();
    const after = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
    await platform.ready("tenant", after, 60_000);
    await platform.ready("tenant", before);
    expect((await platform.get(["namespace", `t-${before}`]))?.metadata.uid).toBe(uid);
    expect(operator.running()).toBe(true);
  });
});

describe("an operator that is killed at any moment", () => {
  test("leaves what its successor completes: one namespace each, one Secret, one database", async () => {
    for (const afterMs of [150, 600, 1_200, 2_000]) {
      const tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await operator.stop("SIGKILL");
      operator = await own.startOperator(environment);
      await platform.ready("tenant", tenant, 60_000);
      expect(await databases(tenant)).toBe(1);
      const namespaces = await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`]);
      expect(namespaces.length).toBe(3);
    }
  }, 180_000);

  test("stops within its grace when asked to, with exit code 0, and gives its lease back", async () => {
    // It leads once it has made something.
    await platform.ready("tenant", await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] }), 60_000);
    expect(await operator.stop("SIGTERM")).toBe(0);
    const lease = await platform.get(["lease", "socle-operator", "-n", "socle-system"]);
    expect(lease?.spec["holderIdentity"] ?? "").toBe("");
    operator = await own.startOperator(environment);
  });
});

describe("a definition that is deleted under the operator, admission passed by", () => {
  test("takes nothing along: modules stay with their finalizers and say RemovalBlocked", async () => {
    const tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] }, uniqueName("t"));
    await platform.ready("tenant", tenant);
    const crd = "moduledeployments.socle.dev";
    await platform.kubectl.ok(["annotate", "crd", crd, `socle.dev/allow-crd-delete=${crd}`]);
    await platform.kubectl.ok(["delete", "crd", crd, "--wait=false"]);
    await platform.until(postgresql(tenant), { status: "False", reason: "RemovalBlocked" });
    expect(await databases(tenant)).toBe(1);
    expect((await platform.get(postgresql(tenant)))?.metadata.finalizers).toContain("socle.dev/module");
    expect(operator.running()).toBe(true);
  });
});
