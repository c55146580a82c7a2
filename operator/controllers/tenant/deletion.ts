import { refOf } from "../../../constructs/manifest.ts";
import { apiVersion, names } from "../../../crds/group.ts";
import type { NameClaim } from "../../../crds/v1alpha1/name-claim.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../kube/kube-api.ts";
import { type ClaimEnd, endClaims } from "../../reconcile/claim-names.ts";
import { type Erasure, erasureOf, tenantGuard } from "../../reconcile/deletion-guard.ts";
import { removeFinalizer } from "../../reconcile/finalizer.ts";
import { type Chapter, failuresBeforeUnknown, type Finding, succeeded, tellStory } from "../../reconcile/story.ts";
import { type Outcome, requeue, settled } from "../../runtime/reconciler.ts";
import type { TenantPorts, TenantScene } from "./scene.ts";
import { publishTenant } from "./publish.ts";

/**
 * Ends a tenant that is being deleted: modules first (logins off, data kept or erased by their own rules), then the rights of
 * people, then the namespaces, then the names. Admission can be bypassed, so the guard stands here again.
 */
export async function endTenant(scene: TenantScene, ports: TenantPorts): Promise<Outcome> {
  const { tenant } = scene;
  const guard = tenantGuard(tenant);
  if (guard !== undefined) {
    const check = { type: "Ready", status: "False" as const, reason: "RemovalBlocked" as const, message: guard };
    await publishTenant(
      scene,
      { checks: [check], progress: "waiting", error: undefined, againAfterMs: undefined },
      ports,
    );
    return settled;
  }
  const erasure = erasureOf(tenant, ports.clock.now());
  const end = await tellStory(endChapters(scene, erasure, ports), {
    previous: tenant.status?.conditions ?? [],
    failures: failuresBeforeUnknown,
    generation: tenant.metadata.generation ?? 0,
  });
  const open = end.checks.find((check) => check.status !== "True");
  if (open !== undefined) {
    const ready = { ...open, type: "Ready", message: `Being removed: ${open.message}` };
    await publishTenant(scene, { ...end, checks: [...end.checks, ready] }, ports);
    if (end.error !== undefined) throw end.error;
    return end.againAfterMs === undefined ? settled : requeue(end.againAfterMs);
  }
  await release(tenant, ports);
  return settled;
}

function endChapters(scene: TenantScene, erasure: Erasure, ports: TenantPorts): Chapter[] {
  return [
    { type: "ModulesReady", run: () => endModules(scene, ports) },
    { type: "IsolationReady", run: () => endNamespaces(scene, erasure, ports) },
    { type: "NamesClaimed", run: () => endNames(scene, erasure, ports) },
  ];
}

/** Asks every module to end and waits until the last is gone. */
async function endModules(scene: TenantScene, ports: TenantPorts): Promise<Finding> {
  for (const module of scene.modules) {
    if (module.metadata.deletionTimestamp !== undefined) continue;
    await ports.kube.delete(refOf(module), { uid: module.metadata.uid });
  }
  const left = scene.modules.map((module) => {
    const ready = module.status?.conditions?.find((condition) => condition.type === "Ready");
    return `${module.spec.module}${ready === undefined ? "" : ` (${ready.reason}: ${ready.message})`}`;
  });
  if (left.length > 0) return { status: "False", reason: "Terminating", message: `Waiting for ${left.join("; ")}` };
  return (await unseenModule(scene, ports)) ?? succeeded("Every module has ended.");
}

/** Before the first thing goes that cannot come back, the API server is asked: a cache lags, and leaves out what it cannot read. */
async function unseenModule(scene: TenantScene, ports: TenantPorts): Promise<Finding | undefined> {
  const namespace = `t-${scene.tenant.metadata.name}`;
  const { items } = await ports.kube.list<KubeObject>({ apiVersion, kind: "ModuleDeployment" }, { namespace });
  if (items.length === 0) return undefined;
  const found = items.map((module) => module.metadata.name).join(", ");
  return {
    status: "False",
    reason: "RemovalBlocked",
    message: `ModuleDeployments ${found} are still in ${namespace}, and this operator does not know them as modules of the tenant: nothing else was touched. Its log says what is wrong with them.`,
    againAfterMs: 300_000,
  };
}

