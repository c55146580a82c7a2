import { refOf } from "../../../constructs/manifest.ts";
import { places } from "../../../constructs/names.ts";
import { names } from "../../../crds/group.ts";
import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { NameClaim } from "../../../crds/v1alpha1/name-claim.ts";
import { endRealmPlan } from "../../keycloak/plan.ts";
import type { DatabaseWanted, DesiredModule, RealmWanted } from "../../modules/driver.ts";
import { driverOf } from "../../modules/registry.ts";
import { erasePlan, retainPlan } from "../../postgres/plan.ts";
import { type ClaimEnd, endClaims } from "../../reconcile/claim-names.ts";
import { claimName } from "../../reconcile/claims.ts";
import { removeFinalizer } from "../../reconcile/finalizer.ts";
import {
  type Chapter,
  type Finding,
  failuresBeforeUnknown,
  inTurn,
  succeeded,
  tellStory,
} from "../../reconcile/story.ts";
import { endWorkload } from "../../reconcile/workload.ts";
import { type Outcome, type ReconcileContext, requeue, settled } from "../../runtime/reconciler.ts";
import { endBucket } from "./bucket.ts";
import { endContext } from "./context.ts";
import { deletionBlock, erasureAllowed, isOvertaken } from "./deletion-checks.ts";
import { keptText } from "./kept.ts";
import { lookAtRealm, moduleAccess } from "./provision.ts";
import { publishModule } from "./publish.ts";
import { endClient } from "./realm-client.ts";
import { type ModulePorts, type ModuleScene, ownerOf, sceneOf } from "./scene.ts";
import { secretNamespace } from "./secrets.ts";

/**
 * Ends a module that is being deleted. Admission can be bypassed (deleting a CRD deletes its objects without asking it), so the
 * guard stands here again: a module that its tenant still asks for loses nothing.
 */
export async function endModule(
  module: ModuleDeployment,
  ports: ModulePorts,
  context: ReconcileContext,
): Promise<Outcome> {
  const tenant = ports.tenants.get({ name: module.spec.tenantRef.name });
  const siblings = ports.modules.byIndex("tenant", module.spec.tenantRef.name);
  const overtaken = isOvertaken(module, tenant);
  const block = overtaken ? undefined : deletionBlock(module, tenant, siblings);
  if (block !== undefined) return await stay(module, ports, { reason: "RemovalBlocked", message: block });
  if (isAbandoned(module)) return await leave(module, ports, "Released without looking");
  if (module.spec.managementPolicy === "Paused") {
    const message = `managementPolicy is Paused: it is being deleted, and nothing is touched before it is Managed again.`;
    return await stay(module, ports, { reason: "Paused", message });
  }
  if (overtaken) return await makeWay(module, ports);
  if (module.spec.managementPolicy === "Observe")
    return await leave(module, ports, "managementPolicy is Observe, so nothing outside was touched");
  const scenery = sceneOf(module, ports);
  if ("missing" in scenery) {
    const message = `${scenery.missing} Annotate ${names.abandonExternal}=${module.metadata.uid} to leave behind what lies outside.`;
    return await stay(module, ports, { reason: "RemovalBlocked", message });
  }
  return await endScene(scenery.scene, ports, context);
}

async function endScene(scene: ModuleScene, ports: ModulePorts, context: ReconcileContext): Promise<Outcome> {
  const { module } = scene;
  const driver = driverOf(module.spec.module);
  const gap = driver?.gap(scene);
  // What was made cannot be ended while something is missing that it was made with: letting go of it would leave logins on and pods running.
  if (gap !== undefined && module.status?.resolved !== undefined) {
    const message = `${gap.message} Until then nothing of it can be ended. Annotate ${names.abandonExternal}=${module.metadata.uid} to leave it behind.`;
    return await stay(module, ports, { reason: "RemovalBlocked", message });
  }
  const desired = gap === undefined ? driver?.desired(scene) : undefined;
  const chapters = desired === undefined ? [] : endChapters(scene, { desired, ports, signal: context.signal });
  const end = await tellStory(chapters, {
    previous: module.status?.conditions ?? [],
    failures: failuresBeforeUnknown,
    generation: module.metadata.generation ?? 0,
  });
  const open = end.checks.find((check) => check.status !== "True");
  if (end.error === undefined && open === undefined) {
    if (desired !== undefined && erasureAllowed(module, scene.tenant, ports.clock.now()).kind !== "erase")
      sayKept(module, keptText(scene, desired), ports);
    await release(module, ports);
    return settled;
  }
  const terminating = {
    type: "Ready",
    status: "False" as const,
    reason: open?.reason ?? ("Terminating" as const),
    message: `Being removed: ${open?.message ?? "working"}`,
  };
  await publishModule(module, { end: { ...end, checks: [...end.checks, terminating] }, desired: undefined }, ports);
  if (end.error !== undefined) throw end.error;
  return end.againAfterMs === undefined ? settled : requeue(end.againAfterMs);
}

