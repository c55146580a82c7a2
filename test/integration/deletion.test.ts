import { afterAll, beforeAll, describe, expect, test } from "vitest";
import pg from "pg";
import { inDays } from "../support/days.ts";
import { withoutPolicy } from "../support/admission-bypass.ts";
import { type Live, type Platform, platformOnLanes } from "../support/platform.ts";
import { eventually, uniqueName } from "../support/test-cluster.ts";

let platform: Platform;
let stop: () => Promise<void>;
let region: string;

beforeAll(async () => {
  ({ platform, stop } = await platformOnLanes());
  region = await platform.region("home");
  await platform.ready("sovereignregion", region);
});
afterAll(async () => {
  await stop();
});

/** Databases and realms of that name, as their servers know them. */
async function outside(
  name: string,
): Promise<{ database: { connectable: boolean } | undefined; realm: { enabled: boolean } | undefined }> {
  const { host, port, superuser } = platform.servers.postgres;
  const client = new pg.Client({
    host,
    port,
    user: superuser.username,
    password: superuser.password,
    database: "postgres",
  });
  await client.connect();
  const { rows } = await client.query<{ connectable: boolean }>(
    "SELECT d.datallowconn AND r.rolcanlogin AS connectable FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE datname = $1",
    [name],
  );
  await client.end();
  const { url, clientId, clientSecret } = platform.servers.keycloak;
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
  });
  const token = await fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: "POST", body });
  const { access_token: bearer } = (await token.json()) as { access_token: string };
  const answer = await fetch(`${url}/admin/realms/${name}`, { headers: { authorization: `Bearer ${bearer}` } });
  const realm = answer.status === 404 ? undefined : ((await answer.json()) as { enabled: boolean });
  return { database: rows[0], realm: realm === undefined ? undefined : { enabled: realm.enabled } };
}

const claimsOf = async (tenant: string): Promise<Readonly<Record<string, string>>> => {
  const claims = (await platform.list(["nameclaims"])).filter(
    ({ spec }) => (spec["holder"] as { readonly name: string }).name === tenant,
  );
  return Object.fromEntries(claims.map(({ spec }) => [String(spec["kind"]), String(spec["state"])]));
};
const secretsOf = async (tenant: string): Promise<Readonly<Record<string, unknown>>> => {
  const secrets = await platform.list(["secrets", "-n", `t-${tenant}-data`]);
  return Object.fromEntries(secrets.map(({ metadata, data }) => [metadata.name, data]));
};
const uidsOf = (objects: readonly Live[]): readonly string[] => objects.map(({ metadata }) => metadata.uid).sort();

