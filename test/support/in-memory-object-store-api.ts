import type {
  BucketChange,
  ObjectStoreApi,
  ObjectStoreServer,
  ObservedBucket,
} from "../../operator/objectstore/object-store-api.ts";
import { ownerMark } from "../../operator/objectstore/owner-mark.ts";
import { AlreadyExistsError, TransientError } from "../../operator/runtime/errors.ts";

export interface InMemoryBucket {
  mark: string | undefined;
  versioned: boolean;
  oldVersionsDays: number | undefined;
  /** Keys of objects, one per version. */
  objects: string[];
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

  addBucket(name: string, fields: Partial<InMemoryBucket> = {}): void {
    const fresh = { mark: undefined, versioned: false, oldVersionsDays: undefined, objects: [], foreign: false };
    this.buckets.set(name, { ...fresh, ...fields });
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
      const { foreign, objects, ...seen } = found;
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

  ping(signal: AbortSignal): Promise<void> {
    return this.#ask(signal, () => undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #carryOut(change: BucketChange): void {
    const { buckets } = this.#store;
    const found = buckets.get(change.bucket);
    if (change.kind === "createBucket") {
      if (found !== undefined) throw new AlreadyExistsError(`Bucket ${change.bucket} exists.`);
      this.#store.addBucket(change.bucket);
      return;
    }
    if (found === undefined) {
      if (change.kind === "deleteBucket") return;
      throw new TransientError("DependencyUnavailable", `Bucket ${change.bucket} is gone.`);
    }
    if (change.kind === "markBucket") found.mark = ownerMark(change.marker);
    else if (change.kind === "setVersioning") found.versioned = change.versioned;
    else if (change.kind === "setLifecycle") found.oldVersionsDays = change.oldVersionsDays;
    else if (found.mark === ownerMark(change.marker)) buckets.delete(change.bucket);
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
