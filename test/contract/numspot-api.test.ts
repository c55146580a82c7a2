import { createServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { HttpNumSpotApi } from "../../operator/numspot/http-numspot-api.ts";
import type { NumSpotApi, NumSpotServer } from "../../operator/numspot/numspot-api.ts";
import { connectS3 } from "../../operator/objectstore/s3-object-store-api.ts";
import { TerminalError, TransientError } from "../../operator/runtime/errors.ts";
import { FakeNumSpot, type FakeNumSpotOptions, refusal, tooManyRequests } from "../servers/fake-numspot.ts";
import { InMemoryNumSpotApi } from "../support/in-memory-numspot-api.ts";
import { fill, sharedKey, soundSpace } from "../support/numspot-worlds.ts";

const never = new AbortController().signal;
const nobodysSpace = "99999999-9999-4999-8999-999999999999";
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function started(options: Partial<FakeNumSpotOptions> = {}): Promise<FakeNumSpot> {
  const fake = await FakeNumSpot.start(options);
  closers.push(() => fake.stop());
  return fake;
}

function connected(
  fake: FakeNumSpot,
  wish: Partial<NumSpotServer> = {},
  now: () => number = () => Date.now(),
): HttpNumSpotApi {
  const { id: clientId, secret: clientSecret } = fake.account;
  const api = new HttpNumSpotApi({ url: fake.origin, ca: fake.authority, clientId, clientSecret, ...wish }, now);
  closers.push(() => api.close());
  return api;
}

const failure = (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown);

interface World {
  readonly of: string;
  readonly open: () => Promise<{ readonly api: NumSpotApi; readonly space: string; readonly holder: string }>;
}

const worlds: readonly World[] = [
  {
    of: "the in-memory double",
    open: () => {
      const api = new InMemoryNumSpotApi("space");
      return Promise.resolve({ api, space: "space", holder: "space" });
    },
  },
  {
    of: "the adapter, over HTTPS to a FAKE NumSpot",
    open: async () => {
      const fake = await started();
      fill(fake, soundSpace);
      return { api: connected(fake), space: fake.space, holder: fake.organisation };
    },
  },
];

describe.each(worlds)("the port of NumSpot over $of", ({ open }) => {
  test("tells what lies in a space, and nothing that was not asked for", async () => {
    const { api, space, holder } = await open();
    expect(await api.zones(space, never)).toEqual(soundSpace.zones);
    expect(await api.kubernetesVersions(never)).toEqual(soundSpace.versions);
    expect(await api.clusters(space, never)).toEqual(soundSpace.clusters);
    expect(await api.databases(space, never)).toEqual(soundSpace.databases);
    expect(await api.loadBalancers(space, never)).toEqual(soundSpace.loadBalancers);
    expect(await api.securityGroups(space, never)).toEqual(soundSpace.securityGroups);
    expect(await api.vpnConnections(space, never)).toEqual(soundSpace.vpnConnections);
    for (const of of [{ kind: "organisation", id: holder } as const, { kind: "space", id: space } as const])
      expect(await api.accounts(of, never)).toEqual(soundSpace.accounts);
  });

  test("says that a space which is not there has to be mended by a person", async () => {
    const { api } = await open();
    expect(await failure(api.clusters(nobodysSpace, never))).toMatchObject({
      constructor: TerminalError,
      reason: "InvalidSpec",
    });
  });
});

describe("a list of NumSpot", () => {
  test.each([
    ["clusters", 120, ["page[size]=50", "page[size]=50&page[nextToken]=NTA", "page[size]=50&page[nextToken]=MTAw"]],
    ["loadBalancers", 70, ["", "page[nextToken]=MzA", "page[nextToken]=NjA"]],
  ] as const)(
    "of %s is read to its last page, in pages of the size that its service takes",
    async (what, count, queries) => {
      const fake = await started();
      const [cluster] = soundSpace.clusters;
      const [balancer] = soundSpace.loadBalancers;
      const named = <T extends object>(one: T | undefined): T[] =>
        Array.from({ length: count }, (_, index) => ({ ...one!, name: `number-${index}` }));
      fill(fake, { ...soundSpace, clusters: named(cluster), loadBalancers: named(balancer) });
      const found = await connected(fake)[what](fake.space, never);
      expect(new Set(found.map(({ name }) => name)).size).toBe(count);
      const asked = fake.received.filter((line) => line.includes(what)).map((line) => line.split("?")[1] ?? "");
      expect(asked).toEqual(queries);
    },
  );

  test("that never ends is given up, and nothing of it is believed", async () => {
    const fake = await started();
    fake.broken = (_method, path) =>
      path.endsWith("/securityGroups") ? { status: 200, body: { items: [], nextPageToken: "more" } } : undefined;
    const thrown = await failure(connected(fake).securityGroups(fake.space, never));
    expect(thrown).toMatchObject({
      reason: "ProviderUnreachable",
      message: expect.stringContaining("no last page") as string,
    });
  });

  test("takes words that the documentation does not have yet, and drops what it does not read", async () => {
    const fake = await started();
    const [cluster] = soundSpace.clusters;
    const odd = { ...cluster!, visibility: "HYBRID", state: "HIBERNATING" };
    fill(fake, { ...soundSpace, clusters: [odd] });
    expect(await connected(fake).clusters(fake.space, never)).toEqual([odd]);
    const tunnels = await connected(fake).vpnConnections(fake.space, never);
    expect(JSON.stringify(tunnels)).not.toContain(sharedKey);
  });

  test("of groups and balancers says what an answer leaves out as unknown, never as nothing", async () => {
    const fake = await started();
    fake.securityGroups.push({ id: "sg-1", name: "front", inboundRules: [] });
    fake.loadBalancers.push({ name: "front", type: "internet-facing" });
    const api = connected(fake);
    expect(await api.securityGroups(fake.space, never)).toEqual([{ id: "sg-1", name: "front", inbound: [] }]);
    expect(await api.loadBalancers(fake.space, never)).toEqual([
      { name: "front", type: "internet-facing", securityGroups: [] },
    ]);
    fake.securityGroups.push({ id: "sg-2", name: "odd", outboundRules: [{ ipProtocol: "-1" }] });
    expect(await failure(api.securityGroups(fake.space, never))).toMatchObject({ reason: "ProviderUnreachable" });
  });

  test("of an older version of the API says nothing of backups, instead of saying that there are none", async () => {
    const fake = await started({ generation: "2026-02" });
    fill(fake, soundSpace);
    const [database] = await connected(fake).databases(fake.space, never);
    expect(database).not.toHaveProperty("backups");
  });

  test.each([
    ["no JSON", { status: 200, xml: "<html/>" }],
    ["no list", { status: 200, body: { clusters: [] } }],
    ["an item without a field that is read", { status: 200, body: { items: [{ id: "1", secret: "s3cr3t" }] } }],
  ])("that is %s is not believed, and not quoted", async (_what, told) => {
    const fake = await started();
    fake.broken = (_method, path) => (path.endsWith("/clusters") ? told : undefined);
    const thrown = await failure(connected(fake).clusters(fake.space, never));
    expect(thrown).toMatchObject({
      constructor: TransientError,
      message: expect.stringContaining("another shape than documented") as string,
    });
    expect(inspect(thrown, { depth: 9 })).not.toContain("s3cr3t");
  });
});

describe("a token of NumSpot", () => {
  const tokens = (fake: FakeNumSpot) => fake.asked("/iam/token");

  test("serves all questions, and is asked for once by those who come at the same time", async () => {
    const fake = await started();
    const api = connected(fake);
    await Promise.all([api.kubernetesVersions(never), api.clusters(fake.space, never), api.zones(fake.space, never)]);
    await api.kubernetesVersions(never);
    expect(tokens(fake)).toBe(1);
  });

  test("is renewed five minutes before it ends, so that no call meets its end", async () => {
    let now = Date.parse("2026-06-01T08:00:00Z");
    const fake = await started({ now: () => now, tokenSeconds: 3_600 });
    const api = connected(fake, {}, () => now);
    await api.kubernetesVersions(never);
    now += 54 * 60_000;
    await api.kubernetesVersions(never);
    expect(tokens(fake)).toBe(1);
    now += 2 * 60_000;
    await api.kubernetesVersions(never);
    expect(tokens(fake)).toBe(2);
    expect(fake.received.filter((line) => line.includes("/kubernetes/versions"))).toHaveLength(3);
  });

  test("that lives for a minute is used for half of it", async () => {
    let now = Date.parse("2026-06-01T08:00:00Z");
    const fake = await started({ now: () => now, tokenSeconds: 60 });
    const api = connected(fake, {}, () => now);
    await api.kubernetesVersions(never);
    now += 29_000;
    await api.kubernetesVersions(never);
    expect(tokens(fake)).toBe(1);
    now += 2_000;
    await api.kubernetesVersions(never);
    expect(tokens(fake)).toBe(2);
  });

  test("that was taken back is replaced once", async () => {
    const fake = await started();
    const api = connected(fake);
    await api.kubernetesVersions(never);
    fake.revokeTokens();
    await api.kubernetesVersions(never);
    expect(tokens(fake)).toBe(2);
  });

  test("is refused to a wrong secret, which no error repeats; the next question asks again", async () => {
    const fake = await started();
    const clientSecret = "wrong secret: 100 % of it";
    const api = connected(fake, { clientSecret });
    const thrown = await failure(api.kubernetesVersions(never));
    expect(thrown).toMatchObject({
      constructor: TransientError,
      reason: "PermissionMissing",
      message: expect.stringContaining("spec.provider.credentialsSecretRef") as string,
    });
    expect(inspect(thrown, { depth: 9 })).not.toContain(clientSecret);
    expect(inspect(api, { depth: 9, showHidden: true })).not.toContain(clientSecret);
    await failure(api.kubernetesVersions(never));
    expect(tokens(fake)).toBe(2);
  });

  test.each(["colon:inside", "plus+and space", "100 % é"])("goes to an account whose secret is %j", async (secret) => {
    const fake = await started();
    Object.assign(fake.account, { secret });
    expect(await connected(fake).kubernetesVersions(never)).toEqual(["1.34"]);
  });
});

describe("a refusal of NumSpot", () => {
  test.each([
    [403, "forbidden_access", "PermissionMissing", "the right to list and read"],
    [404, "resource_not_found", "InvalidSpec", "spaceID"],
    [500, "internal_error", "ProviderUnreachable", "HTTP 500, internal_error"],
    [400, "invalid_request", "ProviderUnreachable", "HTTP 400, invalid_request"],
  ])("with status %i and type %s is of reason %s", async (status, type, reason, words) => {
    const fake = await started();
    fake.broken = (method) => (method === "GET" ? refusal(status, type, { detail: "quotes s3cr3t" }) : undefined);
    const thrown = await failure(connected(fake).clusters(fake.space, never));
    expect(thrown).toMatchObject({ reason, message: expect.stringContaining(words) as string });
    expect(inspect(thrown, { depth: 9 })).not.toContain("s3cr3t");
    expect(inspect(thrown, { depth: 9 })).not.toContain("token-1");
  });

  test("for a quota says when to come again", async () => {
    const now = Date.parse("2026-06-01T08:00:00Z");
    const fake = await started({ now: () => now });
    const api = connected(fake, {}, () => now);
    await api.kubernetesVersions(never);
    // Longer than anybody waits within a call: the wish goes to whoever asked.
    fake.broken = () => ({ ...tooManyRequests("2026-06-01T08:10:00Z"), headers: { "retry-after": "600" } });
    expect(await failure(api.clusters(fake.space, never))).toMatchObject({
      reason: "ProviderUnreachable",
      retryAfterMs: 600_000,
    });
  });

  test("that calls itself by a name with a text in it is not repeated", async () => {
    const fake = await started();
    fake.broken = (method) =>
      method === "GET" ? { status: 403, body: { type: "urn:numspot:errors#<b>s3cr3t</b>", title: "" } } : undefined;
    const thrown = await failure(connected(fake).clusters(fake.space, never));
    expect(thrown).toMatchObject({ reason: "PermissionMissing" });
    expect(String(thrown)).not.toContain("s3cr3t");
  });
});

describe("the connection to NumSpot", () => {
  test("is not made to a server whose authority the trust bundle does not have", async () => {
    const fake = await started();
    const { clientId, clientSecret } = { clientId: fake.account.id, clientSecret: fake.account.secret };
    const api = new HttpNumSpotApi({ url: fake.origin, clientId, clientSecret }, () => Date.now());
    closers.push(() => api.close());
    expect(await failure(api.kubernetesVersions(never))).toMatchObject({ reason: "ProviderUnreachable" });
    expect(fake.received).toEqual([]);
  });

  test.each(["http://api.example", "https://account:secret-word@api.example", "api.example"])(
    "is refused to %s, before a secret goes anywhere",
    (url) => {
      const open = () => new HttpNumSpotApi({ url, clientId: "c", clientSecret: "s" }, () => 0);
      expect(open).toThrow(TerminalError);
      expect(open).not.toThrow(/secret-word/);
    },
  );

  test("to nobody says so", async () => {
    const port = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const { port: free } = server.address() as { readonly port: number };
        server.close(() => {
          resolve(free);
        });
      });
    });
    const api = new HttpNumSpotApi({ url: `https://127.0.0.1:${port}`, clientId: "c", clientSecret: "s" }, () => 0);
    closers.push(() => api.close());
    expect(await failure(api.kubernetesVersions(never))).toMatchObject({
      constructor: TransientError,
      reason: "ProviderUnreachable",
    });
  });
});

describe("the object store of NumSpot", () => {
  const store = (fake: FakeNumSpot, accessKeyId: string) => {
    const api = connectS3({
      url: `${fake.origin}/spaces/${fake.space}`,
      region: "eu-west-2",
      pathStyle: true,
      accessKeyId,
      secretAccessKey: "secret of the key",
      ca: fake.authority,
    });
    closers.push(() => api.close());
    return api;
  };

  test("lists its buckets below the path of the space", async () => {
    const fake = await started();
    fake.buckets.push("minagri-drive", "meteo-drive");
    expect(await store(fake, fake.accessKey).buckets(never)).toEqual(["minagri-drive", "meteo-drive"]);
  });

  test("refuses a key in XML, which becomes a refusal of ours", async () => {
    const fake = await started();
    expect(await failure(store(fake, "AKOTHER").buckets(never))).toMatchObject({
      constructor: TransientError,
      reason: "PermissionMissing",
    });
  });
});