describe("a tenant that is protected", () => {
  test("is not deleted: the person reads which field holds it, and nothing happened", async () => {
    const tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
    await platform.ready("tenant", tenant);
    const refused = await platform.kubectl.run(["delete", "tenant", tenant, "--wait=false"]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("deletionProtection");
    expect((await platform.get(["tenant", tenant]))?.metadata.deletionTimestamp).toBeUndefined();
  });

  test("loses nothing when admission is passed by, and says RemovalBlocked; confirmed, it ends and keeps its data", async () => {
    const tenant = await platform.tenant(region);
    await platform.ready("tenant", tenant);
    const before = uidsOf(
      await platform.list(["moduledeployments,secrets,networkpolicies", "-A", "-l", `socle.dev/tenant=${tenant}`]),
    );
    await withoutPolicy(platform.kubectl, "tenant-deletion", async () => {
      await eventually(() => platform.kubectl.ok(["delete", "tenant", tenant, "--wait=false"]));
    });
    const blocked = await platform.until(["tenant", tenant], { status: "False", reason: "RemovalBlocked" });
    expect(blocked.message).toContain("deletionProtection");
    const after = uidsOf(
      await platform.list(["moduledeployments,secrets,networkpolicies", "-A", "-l", `socle.dev/tenant=${tenant}`]),
    );
    expect(after).toEqual(before);
    expect(await outside(tenant)).toEqual({ database: { connectable: true }, realm: { enabled: true } });
    await platform.confirmDeletion(tenant);
    await eventually(async () => {
      expect(await platform.get(["tenant", tenant])).toBeUndefined();
    });
    expect(await outside(tenant)).toEqual({ database: { connectable: false }, realm: { enabled: false } });
  });
});

describe("a tenant that ends with Retain", () => {
  let tenant: string;
  let secrets: Readonly<Record<string, unknown>>;
  let namespaces: readonly string[];
  beforeAll(async () => {
    tenant = await platform.tenant(region);
    await platform.ready("tenant", tenant);
    secrets = await secretsOf(tenant);
    namespaces = uidsOf(await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`]));
    await platform.removeTenant(tenant);
  });

  test("keeps namespaces, Secrets, database and realm, with all doors shut, and its names", async () => {
    const kept = await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant},socle.dev/retained=true`]);
    expect(uidsOf(kept)).toEqual(namespaces);
    expect(await secretsOf(tenant)).toEqual(secrets);
    expect(await outside(tenant)).toEqual({ database: { connectable: false }, realm: { enabled: false } });
    expect(new Set(Object.values(await claimsOf(tenant)))).toEqual(new Set(["Retained"]));
    const people = (await platform.list(["rolebindings", "-n", `t-${tenant}`])).filter(
      ({ metadata }) => !metadata.name.includes("operator"),
    );
    expect(people).toEqual([]);
  });

  test("keeps its names from others: somebody else is told", async () => {
    const other = await platform.tenant(region, { domain: `${tenant}.example` });
    await platform.until(["tenant", other], { status: "False", reason: "NameTaken" });
    await platform.removeTenant(other);
  });

  test("comes back to the same namespaces, Secrets, database and realm", async () => {
    await platform.tenant(region, {}, tenant);
    await platform.ready("tenant", tenant);
    const back = await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`]);
    expect(uidsOf(back)).toEqual(namespaces);
    expect(back.filter(({ metadata }) => metadata.labels?.["socle.dev/retained"] !== undefined)).toEqual([]);
    expect(await secretsOf(tenant)).toEqual(secrets);
    expect(await outside(tenant)).toEqual({ database: { connectable: true }, realm: { enabled: true } });
    expect(new Set(Object.values(await claimsOf(tenant)))).toEqual(new Set(["Held"]));
  });
});

describe("a tenant that ends with Delete", () => {
  const modules = [
    { module: "PostgreSQL", deletionPolicy: "Delete" },
    { module: "Keycloak", deletionPolicy: "Delete" },
  ];

  test("is closed and kept until 21 days after the notice", async () => {
    const tenant = await platform.tenant(region, { modules });
    await platform.ready("tenant", tenant);
    await platform.confirmDeletion(tenant, { deletionPolicy: "Delete", erasureNoticeSentAt: inDays(-20) });
    await platform.kubectl.ok(["delete", "tenant", tenant, "--wait=false"]);
    await eventually(async () => {
      const waiting = await platform.until(["tenant", tenant], { status: "False" });
      expect(waiting.message).toContain("NoticePeriod");
    });
    await eventually(async () => {
      expect(await outside(tenant)).toEqual({ database: { connectable: false }, realm: { enabled: false } });
    });
    expect((await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`])).length).toBe(3);
  });

  test("leaves nothing after the notice period, and its domain is served to nobody again", async () => {
    const tenant = await platform.tenant(region, { modules });
    await platform.ready("tenant", tenant);
    await platform.removeTenant(tenant, { deletionPolicy: "Delete", erasureNoticeSentAt: inDays(-22) });
    expect(await outside(tenant)).toEqual({ database: undefined, realm: undefined });
    expect(await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`])).toEqual([]);
    expect(await claimsOf(tenant)).toEqual({ Domain: "Tombstoned" });
  });

  test("erases only the modules that say Delete themselves", async () => {
    const [postgresql] = modules;
    const tenant = await platform.tenant(region, { modules: [postgresql, { module: "Keycloak" }] });
    await platform.ready("tenant", tenant);
    await platform.removeTenant(tenant, { deletionPolicy: "Delete", erasureNoticeSentAt: inDays(-22) });
    expect(await outside(tenant)).toEqual({ database: undefined, realm: { enabled: false } });
    expect(await claimsOf(tenant)).toEqual({ Domain: "Tombstoned", RealmName: "Retained" });
    // A realm without a claim once looked like a right too many of the platform account.
    await platform.kubectl.ok([
      "annotate",
      "sovereignregion",
      region,
      "--overwrite",
      `socle.dev/reconcile-requested-at=${new Date().toISOString()}`,
    ]);
    await eventually(async () => {
      const live = await platform.get(["sovereignregion", region]);
      expect(live?.status?.["lastHandledReconcileAt"]).toBe(
        live?.metadata.annotations?.["socle.dev/reconcile-requested-at"],
      );
      expect(live?.status?.conditions?.find(({ type }) => type === "IdentityReady")?.status).toBe("True");
    });
  });
});

describe("a region", () => {
  test("that is deleted while a tenant lives in it stays for it, names it, and goes after it", async () => {
    const lived = await platform.region("lived");
    await platform.ready("sovereignregion", lived);
    const tenant = await platform.tenant(lived, { modules: [{ module: "PostgreSQL" }] });
    await platform.ready("tenant", tenant);
    await platform.kubectl.ok(["delete", "sovereignregion", lived, "--wait=false"]);
    const blocked = await platform.until(["sovereignregion", lived], { status: "False", reason: "RemovalBlocked" });
    expect(blocked.message).toContain(tenant);
    await platform.removeTenant(tenant);
    await eventually(async () => {
      expect(await platform.get(["sovereignregion", lived])).toBeUndefined();
    });
  });
});

describe("a module", () => {
  test("that its tenant still asks for loses nothing when its object is deleted", async () => {
    const tenant = await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });
    await platform.ready("tenant", tenant);
    await platform.kubectl.run(["delete", "moduledeployment", "postgresql", "-n", `t-${tenant}`, "--wait=false"]);
    await platform.until(["moduledeployment", "postgresql", "-n", `t-${tenant}`], {
      status: "False",
      reason: "RemovalBlocked",
    });
    expect((await outside(tenant)).database).toEqual({ connectable: true });
  });

  test("that is deleted by a slip of the hand goes on once it was taken off the tenant and put back, which takes no pause", async () => {
    const both = [{ module: "PostgreSQL" }, { module: "Keycloak" }];
    const tenant = await platform.tenant(region, { modules: both });
    await platform.ready("tenant", tenant);
    const ref = ["moduledeployment", "keycloak", "-n", `t-${tenant}`];
    const uid = (await platform.get(ref))?.metadata.uid;
    await platform.kubectl.run(["delete", ...ref, "--wait=false"]);
    await platform.until(ref, { status: "False", reason: "RemovalBlocked" });
    await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] }, tenant);
    await platform.tenant(region, { modules: both }, tenant);
    await eventually(async () => {
      expect([uid, undefined]).not.toContain((await platform.get(ref))?.metadata.uid);
    });
    await platform.ready("tenant", tenant);
    expect(await outside(tenant)).toEqual({ database: { connectable: true }, realm: { enabled: true } });
  });

  test("that its tenant no longer asks for is closed and kept", async () => {
    const tenant = await platform.tenant(region);
    await platform.ready("tenant", tenant);
    await platform.tenant(region, { modules: [{ module: "PostgreSQL" }] }, tenant);
    await eventually(async () => {
      expect(await platform.get(["moduledeployment", "keycloak", "-n", `t-${tenant}`])).toBeUndefined();
    });
    expect(await outside(tenant)).toEqual({ database: { connectable: true }, realm: { enabled: false } });
    await platform.ready("tenant", tenant);
  });
});

describe("a definition that is deleted under the operator", () => {
  test("takes no data along: the objects stay, held by their finalizers, and the definition's deletion is refused to begin with", async () => {
    const tenant = uniqueName("t");
    await platform.tenant(region, {}, tenant);
    await platform.ready("tenant", tenant);
    const refused = await platform.kubectl.run(["delete", "crd", "moduledeployments.socle.dev", "--wait=false"]);
    expect(refused.stderr).toContain("socle.dev/allow-crd-delete");
    expect(await outside(tenant)).toEqual({ database: { connectable: true }, realm: { enabled: true } });
  });
});
