import { places } from "../../../constructs/names.ts";
import { names } from "../../../crds/group.ts";
import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import { type Manifest, refOf } from "../../../constructs/manifest.ts";
import type { ApplicationWanted, CapabilityGap, DesiredModule, ModuleDriver } from "../../modules/driver.ts";
import { driverOf } from "../../modules/registry.ts";
import { isTrue } from "../../reconcile/conditions.ts";
import { digest } from "../../reconcile/digest.ts";
import { addFinalizer, finalizerState } from "../../reconcile/finalizer.ts";
import { type Chapter, type Finding, inTurn, type StoryEnd, succeeded, tellStory } from "../../reconcile/story.ts";
import { allManifests, isSame, liveWorkload, volumesOf } from "../../reconcile/workload.ts";
import { OperatorError, TerminalError, WaitingError } from "../../runtime/errors.ts";
import {
  gone,
  keyString,
  type ObjectKey,
  type Outcome,
  type ReconcileContext,
  type Reconciler,
  requeue,
  settled,
} from "../../runtime/reconciler.ts";
import { dependenciesFinding, driftFinding } from "./checks.ts";
import { copiesText } from "./copies.ts";
import { endModule } from "./deletion.ts";
import { observing } from "./observation.ts";
import type { ExternalReport } from "../../systems/database.ts";
import { type ModuleWork, providing } from "./provision.ts";
import { type ModulePorts, type ModuleScene, ownerOf, sceneOf } from "./scene.ts";
import { secretNamespace } from "./secrets.ts";
import { publishModule } from "./publish.ts";

/** What this process remembers of a module between two passes; losing it costs one look more. */
interface Memory {
  failures: number;
  /** When the external objects were last looked at, and for which wish of which object. */
  lookedAt: number;
  lookedFor: string;
  drift: Pick<ExternalReport, "drift" | "corrected">;
  /** What the last look found, so that a pass without one says the same. */
  readonly told: Map<string, Finding>;
}

/**
 * One story over all modules: dependencies → claims → Secrets → database → realm → probe → status. Each step is retried in
 * place for ever; no step undoes another, and nothing that failed is ever answered by a deletion.
 */
export class ModuleReconciler implements Reconciler {
  readonly #ports: ModulePorts;
  readonly #memories = new Map<string, Memory>();
  readonly #applied = new Map<string, string>();

