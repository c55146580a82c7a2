import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { labels } from "../../constructs/labels.ts";
import { Redis, redisSizes } from "../../constructs/redis/redis.ts";
import { synthesize } from "../../constructs/synthesize.ts";
import { orWhyNot } from "../servers/debian-packages.ts";
import { type RedisHome, redisHome, type RedisProgram, redisProgram, startRedis } from "../servers/redis-server.ts";
import { RedisClient } from "../support/redis-client.ts";

/** Our configuration in the real Redis: who gets in, what an application may do, and what is left when it ends. */
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);
const found = await orWhyNot(() => redisProgram(say));
if (typeof found === "string") say(`NOT RUN: the configuration in the real Redis. ${found}`);
const program = found as RedisProgram;

const configMap = synthesize((scope) => {
  new Redis(scope, "redis", {
    namespace: "t-minagri-apps",
    name: "drive-redis",
    labels: labels({ tenant: "minagri", component: "drive", module: "Nextcloud" }),
    image: "registry.example/valkey:8",
    resources: redisSizes.XS,
    password: { secret: "drive-secrets", key: "redis-password" },
    clients: { "app.kubernetes.io/component": "drive" },
  });
}).find(({ kind }) => kind === "ConfigMap");
const files = configMap?.["data"] as Readonly<Record<string, string>>;

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function newHome(password: string): Promise<RedisHome> {
  const directory = await mkdtemp(join(tmpdir(), "socle-redis-"));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  return await redisHome(directory, { files, password });
}

async function client({ port }: RedisHome): Promise<RedisClient> {
  const made = await RedisClient.connect(port);
  undo.push(() => {
    made.close();
  });
  return made;
}

async function loggedIn(home: RedisHome, password: string): Promise<RedisClient> {
  const made = await client(home);
  expect(await made.ask("AUTH", password)).toBe("+OK");
  return made;
}

describe.skipIf(typeof found === "string")("a Redis of a module", () => {
  it.each([["generated-once_0123456789"], ['with "quotes", spaces\nand $(id) \\ é']])(
    "with the password %j refuses whoever does not know it, and serves whoever does",
    async (password) => {
      const home = await newHome(password);
      undo.push(await startRedis(home, program));
      const stranger = await client(home);
      expect(await stranger.ask("GET", "lock")).toMatch(/^-NOAUTH/);
      expect(await stranger.ask("AUTH", `${password}x`)).toMatch(/^-WRONGPASS/);
      expect(await stranger.ask("GET", "lock")).toMatch(/^-NOAUTH/);
      const application = await loggedIn(home, password);
      expect(await application.ask("SET", "lock", "held", "EX", "60")).toBe("+OK");
      expect(await application.ask("GET", "lock")).toBe("held");
      expect(await application.ask("INFO", "memory")).toMatch(/maxmemory_human:32\.00M[\s\S]*volatile-lru/);
      expect(await application.ask("FLUSHDB")).toBe("+OK");
      expect(await application.ask("GET", "lock")).toBeNull();
    },
  );

  it.each([["CONFIG", "SET", "dir", "/tmp"], ["SHUTDOWN"], ["SAVE"], ["ACL", "LIST"], ["FLUSHALL"], ["MONITOR"]])(
    "lets no application administer it: %s",
    async (...command) => {
      const home = await newHome("known");
      undo.push(await startRedis(home, program));
      const application = await loggedIn(home, "known");
      expect(await application.ask(...command)).toMatch(/^-NOPERM/);
      expect(await application.ask("PING")).toBe("+PONG");
    },
  );

  it("keeps nothing: what was written is gone when it comes back, and no file was made", async () => {
    const home = await newHome("known");
    const stop = await startRedis(home, program);
    const before = await loggedIn(home, "known");
    for (let index = 0; index < 1_000; index += 1) await before.ask("SET", `key-${index}`, "value");
    await stop();
    expect(await readdir(home.account)).toEqual(["users.acl"]);
    undo.push(await startRedis(home, program));
    const after = await loggedIn(home, "known");
    expect(await after.ask("DBSIZE")).toBe(":0");
    expect(await readdir(home.account)).toEqual(["users.acl"]);
  });
});