/** The next one finds everything as this one leaves it, half ended or not at all, and brings it back: all of it carries the tenant's mark, not the module's. */
async function makeWay(module: ModuleDeployment, ports: ModulePorts): Promise<Outcome> {
  ports.events.record({
    regarding: { ...refOf(module), uid: module.metadata.uid },
    type: "Normal",
    reason: "Terminating",
    action: "Return",
    note: `${module.spec.module} was asked for again while it was being removed: nothing more of it is ended, and it is made anew with its data.`,
  });
  await release(module, ports);
  return settled;
}

/** Whoever removed the module learns where its data is: the object that said so is gone. */
function sayKept(module: ModuleDeployment, kept: string, ports: ModulePorts): void {
  if (kept === "") return;
  ports.events.record({
    regarding: { ...refOf(module), uid: module.metadata.uid },
    type: "Normal",
    reason: "Terminating",
    action: "Retain",
    note: `Kept for the return of ${module.spec.module}: ${kept}`,
  });
}

/** Nothing is touched, and the condition says why. */
async function stay(
  module: ModuleDeployment,
  ports: ModulePorts,
  why: { readonly reason: "RemovalBlocked" | "Paused"; readonly message: string },
): Promise<Outcome> {
  const check = { type: "Ready", status: "False" as const, ...why };
  const end = { checks: [check], progress: "waiting" as const, error: undefined, againAfterMs: undefined };
  await publishModule(module, { end, desired: undefined }, ports);
  return settled;
}

function endChapters(
  scene: ModuleScene,
  work: { desired: DesiredModule; ports: ModulePorts; signal: AbortSignal },
): Chapter[] {
  const { desired, ports, signal } = work;
  const erase = erasureAllowed(scene.module, scene.tenant, ports.clock.now());
  const erasing = erase.kind === "erase";
  const chapters: Chapter[] = [];
  const { realm, database, server, client, context, application } = desired;
  // The realm itself goes, or is closed, with a tenant as a whole, and takes its clients along.
  const alone = scene.tenant.metadata.deletionTimestamp === undefined;
  if (client !== undefined && alone)
    chapters.push({ type: "SSOReady", run: () => endClient(client, moduleAccess(scene, ports), signal) });
  if (realm !== undefined)
    chapters.push({ type: "SSOReady", run: () => endRealm(realm, scene, { ports, erasing, signal }) });
  if (context !== undefined) {
    const run = () => endContext(context, moduleAccess(scene, ports), { erasing, signal });
    chapters.push({ type: "WorkloadAvailable", run });
  }
  if (server !== undefined) {
    chapters.push({ type: "WorkloadAvailable", run: () => endWorkload(server, ownerOf(scene), { ports, erasing }) });
  }
  if (application !== undefined)
    chapters.push({
      type: "WorkloadAvailable",
      run: () => endWorkload(application.workload, ownerOf(scene), { ports, erasing }),
    });
  // A server of the tenant's own ends with the tenant, or is kept, as a whole; another operator lets go of what it declared by itself.
  const isTheirs = database?.host.kind === "module" && (server !== undefined || !alone);
  const stores: (() => Promise<Finding>)[] = [];
  if (database !== undefined && database.declared === undefined && !isTheirs)
    stores.push(() => endDatabase(database, scene, { ports, erasing, signal }));
  const { bucket } = desired;
  if (bucket !== undefined) stores.push(() => endBucket(bucket, scene, { ports, erasing, signal }));
  if (stores.length > 0) chapters.push({ type: "DatabaseReady", run: () => inTurn(stores) });
  if (erase.kind === "wait") {
    // Logins are off by now; the data waits for the end of the notice period.
    const finding: Finding = {
      status: "False",
      reason: "NoticePeriod",
      message: erase.message,
      againAfterMs: erase.afterMs,
    };
    return [...chapters, { type: "Owned", run: () => Promise.resolve(finding) }];
  }
  chapters.push({
    type: "Owned",
    run: () => endNames(desired, { ports, erasing, tenant: scene.tenant.metadata.name }),
  });
  return chapters;
}

interface Ending {
  readonly ports: ModulePorts;
  readonly erasing: boolean;
  readonly signal: AbortSignal;
}

