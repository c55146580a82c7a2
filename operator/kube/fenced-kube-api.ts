import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import { TransientError } from "../runtime/errors.ts";
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
} from "./kube-api.ts";

type TypeName = Pick<ResourceType, "apiVersion" | "kind">;

/**
 * An API that reads always and writes only while it may, and tells people nothing that has to stay hidden. A leader that was stopped for longer than its lease (a frozen node, a
 * laptop's lid) once wrote from its old view before its own timer told it that another had taken over.
 */
export class FencedKubeApi implements KubeApi {
  readonly #kube: KubeApi;
  readonly #mayWrite: () => boolean;
  readonly #hide: <T>(told: T) => T;

  /**
   * @param mayWrite - Asked right before every write.
   * @param hide - Takes secrets out of statuses and events: a server may have repeated in its error what it was sent.
   */
  constructor(kube: KubeApi, mayWrite: () => boolean, hide: <T>(told: T) => T) {
    this.#kube = kube;
    this.#mayWrite = mayWrite;
    this.#hide = hide;
  }

  get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    return this.#kube.get<T>(ref);
  }

  list<T extends KubeObject>(type: TypeName, options?: ListOptions): Promise<ListResult<T>> {
    return this.#kube.list<T>(type, options);
  }

  watch<T extends KubeObject>(
    type: TypeName,
    options: ListOptions & { readonly resourceVersion: string; readonly signal: AbortSignal },
  ): AsyncIterable<WatchEvent<T>> {
    return this.#kube.watch<T>(type, options);
  }

  async create<T extends KubeObject>(manifest: Manifest): Promise<T> {
    this.#check();
    return await this.#kube.create<T>(manifest.kind === "Event" ? this.#hide(manifest) : manifest);
  }

  async apply<T extends KubeObject>(manifest: Manifest, options: ApplyOptions): Promise<T> {
    this.#check();
    return await this.#kube.apply<T>(options.subresource === "status" ? this.#hide(manifest) : manifest, options);
  }

  async patch<T extends KubeObject>(ref: ObjectRef, operations: readonly JsonPatchOperation[]): Promise<T | undefined> {
    this.#check();
    return await this.#kube.patch<T>(ref, operations);
  }

  async delete(ref: ObjectRef, preconditions: DeletePreconditions): Promise<"deleted" | "absent"> {
    this.#check();
    return await this.#kube.delete(ref, preconditions);
  }

  #check(): void {
    if (!this.#mayWrite())
      throw new TransientError("Timeout", "The lease was not renewed in time; another operator may be at work.");
  }
}
