import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { InMemoryKubeApi } from "../../test/support/in-memory-kube-api.ts";
import type { KubeApi, KubeObject } from "../kube/kube-api.ts";
import { TerminalError, TransientError, WaitingError } from "../runtime/errors.ts";
import { type GeneratedSecret, SecretStore } from "./secret-store.ts";

const wanted: GeneratedSecret = {
  namespace: "default",
  name: "credentials",
  random: { password: 40 },
  plain: { username: "minagri" },
  labels: { "app.kubernetes.io/managed-by": "socle" },
  ownerLabels: { "socle.dev/tenant": "minagri" },
};
const secret = (data: Readonly<Record<string, string>>, labels = wanted.ownerLabels): Manifest => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "credentials", namespace: "default", labels },
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
});

function world(kube = new InMemoryKubeApi()) {
  const hidden: string[] = [];
  const store = (port: KubeApi = kube) =>
    new SecretStore({ kube: port, onSecret: (value) => hidden.push(value), clock: { now: () => 0 } });
  const secrets = () => kube.objects().filter(({ kind }) => kind === "Secret") as (KubeObject & { data: object })[];
  return { kube, store, hidden, secrets };
}

describe("SecretStore", () => {
  it("makes a Secret with random and plain values, labelled as whose it is", async () => {
    const { store, secrets } = world();
    const data = await store().ensure(wanted);
    expect(data).toEqual({ password: expect.stringMatching(/^[A-Za-z0-9_-]{40}$/), username: "minagri" });
    expect(secrets()[0]?.metadata.labels).toEqual({ ...wanted.labels, ...wanted.ownerLabels });
  });

  it("makes another value each time", async () => {
    expect(await world().store().ensure(wanted)).not.toEqual(await world().store().ensure(wanted));
  });

  it("reads back what another process made, and writes nothing", async () => {
    const { store, secrets } = world();
    const made = await store().ensure(wanted);
    const before = secrets();
    expect(await store().ensure(wanted)).toEqual(made);
    expect(secrets()).toEqual(before);
  });

  /** What was asked of the API server. */
  const counted = (kube: KubeApi) => {
    const asked: string[] = [];
    const api = Object.assign(Object.create(kube) as KubeApi, {
      get: (ref: Parameters<KubeApi["get"]>[0]) => {
        asked.push("get");
        return kube.get(ref);
      },
      create: (manifest: Manifest) => {
        asked.push("create");
        return kube.create(manifest);
      },
    });
    return { api, asked };
  };

  it.each([
    ["is not there: makes it without a look", { exists: false, seen: false }, ["create"]],
    ["was seen before: reads it without an attempt to make it", { exists: true, seen: true }, ["get"]],
    ["was seen before and is gone: makes it again", { exists: false, seen: true }, ["get", "create"]],
    ["another process made meanwhile: takes it as it is", { exists: true, seen: false }, ["create", "get"]],
  ])(
    "asks as little as it can where a Secret %s, and once: probes cost nothing",
    async (_, { exists, seen }, calls) => {
      const { kube, store } = world();
      if (exists) await kube.create(secret({ password: "theirs", username: "minagri" }));
      const { api, asked } = counted(kube);
      const one = store(api);
      const first = await one.ensure({ ...wanted, seen });
      expect(first["password"] === "theirs").toBe(exists);
      expect(await one.ensure({ ...wanted, seen })).toEqual(first);
      expect(asked).toEqual(calls);
      one.forget("default");
      expect(await one.read(wanted)).toEqual(first);
      expect(asked).toEqual([...calls, "get"]);
    },
  );

  it("takes a Secret that exists where the server counts a full quota before it looks at the name", async () => {
    const { kube, store } = world();
    await kube.create(secret({ password: "theirs", username: "minagri" }));
    const full = Object.assign(Object.create(kube) as KubeApi, {
      get: kube.get.bind(kube),
      create: () => Promise.reject(new TransientError("PermissionMissing", "exceeded quota: tenant")),
    });
    expect(await store(full).ensure(wanted)).toMatchObject({ password: "theirs" });
    await expect(store(full).ensure({ ...wanted, name: "other" })).rejects.toThrow("exceeded quota");
  });

  it.each([
    ["a lost key, which a new value would make worse", secret({ username: "minagri" }), "lacks the key password"],
    ["an empty key", secret({ password: "", username: "minagri" }), "lacks the key password"],
    [
      "a Secret of somebody else",
      secret({ password: "p", username: "u" }, { "socle.dev/tenant": "minjust" }),
      "is not ours",
    ],
    ["a Secret that nobody labelled", secret({ password: "p", username: "u" }, {}), "is not ours"],
  ])("refuses %s, and leaves it as it is", async (_claim, manifest, why) => {
    const { kube, store, secrets } = world();
    await kube.create(manifest);
    const before = secrets();
    const refusal = await store()
      .ensure(wanted)
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TerminalError);
    expect((refusal as Error).message).toContain(why);
    expect(secrets()).toEqual(before);
  });

  it("only reads where it is told to: what is not there stays so", async () => {
    const { store, secrets } = world();
    expect(await store().read(wanted)).toBe(undefined);
    expect(secrets()).toEqual([]);
  });

  it("tells what must not be logged: random values and no plain ones", async () => {
    const { store, hidden } = world();
    const { password } = await store().ensure(wanted);
    expect(hidden).toEqual([password]);
  });
});

