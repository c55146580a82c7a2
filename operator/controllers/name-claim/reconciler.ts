import { refOf } from "../../../constructs/manifest.ts";
import { apiVersion } from "../../../crds/group.ts";
import type { NameClaim } from "../../../crds/v1alpha1/name-claim.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import type { KubeApi, ObjectCache } from "../../kube/kube-api.ts";
import {
  type Clock,
  gone,
  type ObjectKey,
  type Outcome,
  type ReconcileContext,
  type Reconciler,
  requeue,
  settled,
} from "../../runtime/reconciler.ts";

export interface NameClaimPorts {
  readonly kube: KubeApi;
  readonly claims: ObjectCache<NameClaim>;
  readonly tenants: ObjectCache<Tenant>;
  readonly namespaces: ObjectCache;
  readonly clock: Clock;
  /** Milliseconds that a claim without a tenant is left alone: a tenant may be on its way back. */
  readonly graceMs: number;
}

/**
 * Frees names of tenants that never came to be. Only a Held claim is looked at, only after a grace period, only when neither the
 * Tenant (asked of the API server, not of a cache) nor a namespace of it exists.
 */
export class NameClaimReconciler implements Reconciler {
  readonly #ports: NameClaimPorts;
  constructor(ports: NameClaimPorts) {
    this.#ports = ports;
  }

  async reconcile(key: ObjectKey, { log }: ReconcileContext): Promise<Outcome> {
    const claim = this.#ports.claims.get(key);
    if (claim === undefined) return gone;
    if (claim.spec.state !== "Held") return settled;
    const { name } = claim.spec.holder;
    if (this.#ports.tenants.get({ name }) !== undefined) return settled;
    if (this.#ports.namespaces.byIndex("tenant", name).length > 0) return settled;
    const age = this.#ports.clock.now() - Date.parse(claim.metadata.creationTimestamp ?? "");
    if (!(age >= this.#ports.graceMs)) return requeue(this.#ports.graceMs - (Number.isNaN(age) ? 0 : age) + 1_000);
    const live = await this.#ports.kube.get<Tenant>({ apiVersion, kind: "Tenant", name });
    if (live !== undefined) return settled;
    log.info(
      { claimKind: claim.spec.kind, value: claim.spec.value, tenant: name },
      "Freeing a name whose tenant never came to be",
    );
    await this.#ports.kube.delete(refOf(claim), {
      uid: claim.metadata.uid,
      resourceVersion: claim.metadata.resourceVersion,
    });
    this.#ports.claims.noteDelete(claim);
    return gone;
  }
}
