import { mirrorManifest, tenantManifests } from "../../../constructs/tenant/tenant-manifests.ts";
import { type Manifest, refOf } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../kube/kube-api.ts";
import { claimNames, endClaims } from "../../reconcile/claim-names.ts";
import { digest, sealed } from "../../reconcile/digest.ts";
import { executePlan } from "../../reconcile/execute.ts";
import { addFinalizer, finalizerState } from "../../reconcile/finalizer.ts";
import { applyStep, planObjects } from "../../reconcile/plan.ts";
import { admissionFinding } from "../../reconcile/region-admission.ts";
import { type Chapter, type Finding, succeeded, tellStory } from "../../reconcile/story.ts";
import { AlreadyExistsError, FieldConflictError, TerminalError } from "../../runtime/errors.ts";
import {
  gone,
  type ObjectKey,
  type Outcome,
  type ReconcileContext,
  type Reconciler,
  requeue,
  settled,
} from "../../runtime/reconciler.ts";
import { modulesFinding } from "./checks.ts";
import { endTenant } from "./deletion.ts";
import { isolationInput, mirrorData, moduleClosure, moduleManifest } from "./desired.ts";
import { observeTenant, tenantClaims, type TenantPorts, type TenantScene } from "./scene.ts";
import { publishTenant } from "./publish.ts";
import { moduleRows } from "./status.ts";

const fieldManager = "socle-tenant";

/** Names → region → isolation → modules. Nothing of a tenant runs before its isolation stands. */
export class TenantReconciler implements Reconciler {
  readonly #ports: TenantPorts;
  readonly #failures = new Map<string, number>();
  /** Digest of the mirror as this process applied it: a ConfigMap of a tenant is not watched. */
  readonly #mirrors = new Map<string, string>();

  constructor(ports: TenantPorts) {
    this.#ports = ports;
  }

