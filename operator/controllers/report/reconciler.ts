import { names } from "../../../crds/group.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import type { ObjectCache } from "../../kube/kube-api.ts";
import { type Check, severities } from "../../policy/check.ts";
import type { CheckedWorld } from "../../policy/checked-world.ts";
import { withHead } from "../../policy/evidence/resume.ts";
import { type ReportScope, reportsOf } from "../../policy/reports.ts";
import type { Result } from "../../policy/result.ts";
import { isTrue } from "../../reconcile/conditions.ts";
import {
  type Clock,
  gone,
  type ObjectKey,
  type Outcome,
  type ReconcileContext,
  type Reconciler,
  requeue,
} from "../../runtime/reconciler.ts";
import { controlsFinding, type TenantControls } from "./controls.ts";
import type { Evidence } from "./evidence.ts";
import type { MountedSettings } from "./settings.ts";
import { type ReportPorts, writeReports } from "./written-reports.ts";

export interface TenantReportPorts extends ReportPorts {
  readonly regions: ObjectCache<SovereignRegion>;
  readonly evidence: Evidence;
  readonly tenants: ObjectCache<Tenant>;
  readonly catalogue: readonly Check[];
  readonly world: CheckedWorld;
  readonly controls: TenantControls;
  readonly settings: MountedSettings;
  readonly clock: Clock;
}

/** Proofs and exceptions end without any object changing. It asks no server, so it may be often. */
const lookAgainMs = 3_600_000;
const ownLabels = { [names.managedByLabel]: names.managedBy, [names.partOfLabel]: names.partOf };

/** Judges one tenant, tells its Tenant, and writes what is news into the Reports of its home namespace. */
export class TenantReportReconciler implements Reconciler {
  readonly #ports: TenantReportPorts;
  readonly #ranks: ReadonlyMap<string, number>;
  constructor(ports: TenantReportPorts) {
    this.#ports = ports;
    this.#ranks = severityRanks(ports.catalogue);
  }

  async reconcile({ name }: ObjectKey, context: ReconcileContext): Promise<Outcome> {
    const { tenants, world, controls, clock, reports, settings } = this.#ports;
    const tenant = tenants.get({ name });
    if (tenant === undefined) {
      for (const one of [controls, settings]) one.forget(name);
      this.#ports.evidence.forget(`t-${name}`);
      return gone;
    }
    // What it was told stays on record while it ends; in a namespace that goes nothing can be written.
    if (tenant.metadata.deletionTimestamp !== undefined) return gone;
    // Nothing of it runs before, so there is nothing to judge: whoever is refused a name or a region waits quietly.
    if (!isTrue(tenant.status?.conditions, "IsolationReady")) return requeue(lookAgainMs);
    await settings.read(name);
    const { results } = world.tenant(name, new Date(clock.now()).toISOString());
    controls.note(name, controlsFinding(this.#mostSevereFirst(results), reports.isAbsent ? "missing" : "there"));
    if (!reports.hasSynced) return requeue(lookAgainMs);
    const scope = {
      layers: ["tenant"],
      prefix: "socle",
      namespace: `t-${name}`,
      labels: { ...ownLabels, [names.tenantLabel]: name },
    } as const;
    const region = this.#ports.regions.get({ name: tenant.spec.regionRef.name });
    await keepReports({ results, scope, owner: name, evidence: `t-${name}`, region }, this.#ports, context);
    return requeue(lookAgainMs);
  }

  #mostSevereFirst(results: readonly Result[]): readonly Result[] {
    const rank = ({ check }: Result): number => this.#ranks.get(check) ?? severities.length;
    return results.toSorted((left, right) => rank(left) - rank(right));
  }
}

/** Ranks of the checks, the most severe first. */
function severityRanks(catalogue: readonly Check[]): ReadonlyMap<string, number> {
  return new Map(catalogue.map(({ id, severity }) => [id, severities.indexOf(severity)]));
}

export interface RegionReportPorts extends ReportPorts {
  readonly evidence: Evidence;
  readonly regions: ObjectCache<SovereignRegion>;
  readonly catalogue: readonly Check[];
  readonly world: CheckedWorld;
  readonly clock: Clock;
  /** Lets others work: between two checks of all tenants. */
  readonly breathe: () => Promise<void>;
}

/** What an evaluation of the platform took, times this, is how long the next one waits at least: a twentieth of a core, however many tenants there are. */
const pauseFactor = 20;
const shortestPauseMs = 5_000;

/** Judges the platform and what it inherits, and writes what is news into ClusterReports, for each region. */
export class RegionReportReconciler implements Reconciler {
  readonly #ports: RegionReportPorts;
  #notBefore = 0;

  constructor(ports: RegionReportPorts) {
    this.#ports = ports;
  }

  async reconcile({ name }: ObjectKey, context: ReconcileContext): Promise<Outcome> {
    const { regions, world, clock, breathe, reports } = this.#ports;
    const region = regions.get({ name });
    if (region === undefined) {
      this.#ports.evidence.forget(`platform-${name}`);
      await writeReports([], reports.byIndex("owner", name), this.#ports);
      return gone;
    }
    if (!reports.hasSynced) return requeue(lookAgainMs);
    const started = clock.now();
    if (started < this.#notBefore) return requeue(this.#notBefore - started);
    const now = new Date(started).toISOString();
    for (const _check of world.askingPlatform(now)) {
      await breathe();
      context.signal.throwIfAborted();
    }
    const { results } = world.platform(now);
    this.#notBefore = clock.now() + Math.max(shortestPauseMs, pauseFactor * (clock.now() - started));
    const scope = {
      layers: ["platform", "infrastructure"],
      prefix: `socle-${name}`,
      labels: { ...ownLabels, [names.regionLabel]: name },
    } as const;
    const own = results.filter(({ object }) => object.kind !== "SovereignRegion" || object.name === name);
    await keepReports({ results: own, scope, owner: name, evidence: `platform-${name}`, region }, this.#ports, context);
    return requeue(lookAgainMs);
  }
}

interface Told {
  readonly results: readonly Result[];
  readonly scope: ReportScope;
  /** Value of the index of reports. */
  readonly owner: string;
  /** Scope of the chain. */
  readonly evidence: string;
  readonly region: SovereignRegion | undefined;
}

async function keepReports(
  { results, scope, owner, evidence, region }: Told,
  ports: ReportPorts & Pick<TenantReportPorts, "catalogue" | "clock" | "evidence">,
  context: ReconcileContext,
): Promise<void> {
  const before = ports.reports.byIndex("owner", owner);
  const at = ports.clock.now();
  const now = Math.floor(at / 1_000);
  const kept = { scope: evidence, region, results, before, now: new Date(at).toISOString() };
  const head = await ports.evidence.keep(kept, context);
  const remembered = before.map((report) => report.remembered);
  const wanted = reportsOf({ checks: ports.catalogue, results }, scope, { now, before: remembered });
  await writeReports(head === undefined ? wanted : wanted.map((report) => withHead(report, head)), before, ports);
}
