import { createHmac, randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { roomRules } from "../../constructs/synapse/room-rules.ts";
import { homeserverYaml } from "../../operator/modules/synapse/configuration.ts";
import { identifier, literal, sql, sqlText } from "../../operator/postgres/sql.ts";
import {
  configurationProblem,
  removeSynapseHome,
  startSynapse,
  type SynapseHome,
  synapseHome,
  type SynapseServer,
} from "../servers/synapse-server.ts";
import { closedDoors } from "../support/closed-doors.ts";
import { Homeserver, MatrixClient } from "../support/matrix-client.ts";
import { eventually, uniqueName } from "../support/test-cluster.ts";
import { testServers } from "../support/test-servers.ts";

/** What the operator writes, given to the real Synapse: what it takes, what it refuses, and what it enforces without us and with us. */
const random = (): string => randomBytes(24).toString("base64url");
const registration = random();
const secrets = {
  "signing.key": `ed25519 a_test ${randomBytes(32).toString("base64").replace(/=+$/, "")}\n`,
  "macaroon-key": random(),
  "form-secret": random(),
  "registration-secret": registration,
  "client-secret": random(),
  "database-password": random(),
};
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);
const homes: SynapseHome[] = [];
const running: SynapseServer[] = [];
const domain = "ministere.example";