describe("a Secret with a signing key of Matrix", () => {
  const keys: GeneratedSecret = { ...wanted, name: "keys", random: {}, plain: {}, signingKeys: ["signing.key"] };
  const line = `ed25519 moved_1 ${"A".repeat(43)}`;
  const given: GeneratedSecret = { ...wanted, name: "given", random: {}, plain: {}, ownerLabels: {}, foreign: true };
  const adopting: GeneratedSecret = { ...keys, copies: { "signing.key": { from: given, key: "key" } } };
  const people = (text: string): Manifest => ({
    ...secret({ key: text }, {}),
    metadata: { name: "given", namespace: "default" },
  });

  it("has one line with a name of its own and 32 random bytes, and keeps it", async () => {
    const { store, hidden } = world();
    const { "signing.key": made = "" } = await store().ensure(keys);
    const [algorithm, name, seed = ""] = made.split(" ");
    expect([algorithm, Buffer.from(seed, "base64").length]).toEqual(["ed25519", 32]);
    expect(name).toMatch(/^a_[0-9a-f]{6}$/);
    expect(await store().ensure(keys)).toEqual({ "signing.key": made });
    expect(hidden).toContain(made);
    expect(await world().store().ensure(keys)).not.toEqual({ "signing.key": made });
  });

  it("takes over the one that people give, and keeps it when theirs is gone", async () => {
    const { kube, store } = world();
    const theirs = await kube.create<KubeObject>(people(`${line}\n`));
    expect(await store().ensure(adopting)).toEqual({ "signing.key": line });
    await kube.delete({ apiVersion: "v1", kind: "Secret", namespace: "default", name: "given" }, theirs.metadata);
    expect(await store().ensure({ ...adopting, seen: true })).toEqual({ "signing.key": line });
  });

  it.each([
    ["nothing", undefined, /given with key key is missing/],
    ["something else", "not a key", /is no signing key of Matrix/],
    ["half of one", line.slice(0, -1), /is no signing key of Matrix/],
  ])("is not made where people give %s, and nothing of it is told", async (_what, text, says) => {
    const { kube, store, secrets } = world();
    if (text !== undefined) await kube.create(people(text));
    await expect(store().ensure(adopting)).rejects.toThrow(says);
    expect(secrets().map(({ metadata }) => metadata.name)).not.toContain("keys");
    if (text !== undefined) await expect(store().ensure(adopting)).rejects.not.toThrow(text);
  });

  it("goes on when people mend what they gave", async () => {
    const { kube, store } = world();
    const same = store();
    const bad = await kube.create<KubeObject>(people("not a key"));
    await expect(same.ensure(adopting)).rejects.toThrow();
    await kube.delete({ apiVersion: "v1", kind: "Secret", namespace: "default", name: "given" }, bad.metadata);
    await kube.create(people(line));
    expect(await same.ensure(adopting)).toEqual({ "signing.key": line });
  });

  it("that was used and is gone is waited for, with what to do, and found when it is restored", async () => {
    const { kube, store, secrets } = world();
    const used = { ...keys, irreplaceable: true };
    for (const seen of [true, false]) {
      const refusal = await store()
        .ensure({ ...used, seen })
        .catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(WaitingError);
      expect((refusal as Error).message).toContain("default/keys is gone, and another one would not do; restore it");
    }
    expect(secrets()).toEqual([]);
    const backup = secret({ "signing.key": line });
    await kube.create({ ...backup, metadata: { ...backup.metadata, name: "keys" } });
    expect(await store().ensure(used)).toEqual({ "signing.key": line });
  });

  it("that somebody broke is not replaced", async () => {
    const { kube, store } = world();
    const broken = secret({ "signing.key": "ed25519 gone" });
    await kube.create({ ...broken, metadata: { ...broken.metadata, name: "keys" } });
    await expect(store().ensure(keys)).rejects.toThrow(TerminalError);
  });
});

describe("a Secret that is another module's", () => {
  const theirs: GeneratedSecret = { ...wanted, foreign: true, ownerLabels: { "socle.dev/module": "Keycloak" } };

  it("is read, and never made", async () => {
    const { kube, store, secrets } = world();
    await expect(store().ensure(theirs)).rejects.toThrow(/does not exist/);
    expect(secrets()).toEqual([]);
    await kube.create(secret({ password: "p", username: "minagri" }, { "socle.dev/module": "Keycloak" }));
    expect(await store().ensure(theirs)).toMatchObject({ password: "p" });
  });

  it("is refused when it is not theirs", async () => {
    const { kube, store } = world();
    await kube.create(secret({ password: "p", username: "minagri" }, { "socle.dev/module": "Nextcloud" }));
    await expect(store().ensure(theirs)).rejects.toThrow(/is not ours/);
  });
});
