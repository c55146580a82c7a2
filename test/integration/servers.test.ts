import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testServers } from "../support/test-servers.ts";

const { keycloak, postgres } = testServers();

/** Other tests create realms with the same account: each leaves it a client `<realm>-realm` with roles, and nothing else. */
const realm = `lane-${randomBytes(4).toString("hex")}`;

interface AccessToken {
  readonly realm_access?: { readonly roles: readonly string[] };
  readonly resource_access?: Readonly<Record<string, unknown>>;
}

async function token(): Promise<string> {
  const response = await fetch(`${keycloak.url}/realms/master/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: keycloak.clientId,
      client_secret: keycloak.clientSecret,
    }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { access_token: string }).access_token;
}

function claims(accessToken: string): AccessToken {
  return JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString("utf8")) as AccessToken;
}

async function admin(method: string, path: string, body?: unknown): Promise<number> {
  const response = await fetch(`${keycloak.url}/admin/realms${path}`, {
    method,
    headers: { authorization: `Bearer ${await token()}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  return response.status;
}

describe("the platform account of Keycloak", () => {
  afterAll(async () => {
    // For a test that failed half-way; 404 otherwise.
    await admin("DELETE", `/${realm}`);
  });

  test("creates a realm, and may delete what it created", async () => {
    expect(await admin("POST", "", { realm, enabled: true })).toBe(201);
    expect(await admin("GET", `/${realm}/clients`)).toBe(200);
    expect(await admin("DELETE", `/${realm}`)).toBe(204);
    expect(await admin("GET", `/${realm}`)).toBe(404);
  });

  test("holds the role create-realm of realm master and no other", async () => {
    const { realm_access: realmAccess, resource_access: ofClients = {} } = claims(await token());
    expect(realmAccess?.roles).toEqual(["create-realm"]);
    expect(
      Object.keys(ofClients).filter(
        (client) => client === "account" || client === "master-realm" || !client.endsWith("-realm"),
      ),
    ).toEqual([]);
  });

  test.each([
    { what: "read the clients", method: "GET", path: "/master/clients" },
    { what: "read the users", method: "GET", path: "/master/users" },
    { what: "create a user", method: "POST", path: "/master/users", body: { username: "intruder" } },
    { what: "create a client", method: "POST", path: "/master/clients", body: { clientId: "intruder" } },
    { what: "change a setting", method: "PUT", path: "/master", body: { registrationAllowed: true } },
    { what: "delete anything, the realm included,", method: "DELETE", path: "/master" },
  ])("may not $what in realm master", async ({ method, path, body }) => {
    expect(await admin(method, path, body)).toBe(403);
  });
});

describe("the platform role of PostgreSQL", () => {
  const client = new pg.Client({
    host: postgres.host,
    port: postgres.port,
    user: postgres.username,
    password: postgres.password,
    database: "postgres",
  });

  beforeAll(async () => {
    await client.connect();
  });

  afterAll(async () => {
    await client.end();
  });

  test("may create databases and roles, and is no superuser", async () => {
    const { rows } = await client.query(
      "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = current_user",
    );
    expect(rows).toEqual([
      { rolsuper: false, rolcreatedb: true, rolcreaterole: true, rolreplication: false, rolbypassrls: false },
    ]);
  });

  test("may not read the passwords of others", async () => {
    await expect(client.query("SELECT rolpassword FROM pg_authid")).rejects.toMatchObject({ code: "42501" });
  });

  test("is refused with another password", async () => {
    const stranger = new pg.Client({
      host: postgres.host,
      port: postgres.port,
      user: postgres.username,
      password: "guess",
      database: "postgres",
    });
    await expect(stranger.connect()).rejects.toMatchObject({ code: "28P01" });
  });
});

/** Listening sockets as the kernel lists them: local address (hexadecimal, host byte order), port, and the user who opened them. */
function listeners(port: number): { readonly address: string; readonly uid: number }[] {
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
    readFileSync(file, "utf8").trim().split("\n").slice(1),
  );
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((fields) => fields[3] === "0A")
    .map((fields) => ({ local: fields[1]?.split(":") ?? [], uid: Number(fields[7]) }))
    .filter(({ local }) => Number.parseInt(local[1] ?? "", 16) === port)
    .map(({ local, uid }) => ({ address: local[0] ?? "", uid }));
}

/** 127.0.0.1, as IPv4 and mapped into IPv6. */
const loopback = ["0100007F", "0000000000000000FFFF00000100007F"];

describe.skipIf(process.platform !== "linux")("the servers", () => {
  test.each([
    ["Keycloak", Number(new URL(keycloak.url).port)],
    ["PostgreSQL", postgres.port],
  ])("%s listens on loopback only, and not as root", (_name, port) => {
    const found = listeners(port);
    expect(found.length).toBeGreaterThan(0);
    for (const { address, uid } of found) {
      expect(loopback).toContain(address);
      expect(uid).not.toBe(0);
    }
  });
});
