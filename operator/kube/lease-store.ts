import { ConflictError } from "../runtime/errors.ts";
import type { LeaseRecord, LeaseStore } from "../runtime/leader.ts";
import type { KubeApi, KubeObject } from "./kube-api.ts";

interface LeaseObject extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
    readonly leaseDurationSeconds?: number;
    readonly leaseTransitions?: number;
  };
}

/** A Lease of coordination.k8s.io. The JSON patch tests the version, so two candidates cannot both win. */
export class KubeLeaseStore implements LeaseStore {
  readonly #kube: KubeApi;
  readonly #ref: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  };

  constructor(kube: KubeApi, namespace: string, name: string) {
    this.#kube = kube;
    this.#ref = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name };
  }

  async get(): Promise<LeaseRecord> {
    return recordOf(await this.#kube.get<LeaseObject>(this.#ref));
  }

  async put(record: LeaseRecord): Promise<LeaseRecord> {
    const spec = {
      holderIdentity: record.holder,
      renewTime: record.renewTime,
      acquireTime: record.renewTime,
      leaseDurationSeconds: record.durationSeconds,
      leaseTransitions: record.transitions,
    };
    if (record.version === undefined) {
      const { apiVersion, kind, namespace, name } = this.#ref;
      return recordOf(await this.#kube.create<LeaseObject>({ apiVersion, kind, metadata: { name, namespace }, spec }));
    }
    const patched = await this.#kube.patch<LeaseObject>(this.#ref, [
      { op: "test", path: "/metadata/resourceVersion", value: record.version },
      { op: "add", path: "/spec", value: spec },
    ]);
    if (patched === undefined) throw new ConflictError("The lease was deleted meanwhile.");
    return recordOf(patched);
  }
}

function recordOf(lease: LeaseObject | undefined): LeaseRecord {
  return {
    holder: lease?.spec?.holderIdentity ?? "",
    renewTime: lease?.spec?.renewTime ?? "",
    durationSeconds: lease?.spec?.leaseDurationSeconds ?? 15,
    transitions: lease?.spec?.leaseTransitions ?? 0,
    version: lease?.metadata.resourceVersion,
  };
}