  constructor(ports: ModulePorts) {
    this.#ports = ports;
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<Outcome> {
    const module = this.#ports.modules.get(key);
    if (module === undefined) {
      this.#memories.delete(keyString(key));
      return gone;
    }
    const state = finalizerState(module, names.moduleFinalizer);
    if (state === "released") return settled;
    if (state === "absent") {
      const patched = await this.#ports.kube.patch<ModuleDeployment>(
        refOf(module),
        addFinalizer(module, names.moduleFinalizer),
      );
      if (patched !== undefined) this.#ports.modules.noteWrite(patched);
      return requeue(0);
    }
    if (state === "deleting") return await endModule(module, this.#ports, context);
    return await this.#keep(module, context);
  }

  async #keep(module: ModuleDeployment, context: ReconcileContext): Promise<Outcome> {
    const memory = this.#memory(module);
    const scenery = sceneOf(module, this.#ports);
    const driver = driverOf(module.spec.module);
    if (module.spec.managementPolicy === "Paused") {
      const check = {
        type: "Ready",
        status: "False" as const,
        reason: "Paused" as const,
        message: "managementPolicy is Paused: nothing is changed and nothing is watched.",
      };
      await publishModule(module, { end: endOf([check]), desired: undefined }, this.#ports);
      return settled;
    }
    if ("missing" in scenery) {
      const finding = {
        type: "DependenciesReady",
        status: "False" as const,
        reason: "DependencyMissing" as const,
        message: scenery.missing,
      };
      await publishModule(module, { end: endOf([finding]), desired: undefined }, this.#ports);
      return settled;
    }
    const { scene } = scenery;
    const gap = driver?.gap(scene);
    const wanted = driver === undefined || gap !== undefined ? undefined : driver.desired(scene);
    const held =
      driver === undefined || wanted === undefined ? undefined : await this.#held(scene, { driver, wanted, context });
    const desired = held === undefined ? wanted : driver?.desired({ ...scene, held });
    const chapters =
      desired === undefined || driver === undefined
        ? [gapChapter(gap ?? { message: `This version of Socle has no driver for ${module.spec.module}.` })]
        : this.#chapters(scene, { driver, desired, memory, signal: context.signal });
    const end = await tellStory(chapters, {
      previous: module.status?.conditions ?? [],
      failures: memory.failures,
      generation: module.metadata.generation ?? 0,
    });
    memory.failures = end.error === undefined ? 0 : memory.failures + 1;
    await publishModule(module, { end, desired }, this.#ports);
    if (end.error !== undefined) throw end.error;
    return end.againAfterMs === undefined ? settled : requeue(end.againAfterMs);
  }

  /** Why the version that runs has to stay a while. Nobody is asked unless another one is wanted. */
  async #held(
    scene: ModuleScene,
    asked: { readonly driver: ModuleDriver; readonly wanted: DesiredModule; readonly context: ReconcileContext },
  ): Promise<string | undefined> {
    const { driver, wanted, context } = asked;
    const runs = scene.module.status?.version;
    if (driver.holdsBack === undefined || runs === undefined || wanted.version === runs) return undefined;
    if (isStarted(wanted, scene.live)) return undefined;
    const { access } = this.#work(scene, context.signal);
    try {
      return await driver.holdsBack(wanted, access, context.signal);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      // Who cannot be asked has not said yes.
      return `${error.message} Until that is known, ${runs} stays.`;
    }
  }

  #chapters(
    scene: ModuleScene,
    told: { driver: ModuleDriver; desired: DesiredModule; memory: Memory; signal: AbortSignal },
  ): Chapter[] {
    const { driver, desired, memory } = told;
    const work = this.#work(scene, told.signal);
    // A probe that comes round must not look at everything outside again: one look per external interval is enough.
    const wanted = lookOf(scene.module, desired);
    const due = this.#lookIsDue(scene.module, { memory, wanted });
    const reports: ExternalReport[] = [];
    const external = async (look: () => Promise<ExternalReport>, text: string): Promise<Finding> => {
      if (!due) return memory.told.get(text) ?? succeeded(text);
      const report = await look();
      reports.push(report);
      memory.told.set(text, report.finding);
      return report.finding;
    };
    const chapters: Chapter[] = [
      { type: "DependenciesReady", run: () => Promise.resolve(dependenciesFinding(scene, driver)) },
      { type: "Owned", run: () => work.own(desired) },
      { type: "CredentialsReady", run: () => inTurn(credentialsOf(desired, work, external)) },
    ];
    const { server, context, application } = desired;
    if (server !== undefined) {
      // Spoken of first: a volume that is full, and cannot grow, may be what the pods die of.
      const upToDate = () => Promise.resolve(behindFinding(desired) ?? volumesOf(server, ownerOf(scene), this.#ports));
      chapters.push({ type: "UpToDate", optional: true, run: upToDate });
      chapters.push({ type: "WorkloadAvailable", run: () => work.server(server) });
    }
    const stores = storesOf(desired, work, external);
    if (stores.length > 0) chapters.push({ type: "DatabaseReady", run: () => inTurn(stores) });
    chapters.push(...loginChapters(desired, work, external));
    if (context !== undefined) {
      const text = `Context ${context.desired.name} exists on ${context.server}.`;
      chapters.push({ type: "WorkloadAvailable", run: () => external(() => work.context(context), text) });
    }
    if (application !== undefined) {
      const { workload } = application;
      const upToDate = () =>
        Promise.resolve(behindFinding(desired) ?? volumesOf(workload, ownerOf(scene), this.#ports));
      chapters.push({ type: "UpToDate", optional: true, run: upToDate });
      // Once it was published it stays so, whatever the next probe finds: people are better served by an error than by a missing name.
      const live = liveWorkload(ownerOf(scene), this.#ports);
      const published = application.route.some((route) => live.some((object) => isSame(object, route)));
      chapters.push({ type: "WorkloadAvailable", run: () => work.application(application, published) });
    }
    const drift: Chapter = {
      type: "DriftFree",
      optional: true,
      run: () => Promise.resolve(this.#drift(scene.module, { memory, reports, due, wanted })),
    };
    const probe: Chapter = { type: "EndpointReachable", run: () => this.#probe(scene, { ...told, work }) };
    if (isObserved(scene.module)) return observedStory(chapters, drift, probe);
    return [...chapters, drift, probe, ...(application === undefined ? [] : [publication(application, work)])];
  }

  #work(scene: ModuleScene, signal: AbortSignal): ModuleWork {
    const { adoptionPolicy, driftPolicy } = scene.module.spec;
    const adopt = adoptionPolicy === "Adopt";
    return isObserved(scene.module)
      ? observing(scene, this.#ports, { adopt, signal })
      : providing(scene, this.#ports, { adopt, correct: driftPolicy !== "Report", signal, applied: this.#applied });
  }

  #drift(
    module: ModuleDeployment,
    work: { memory: Memory; reports: readonly ExternalReport[]; due: boolean; wanted: string },
  ): Finding {
    const { memory, reports, due, wanted } = work;
    if (due) {
      memory.drift = {
        drift: reports.flatMap((report) => report.drift),
        corrected: reports.some((report) => report.corrected),
      };
      memory.lookedAt = this.#ports.clock.now();
      memory.lookedFor = wanted;
      if (memory.drift.corrected) this.#say(module, "DriftCorrected", `Put back: ${memory.drift.drift.join(", ")}`);
    }
    return driftFinding({ ...memory.drift, observed: isObserved(module) });
  }

  async #probe(
    scene: ModuleScene,
    asked: { driver: ModuleDriver; desired: DesiredModule; memory: Memory; signal: AbortSignal; work: ModuleWork },
  ): Promise<Finding> {
    const { driver, desired, memory, signal, work } = asked;
    const result = await driver.probe(desired, work.access, signal);
    if (!result.ok) {
      // What was refused may have been changed by hand: the next pass reads the Secrets and looks at everything again.
      memory.lookedAt = 0;
      for (const place of places) this.#ports.secrets.forget(secretNamespace(scene.tenant.metadata.name, place));
      throw new WaitingError("ProbeFailed", result.message, { retryAfterMs: 15_000 });
    }
    return { ...succeeded(result.message), againAfterMs: this.#ports.probeIntervalMs };
  }

  #lookIsDue(module: ModuleDeployment, { memory, wanted }: { memory: Memory; wanted: string }): boolean {
    if (memory.lookedFor !== wanted) return true;
    if (!isTrue(module.status?.conditions, "Ready")) return true;
    return this.#ports.clock.now() - memory.lookedAt >= this.#ports.externalIntervalMs;
  }

  #say(module: ModuleDeployment, reason: string, note: string): void {
    this.#ports.events.record({
      regarding: { ...refOf(module), uid: module.metadata.uid },
      type: "Normal",
      reason,
      action: "Reconcile",
      note,
    });
  }

  #memory(module: ModuleDeployment): Memory {
    const key = keyString(module.metadata);
    const known = this.#memories.get(key);
    if (known !== undefined) return known;
    const fresh: Memory = {
      failures: 0,
      lookedAt: 0,
      lookedFor: "",
      drift: { drift: [], corrected: false },
      told: new Map(),
    };
    this.#memories.set(key, fresh);
    return fresh;
  }
}

/** Whether what is asked for was applied before: what it has begun is not for the version before it to end. */
function isStarted({ application, version }: DesiredModule, live: readonly Manifest[]): boolean {
  const versioned = (object: Manifest): boolean => object.metadata.labels?.[names.versionLabel] === version;
  const wanted = application === undefined ? [] : allManifests(application.workload).filter(versioned);
  return live.some((object) => versioned(object) && wanted.some((one) => isSame(object, one)));
}

type Look = (look: () => Promise<ExternalReport>, text: string) => Promise<Finding>;

/** The realm itself, or the way in through it: what may not be is said before anything is made for it. */
function loginChapters({ realm, client, loginRefused }: DesiredModule, work: ModuleWork, external: Look): Chapter[] {
  if (loginRefused !== undefined) {
    const refused: Finding = { status: "False", reason: "NotEntitled", message: loginRefused };
    return [{ type: "SSOReady", run: () => Promise.resolve(refused) }];
  }
  const chapters: Chapter[] = [];
  if (realm !== undefined) {
    const text = `Realm ${realm.desired.realm} exists on ${realm.server}.`;
    chapters.push({ type: "SSOReady", run: () => external(() => work.realm(realm), text) });
  }
  if (client !== undefined) {
    const text = `Client ${client.desired.clientId} exists in realm ${client.desired.realm}.`;
    chapters.push({ type: "SSOReady", run: () => external(() => work.client(client), text) });
  }
  return chapters;
}

/** Secrets of its own, and copies of those that others keep for it. */
function credentialsOf(desired: DesiredModule, work: ModuleWork, external: Look): (() => Promise<Finding>)[] {
  const { copied = [] } = desired;
  const own = () => work.secrets(desired);
  return copied.length === 0 ? [own] : [own, () => external(() => work.copies(copied), copiesText(copied))];
}

/** Where the module keeps its data: its database, its bucket, and the key of that. */
function storesOf({ database, bucket }: DesiredModule, work: ModuleWork, external: Look): (() => Promise<Finding>)[] {
  const stores: (() => Promise<Finding>)[] = [];
  if (database?.declared !== undefined) {
    stores.push(async () => (await work.database(database)).finding);
  } else if (database !== undefined) {
    const text = `Database ${database.desired.database} and its role exist on ${database.server}.`;
    stores.push(() => external(() => work.database(database), text));
  }
  if (bucket !== undefined) {
    const text = `Bucket ${bucket.desired.bucket} exists on ${bucket.server}.`;
    stores.push(() => external(() => work.bucket(bucket), text));
    // With each pass: a key that was renewed is to be had at once.
    stores.push(() => work.bucketKey(bucket));
  }
  return stores;
}

/** The way in comes last: whatever is reachable has answered. */
function publication(application: ApplicationWanted, work: ModuleWork): Chapter {
  const hosts = application.route.flatMap((route) => hostsOf(route)).join(", ");
  return {
    type: "Published",
    optional: true,
    run: async () => {
      await work.application(application, true);
      const published = succeeded(`Published under ${hosts}.`);
      const { elsewhere } = application;
      return elsewhere === undefined
        ? published
        : { ...published, reason: "AwaitingConfirmation", message: `${published.message} ${elsewhere}` };
    },
  };
}

function hostsOf(route: Manifest): readonly string[] {
  const { rules = [], hostnames = [] } = (route["spec"] ?? {}) as {
    readonly rules?: readonly { readonly host?: string }[];
    readonly hostnames?: readonly string[];
  };
  return [...hostnames, ...rules.flatMap(({ host }) => (host === undefined ? [] : [host]))];
}

function behindFinding({ behind }: DesiredModule): Finding | undefined {
  if (behind === undefined) return undefined;
  const finding: Finding = { status: "False", ...behind };
  return behind.reason === "Progressing" ? { ...finding, againAfterMs: 30_000 } : finding;
}

function isObserved(module: ModuleDeployment): boolean {
  return module.spec.managementPolicy === "Observe";
}

/** Each chapter is told whatever the others found; the probe needs all of them, and is asked only where none found anything wrong. */
function observedStory(chapters: readonly Chapter[], drift: Chapter, probe: Chapter): Chapter[] {
  let fine = 0;
  const told = chapters.map((chapter) => ({
    ...chapter,
    optional: true,
    run: async () => {
      const finding = await chapter.run();
      if (finding.status === "True" || chapter.optional === true) fine += 1;
      return finding;
    },
  }));
  const unasked: Finding = {
    status: "Unknown",
    reason: "NotObserved",
    message: "Not asked: something that it needs is missing.",
  };
  return [...told, drift, { ...probe, run: async () => (fine === chapters.length ? await probe.run() : unasked) }];
}

/** A new spec, a new wish that comes from the tenant or its region, and a person's request all ask for a look at once. */
function lookOf(module: ModuleDeployment, desired: DesiredModule): string {
  const asked = module.metadata.annotations?.[names.reconcileRequestedAt] ?? "";
  return `${module.metadata.uid} ${module.metadata.generation ?? 0} ${digest(desired)} ${asked}`;
}

function gapChapter({ message, reason = "CapabilityMissing" }: CapabilityGap): Chapter {
  return { type: "DependenciesReady", run: () => Promise.reject(new TerminalError(reason, message)) };
}

function endOf(checks: StoryEnd["checks"]): StoryEnd {
  return { checks, progress: "waiting", error: undefined, againAfterMs: undefined };
}