  async reconcile(key: ObjectKey, _context: ReconcileContext): Promise<Outcome> {
    const tenant = this.#ports.tenants.get(key);
    if (tenant === undefined) {
      this.#failures.delete(key.name);
      this.#mirrors.delete(key.name);
      return gone;
    }
    const state = finalizerState(tenant, names.tenantFinalizer);
    if (state === "released") return settled;
    if (state === "deleting") return await endTenant(observeTenant(tenant, this.#ports), this.#ports);
    if (state === "absent") {
      const patched = await this.#ports.kube.patch<Tenant>(refOf(tenant), addFinalizer(tenant, names.tenantFinalizer));
      if (patched !== undefined) this.#ports.tenants.noteWrite(patched);
      return requeue(0);
    }
    return await this.#keep(tenant);
  }

  async #keep(tenant: Tenant): Promise<Outcome> {
    const { name } = tenant.metadata;
    const failures = this.#failures.get(name) ?? 0;
    const scene = observeTenant(tenant, this.#ports);
    const end = await tellStory(this.#chapters(scene), {
      previous: tenant.status?.conditions ?? [],
      failures,
      generation: tenant.metadata.generation ?? 0,
    });
    this.#failures.set(name, end.error === undefined ? 0 : failures + 1);
    await publishTenant(observeTenant(tenant, this.#ports), end, this.#ports);
    if (end.error !== undefined) throw end.error;
    return end.againAfterMs === undefined ? settled : requeue(end.againAfterMs);
  }

  #chapters(scene: TenantScene): Chapter[] {
    return [
      { type: "NamesClaimed", run: () => this.#claim(scene) },
      { type: "RegionAdmitted", run: () => Promise.resolve(this.#admit(scene)) },
      { type: "IsolationReady", run: () => this.#isolate(scene) },
      { type: "ModulesReady", run: () => this.#deploy(scene) },
    ];
  }

  async #claim(scene: TenantScene): Promise<Finding> {
    const wanted = tenantClaims(scene.tenant);
    await claimNames(wanted, scene.holder, this.#ports);
    const kept = new Set(wanted.map((claim) => `${claim.kind} ${claim.value}`));
    const dropped = scene.claims.filter(
      (claim) => claim.spec.kind === "MailDomain" && !kept.has(`${claim.spec.kind} ${claim.spec.value}`),
    );
    await endClaims(dropped, () => "free", this.#ports);
    return succeeded(`${wanted.length} names are held.`);
  }

  #admit(scene: TenantScene): Finding {
    const { tenant, region, namespaces } = scene;
    return admissionFinding({
      tenant,
      region,
      tenants: this.#ports.tenants.list(),
      livesHere: namespaces.length > 0,
      now: this.#ports.clock.now(),
    });
  }

  async #isolate(scene: TenantScene): Promise<Finding> {
    const region = scene.region as SovereignRegion;
    const manifests = tenantManifests(isolationInput(scene.tenant, region, this.#ports));
    for (const manifest of manifests.namespaces) await this.#namespace(manifest, scene);
    await this.#bindOperatorFirst(manifests.isolation.map(sealed), scene);
    const steps = planObjects(manifests.isolation.map(sealed), scene.children);
    await executePlan(steps, this.#execution(), { fieldManager, force: true });
    await this.#mirror(scene);
    return succeeded(`${manifests.namespaces.length} namespaces deny everything but the declared flows.`);
  }

  /** The binding gives the operator its rights in the namespace, so it comes before everything that needs them. */
  async #bindOperatorFirst(manifests: readonly Manifest[], scene: TenantScene): Promise<void> {
    const bindings = manifests.filter((manifest) => manifest.kind === "RoleBinding");
    const live = scene.children.filter((child) => child.kind === "RoleBinding");
    const steps = planObjects(bindings, live).filter((step) => step.kind === "apply");
    await executePlan(steps, this.#execution(), { fieldManager, force: true });
  }

  /**
   * A namespace is made by create, which is the lock: to apply onto a namespace that somebody else made would be to take it
   * over (CVE-2024-39690 of a peer). One that carries our mark for this tenant and legal identifier is ours, also after a return.
   */
  async #namespace(manifest: Manifest, scene: TenantScene): Promise<void> {
    const { name } = manifest.metadata;
    const known = scene.namespaces.find((namespace) => namespace.metadata.name === name);
    const live = known ?? (await this.#createNamespace(manifest));
    this.#refuseForeign(live, scene);
    if (live.metadata.deletionTimestamp !== undefined) {
      throw new TerminalError("Terminating", `Namespace ${name} is being deleted; it is made again once it is gone.`);
    }
    const ports = this.#execution();
    if (live.metadata.labels?.[names.retainedLabel] !== undefined) {
      const released = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
      this.#ports.namespaces.noteWrite(
        await ports.kube.apply<KubeObject>(released, { fieldManager: "socle-retention", force: true }),
      );
    }
    const step = applyStep(sealed(manifest), this.#ports.namespaces.get({ name }) ?? live);
    if (step !== undefined) await executePlan([step], ports, { fieldManager, force: true });
  }

  async #createNamespace(manifest: Manifest): Promise<KubeObject> {
    try {
      const made = await this.#ports.kube.create<KubeObject>(manifest);
      this.#ports.namespaces.noteWrite(made);
      return made;
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
      const live = await this.#ports.kube.get<KubeObject>(refOf(manifest));
      if (live === undefined) throw error;
      return live;
    }
  }

  #refuseForeign(namespace: KubeObject, scene: TenantScene): void {
    const { labels, annotations, name } = namespace.metadata;
    const ours =
      labels?.[names.tenantLabel] === scene.holder.name &&
      annotations?.[names.legalIdentifier] === scene.holder.legalIdentifier;
    if (ours) return;
    throw new TerminalError(
      "NotOwned",
      `Namespace ${name} exists and does not carry the mark of tenant ${scene.holder.name} (${scene.holder.legalIdentifier}); remove it, or choose another tenant name.`,
    );
  }

  async #mirror(scene: TenantScene): Promise<void> {
    const { name } = scene.tenant.metadata;
    const manifest = sealed(mirrorManifest({ tenant: name, data: mirrorData(scene.tenant, moduleRows(scene)) }));
    const wanted = digest(manifest);
    if (this.#mirrors.get(name) === wanted) return;
    const live = await this.#ports.kube.get<KubeObject>(refOf(manifest));
    const step = applyStep(manifest, live);
    if (step !== undefined) await executePlan([step], this.#execution(), { fieldManager, force: true });
    this.#mirrors.set(name, wanted);
  }

  async #deploy(scene: TenantScene): Promise<Finding> {
    const wanted = moduleClosure(scene.tenant).map((entry) => sealed(moduleManifest(scene.tenant, entry)));
    for (const step of planObjects(wanted, scene.modules)) await this.#moduleStep(step, scene);
    return modulesFinding(scene.tenant, observeTenant(scene.tenant, this.#ports).modules);
  }

  /** Without force: a field that somebody else set is theirs until they say otherwise, and they are named. */
  async #moduleStep(step: ReturnType<typeof planObjects>[number], scene: TenantScene): Promise<void> {
    try {
      await executePlan([step], this.#execution(), { fieldManager, force: false });
    } catch (error) {
      if (!(error instanceof FieldConflictError)) throw error;
      const module = step.kind === "apply" ? step.manifest.metadata.name : step.ref.name;
      const owners = error.conflicts.map((conflict) => `${conflict.field} by ${conflict.manager}`).join(", ");
      throw new FieldConflictError(
        `ModuleDeployment t-${scene.holder.name}/${module} has fields set by somebody else: ${owners}. Remove them there, or leave them out of the Tenant.`,
        error.conflicts,
        { cause: error },
      );
    }
  }

  #execution() {
    const { kube, children, namespaces, modules } = this.#ports;
    return {
      kube,
      cacheOf: ({ kind }: { readonly kind: string }) =>
        kind === "Namespace"
          ? namespaces
          : kind === "ModuleDeployment"
            ? (modules as typeof namespaces)
            : children.get(kind),
    };
  }
}
