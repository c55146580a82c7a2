import type {
  BucketChange,
  ObjectStoreApi,
  ObjectStoreServer,
  ObservedBucket,
  StoredText,
  TextPlace,
} from "../../operator/objectstore/object-store-api.ts";
import { ownerMark } from "../../operator/objectstore/owner-mark.ts";
import { AlreadyExistsError, TransientError } from "../../operator/runtime/errors.ts";

export interface InMemoryBucket {
  mark: string | undefined;
  versioned: boolean;
  oldVersionsDays: number | undefined;
  /** Keys of objects, one per version. */
  objects: string[];
  /** What the objects hold that were written through the port. */
  texts: Map<string, string>;
  /** Another account made it, and lets nobody look. */
  foreign: boolean;
}

/** One object store as far as the port shows it. Buckets are open, so that a test can be the administrator who changes things by hand. */
export class InMemoryObjectStore {
  readonly buckets = new Map<string, InMemoryBucket>();
  readonly server: ObjectStoreServer = {
    url: "https://s3.test",
    region: "test",
    pathStyle: true,
    accessKeyId: "platform",
    secretAccessKey: "platform-secret",
  };
  /** False: nobody answers. */
  running = true;
  /** False: the store knows no lifecycle rules. */
  hasLifecycle = true;
  /** False: the store keeps no old versions, and refuses to. */
  hasVersioning = true;

  addBucket(name: string, fields: Partial<InMemoryBucket> = {}): void {
    const nothing = { mark: undefined, versioned: false, oldVersionsDays: undefined, foreign: false };
    this.buckets.set(name, { ...nothing, objects: [], texts: new Map(), ...fields });
  }

  connect(server: ObjectStoreServer = this.server): ObjectStoreApi {
    return new InMemoryObjectStoreApi(this, server);
  }
}

/** The double of the adapter. */
class InMemoryObjectStoreApi implements ObjectStoreApi {
  readonly #store: InMemoryObjectStore;
  readonly #server: ObjectStoreServer;

  constructor(store: InMemoryObjectStore, server: ObjectStoreServer) {
    this.#store = store;
    this.#server = server;
  }

  observe(bucket: string, signal: AbortSignal): Promise<ObservedBucket | undefined> {
    return this.#ask(signal, () => {
      const found = this.#store.buckets.get(bucket);
      if (found === undefined) return undefined;
      const { foreign, objects, texts: _texts, ...seen } = found;
      const { hasLifecycle } = this.#store;
      if (!foreign) return { readable: true, ...seen, empty: objects.length === 0, hasLifecycle };
      const unknown = { mark: undefined, empty: false, versioned: false, oldVersionsDays: undefined };
      return { readable: false, hasLifecycle: false, ...unknown };
    });
  }

  execute(change: BucketChange, signal: AbortSignal): Promise<void> {
    return this.#ask(signal, () => {
      this.#carryOut(change);
    });
  }

  buckets(signal: AbortSignal): Promise<readonly string[]> {
    return this.#ask(signal, () =>
      [...this.#store.buckets].filter(([, { foreign }]) => !foreign).map(([name]) => name),
    );
  }

  writeNew({ bucket, key, text }: StoredText, signal: AbortSignal): Promise<boolean> {
    return this.#ask(signal, () => {
      const { objects, texts } = this.#present(bucket);
      if (objects.includes(key)) return false;
      objects.push(key);
      texts.set(key, text);
      return true;
    });
  }

  read({ bucket, key }: TextPlace, signal: AbortSignal): Promise<string | undefined> {
    return this.#ask(signal, () => this.#present(bucket).texts.get(key));
  }

  list(bucket: string, folder: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#ask(signal, () => {
      const below = this.#present(bucket).objects.filter((key) => key.startsWith(folder));
      const names = below.map((key) => /^[^/]*\/?/.exec(key.slice(folder.length))?.[0] ?? "");
      return [...new Set(names)].sort();
    });
  }

  ping(signal: AbortSignal): Promise<void> {
    return this.#ask(signal, () => undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #carryOut(change: BucketChange): void {
    const { buckets } = this.#store;
    if (change.kind === "createBucket") {
      if (buckets.has(change.bucket)) throw new AlreadyExistsError(`Bucket ${change.bucket} exists.`);
      this.#store.addBucket(change.bucket);
      return;
    }
    if (change.kind === "deleteBucket" && !buckets.has(change.bucket)) return;
    const found = this.#present(change.bucket);
    if (change.kind === "markBucket") found.mark = ownerMark(change.marker);
    else if (change.kind === "setVersioning") {
      if (!this.#store.hasVersioning) throw new TransientError("DependencyUnavailable", "The store has no versions.");
      found.versioned = change.versioned;
    } else if (change.kind === "setLifecycle") found.oldVersionsDays = change.oldVersionsDays;
    else if (found.mark === ownerMark(change.marker)) buckets.delete(change.bucket);
  }

  #present(bucket: string): InMemoryBucket {
    const found = this.#store.buckets.get(bucket);
    if (found === undefined) throw new TransientError("DependencyUnavailable", `Bucket ${bucket} is gone.`);
    return found;
  }

  async #ask<T>(signal: AbortSignal, act: () => T): Promise<T> {
    signal.throwIfAborted();
    if (!this.#store.running) throw new TransientError("DependencyUnavailable", "Nobody answers.");
    const { accessKeyId, secretAccessKey } = this.#store.server;
    if (this.#server.accessKeyId !== accessKeyId || this.#server.secretAccessKey !== secretAccessKey)
      throw new TransientError("PermissionMissing", "The account is refused.");
    return await Promise.resolve(act());
  }
}
