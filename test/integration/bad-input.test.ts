import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Platform, platformOnLanes } from "../support/platform.ts";
import { withoutPolicy } from "../support/admission-bypass.ts";
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

/** Nothing of the tenant exists but what holds it back: no namespace, no module. */
async function nothingMade(tenant: string): Promise<void> {
  expect(await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`])).toEqual([]);
  expect(await platform.list(["moduledeployments", "-A", "--field-selector", `spec.tenantRef.name=${tenant}`])).toEqual(
    [],
  );
}

describe("names", () => {
  test.each([
    { what: "the same domain", domains: (base: string) => [`${base}.example`, `${base}.example`] },
    { what: "a domain and one under it", domains: (base: string) => [`${base}.example`, `sub.${base}.example`] },
  ])("of two tenants created at once with $what, one gets it and the other is told who has it", async ({ domains }) => {
    const base = uniqueName("d");
    const names = [uniqueName("t"), uniqueName("t")];
    await Promise.all(
      domains(base).map((domain, index) =>
        platform.tenant(region, { domain, modules: [{ module: "PostgreSQL" }] }, names[index]),
      ),
    );
    const winner = await eventually(async () => {
      const states = await Promise.all(names.map((name) => platform.get(["tenant", name])));
      const claimed = states.map((live) => live?.status?.conditions?.find(({ type }) => type === "NamesClaimed"));
      expect(claimed.map((condition) => condition?.status).sort()).toEqual(["False", "True"]);
      return claimed.findIndex((condition) => condition?.status === "True");
    });
    const [first = "", second = ""] = [names[winner], names[1 - winner]];
    const refused = await platform.until(["tenant", second], { status: "False", reason: "NameTaken" });
    expect(refused.message).toContain(first);
    await nothingMade(second);
    await platform.ready("tenant", first);
  });

  test("that became free let the waiting tenant in without anybody's doing", async () => {
    const domain = `${uniqueName("d")}.example`;
    const absent = platform.name("nowhere");
    const first = await platform.tenant(absent, { domain });
    await platform.until(["tenant", first], { type: "NamesClaimed", status: "True" });
    const second = await platform.tenant(region, { domain, modules: [{ module: "PostgreSQL" }] });
    await platform.until(["tenant", second], { status: "False", reason: "NameTaken" });
    await platform.removeTenant(first);
    await platform.ready("tenant", second);
  });
});

describe("a region", () => {
  test("that does not exist holds its tenant back, and lets it in once it is made", async () => {
    const tenant = await platform.tenant(platform.name("late"), { modules: [{ module: "PostgreSQL" }] });
    const { message } = await platform.until(["tenant", tenant], { status: "False", reason: "DependencyMissing" });
    expect(message).toContain(`SovereignRegion ${platform.name("late")} does not exist`);
    await nothingMade(tenant);
    await platform.region("late");
    await platform.ready("tenant", tenant);
  });

  test("that is full takes no more, and takes one when its limit is raised", async () => {
    const full = await platform.region("full", { limits: { tenants: 1, seats: 100 } });
    const modules = [{ module: "PostgreSQL" }];
    await platform.ready("tenant", await platform.tenant(full, { modules }));
    const second = await platform.tenant(full, { modules });
    const { message } = await platform.until(["tenant", second], { status: "False", reason: "LimitReached" });
    expect(message).toContain("holds 1 of 1 tenants; raise limits.tenants");
    await nothingMade(second);
    await platform.region("full", { limits: { tenants: 2, seats: 100 } });
    await platform.ready("tenant", second);
  });

  test("that has no seats left says how many", async () => {
    const small = await platform.region("small", { limits: { tenants: 9, seats: 15 } });
    await platform.ready("tenant", await platform.tenant(small, { seats: 10, modules: [{ module: "PostgreSQL" }] }));
    const second = await platform.tenant(small, { seats: 10 });
    const { message } = await platform.until(["tenant", second], { status: "False", reason: "LimitReached" });
    expect(message).toContain("5 of 15 seats left, the tenant asks for 10");
    await nothingMade(second);
  });

  test("that is cordoned keeps who lives there and takes nobody new", async () => {
    const modules = [{ module: "PostgreSQL" }];
    const cordoned = await platform.region("cordoned");
    const inside = await platform.tenant(cordoned, { modules });
    await platform.ready("tenant", inside);
    await platform.region("cordoned", { state: "Cordoned" });
    const outside = await platform.tenant(cordoned, { modules });
    const { message } = await platform.until(["tenant", outside], { status: "False", reason: "LimitReached" });
    expect(message).toContain("is cordoned");
    await nothingMade(outside);
    await platform.ready("tenant", inside);
  });

  test("without a verified proof that the tenant requires is not good enough", async () => {
    const tenant = await platform.tenant(region, {
      compliance: { dataClasses: ["Internal"], requiredQualifications: ["SecNumCloud"] },
    });
    const { message } = await platform.until(["tenant", tenant], { status: "False", reason: "NotQualified" });
    expect(message).toContain("SecNumCloud");
    await nothingMade(tenant);
  });

  test.each([
    {
      what: "a storage class that does not exist",
      spec: { storage: { className: "no-such-class" } },
      says: "no-such-class",
    },
    {
      what: "a trust bundle that does not exist",
      spec: { trustBundle: { configMapRef: { name: "no-such-bundle" } } },
      says: "no-such-bundle",
    },
  ])("with $what is not Ready and names it", async ({ spec, says }) => {
    const name = await platform.region(uniqueName("r"), spec);
    await platform.until(["sovereignregion", name], { status: "False" });
    const { message } = await platform.until(["sovereignregion", name], {
      type: "CapabilitiesVerified",
      status: "False",
    });
    expect(message).toContain(says);
  });

  test("whose Secret lacks a key names the Secret and the key, and goes on once it is there", async () => {
    const wrong = platform.secret("half", { clientID: platform.servers.keycloak.clientId });
    await platform.kubectl.apply([wrong]);
    const { url } = platform.servers.keycloak;
    const keycloak = { mode: "External", url, adminCredentialsSecretRef: { name: platform.name("half") } };
    const name = await platform.region("half", { keycloak });
    const { message } = await platform.until(["sovereignregion", name], { type: "IdentityReady", status: "False" });
    expect(message).toContain(platform.name("half"));
    expect(message).toContain("clientSecret");
    const { clientId: clientID, clientSecret } = platform.servers.keycloak;
    await platform.kubectl.apply([platform.secret("half", { clientID, clientSecret })]);
    await platform.ready("sovereignregion", name);
  });

  test("whose credentials are wrong says so, without showing them, and goes on once they are right", async () => {
    const password = "wrong-password-of-this-test";
    await platform.kubectl.apply([platform.secret("bad", { username: platform.servers.postgres.username, password })]);
    const server = {
      ...platform.postgresServer(platform.servers.postgres),
      adminCredentialsSecretRef: { name: platform.name("bad") },
    };
    const name = await platform.region("bad", { postgresql: { defaultDriver: "External", server } });
    const { message } = await platform.until(["sovereignregion", name], {
      type: "Reachable",
      status: "Unknown",
      reason: "PermissionMissing",
    });
    expect(message).not.toContain(password);
    const { username, password: right } = platform.servers.postgres;
    await platform.kubectl.apply([platform.secret("bad", { username, password: right })]);
    await platform.ready("sovereignregion", name);
  });
});

describe("what is not ours", () => {
  test("a namespace of that name is not taken over, and nothing in it changes", async () => {
    const tenant = uniqueName("t");
    const name = `t-${tenant}`;
    // As it was before Socle came: no admission policy judged it.
    await withoutPolicy(platform.kubectl, "namespace-ownership", async () => {
      await eventually(() => platform.kubectl.ok(["create", "namespace", name]));
    });
    const before = await platform.get(["namespace", name]);
    await platform.tenant(region, {}, tenant);
    const { message } = await platform.until(["tenant", tenant], {
      type: "IsolationReady",
      status: "False",
      reason: "NotOwned",
    });
    expect(message).toContain(name);
    expect(await platform.get(["namespace", name])).toEqual(before);
  });

  test.each([{ adoptionPolicy: undefined }, { adoptionPolicy: "Adopt" }])(
    "a database and role of that name stay as they are (adoptionPolicy $adoptionPolicy)",
    async ({ adoptionPolicy }) => {
      const { host, port, username, password, superuser } = platform.servers.postgres;
      const name = uniqueName("t");
      const platformClient = new pg.Client({ host, port, user: username, password, database: "postgres" });
      await platformClient.connect();
      await platformClient.query(`CREATE ROLE ${name} LOGIN`);
      await platformClient.query(`COMMENT ON ROLE ${name} IS 'of another team'`);
      await platformClient.end();
      const look = async (): Promise<unknown> => {
        const client = new pg.Client({
          host,
          port,
          user: superuser.username,
          password: superuser.password,
          database: "postgres",
        });
        await client.connect();
        const { rows } = await client.query(
          "SELECT a.*, shobj_description(a.oid, 'pg_authid') AS comment FROM pg_authid a WHERE rolname = $1",
          [name],
        );
        await client.end();
        return rows;
      };
      const before = await look();
      const postgresql = { module: "PostgreSQL", ...(adoptionPolicy === undefined ? {} : { adoptionPolicy }) };
      await platform.tenant(region, { modules: [postgresql] }, name);
      await platform.until(["moduledeployment", "postgresql", "-n", `t-${name}`], {
        status: "False",
        reason: "NotOwned",
      });
      expect(await look()).toEqual(before);
    },
  );

  test.each([
    { what: "without a mark", adoptionPolicy: undefined, attributes: {} },
    {
      what: "with another's mark, even on Adopt,",
      adoptionPolicy: "Adopt",
      attributes: { "socle.dev/owner": "another" },
    },
  ])("a realm of that name $what stays as it is", async ({ adoptionPolicy, attributes }) => {
    const realm = uniqueName("t");
    const { url, clientId, clientSecret } = platform.servers.keycloak;
    const token = async (): Promise<string> => {
      const body = new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: clientSecret,
      });
      const answer = await fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: "POST", body });
      return ((await answer.json()) as { access_token: string }).access_token;
    };
    const call = async (method: string, path: string, body?: unknown): Promise<Response> =>
      await fetch(`${url}/admin/realms${path}`, {
        method,
        headers: { authorization: `Bearer ${await token()}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    expect((await call("POST", "", { realm, enabled: true, attributes })).status).toBe(201);
    const before = await (await call("GET", `/${realm}`)).json();
    const keycloak = { module: "Keycloak", ...(adoptionPolicy === undefined ? {} : { adoptionPolicy }) };
    await platform.tenant(region, { modules: [keycloak] }, realm);
    await platform.until(["moduledeployment", "keycloak", "-n", `t-${realm}`], {
      status: "False",
      reason: "NotOwned",
    });
    expect(await (await call("GET", `/${realm}`)).json()).toEqual(before);
    await call("DELETE", `/${realm}`);
  });
});