/** Takes the rights of people away; then labels the namespaces as retained, or deletes them when erasure is due. */
async function endNamespaces(scene: TenantScene, erasure: Erasure, ports: TenantPorts): Promise<Finding> {
  for (const binding of scene.children.filter(bindsPeople)) {
    await ports.kube.delete(refOf(binding), { uid: binding.metadata.uid });
    ports.children.get("RoleBinding")?.noteDelete(binding);
  }
  if (erasure.kind === "wait")
    return { status: "False", reason: "NoticePeriod", message: erasure.message, againAfterMs: erasure.afterMs };
  if (erasure.kind === "retain") {
    for (const namespace of scene.namespaces) await retain(namespace, ports);
    return succeeded(`${scene.namespaces.length} namespaces are kept, labelled ${names.retainedLabel}=true.`);
  }
  for (const namespace of scene.namespaces) {
    if (namespace.metadata.deletionTimestamp === undefined)
      await ports.kube.delete(refOf(namespace), { uid: namespace.metadata.uid });
  }
  const left = scene.namespaces.map((namespace) => namespace.metadata.name);
  if (left.length === 0) return succeeded("The namespaces are gone.");
  return {
    status: "False",
    reason: "Terminating",
    message: `Waiting for namespaces ${left.join(", ")} to be gone.`,
    againAfterMs: 30_000,
  };
}

/** A binding to one of the roles of people; the operator's own binding stays until the namespace goes. */
function bindsPeople(child: KubeObject): boolean {
  const role = (child["roleRef"] as { readonly name?: string } | undefined)?.name ?? "";
  return child.kind === "RoleBinding" && role !== names.operatorInTenantRole;
}

async function retain(namespace: KubeObject, ports: TenantPorts): Promise<void> {
  if (namespace.metadata.labels?.[names.retainedLabel] === "true") return;
  const { name } = namespace.metadata;
  const manifest = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { [names.retainedLabel]: "true" } },
  };
  ports.namespaces.noteWrite(
    await ports.kube.apply<KubeObject>(manifest, { fieldManager: "socle-retention", force: true }),
  );
}

/**
 * Names of what lies outside, which modules end before their tenant does. One that a module kept, because it did not say Delete itself, still
 * has its data: a realm whose claim was freed was once taken for a right too many of the platform account.
 */
const ofModules: ReadonlySet<string> = new Set(["RealmName", "Database", "Bucket"]);

/** Names of a tenant that never came to be are free at once; others wait for its return, or are closed for ever once erased. */
async function endNames(scene: TenantScene, erasure: Erasure, ports: TenantPorts): Promise<Finding> {
  const cameToBe = scene.namespaces.length > 0 || (scene.tenant.status?.namespaces ?? []).length > 0;
  const end = (claim: NameClaim): ClaimEnd => {
    if (!cameToBe) return "free";
    if (erasure.kind !== "erase") return "retain";
    if (ofModules.has(claim.spec.kind) && claim.spec.state === "Retained") return "retain";
    return claim.spec.kind === "Domain" || claim.spec.kind === "MatrixServerName" ? "tombstone" : "free";
  };
  await endClaims(scene.claims, end, ports);
  if (cameToBe && erasure.kind !== "erase") {
    const kept = [
      ...scene.namespaces.map((namespace) => `namespace ${namespace.metadata.name}`),
      ...scene.claims.map((claim) => `${claim.spec.kind} ${claim.spec.value}`),
    ];
    ports.events.record({
      regarding: { ...refOf(scene.tenant), uid: scene.tenant.metadata.uid },
      type: "Normal",
      reason: "Terminating",
      action: "Retain",
      note: `Kept for the return of this tenant: ${kept.join(", ")}`,
    });
  }
  return succeeded("The names are accounted for.");
}

async function release(tenant: Tenant, ports: TenantPorts): Promise<void> {
  const live = await ports.kube.get<Tenant>(refOf(tenant));
  if (live === undefined || live.metadata.uid !== tenant.metadata.uid) return;
  const patched = await ports.kube.patch<Tenant>(refOf(live), removeFinalizer(live, names.tenantFinalizer));
  if (patched === undefined) return;
  if ((patched.metadata.finalizers ?? []).length === 0) ports.tenants.noteDelete(patched);
  else ports.tenants.noteWrite(patched);
}
