import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import type {
  ApplyOptions,
  DeletePreconditions,
  JsonPatchOperation,
  KubeApi,
  KubeObject,
  ListOptions,
  ListResult,
  ResourceType,
  WatchEvent,
} from "../../operator/kube/kube-api.ts";
import { ConflictError, ExpiredError, TransientError } from "../../operator/runtime/errors.ts";

type TypeName = Pick<ResourceType, "apiVersion" | "kind">;
type Verb = "get" | "list" | "create" | "apply" | "patch" | "delete";

/** What happens to one call: refused before anything was done, done but its answer lost or long on its way, refused as stale, or expired. */
export type CallFault = "refused" | "answer lost" | "answer late" | "conflict" | "expired";
/** What happens at one event of a watch. A connection that is cut takes the event with it; one that is late comes behind the next. */
export type EventFault = "cut" | "ended" | "expired" | "twice" | "said again later";

export interface Faults {
  /** Asked once per call. */
  readonly call?: (verb: Verb) => CallFault | undefined;
  /** Asked once per event of a watch. */
  readonly event?: () => EventFault | undefined;
}

const lateTurns = 12;

/** A KubeApi over a network and a server that fail as they are told to. */
export class FaultyKubeApi implements KubeApi {
  readonly #inner: KubeApi;
  readonly #faults: Faults;

  constructor(inner: KubeApi, faults: Faults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    return this.#call("get", () => this.#inner.get<T>(ref));
  }

  list<T extends KubeObject>(type: TypeName, options?: ListOptions): Promise<ListResult<T>> {
    return this.#call("list", () => this.#inner.list<T>(type, options));
  }

  create<T extends KubeObject>(manifest: Manifest): Promise<T> {
    return this.#call("create", () => this.#inner.create<T>(manifest));
  }

  apply<T extends KubeObject>(manifest: Manifest, options: ApplyOptions): Promise<T> {
    return this.#call("apply", () => this.#inner.apply<T>(manifest, options));
  }

  patch<T extends KubeObject>(ref: ObjectRef, operations: readonly JsonPatchOperation[]): Promise<T | undefined> {
    return this.#call("patch", () => this.#inner.patch<T>(ref, operations));
  }

  delete(ref: ObjectRef, preconditions: DeletePreconditions): Promise<"deleted" | "absent"> {
    return this.#call("delete", () => this.#inner.delete(ref, preconditions));
  }

  async *watch<T extends KubeObject>(
    type: TypeName,
    options: ListOptions & { readonly resourceVersion: string; readonly signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>, void> {
    const again: WatchEvent<T>[] = [];
    for await (const event of this.#inner.watch<T>(type, options)) {
      const fault = this.#faults.event?.();
      if (fault === "cut") throw new TransientError("ProviderUnreachable", "The connection was cut.");
      if (fault === "expired") throw new ExpiredError("The version is gone.");
      if (fault === "ended") return;
      yield event;
      if (fault === "twice") yield event;
      yield* again.splice(0);
      if (fault === "said again later") again.push(event);
    }
  }

  async #call<T>(verb: Verb, call: () => Promise<T>): Promise<T> {
    const fault = this.#faults.call?.(verb);
    if (fault === "refused") throw new TransientError("ProviderUnreachable", `${verb} was not answered.`);
    if (fault === "conflict") throw new ConflictError(`${verb} met a change.`);
    if (fault === "expired") throw new ExpiredError(`The version that ${verb} began with is gone.`);
    const result = await call();
    for (let turn = 0; fault === "answer late" && turn < lateTurns; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    if (fault === "answer lost") throw new TransientError("ProviderUnreachable", `The answer to ${verb} was lost.`);
    return result;
  }
}
