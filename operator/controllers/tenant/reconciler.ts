import { type Manifest, refOf } from "../../../constructs/manifest.ts";
import { mirrorManifest, tenantManifests } from "../../../constructs/tenant/tenant-manifests.ts";
import { names } from "../../../crds/group.ts";
import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../kube/kube-api.ts";
import { moduleClosure } from "../../modules/closure.ts";
import { claimNames, endClaims } from "../../reconcile/claim-names.ts";
import { type Check, isTrue } from "../../reconcile/conditions.ts";
import { isRemovalRequested } from "../../reconcile/deletion-guard.ts";
import { digest, sealed } from "../../reconcile/digest.ts";
import { executePlan } from "../../reconcile/execute.ts";
import { addFinalizer, finalizerState } from "../../reconcile/finalizer.ts";
import { applyStep, planObjects, type Step } from "../../reconcile/plan.ts";
import { admissionFinding } from "../../reconcile/region-admission.ts";
import { earliest, type Finding, type StoryEnd, succeeded, tellStory } from "../../reconcile/story.ts";
import { ConflictError, FieldConflictError, TerminalError } from "../../runtime/errors.ts";
import {
  gone,
  type ObjectKey,
  type Outcome,
  type ReconcileContext,
  type Reconciler,
  requeue,
  settled,
} from "../../runtime/reconciler.ts";
import { hasMovedIn, modulesFinding } from "./checks.ts";
import { endTenant } from "./deletion.ts";
import { isolationInput, mirrorData, moduleManifest } from "./desired.ts";
import { dnsRecords } from "./dns-records.ts";
import { markRemoval } from "./module-removal.ts";
import { endOffice, liesInOffice, officeStays } from "./office.ts";
import { publishTenant } from "./publish.ts";
import { observeTenant, type TenantPorts, type TenantScene, tenantClaims } from "./scene.ts";
import { filesToPublish, isOnboarded, moduleRows } from "./status.ts";

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
    const { end: told, announced } = await this.#tell(scene, failures);
    const end = this.#judged(tenant, told);
    this.#failures.set(name, end.error === undefined ? 0 : failures + 1);
    // Modules that were only just made bring the tenant back with their first word; until then there is nothing new to say.
    const nothingNew = announced && scene.modules.length === 0 && end.progress === "waiting";
    if (end.error !== undefined || !nothingNew) {
      const latest = announced ? this.#latest(tenant) : tenant;
      await publishTenant(observeTenant(latest, this.#ports), end, this.#ports);
    }
    if (end.error !== undefined) throw end.error;
    return end.againAfterMs === undefined ? settled : requeue(end.againAfterMs);
  }

  /** What the checks say, beside what was done. Until the tenant is Ready for the first time, some of them decide whether it may be. */
  #judged(tenant: Tenant, end: StoryEnd): StoryEnd {
    const { name } = tenant.metadata;
    const said = this.#ports.controls.of(name);
    const { checks: done } = end;
    const checks = said === undefined ? done : [...done, controlsCheck(said)];
    if (end.progress !== "settled" || isOnboarded(tenant)) return { ...end, checks };
    const held = this.#ports.controls.onboarding(name);
    if (held.status === "True") return { ...end, checks };
    return { ...end, checks: [...checks, { type: "Ready", ...held }], progress: "waiting" };
  }

  async #tell(scene: TenantScene, failures: number): Promise<{ readonly end: StoryEnd; readonly announced: boolean }> {
    const { tenant } = scene;
    const soFar = {
      previous: tenant.status?.conditions ?? [],
      failures,
      generation: tenant.metadata.generation ?? 0,
    };
    const first = await tellStory(
      [
        { type: "NamesClaimed", run: () => this.#claim(scene) },
        // Who moved in stays isolated and served although a proof ended: nobody is safer without network policies.
        {
          type: "RegionAdmitted",
          run: () => Promise.resolve(this.#admit(scene)),
          optional: scene.region !== undefined && hasMovedIn(tenant),
        },
        { type: "IsolationReady", run: () => this.#isolate(scene) },
      ],
      soFar,
    );
    if (first.error !== undefined || first.progress !== "settled") return { end: first, announced: false };
    const announced = await this.#announce(tenant, first);
    const next = await tellStory([{ type: "ModulesReady", run: () => this.#deploy(scene) }], soFar);
    const againAfterMs = earliest(first.againAfterMs, next.againAfterMs);
    return { end: { ...next, checks: [...first.checks, ...next.checks], againAfterMs }, announced };
  }

  /** Modules wait until their tenant says that it is isolated: said before they are made, each of them writes its status once. */
  async #announce(tenant: Tenant, first: StoryEnd): Promise<boolean> {
    if (isTrue(tenant.status?.conditions, "IsolationReady")) return false;
    const making = { type: "ModulesReady", ...modulesFinding(tenant, []) };
    const end = { ...first, checks: [...first.checks, making], progress: "waiting" as const };
    await publishTenant(observeTenant(tenant, this.#ports), end, this.#ports);
    // It is new, so its mirror is not there yet and need not be looked for.
    if (!this.#mirrors.has(tenant.metadata.name)) this.#mirrors.set(tenant.metadata.name, "");
    return true;
  }

  /** The tenant as our own writes left it; what was made anew under its name since is another. */
  #latest(tenant: Tenant): Tenant {
    const latest = this.#ports.tenants.get(tenant.metadata);
    return latest?.metadata.uid === tenant.metadata.uid && latest.metadata.generation === tenant.metadata.generation
      ? latest
      : tenant;
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
    const office = await officeStays(scene, this.#ports);
    const manifests = tenantManifests(isolationInput(scene.tenant, region, { ...this.#ports, office }));
    for (const manifest of manifests.namespaces) await this.#namespace(manifest, scene);
    // What lies in a namespace that goes, goes with it; until then nobody loses the rights to end what else is there.
    const children = office ? scene.children : scene.children.filter((child) => !liesInOffice(child, scene));
    const steps = planObjects(manifests.isolation.map(sealed), children);
    await executePlan(operatorFirst(steps), this.#execution(), { fieldManager, force: true });
    if (!office) await endOffice(scene, this.#ports);
    await this.#mirror(scene);
    return succeeded(`${manifests.namespaces.length} namespaces deny everything but the declared flows.`);
  }

  /**
   * A namespace is made by an apply that only makes, which is the lock: to apply onto a namespace that somebody else made would be to
   * take it over (CVE-2024-39690 of a peer). One that carries our mark for this tenant and legal identifier is ours, also after a return.
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
    const { kube, namespaces } = this.#ports;
    try {
      const made = await kube.apply<KubeObject>(onlyNew(sealed(manifest)), { fieldManager, force: true });
      namespaces.noteWrite(made);
      return made;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      // A server that makes nothing which states a version is asked for a plain create.
      return (await kube.get<KubeObject>(refOf(manifest))) ?? (await kube.create<KubeObject>(manifest));
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

  /** Made when the modules have something to say; before that it would be written twice. */
  async #mirror(scene: TenantScene): Promise<void> {
    const { name } = scene.tenant.metadata;
    const isNew = !isTrue(scene.tenant.status?.conditions, "IsolationReady");
    if (isNew && scene.modules.every(({ status }) => status === undefined)) return;
    const records = dnsRecords(scene);
    const data = mirrorData(scene.tenant, { modules: moduleRows(scene), publish: filesToPublish(scene), records });
    const manifest = sealed(mirrorManifest({ tenant: name, data }));
    const wanted = digest(manifest);
    const known = this.#mirrors.get(name);
    if (known === wanted) return;
    // After a restart it is most likely there as it should be; what this process wrote differently need not be read.
    const live = known === undefined ? await this.#ports.kube.get<KubeObject>(refOf(manifest)) : undefined;
    const step = applyStep(manifest, live);
    if (step !== undefined) await executePlan([step], this.#execution(), { fieldManager, force: true });
    this.#mirrors.set(name, wanted);
  }

  async #deploy(scene: TenantScene): Promise<Finding> {
    const wanted = moduleClosure(scene.tenant).map((entry) => sealed(moduleManifest(scene.tenant, entry)));
    // What is on its way out is left alone: it takes no finalizer any more.
    const going = new Set(scene.modules.filter(isGoing).map((module) => module.metadata.name));
    const staying = wanted.filter((manifest) => !going.has(manifest.metadata.name));
    const steps = planObjects(
      staying,
      scene.modules.filter((module) => !isGoing(module)),
    );
    await this.#markRemovals(scene.modules, new Set(wanted.map(({ metadata }) => metadata.name)));
    for (const step of steps) await this.#moduleStep(step, scene);
    return modulesFinding(scene.tenant, observeTenant(scene.tenant, this.#ports).modules);
  }

  /** Of those that somebody deletes and that are given up afterwards, and of those that were about to go and are asked for again. */
  async #markRemovals(modules: readonly ModuleDeployment[], wanted: ReadonlySet<string>): Promise<void> {
    for (const module of modules) {
      const [isWanted, isMarked] = [wanted.has(module.metadata.name), isRemovalRequested(module)];
      if (isGoing(module) && !isWanted && !isMarked) await markRemoval(module.metadata, this.#ports, "remove");
      if (!isGoing(module) && isWanted && isMarked) await markRemoval(module.metadata, this.#ports, "keep");
    }
  }

  /** Without force: a field that somebody else set is theirs until they say otherwise, and they are named. */
  async #moduleStep(step: ReturnType<typeof planObjects>[number], scene: TenantScene): Promise<void> {
    try {
      if (step.kind === "delete") await markRemoval({ ...step.ref, uid: step.uid }, this.#ports, "remove");
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

function controlsCheck({ status, reason, message }: Finding): Check {
  return { type: "ControlsSatisfied", status, reason, message };
}

function isGoing({ metadata }: Pick<KubeObject, "metadata">): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/**
 * With a version that no object ever has (etcd begins to count with 2): the API server makes what is not there, and refuses to touch
 * what is. A create would be a lock too, but its fields would stay for ever: an apply that no longer states one removes only its own.
 */
function onlyNew(manifest: Manifest): Manifest {
  return { ...manifest, metadata: { ...manifest.metadata, resourceVersion: "1" } as Manifest["metadata"] };
}

/** The binding gives the operator its rights in the namespace, so it comes before everything that needs them. */
function operatorFirst(steps: readonly Step[]): Step[] {
  const binds = (step: Step): boolean => step.kind === "apply" && step.manifest.kind === "RoleBinding";
  return [...steps.filter(binds), ...steps.filter((step) => !binds(step))];
}
