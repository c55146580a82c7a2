import type { KubeApi, KubeObject, WatchEvent } from "../kube/kube-api.ts";
import type { Random } from "../runtime/backoff.ts";
import { WaitingError } from "../runtime/errors.ts";
import { LocalCache } from "../runtime/object-cache.ts";
import type { Logger } from "../runtime/reconciler.ts";
import { reflect } from "../runtime/reflector.ts";
import { rest } from "../runtime/rest.ts";
import { decodeSecret } from "./secret-store.ts";

export interface HomeSecretsPorts {
  readonly kube: KubeApi;
  readonly log: Logger;
  readonly random: Random;
  /** Told every value that was read, so that logs can hide it. */
  readonly onSecret: (value: string) => void;
}

/** So long a first list may take; a server that is away is waited for in the queue. */
const firstListMs = 5_000;

interface Followed {
  readonly cache: LocalCache<KubeObject>;
  readonly stop: AbortController;
  /** Resolves once the first list is there. */
  readonly synced: Promise<void>;
}

/** Names one key of a Secret that people made in the home namespace of their tenant. */
export interface HomeSecretKey {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/**
 * Secrets that people hand in: one watch for each home namespace in which somebody refers to one, and none elsewhere, since RBAC cannot filter a
 * watch of all. The watch keeps names and versions alone; a value is read when it is needed, and kept nowhere.
 */
export class HomeSecrets {
  readonly #ports: HomeSecretsPorts;
  readonly #followed = new Map<string, Followed>();
  readonly #listeners: ((namespace: string) => void)[] = [];

  constructor(ports: HomeSecretsPorts) {
    this.#ports = ports;
  }

  /** Told of every namespace in which a Secret came, changed or went. */
  onChange(listener: (namespace: string) => void): void {
    this.#listeners.push(listener);
  }

  /** The version of a Secret: another one whenever its content may be another. Begins to follow its namespace. */
  async version({ namespace, name, key }: HomeSecretKey): Promise<string> {
    const followed = this.#followed.get(namespace) ?? this.#follow(namespace);
    await Promise.race([followed.synced, rest(firstListMs)]);
    if (!followed.cache.hasSynced)
      throw new WaitingError("DependencyNotReady", `The Secrets of ${namespace} cannot be listed yet.`);
    const found = followed.cache.get({ namespace, name });
    if (found === undefined) throw missing({ namespace, name, key });
    return `${found.metadata.uid}/${found.metadata.resourceVersion}`;
  }

  /** The value of now. A newline at its end is what an editor leaves behind. */
  async value(at: HomeSecretKey): Promise<string> {
    const { namespace, name, key } = at;
    const live = await this.#ports.kube.get<KubeObject>({ apiVersion: "v1", kind: "Secret", namespace, name });
    const data = decodeSecret((live?.["data"] ?? {}) as Readonly<Record<string, string>>);
    const value = (data[key] ?? "").replace(/\r?\n$/, "");
    if (value === "") throw missing(at);
    this.#ports.onSecret(value);
    return value;
  }

  /** Nobody there refers to a Secret any more. */
  forget(namespace: string): void {
    this.#followed.get(namespace)?.stop.abort();
    this.#followed.delete(namespace);
  }

  close(): void {
    for (const namespace of [...this.#followed.keys()]) this.forget(namespace);
  }

  #follow(namespace: string): Followed {
    const { kube, log, random } = this.#ports;
    const type = { apiVersion: "v1", kind: "Secret" };
    const cache = new LocalCache<KubeObject>();
    const stop = new AbortController();
    const synced = new Promise<void>((resolve) => {
      const source = {
        list: async () => {
          const { items, resourceVersion } = await kube.list<KubeObject>(type, { namespace });
          setImmediate(resolve);
          return { items: items.map(nameOnly), resourceVersion };
        },
        watch: (from: { readonly resourceVersion: string; readonly signal: AbortSignal }) =>
          namesOnly(kube.watch<KubeObject>(type, { namespace, ...from })),
      };
      void reflect({ name: `Secret of ${namespace}`, source, cache, log, random }, stop.signal).finally(resolve);
    });
    cache.onChange(() => {
      for (const listener of this.#listeners) listener(namespace);
    });
    const followed = { cache, stop, synced };
    this.#followed.set(namespace, followed);
    return followed;
  }
}

function missing({ namespace, name, key }: HomeSecretKey): WaitingError {
  return new WaitingError(
    "DependencyMissing",
    `Secret ${namespace}/${name} with key ${key} is missing; create it, and this goes on by itself.`,
    { retryAfterMs: 600_000 },
  );
}

/** Secrets are for whoever uses them; a watch that kept them all would be one leak away from all. */
function nameOnly({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace = "", uid, resourceVersion } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } };
}

async function* namesOnly(events: AsyncIterable<WatchEvent<KubeObject>>): AsyncIterable<WatchEvent<KubeObject>> {
  for await (const event of events)
    yield event.type === "BOOKMARK" ? event : { ...event, object: nameOnly(event.object) };
}