/** Logins off; the realm goes only when erasure is allowed and its marker names this tenant. */
async function endRealm(wanted: RealmWanted, scene: ModuleScene, ending: Ending): Promise<Finding> {
  const { api, account: platform } = ending.ports.systems.keycloak(scene.region);
  const clientSecret = await moduleAccess(scene, ending.ports).secret(wanted.operatorSecret);
  const { desired } = wanted;
  const own = { realm: desired.realm, clientId: desired.serviceAccountClientId, clientSecret };
  const { observed } = await lookAtRealm(api, { own, platform, adopt: false }, ending.signal);
  const changes = endRealmPlan({ desired, observed, erase: ending.erasing });
  for (const change of changes) await api.execute({ account: platform, realm: desired.realm, change }, ending.signal);
  return succeeded(ending.erasing ? `Realm ${desired.realm} is gone.` : `Realm ${desired.realm} is disabled and kept.`);
}

async function endDatabase(wanted: DatabaseWanted, scene: ModuleScene, ending: Ending): Promise<Finding> {
  const api = await moduleAccess(scene, ending.ports).postgres(wanted.host);
  const observed = await api.observe(wanted.desired, ending.signal);
  const input = { desired: wanted.desired, observed };
  for (const change of ending.erasing ? erasePlan(input) : retainPlan(input))
    await api.execute(change, { signal: ending.signal });
  return succeeded(
    ending.erasing
      ? `Database ${wanted.desired.database} is gone.`
      : `Database ${wanted.desired.database} is closed and kept.`,
  );
}

async function endNames(
  desired: DesiredModule,
  work: { ports: ModulePorts; erasing: boolean; tenant: string },
): Promise<Finding> {
  const mine = desired.claims
    .map((claim) => work.ports.claims.get({ name: claimName(claim) }))
    .filter((claim) => claim !== undefined && claim.spec.holder.name === work.tenant)
    .flatMap((claim) => (claim === undefined ? [] : [claim]));
  const erased = (claim: NameClaim): ClaimEnd => (claim.spec.kind === "MatrixServerName" ? "tombstone" : "free");
  await endClaims(mine, work.erasing ? erased : () => "retain", work.ports);
  return succeeded("The names are accounted for.");
}

/** The backend is gone for good, and a person said so. */
function isAbandoned(module: ModuleDeployment): boolean {
  return module.metadata.annotations?.[names.abandonExternal] === module.metadata.uid;
}

/** Lets go of a module without touching what lies outside: what is left behind is listed, and the names stay retained. */
async function leave(module: ModuleDeployment, ports: ModulePorts, why: string): Promise<Outcome> {
  const left = (module.status?.external ?? []).map((item) => `${item.kind} ${item.name} on ${item.server}`).join(", ");
  ports.events.record({
    regarding: { ...refOf(module), uid: module.metadata.uid },
    type: "Warning",
    reason: "Terminating",
    action: "Abandon",
    note: `${why}; left behind: ${left === "" ? "nothing known" : left}`,
  });
  const mine = ports.claims
    .list()
    .filter((claim) => claim.spec.holder.name === module.spec.tenantRef.name && belongs(claim, module));
  await endClaims(mine, () => "retain", ports);
  await release(module, ports);
  return settled;
}

function belongs({ spec: { kind, value } }: NameClaim, module: ModuleDeployment): boolean {
  return (
    (kind === "Database" && module.spec.module === "PostgreSQL") ||
    (kind === "RealmName" && module.spec.module === "Keycloak") ||
    (kind === "Bucket" &&
      (module.status?.external ?? []).some((item) => item.kind === kind && `${item.server}/${item.name}` === value)) ||
    (kind === "Context" && module.spec.module === "OpenXchange") ||
    (kind === "MatrixServerName" && module.spec.module === "Synapse")
  );
}

async function release(module: ModuleDeployment, ports: ModulePorts): Promise<void> {
  // The next tenant of that name begins with Secrets of its own; what this process remembers of the old ones may be erased by then.
  for (const place of places) ports.secrets.forget(secretNamespace(module.spec.tenantRef.name, place));
  const live = await ports.kube.get<ModuleDeployment>(refOf(module));
  if (live === undefined || live.metadata.uid !== module.metadata.uid) return;
  const patched = await ports.kube.patch<ModuleDeployment>(refOf(live), removeFinalizer(live, names.moduleFinalizer));
  if (patched === undefined) return;
  if ((patched.metadata.finalizers ?? []).length === 0) ports.modules.noteDelete(patched);
  else ports.modules.noteWrite(patched);
}
