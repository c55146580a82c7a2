import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { InMemoryKubeApi } from "../../test/support/in-memory-kube-api.ts";
import type { KubeApi, KubeObject } from "../kube/kube-api.ts";
import { TerminalError } from "../runtime/errors.ts";
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

  it("asks once: probes cost the API server nothing", async () => {
    const { kube, store } = world();
    let asked = 0;
    const counting = Object.assign(Object.create(kube) as KubeApi, {
      get: (ref: Parameters<KubeApi["get"]>[0]) => {
        asked += 1;
        return kube.get(ref);
      },
    });
    const one = store(Object.assign(counting, { create: kube.create.bind(kube) }));
    for (let time = 0; time < 3; time += 1) await one.ensure(wanted);
    expect(asked).toBe(1);
    one.forget("default");
    await one.read(wanted);
    expect(asked).toBe(2);
  });

  it("takes the Secret of another process that was faster", async () => {
    const { kube, store } = world();
    await kube.create(secret({ password: "theirs", username: "minagri" }));
    let first = true;
    const late = Object.assign(Object.create(kube) as KubeApi, {
      get: (ref: Parameters<KubeApi["get"]>[0]) => {
        if (!first) return kube.get(ref);
        first = false;
        return Promise.resolve(undefined);
      },
      create: kube.create.bind(kube),
    });
    expect(await store(late).ensure(wanted)).toMatchObject({ password: "theirs" });
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