async function asSuperuser(statement: string): Promise<void> {
  const { host, port, superuser } = testServers().postgres;
  const login = { user: superuser.username, password: superuser.password };
  const client = new pg.Client({ host, port, ...login, database: "postgres" });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A role with a database as the operator makes them; `collation` other than C is what Synapse refuses. */
async function newDatabase(collation = "C"): Promise<string> {
  const name = uniqueName("syn");
  const role = sql`CREATE ROLE ${identifier(name)} LOGIN PASSWORD ${literal(secrets["database-password"])}`;
  await asSuperuser(sqlText(role));
  const made = sql`CREATE DATABASE ${identifier(name)} OWNER ${identifier(name)} TEMPLATE template0 ENCODING 'UTF8'`;
  await asSuperuser(`${sqlText(made)} LC_COLLATE '${collation}' LC_CTYPE '${collation}'`);
  return name;
}

async function newHome(database: string, change: Readonly<Record<string, unknown>> = {}): Promise<SynapseHome> {
  const { keycloak, postgres } = testServers();
  const yaml = homeserverYaml({
    serverName: domain,
    publicUrl: `https://matrix.${domain}`,
    webClientUrl: `https://chat.${domain}`,
    servesDiscovery: true,
    database: { host: postgres.host, port: postgres.port, name: database, tls: "Disable", connections: 5 },
    realm: { issuer: `${keycloak.url}/realms/master`, clientId: "synapse", displayName: "Ministère" },
    federation: "Closed",
    allowlist: [],
    maxUploadBytes: 1_000_000,
    mediaRetentionDays: 30,
  });
  // The user that servers run as cannot enter the checkout of another.
  const directory = await mkdtemp(join(tmpdir(), "socle-synapse-"));
  const home = await synapseHome({ directory, yaml, secrets }, say, change);
  homes.push(home);
  return home;
}

async function started(database: string, change: Readonly<Record<string, unknown>> = {}): Promise<Homeserver> {
  const server = await startSynapse(await newHome(database, change));
  running.push(server);
  return new Homeserver(server.url, fetch);
}

/** Somebody whom an administrator of the homeserver made: logins are not what is looked at here. */
async function person(home: Homeserver): Promise<MatrixClient> {
  const path = "/_synapse/admin/v1/register";
  const { nonce } = (await home.ask("GET", path)).body as { nonce: string };
  const [username, password] = [uniqueName("u"), random()];
  const mac = createHmac("sha1", registration).update([nonce, username, password, "notadmin"].join("\0")).digest("hex");
  const { body } = await home.ask("POST", path, { body: { nonce, username, password, admin: false, mac } });
  return new MatrixClient(home, { userId: String(body["user_id"]), token: String(body["access_token"]) });
}

afterAll(async () => {
  await Promise.all(running.map((server) => server.stop()));
  await Promise.all(homes.map(removeSynapseHome));
});

describe("homeserver.yaml, read by Synapse itself", () => {
  it("is understood", async () => {
    expect(await configurationProblem(await newHome("unused"))).toBeUndefined();
  });

  it.each([
    ["a name that is none", { server_name: "not a name" }, /server.name/i],
    ["a listener that is none", { listeners: [{ port: "many", type: "http" }] }, /port/i],
    ["a module that is not there", { modules: [{ module: "nobody.Nothing", config: {} }] }, /nobody/],
    ["a file that is not there", { macaroon_secret_key_path: "/nowhere/key" }, /nowhere/],
  ])("is refused with %s: the check can fail", async (_what, change, says) => {
    expect(await configurationProblem(await newHome("unused", change))).toMatch(says);
  });
});

describe("a homeserver as the operator configures it", () => {
  let home: Homeserver;
  let camille: MatrixClient;
  let louis: MatrixClient;
  let database: string;

  beforeAll(async () => {
    database = await newDatabase();
    home = await started(database);
    [camille, louis] = [await person(home), await person(home)];
  });

  it("answers what the operator asks it", async () => {
    expect((await home.ask("GET", "/_matrix/client/versions")).body).toMatchObject({ versions: expect.any(Array) });
    const { flows } = (await home.ask("GET", "/_matrix/client/v3/login")).body as { flows: { type: string }[] };
    expect(flows).toContainEqual(
      expect.objectContaining({
        type: "m.login.sso",
        identity_providers: [expect.objectContaining({ id: "oidc-realm", name: "Ministère" })],
      }),
    );
    expect(flows.map(({ type }) => type)).not.toContain("m.login.password");
    expect((await home.ask("GET", "/.well-known/matrix/client")).body).toMatchObject({
      "m.homeserver": { base_url: `https://matrix.${domain}/` },
    });
  });

  it("lets two people talk in a room that is encrypted, and read nothing that is not", async () => {
    const room = await camille.createRoom({ preset: "private_chat", invite: [louis.userId] });
    expect(await louis.ask("POST", `/_matrix/client/v3/join/${encodeURIComponent(room)}`, {})).toMatchObject({
      status: 200,
    });
    const content = { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "c", session_id: "s", device_id: "d" };
    const { body } = await camille.send(room, "m.room.encrypted", content);
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/event/${encodeURIComponent(String(body["event_id"]))}`;
    expect((await louis.ask("GET", path)).body).toMatchObject({ sender: camille.userId, content });
    for (const type of ["m.room.message", "m.sticker", "m.poll.start", "anything"])
      expect(await louis.send(room, type, { msgtype: "m.text", body: "in clear" })).toMatchObject({ status: 403 });
    expect(await louis.send(room, "m.reaction", { "m.relates_to": {} })).toMatchObject({ status: 200 });
  });

  it.each([
    ["refuses another algorithm", { algorithm: "none" }],
    ["refuses to take the encryption away", {}],
  ])("%s", async (_what, content) => {
    const room = await camille.createRoom();
    expect(await camille.setState(room, "m.room.encryption", content)).toMatchObject({ status: 403 });
    const initial_state = [{ type: "m.room.encryption", state_key: "", content }];
    await expect(camille.createRoom({ initial_state })).rejects.toThrow("HTTP 403");
  });

  it.each(closedDoors)("knows no $what", async ({ method, path, body, answer }) => {
    expect(await home.ask(method, path, { body })).toMatchObject(answer);
  });

  it("tells its metrics on a port of their own, and on no other", async () => {
    const [server] = running;
    expect(await (await fetch(server?.metricsUrl ?? "")).text()).toMatch(/^process_cpu_seconds_total /m);
    for (const path of ["/metrics", "/_synapse/metrics"]) expect((await home.ask("GET", path)).status).toBe(404);
  });

  it("keeps its unfinished updates where the operator counts them, and works them off", async () => {
    const { host, port } = testServers().postgres;
    const password = secrets["database-password"];
    const client = new pg.Client({ host, port, user: database, database, password });
    await client.connect();
    const left = async (): Promise<number> => (await client.query("SELECT 1 FROM background_updates")).rowCount ?? 0;
    try {
      // A new database has some 55, about one a second.
      const first = await left();
      await eventually(async () => {
        expect(await left()).toBeLessThan(Math.max(first, 1));
      });
    } finally {
      await client.end();
    }
  });

  it("publishes no room, and shows its rooms to nobody who is not in them", async () => {
    const room = await camille.createRoom({ preset: "public_chat" });
    const path = `/_matrix/client/v3/directory/list/room/${encodeURIComponent(room)}`;
    expect(await camille.ask("PUT", path, { visibility: "public" })).toMatchObject({ status: 403 });
    expect((await camille.ask("GET", "/_matrix/client/v3/publicRooms")).body).toMatchObject({ chunk: [] });
  });

  it("takes no attachment that is larger than asked", async () => {
    const upload = (bytes: number) => camille.ask("POST", "/_matrix/media/v3/upload", "x".repeat(bytes));
    expect((await upload(1_000)).status).toBe(200);
    expect((await upload(1_000_001)).status).toBe(413);
  });
});

describe("Synapse without our rules", () => {
  it("encrypts by default and enforces nothing: that is why they are there", async () => {
    const home = await started(await newDatabase(), { modules: [] });
    const camille = await person(home);
    const room = await camille.createRoom({ preset: "private_chat" });
    expect((await camille.state(room, "m.room.encryption")).status).toBe(200);
    expect(await camille.send(room, "m.room.message", { msgtype: "m.text", body: "in clear" })).toMatchObject({
      status: 200,
    });
    expect(await camille.setState(room, "m.room.encryption", { algorithm: "none" })).toMatchObject({ status: 200 });
    expect(roomRules.module).toBe("socle_rooms.EncryptedRooms");
  });
});

describe("a database with another collation than C", () => {
  it("is refused by Synapse, as the operator never makes one", async () => {
    const home = await newHome(await newDatabase("C.UTF-8"));
    await expect(startSynapse(home)).rejects.toThrow(/collation|COLLATE/i);
  });
});
