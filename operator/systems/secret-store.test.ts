import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { InMemoryKubeApi } from "../../test/support/in-memory-kube-api.ts";
import type { KubeApi, KubeObject } from "../kube/kube-api.ts";
import { TerminalError, TransientError } from "../runtime/errors.ts";
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
