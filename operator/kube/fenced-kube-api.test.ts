import { describe, expect, it } from "vitest";
import { TransientError } from "../runtime/errors.ts";
import { FencedKubeApi } from "./fenced-kube-api.ts";
import type { KubeApi } from "./kube-api.ts";

const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: "n", name: "a" };
const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "n", name: "a" } };

/** An API that does nothing but remember what it was asked. */
const fenced = (mayWrite: () => boolean) => {
  const asked: string[] = [];
  const kube = new Proxy({} as KubeApi, {
    get: (_target, name) => () => {
      asked.push(String(name));
      return Promise.resolve(undefined);
    },
  });
  return { asked, api: new FencedKubeApi(kube, mayWrite, (told) => told) };
};
const writes: readonly [string, (api: KubeApi) => Promise<unknown>][] = [
  ["create", (api) => api.create(manifest)],
  ["apply", (api) => api.apply(manifest, { fieldManager: "test" })],
  ["patch", (api) => api.patch(ref, [])],
  ["delete", (api) => api.delete(ref, { uid: "u" })],
];
const reads: readonly [string, (api: KubeApi) => unknown][] = [
  ["get", (api) => api.get(ref)],
  ["list", (api) => api.list(ref)],
  ["watch", (api) => api.watch(ref, { resourceVersion: "1", signal: new AbortController().signal })],
];

describe("FencedKubeApi", () => {
  it("hides in statuses and events what has to stay hidden, and in nothing else: a Secret is made of it", async () => {
    const told: unknown[] = [];
    const kube = new Proxy({} as KubeApi, {
      get: () => (given: unknown) => {
        told.push(given);
        return Promise.resolve(undefined);
      },
    });
    const hide = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll("s3cr3t", "…")) as T;
    const api = new FencedKubeApi(kube, () => true, hide);
    const saying = (kind: string) => ({ ...manifest, kind, note: "s3cr3t" });
    await api.apply(saying("Tenant"), { fieldManager: "test", subresource: "status" });
    await api.create(saying("Event"));
    await api.create(saying("Secret"));
    await api.apply(saying("ConfigMap"), { fieldManager: "test" });
    expect(told.map((one) => (one as { readonly note: string }).note)).toEqual(["…", "…", "s3cr3t", "s3cr3t"]);
  });

  it.each(writes)(
    "refuses to %s once it may no longer write: a leader that slept past its lease wrote when it woke up",
    async (name, write) => {
      let leading = true;
      const { api, asked } = fenced(() => leading);
      await write(api);
      leading = false;
      await expect(write(api)).rejects.toBeInstanceOf(TransientError);
      expect(asked).toEqual([name]);
    },
  );

  it.each(reads)("lets it %s always", async (name, read) => {
    const { api, asked } = fenced(() => false);
    await read(api);
    expect(asked).toEqual([name]);
  });
});
