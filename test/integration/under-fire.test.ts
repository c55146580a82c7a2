import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { becomes, isRunning } from "../servers/server-process.ts";
import { undoOnExit } from "../servers/undo.ts";
import { deedsOn } from "../support/deeds.ts";
import { type Asked, type EventFault, FaultProxy, type RequestFault, type Weather } from "../support/fault-proxy.ts";
import { FaultTcpProxy } from "../support/fault-tcp-proxy.ts";
import { operatorUser } from "../support/installation.ts";
import { operatorOf, type OwnPlatform, ownPlatform, type Platform } from "../support/platform.ts";
import { seeded } from "../support/seeded.ts";
import { eventually } from "../support/test-cluster.ts";

let own: OwnPlatform;
let platform: Platform;
let region: string;
let proxy: FaultProxy;
let operator: Awaited<ReturnType<typeof operatorOf>>;
const undo: (() => unknown)[] = [];
/** The etcd that a test has started; the control plane knows only its first. */
let etcd: ChildProcess | undefined;

beforeAll(async () => {
  own = await ownPlatform("under-fire");
  ({ platform } = own);
  mkdirSync(operatorDirectory(), { recursive: true });
  proxy = await FaultProxy.open(own.controlPlane, {
    user: operatorUser,
    directory: operatorDirectory(),
    name: "proxy",
  });
  operator = await startOperator();
  region = await platform.region("home");
  await platform.ready("sovereignregion", region);
});
afterEach(async () => {
  proxy.weather = {};
  for (const one of undo.splice(0).reverse()) await one();
});
afterAll(async () => {
  if (operator.running()) await operator.stop("SIGKILL");
  await proxy.close();
  await own.stop();
  etcd?.kill("SIGKILL");
});

const operatorDirectory = (): string => join(dirname(own.controlPlane.kubeconfig), "operator");
const startOperator = (environment: Readonly<Record<string, string>> = {}): ReturnType<typeof operatorOf> =>
  operatorOf({ kubeconfig: proxy.kubeconfig, directory: operatorDirectory(), environment });

const modules = [{ module: "PostgreSQL" }];
const newTenant = (): Promise<string> => platform.tenant(region, { modules });
const credentials = (tenant: string): string[] => ["secret", "postgresql-credentials", "-n", `t-${tenant}-data`];

async function onPostgres<T>(database: string, ask: (client: pg.Client) => Promise<T>): Promise<T> {
  const { host, port, superuser } = own.servers.postgres;
  const client = new pg.Client({ host, port, user: superuser.username, password: superuser.password, database });
  await client.connect();
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}

async function databases(tenant: string): Promise<readonly string[]> {
  return await onPostgres("postgres", async (client) => {
    const text = "SELECT datname FROM pg_database WHERE datname LIKE $1";
    const { rows } = await client.query<{ datname: string }>(text, [`${tenant}%`]);
    return rows.map(({ datname }) => datname);
  });
}

/** What the operator did to the objects of a tenant with effect. */
function deeds(verbs: readonly string[], tenant: string): readonly string[] {
  return deedsOn(tenant, { auditLog: own.controlPlane.auditLog, user: operatorUser }, verbs);
}

