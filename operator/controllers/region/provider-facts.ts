import { canonicalJson, type Manifest, refOf } from "../../../constructs/manifest.ts";
import { factsApiVersion, factsKind, names } from "../../../crds/group.ts";
import type { SovereignRegion, SovereignRegionStatus } from "../../../crds/v1alpha1/sovereign-region.ts";
import { askFacts, type FactsFound, isDue, type LastAsk, unknownFacts } from "../../numspot/facts.ts";
import type { NumSpotApi } from "../../numspot/numspot-api.ts";
import type { EventRecorder } from "../../reconcile/event-recorder.ts";
import { asOperatorError } from "../../runtime/errors.ts";
import type { Clock, ReconcileContext } from "../../runtime/reconciler.ts";
import type { RegionSystems } from "../../systems/region-systems.ts";

export interface ProviderFactsPorts {
  readonly systems: Pick<RegionSystems, "numSpot" | "objectStore">;
  readonly clock: Clock;
  readonly events: EventRecorder;
  /** Told of facts that are new: one object per region, which nobody stores. Undefined: the region has no provider that tells anything, or is gone. */
  readonly onFacts?: (region: string, facts: Manifest | undefined) => void;
}

interface Known {
  readonly last: LastAsk;
  readonly api: NumSpotApi | undefined;
  readonly found: FactsFound;
  readonly seen: ProviderSeen;
}

type ProviderSeen = NonNullable<SovereignRegionStatus["provider"]>;

const longestNote = 1_000;
/** For all facts together: a region does not wait longer for a provider that says nothing. */
const deadlineMs = 45_000;

/** What NumSpot tells of regions: asked when it is due, kept meanwhile, handed on when it is new. */
export class ProviderFacts {
  readonly #ports: ProviderFactsPorts;
  readonly #known = new Map<string, Known>();

  constructor(ports: ProviderFactsPorts) {
    this.#ports = ports;
  }

  /** Asks what is due. Never throws: what a provider does not tell is no fault of its region. */
  async observe(region: SovereignRegion, { log, signal }: ReconcileContext): Promise<void> {
    const { name } = region.metadata;
    const connected = this.#connect(region);
    if (connected === undefined) {
      this.forget(name);
      return;
    }
    const api = "api" in connected ? connected.api : undefined;
    const known = this.#known.get(name);
    const next = { at: this.#ports.clock.now(), as: askedAs(region) };
    if (api !== undefined && known?.api === api && !isDue(known.last, next)) return;
    const found = "api" in connected ? await this.#ask(region, connected.api, signal) : connected.found;
    // A process that ends in the middle has learnt nothing.
    if (signal.aborted) return;
    this.#known.set(name, { last: next, api, found, seen: seenOf(region, found) });
    if (canonicalJson(known?.found ?? {}) === canonicalJson(found) && api === undefined) return;
    const note = noteOf(found);
    if (note !== undefined) log.warn({ region: name, note }, "The provider does not tell everything");
    this.#record(region, found, note);
    this.#ports.onFacts?.(name, factsManifest(name, found, next.at));
  }

  /** For the status of the region. */
  seen(name: string): ProviderSeen | undefined {
    const seen = this.#known.get(name)?.seen;
    return seen === undefined || Object.keys(seen).length === 0 ? undefined : seen;
  }

  /** The region is gone, or has nobody to ask any more. */
  forget(name: string): void {
    if (this.#known.delete(name)) this.#ports.onFacts?.(name, undefined);
  }

  /** Undefined where the region names no API. */
  #connect(region: SovereignRegion): { readonly api: NumSpotApi } | { readonly found: FactsFound } | undefined {
    try {
      const api = this.#ports.systems.numSpot(region);
      return api === undefined ? undefined : { api };
    } catch (error) {
      return { found: unknownFacts(asOperatorError(error)) };
    }
  }

  async #ask(region: SovereignRegion, api: NumSpotApi, signal: AbortSignal): Promise<FactsFound> {
    const { spaceID, organisationID, clusterID } = region.spec.provider;
    const sources = {
      api,
      space: spaceID,
      organisation: organisationID,
      cluster: clusterID,
      buckets: async (until: AbortSignal) =>
        // A region that names no store has no bucket.
        region.spec.storage.objectStore === undefined
          ? []
          : await this.#ports.systems.objectStore(region).buckets(until),
    };
    return await askFacts(sources, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]));
  }

  #record(region: SovereignRegion, { failures }: FactsFound, note: string | undefined): void {
    const [first] = failures;
    if (first === undefined || note === undefined) return;
    this.#ports.events.record({
      regarding: { ...refOf(region), uid: region.metadata.uid },
      type: "Warning",
      reason: first.reason,
      action: "AskProvider",
      note,
    });
  }
}

/** What is not known, and each reason once. */
function noteOf({ failures }: FactsFound): string | undefined {
  if (failures.length === 0) return undefined;
  const facts = failures.map(({ fact }) => fact).join(", ");
  const why = [...new Set(failures.map(({ message }) => message))].join(" ");
  return `Not known of this region: ${facts}. ${why}`.slice(0, longestNote);
}

/** A person who asks for a reconcile has mended something at the provider, where nobody watches. */
function askedAs({ spec, metadata }: SovereignRegion): string {
  return canonicalJson([spec.provider, metadata.annotations?.[names.reconcileRequestedAt] ?? ""]);
}

/** Facts as an object that checks can judge. Pure. */
export function factsManifest(region: string, { facts, failures }: FactsFound, now: number): Manifest {
  return {
    apiVersion: factsApiVersion,
    kind: factsKind,
    metadata: { name: region },
    observedAt: new Date(now).toISOString(),
    facts,
    failures,
  };
}

function seenOf({ spec }: SovereignRegion, { facts }: FactsFound): ProviderSeen {
  const cluster = facts.clusters?.find(({ id }) => id === spec.provider.clusterID);
  return {
    ...(cluster === undefined ? {} : { kubernetesVersion: cluster.fullVersion.slice(0, 63) }),
    ...(facts.zones === undefined ? {} : { zones: facts.zones.map((zone) => zone.slice(0, 63)).slice(0, 16) }),
  };
}
