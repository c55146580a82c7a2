import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { deedsOn } from "../support/deeds.ts";
import { FaultProxy, type Recorded } from "../support/fault-proxy.ts";
import { operatorUser } from "../support/installation.ts";
import { complaints, operatorOf, type OwnPlatform, ownPlatform, type Platform } from "../support/platform.ts";
import { eventually, uniqueName } from "../support/test-cluster.ts";

let own: OwnPlatform;
let platform: Platform;
let region: string;

beforeAll(async () => {
  own = await ownPlatform("leadership");
  ({ platform } = own);
  const first = await replica();
  region = await platform.region("home");
  await platform.ready("sovereignregion", region);
  await end(first);
});
afterEach(async () => {
  for (const one of [...replicas]) await end(one);
});
afterAll(async () => {
  await own.stop();
});

/** An operator, and a proxy that tells what it asked the API server. */
interface Replica {
  readonly proxy: FaultProxy;
  readonly operator: Awaited<ReturnType<typeof operatorOf>>;
}
const replicas = new Set<Replica>();

/** Its caches are synced: it answers that it is ready. */
async function replica(environment: Readonly<Record<string, string>> = {}): Promise<Replica> {
  const name = uniqueName("replica");
  const directory = join(dirname(own.controlPlane.kubeconfig), name);
  mkdirSync(directory, { recursive: true });
  const proxy = await FaultProxy.open(own.controlPlane, { user: operatorUser, directory, name });
  const operator = await operatorOf({ kubeconfig: proxy.kubeconfig, directory, environment });
  const made = { proxy, operator };
  replicas.add(made);
  return made;
}

async function end(one: Replica): Promise<void> {
  replicas.delete(one);
  if (one.operator.running()) await one.operator.stop("SIGKILL");
  await one.proxy.close();
  const lease = ["lease", "socle-operator", "-n", "socle-system", "--ignore-not-found"];
  await platform.kubectl.ok(["delete", ...lease]);
}

/** Two operators, of which the first leads. */
async function leaderAndStandby(): Promise<readonly [Replica, Replica]> {
  const leader = await replica();
  await leads(leader);
  return [leader, await replica()];
}

async function leads(one: Replica, withinMs?: number): Promise<void> {
  await eventually(() => {
    if (!one.operator.log().includes("This process is the active operator")) throw new Error("it does not lead yet");
  }, withinMs);
}

const onLease = ({ path }: Recorded): boolean => path.includes("/leases");
const reads = (one: Recorded): boolean => one.method === "GET" || one.method === "WATCH";
const text = ({ method, path }: Recorded): string => `${method} ${path}`;
/** Requests that change something, the lease not counted. */
const writes = ({ proxy }: Replica): Recorded[] => proxy.recorded.filter((one) => !reads(one) && !onLease(one));

const newTenant = (): Promise<string> => platform.tenant(region, { modules: [{ module: "PostgreSQL" }] });

async function databases(name: string): Promise<number> {
  const { host, port, superuser } = own.servers.postgres;
  const { username: user, password } = superuser;
  const client = new pg.Client({ host, port, user, password, database: "postgres" });
  await client.connect();
  const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname LIKE $1", [`${name}%`]);
  await client.end();
  return rowCount ?? 0;
}

describe("Of two operators", () => {
  test("one leads, and the other stands by with synced caches and asks for nothing but watches and the lease", async () => {
    const [leader, standby] = await leaderAndStandby();
    const from = standby.proxy.recorded.length;
    await platform.ready("tenant", await newTenant());
    expect(writes(leader).length).toBeGreaterThan(0);
    const asked = standby.proxy.recorded.slice(from);
    expect(asked.filter((one) => one.method !== "WATCH" && !onLease(one)).map(text)).toEqual([]);
    expect(standby.proxy.recorded.filter((one) => !reads(one)).map(text)).toEqual([]);
    // It is alive: it asks for the lease, and watches all that the leader watches.
    await eventually(() => {
      expect(standby.proxy.recorded.slice(from).filter(onLease).length).toBeGreaterThan(0);
      expect([...standby.proxy.watches()].sort()).toEqual([...leader.proxy.watches()].sort());
    });
  });

  test("the one that is asked to stop ends its work, hands over and exits 0; the other writes only after that", async () => {
    const [leader, standby] = await leaderAndStandby();
    const stopped = leader.operator.stop("SIGTERM");
    const tenant = await newTenant();
    await leads(standby, 10_000);
    expect(await stopped).toBe(0);
    await platform.ready("tenant", tenant);
    const handedOver = leader.proxy.recorded.filter((one) => one.method === "PATCH" && onLease(one)).at(-1);
    const taken = standby.proxy.recorded.find((one) => one.method === "PATCH" && onLease(one));
    const order = [handedOver, taken, writes(standby)[0]].map((one) => one?.number);
    expect(order).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    // It may have had nothing to write any more.
    const numbers = [
      ...writes(leader)
        .slice(-1)
        .map(({ number }) => number),
      ...order,
    ];
    expect(numbers).toEqual(numbers.toSorted((left = 0, right = 0) => left - right));
  });

  test("the one that is killed is followed by the other once the lease has run out", async () => {
    const [leader, standby] = await leaderAndStandby();
    await leader.operator.stop("SIGKILL");
    const tenant = await newTenant();
    await leads(standby, 25_000);
    await platform.ready("tenant", tenant);
  });

  test("the one that slept longer than its lease writes nothing when it wakes up in the middle of its work, and exits 1", async () => {
    const [leader, standby] = await leaderAndStandby();
    const { pid } = leader.operator;
    // The namespace is made, and the answer lies in the socket of a process that would go on with the next one.
    let fellAsleep = false;
    leader.proxy.weather = {
      request: ({ method, path }) => {
        if (fellAsleep || method !== "PATCH" || !path.startsWith("/api/v1/namespaces/t-")) return undefined;
        fellAsleep = process.kill(pid, "SIGSTOP");
        return undefined;
      },
    };
    const tenant = await newTenant();
    await eventually(() => {
      expect(fellAsleep).toBe(true);
    });
    await leads(standby, 25_000);
    await platform.ready("tenant", tenant);
    const asleep = leader.proxy.recorded.length;
    expect(await leader.operator.stop("SIGCONT")).toBe(1);
    const awake = leader.proxy.recorded.slice(asleep);
    expect(awake.filter((one) => !reads(one)).map(text)).toEqual([]);
    expect(complaints(leader.operator.logFile).join("\n")).toContain("The lease was lost");
    expect(standby.operator.running()).toBe(true);
  });

  test("both at work on one tenant at the same moment, without a lease, make each thing once", async () => {
    const both = await Promise.all([1, 2].map(() => replica({ SOCLE_LEADER_ELECTION: "false" })));
    const tenant = await newTenant();
    await platform.ready("tenant", tenant);
    expect(both.map((one) => writes(one).length > 0)).toEqual([true, true]);
    const namespaces = await platform.list(["namespaces", "-l", `socle.dev/tenant=${tenant}`]);
    expect(namespaces.map(({ metadata }) => metadata.name).sort()).toEqual(
      ["", "-apps", "-data"].map((place) => `t-${tenant}${place}`),
    );
    const made = deedsOn(tenant, { auditLog: own.controlPlane.auditLog, user: operatorUser }, ["create"]);
    expect(made).toContain(`create secrets t-${tenant}-data/postgresql-credentials`);
    expect([...made].sort()).toEqual([...new Set(made)].sort());
    expect(await databases(tenant)).toBe(1);
    expect(both.map(({ operator }) => operator.running())).toEqual([true, true]);
  });
});