/** Everything of the tenant is there, once, and was made once; its Secrets were never written again. */
async function expectMadeOnce(tenant: string): Promise<void> {
  const namespaces = await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`]);
  expect(namespaces.map(({ metadata }) => metadata.name).sort()).toEqual(
    ["", "-apps", "-data"].map((place) => `t-${tenant}${place}`),
  );
  expect(await databases(tenant)).toHaveLength(1);
  const made = deeds(["create"], tenant);
  expect(made).toContain(`create namespaces /t-${tenant}`);
  expect(made).toContain(`create secrets t-${tenant}-data/postgresql-credentials`);
  expect([...made].sort()).toEqual([...new Set(made)].sort());
  expect(deeds(["patch", "update"], tenant).filter((text) => text.includes(" secrets "))).toEqual([]);
  expect(deeds(["delete", "deletecollection"], tenant)).toEqual([]);
}

const refusals: readonly RequestFault[] = [
  { kind: "answer", status: 500 },
  { kind: "answer", status: 503 },
  { kind: "answer", status: 503, retryAfterSeconds: 1 },
  { kind: "answer", status: 429 },
  { kind: "answer", status: 429, retryAfterSeconds: 1 },
  { kind: "reset before" },
];
const requestFaults: readonly RequestFault[] = [
  ...refusals,
  { kind: "reset after" },
  { kind: "reset midway" },
  { kind: "truncated" },
];
const eventFaults: readonly EventFault[] = [
  { kind: "cut" },
  { kind: "truncated" },
  { kind: "half-open" },
  { kind: "twice" },
  { kind: "delayed", ms: 1_500 },
  { kind: "again later", ms: 2_000 },
];

/**
 * Every fifth answer and every fifth event, on average, goes wrong, in one way or another. Never more than three answers to one path in
 * a row, and of the lease never two: an operator that cannot renew it ends, as it should.
 */
function storm(seed: number): Weather {
  const random = seeded(seed);
  const inRow = new Map<string, number>();
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  return {
    request: ({ method, path }: Asked) => {
      const key = `${method} ${path}`;
      const before = inRow.get(key) ?? 0;
      const most = path.includes("/leases/") ? 1 : 3;
      const fault = random() < 0.2 && before < most ? pick(method === "WATCH" ? refusals : requestFaults) : undefined;
      inRow.set(key, fault === undefined ? 0 : before + 1);
      return fault;
    },
    event: () => (random() < 0.2 ? pick(eventFaults) : undefined),
  };
}

describe("A storm in which a fifth of all that the API server says goes wrong", () => {
  test("ends with every tenant Ready, each thing made once, and the operator alive", async () => {
    const from = proxy.recorded.length;
    proxy.weather = storm(20_261);
    const tenants: string[] = [];
    // There is always something to do: a new tenant every five seconds, and another wish of one that there is every second.
    for (let second = 0; second < 30; second += 1) {
      if (second % 6 === 0) tenants.push(await newTenant());
      const patch = JSON.stringify({ spec: { seats: 100 + second } });
      await platform.kubectl.ok([
        "patch",
        "tenant",
        tenants[second % tenants.length] ?? "",
        "--type=merge",
        "-p",
        patch,
      ]);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    proxy.weather = {};
    for (const tenant of tenants) await platform.ready("tenant", tenant, 120_000);
    for (const tenant of tenants) await expectMadeOnce(tenant);
    expect(operator.running()).toBe(true);
    // The storm was one: every fault came about.
    const struck = new Set(proxy.recorded.slice(from).map(({ fault }) => fault));
    expect([...struck].filter((one) => one !== undefined).sort()).toEqual([
      "429",
      "429 with Retry-After",
      "500",
      "503",
      "503 with Retry-After",
      "reset after",
      "reset before",
      "reset midway",
      "truncated",
    ]);
    expect([...proxy.eventFaults.keys()].sort()).toEqual(eventFaults.map(({ kind }) => kind).sort());
  }, 240_000);
});

describe("A watch whose connection stays and tells nothing any more", () => {
  test("is noticed within half a minute, for every kind, and what was missed is seen", async () => {
    const from = proxy.recorded.length;
    const silent = proxy.silenceWatches();
    expect(silent.length).toBeGreaterThan(10);
    const tenant = await newTenant();
    await eventually(() => {
      const opened = proxy.recorded.slice(from).filter(({ method }) => method === "WATCH");
      expect(opened.map(({ path }) => path).sort()).toEqual(expect.arrayContaining([...silent].sort()));
    }, 30_000);
    await platform.ready("tenant", tenant);
  });

  // One that stays although the other end is no more (a host that lost its power) cannot be made here without rights over the network.
  test("is on one that TCP asks for a sign of life after ten quiet seconds", async () => {
    await eventually(() => {
      expect(connectionsProbedWithin(10, proxy.port)).toBeGreaterThanOrEqual(proxy.watches().length);
    });
    expect(proxy.watches().length).toBeGreaterThan(10);
  });
});

/** How many connections to that port have a keep-alive timer of at most so many seconds. */
function connectionsProbedWithin(seconds: number, port: number): number {
  const keepAlive = 2;
  const ticksPerSecond = 100;
  const target = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote]) => remote === target)
    .map(([, , , , , timer = ""]) => timer.split(":").map((part) => Number.parseInt(part, 16)))
    .filter(([kind, ticks = 0]) => kind === keepAlive && ticks <= seconds * ticksPerSecond).length;
}

describe("Events that come late, twice, and again when they are long past", () => {
  test("destroy nothing: a tenant that is removed and returns at once keeps its data", async () => {
    const tenant = await newTenant();
    await platform.ready("tenant", tenant);
    const [database = ""] = await databases(tenant);
    await onPostgres(database, (client) => client.query("CREATE TABLE kept AS SELECT 42 AS answer"));
    const before = await platform.get(credentials(tenant));
    const from = proxy.recorded.length;
    const random = seeded(7);
    proxy.weather = {
      event: () => ({
        kind: random() < 0.5 ? "delayed" : random() < 0.5 ? "twice" : "again later",
        ms: 500 + random() * 2_500,
      }),
    };
    for (const _turn of [1, 2]) {
      await platform.removeTenant(tenant);
      await platform.tenant(region, { modules }, tenant);
      await platform.ready("tenant", tenant, 90_000);
    }
    proxy.weather = {};
    expect(await platform.get(credentials(tenant))).toEqual(before);
    expect(await databases(tenant)).toEqual([database]);
    const rows = await onPostgres(database, (client) => client.query("SELECT answer FROM kept"));
    expect(rows.rows).toEqual([{ answer: 42 }]);
    const deletes = proxy.recorded.slice(from).filter(({ method }) => method === "DELETE");
    expect(deletes.length).toBeGreaterThan(0);
    expect(deletes.filter(({ uid }) => uid === undefined)).toEqual([]);
    expect(
      deeds(["delete"], tenant).filter((text) => / (?:namespaces|secrets|nameclaims|tenants) /.test(text)),
    ).toEqual([]);
  }, 240_000);
});

describe("Answers to creates that never arrive whole", () => {
  test("make no duplicate, and the 409 that follows is known as our own object", async () => {
    const from = proxy.recorded.length;
    const lost = new Map<string, number>();
    proxy.weather = {
      request: ({ method, path }) => {
        const creates = method === "POST" || (method === "PATCH" && /^\/api\/v1\/namespaces\/t-[^/]+$/.test(path));
        if (!creates || path.includes("/events")) return undefined;
        // Every other is lost where the path does not say which object; else the first to each.
        const count = (lost.get(`${method} ${path}`) ?? 0) + 1;
        lost.set(`${method} ${path}`, count);
        if (method === "POST" ? count % 2 === 0 : count > 1) return undefined;
        return { kind: count % 4 === 1 ? "reset after" : "truncated" };
      },
      // The watch must not tell that the create had worked before it is tried again.
      event: ({ path }) => ({ kind: "delayed", ms: /\/(?:namespaces|nameclaims)$/.test(path) ? 8_000 : 1_500 }),
    };
    const tenant = await newTenant();
    await platform.ready("tenant", tenant, 90_000);
    proxy.weather = {};
    const answered = proxy.recorded.slice(from);
    expect(new Set(answered.map(({ fault }) => fault))).toEqual(new Set([undefined, "reset after", "truncated"]));
    const again = answered.filter(
      ({ method, path, status }) => method === "PATCH" && path.startsWith("/api/v1/namespaces/t-") && status === 409,
    );
    expect(again.length).toBeGreaterThan(0);
    await expectMadeOnce(tenant);
  }, 120_000);
});

describe("PostgreSQL behind a bad line", () => {
  test("that breaks in the middle of answers ends with one database and the first password", async () => {
    const line = await FaultTcpProxy.open(own.servers.postgres);
    undo.push(() => line.close());
    const server = platform.postgresServer({ host: "127.0.0.1", port: line.port });
    const home = await platform.region("far", { postgresql: { defaultDriver: "External", server } });
    await platform.ready("sovereignregion", home);
    line.become({ kind: "reset", afterBytes: 200 });
    const tenant = await platform.tenant(home, { modules });
    for (const afterBytes of [600, 1_500, 3_000]) {
      const before = line.cuts;
      await eventually(() => {
        expect(line.cuts).toBeGreaterThan(before);
      });
      line.become({ kind: "reset", afterBytes });
    }
    const secret = await eventually(async () => {
      const found = await platform.get(credentials(tenant));
      if (found === undefined) throw new Error("no Secret yet");
      return found;
    });
    line.become({ kind: "slow", ms: 100 });
    await platform.ready("tenant", tenant, 90_000);
    expect(await platform.get(credentials(tenant))).toEqual(secret);
    await expectMadeOnce(tenant);
  }, 180_000);
});

describe("Keycloak behind a bad line", () => {
  test("that breaks in the middle of answers ends with a realm that is ours", async () => {
    const { url } = own.servers.keycloak;
    const { hostname: host, port } = new URL(url);
    const line = await FaultTcpProxy.open({ host, port: Number(port) });
    undo.push(() => line.close());
    const home = await platform.region("abroad", {
      keycloak: {
        mode: "External",
        url: url.replace(`:${port}`, `:${line.port}`),
        adminCredentialsSecretRef: { name: platform.name("keycloak") },
      },
    });
    await platform.ready("sovereignregion", home);
    line.become({ kind: "reset", afterBytes: 500 });
    const tenant = await platform.tenant(home);
    for (const afterBytes of [4_000, 8_000, 12_000, 20_000]) {
      const before = line.cuts;
      await eventually(() => {
        expect(line.cuts).toBeGreaterThan(before);
      });
      line.become({ kind: "reset", afterBytes });
    }
    line.become({ kind: "fair" });
    // Ready it cannot be: the realm calls itself by the address of Keycloak, and the region by that of the line.
    await platform.until(
      ["moduledeployment", "keycloak", "-n", `t-${tenant}`],
      { type: "SSOReady", status: "True" },
      120_000,
    );
  }, 240_000);
});

/** Nothing of the operator reaches the API server, and no watch goes on, until the returned function is called. */
function separated(): () => void {
  proxy.weather = { request: () => ({ kind: "reset before" }) };
  proxy.cutWatches();
  return () => {
    proxy.weather = {};
  };
}

/** etcd dies and comes back with its data, as it was started. */
async function restartEtcd(): Promise<void> {
  const directory = dirname(own.controlPlane.kubeconfig);
  const pid = etcd?.pid ?? pidOf("etcd", directory);
  const [program = "", ...args] = partsOf(pid);
  process.kill(pid, "SIGKILL");
  await becomes(() => !isRunning(pid), 10_000);
  const log = openSync(join(directory, "etcd.log"), "a", 0o600);
  const child = spawn(program, args, { cwd: directory, stdio: ["ignore", log, log] });
  closeSync(log);
  child.once(
    "exit",
    undoOnExit(() => void child.kill("SIGKILL")),
  );
  etcd = child;
}

function pidOf(program: string, directory: string): number {
  const pids = JSON.parse(readFileSync(join(directory, "processes.json"), "utf8")) as number[];
  const found = pids.find((pid) => isRunning(pid) && partsOf(pid)[0]?.endsWith(`/${program}`));
  if (found === undefined) throw new Error(`${program} does not run`);
  return found;
}

function partsOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
}

const controlPlaneFaults: readonly (readonly [string, () => Promise<void>])[] = [
  [
    "The API server that is killed",
    async () => {
      await own.controlPlane.killApiServer();
      await own.controlPlane.startApiServer();
    },
  ],
  ["etcd that is killed", restartEtcd],
];
describe.each(controlPlaneFaults)("%s and comes back", (_which, restart) => {
  // What becomes of the lease is told in leadership.test.ts: an operator that cannot renew it for ten seconds ends, and another begins.
  beforeAll(async () => {
    await operator.stop("SIGKILL");
    operator = await startOperator({ SOCLE_LEADER_ELECTION: "false" });
  });

  test("is watched on: what changed before the operator got through again is seen", async () => {
    const [kept, ended] = [await newTenant(), await newTenant()];
    for (const tenant of [kept, ended]) await platform.ready("tenant", tenant);
    const join = separated();
    await restart();
    const quota = ["resourcequota", "-n", `t-${kept}-apps`];
    await eventually(() => platform.kubectl.ok(["delete", ...quota, "--all"]));
    await platform.confirmDeletion(ended);
    await platform.kubectl.ok(["delete", "tenant", ended, "--wait=false"]);
    const tenant = await newTenant();
    join();
    await platform.ready("tenant", tenant, 90_000);
    await eventually(async () => {
      expect((await platform.list(quota)).length).toBeGreaterThan(0);
      expect(await platform.get(["tenant", ended])).toBeUndefined();
    }, 60_000);
    expect(operator.running()).toBe(true);
  }, 180_000);

  test("under open watches, is watched on by itself", async () => {
    await restart();
    const tenant = await eventually(newTenant, 60_000);
    await platform.ready("tenant", tenant, 90_000);
    await expectMadeOnce(tenant);
  }, 180_000);
});
