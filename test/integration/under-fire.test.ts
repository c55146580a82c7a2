import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { becomes, isRunning } from "../servers/server-process.ts";
import { undoOnExit } from "../servers/undo.ts";
import { type Asked, type EventFault, FaultProxy, type RequestFault, type Weather } from "../support/fault-proxy.ts";
import { FaultTcpProxy } from "../support/fault-tcp-proxy.ts";
import { operatorUser } from "../support/installation.ts";
import { operatorOf, type OwnPlatform, ownPlatform, type Platform } from "../support/platform.ts";
import { type AuditEvent, auditEvents, eventually } from "../support/test-cluster.ts";

let own: OwnPlatform;
let platform: Platform;
let region: string;
let proxy: FaultProxy;
let operator: Awaited<ReturnType<typeof operatorOf>>;
/** Ends of processes that the control plane does not know. */
const etcd: (() => void)[] = [];
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  own = await ownPlatform("under-fire");
  ({ platform } = own);
  const directory = join(dirname(own.controlPlane.kubeconfig), "operator");
  mkdirSync(directory, { recursive: true });
  proxy = await FaultProxy.open(own.controlPlane, { user: operatorUser, directory, name: "proxy" });
  // What happens to the lease is told in leadership.test.ts: a control plane that is down for ten seconds would end the process here.
  operator = await operatorOf({
    kubeconfig: proxy.kubeconfig,
    directory,
    environment: { SOCLE_LEADER_ELECTION: "false" },
  });
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
  for (const end of etcd) end();
});

const modules = [{ module: "PostgreSQL" }];
const newTenant = (): Promise<string> => platform.tenant(region, { modules });
const credentials = (tenant: string): string[] => ["secret", "postgresql-credentials", "-n", `t-${tenant}-data`];

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

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

interface Audited extends AuditEvent {
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

/** What the operator did that had an effect, as the API server recorded it: `verb resource namespace/name`. */
function deeds(verbs: readonly string[], tenant: string): readonly string[] {
  return (auditEvents(own.controlPlane.auditLog, operatorUser) as Audited[])
    .filter(({ verb, responseStatus: answer }) => verbs.includes(verb) && (answer?.code ?? 500) < 300)
    .map(({ verb, objectRef: ref = {} }) => `${verb} ${ref.resource ?? ""} ${ref.namespace ?? ""}/${ref.name ?? ""}`)
    .filter((text) => text.includes(tenant) && !text.includes(" events "));
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

/** Every fifth answer and every fifth event, on average, goes wrong, in turn in every way; never more than three answers to one path in a row. */
function storm(seed: number): Weather {
  const random = seeded(seed);
  const inRow = new Map<string, number>();
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  return {
    request: ({ method, path }: Asked) => {
      const key = `${method} ${path}`;
      const before = inRow.get(key) ?? 0;
      const fault = random() < 0.2 && before < 3 ? pick(method === "WATCH" ? refusals : requestFaults) : undefined;
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
    for (const ends = Date.now() + 30_000; Date.now() < ends; ) {
      if (tenants.length < 5) tenants.push(await newTenant());
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    proxy.weather = {};
    const calmAt = Date.now(); // SCRATCH
    for (const tenant of tenants) {
      await platform.ready("tenant", tenant, 120_000);
      console.log("ready", tenant, Date.now() - calmAt);
    }
    (await import("node:fs")).writeFileSync(
      "/tmp/storm.json",
      JSON.stringify({ calmAt, recorded: proxy.recorded.slice(from), events: [...proxy.eventFaults] }),
    );
    (await import("node:fs")).copyFileSync(operator.logFile, "/tmp/storm.log");
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
});

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
        if (method === "GET" || method === "WATCH" || path.includes("/events")) return undefined;
        // Of creates every other is lost, since their path does not say which object; of other writes the first to each.
        const count = (lost.get(`${method} ${path}`) ?? 0) + 1;
        lost.set(`${method} ${path}`, count);
        if (method === "POST" ? count % 2 === 0 : count > 1) return undefined;
        return { kind: count % 4 === 1 ? "reset after" : "truncated" };
      },
      // The watch must not tell that the create had worked before it is tried again.
      event: () => ({ kind: "delayed", ms: 1_500 }),
    };
    const tenant = await newTenant();
    await platform.ready("tenant", tenant, 90_000);
    proxy.weather = {};
    const answered = proxy.recorded.slice(from);
    expect(new Set(answered.map(({ fault }) => fault))).toEqual(new Set([undefined, "reset after", "truncated"]));
    const again = answered.filter(
      ({ method, path, status }) => `${method} ${path} ${status ?? 0}` === "POST /api/v1/namespaces 409",
    );
    expect(again.length).toBeGreaterThan(0);
    await expectMadeOnce(tenant);
  }, 120_000);
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
  const pids = JSON.parse(readFileSync(join(directory, "processes.json"), "utf8")) as number[];
  const line = (pid: number): string[] =>
    readFileSync(`/proc/${pid}/cmdline`, "utf8")
      .split("\0")
      .filter((part) => part !== "");
  const pid = pids.find((one) => line(one)[0]?.endsWith("/etcd"));
  if (pid === undefined) throw new Error("etcd does not run");
  const [program = "", ...args] = line(pid);
  process.kill(pid, "SIGKILL");
  await becomes(() => !isRunning(pid), 10_000);
  const log = openSync(join(directory, "etcd.log"), "a", 0o600);
  const child = spawn(program, args, { cwd: directory, stdio: ["ignore", log, log] });
  closeSync(log);
  const forget = undoOnExit(() => void child.kill("SIGKILL"));
  child.once("exit", forget);
  etcd.push(() => void child.kill("SIGKILL"));
}

describe.each([
  [
    "The API server that is killed",
    async () => {
      await own.controlPlane.killApiServer();
      await own.controlPlane.startApiServer();
    },
  ],
  ["etcd that is killed", restartEtcd],
])("%s and comes back", (_which, restart) => {
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
    line.become({ kind: "slow", ms: 300 });
    await platform.ready("tenant", tenant, 90_000);
    expect(await platform.get(credentials(tenant))).toEqual(secret);
    await expectMadeOnce(tenant);
  }, 180_000);
});
