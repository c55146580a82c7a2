import { afterEach, describe, expect, it, vi } from "vitest";
import { ExpiredError, InternalError, TransientError } from "../runtime/errors.ts";
import type { Answer, Call, Transport } from "../runtime/transport.ts";
import { HttpKubeApi } from "./http-kube-api.ts";

const type = { apiVersion: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true };
const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: "n", name: "a" };
const answer = (status: number, json: unknown): Answer => ({
  status,
  json,
  location: undefined,
  retryAfterMs: undefined,
});
const page = (names: readonly string[], next?: string): Answer =>
  answer(200, {
    metadata: { resourceVersion: "9", ...(next === undefined ? {} : { continue: next }) },
    items: names.map((name) => ({ metadata: { name, uid: name, resourceVersion: "1" } })),
  });
const expired = answer(410, { kind: "Status", reason: "Expired", message: "gone" });

/** An API over a script of answers, and the paths and lines that it asked for. */
const over = (answers: readonly Answer[], lines: readonly string[] = []) => {
  const asked: string[] = [];
  const next = answers.values();
  const transport = {
    call: (call: Call) => {
      asked.push(`${call.method} ${call.path}`);
      return Promise.resolve(next.next().value ?? expired);
    },
    stream: (path: string) => {
      asked.push(path);
      const first = next.next().value;
      return Promise.resolve(first === undefined ? { lines: linesOf(lines) } : { answer: first });
    },
  } as unknown as Transport;
  return { asked, api: new HttpKubeApi(transport, [type], { random: () => 0.5, pageSize: 2 }) };
};
async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line);
}

describe("HttpKubeApi", () => {
  it("reads page after page, each with the token of the one before", async () => {
    const { api, asked } = over([page(["a", "b"], "t/1"), page(["c"])]);
    const { items, resourceVersion } = await api.list(type, { namespace: "n", labelSelector: "a in (b,c)" });
    expect([items.map((item) => item.metadata.name), resourceVersion]).toEqual([["a", "b", "c"], "9"]);
    const query = "GET /api/v1/namespaces/n/configmaps?labelSelector=a+in+%28b%2Cc%29&limit=2";
    expect(asked).toEqual([query, `${query}&continue=t%2F1`]);
  });

  it("starts over when a page expires, and does not mix two states", async () => {
    const { api } = over([page(["old"], "t"), expired, page(["new"])]);
    expect((await api.list(type)).items.map((item) => item.metadata.name)).toEqual(["new"]);
  });

  it("does not start over for ever", async () => {
    const { api, asked } = over([]);
    await expect(api.list(type)).rejects.toBeInstanceOf(ExpiredError);
    expect(asked).toHaveLength(3);
  });

  it.each([
    ["an answer that is no list", answer(200, undefined)],
    ["a list without a version", answer(200, { metadata: {}, items: [] })],
  ])("does not take %s for an empty one", async (_what, given) => {
    await expect(over([given]).api.list(type)).rejects.toBeInstanceOf(TransientError);
  });

  it("does not take the 404 of a proxy for an absent object: a delete would be believed", async () => {
    const proxy = answer(404, undefined);
    for (const call of [
      over([proxy]).api.get(ref),
      over([proxy]).api.delete(ref, { uid: "u" }),
      over([proxy]).api.patch(ref, []),
    ])
      await expect(call).rejects.toBeInstanceOf(TransientError);
  });

  it("does not take an answer that is no object for one", async () => {
    await expect(over([answer(200, "ok")]).api.get(ref)).rejects.toBeInstanceOf(TransientError);
  });

  it("writes names into paths as text, never as path", async () => {
    const { api, asked } = over([answer(404, { kind: "Status", reason: "NotFound" })]);
    expect(await api.get({ ...ref, namespace: "../x", name: "a/b?c" })).toBeUndefined();
    expect(asked).toEqual(["GET /api/v1/namespaces/..%2Fx/configmaps/a%2Fb%3Fc"]);
  });

  it("asks nothing about a kind that it does not know, or without a namespace", async () => {
    const { api, asked } = over([]);
    await expect(api.get({ ...ref, kind: "Pod" })).rejects.toBeInstanceOf(InternalError);
    await expect(api.get({ apiVersion: "v1", kind: "ConfigMap", name: "a" })).rejects.toBeInstanceOf(InternalError);
    expect(asked).toEqual([]);
  });

  it("lets watches end at different times, and asks for bookmarks", async () => {
    const { api, asked } = over([]);
    for await (const event of api.watch(type, { resourceVersion: "5", signal: new AbortController().signal }))
      expect(event).toBeUndefined();
    expect(asked).toEqual([
      "/api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=18",
    ]);
  });

  it("tells what a watch told before it failed, then how it failed", async () => {
    const object = { metadata: { name: "a", uid: "u", resourceVersion: "6" } };
    const { api } = over(
      [],
      [
        JSON.stringify({ type: "ADDED", object }),
        JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion: "8" } } }),
        JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } }),
      ],
    );
    const events = api.watch(type, { resourceVersion: "5", signal: new AbortController().signal });
    expect((await events.next()).value).toMatchObject({ type: "ADDED", object: { kind: "ConfigMap" } });
    expect((await events.next()).value).toEqual({ type: "BOOKMARK", resourceVersion: "8" });
    await expect(events.next()).rejects.toBeInstanceOf(ExpiredError);
  });

  it("takes a watch that is answered 410 for expired, too", async () => {
    const watch = over([expired]).api.watch(type, { resourceVersion: "5", signal: new AbortController().signal });
    await expect(watch.next()).rejects.toBeInstanceOf(ExpiredError);
  });

  describe("on a connection that stays and tells nothing any more", () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    /** An API whose streams open and then tell one event and nothing, until they are given up. */
    const silent = () => {
      const event = { type: "ADDED", object: { metadata: { name: "a", uid: "u", resourceVersion: "6" } } };
      const transport = {
        stream: (_path: string, signal: AbortSignal) =>
          Promise.resolve({
            lines: (async function* () {
              yield JSON.stringify(event);
              await new Promise((_resolve, reject) => {
                signal.addEventListener("abort", () => {
                  reject(new TransientError("Timeout", "cancelled"));
                });
              });
            })(),
          }),
      } as unknown as Transport;
      // The longest watch that there is.
      return new HttpKubeApi(transport, [type], () => 0.999);
    };

    it("gives a watch up within half a minute: bookmarks come too seldom to be missed, and HTTP/1.1 has no ping", async () => {
      vi.useFakeTimers();
      const watch = silent().watch(type, { resourceVersion: "5", signal: new AbortController().signal });
      expect((await watch.next()).value).toMatchObject({ type: "ADDED" });
      const given = expect(watch.next()).rejects.toMatchObject({ reason: "ProviderUnreachable" });
      await vi.advanceTimersByTimeAsync(25_000);
      await given;
      expect(vi.getTimerCount()).toBe(0);
    });

    it("ends without an error when it is told to", async () => {
      const stop = new AbortController();
      const watch = silent().watch(type, { resourceVersion: "5", signal: stop.signal });
      await watch.next();
      const next = watch.next();
      stop.abort();
      expect(await next).toEqual({ done: true, value: undefined });
    });
  });
});
