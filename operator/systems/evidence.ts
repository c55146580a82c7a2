import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Result } from "../policy/result.ts";
import type { EvidenceKeeper } from "../policy/evidence/keeper.ts";
import type { Head } from "../policy/evidence/record.ts";
import type { EvidenceSink } from "../policy/evidence/sink.ts";
import type { Report } from "../policy/reports.ts";
import { ConflictError } from "../runtime/errors.ts";
import type { Logger } from "../runtime/reconciler.ts";
import { bucketEvidence, evidenceBucket } from "./bucket-evidence.ts";
import { logEvidence } from "./log-evidence.ts";
import type { RegionSystems } from "./region-systems.ts";

export interface EvidencePorts {
  readonly keeper: EvidenceKeeper;
  readonly sink: EvidenceSink;
}

/** What the checks say of one scope now. */
export interface Look {
  readonly scope: string;
  /** Those that its reports tell. */
  readonly statements: readonly Result[];
  /** Its reports as they are in the cluster, before this look. */
  readonly reports: readonly Report[];
  /** RFC 3339. */
  readonly now: string;
}

/**
 * Keeps a record of each result that changed, and returns the head of the chain, for the reports: they are written after this, so that they never name a
 * record that is not kept. One look of a scope at a time. Throws what the sink throws; then nothing of this look counts as kept.
 */
export async function keepEvidence(look: Look, { keeper, sink }: EvidencePorts): Promise<Head | undefined> {
  const { scope, statements, reports, now } = look;
  if (!keeper.knows(scope)) keeper.resume(scope, statements, { stored: await sink.head(scope), reports });
  const noted = keeper.note(scope, statements, now);
  try {
    if (noted.records.length > 0) await sink.note(scope, noted.records);
  } catch (error) {
    if (error instanceof ConflictError) keeper.forget(scope);
    throw error;
  }
  keeper.kept(noted);
  const day = now.slice(0, 10);
  const due = keeper.dueCheckpoint(scope, day);
  if (due !== undefined) {
    await sink.checkpoint(due, day);
    keeper.checkpointed(scope, day);
  }
  return noted.head;
}

export interface SinkPorts {
  readonly systems: Pick<RegionSystems, "objectStore">;
  readonly installation: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Where the evidence of a region goes: its object store, or the log where it has none. Remembers nothing; may be asked for anew each time. */
export function evidenceSink(
  region: SovereignRegion | undefined,
  { systems, installation, log, signal }: SinkPorts,
): EvidenceSink {
  const store = region?.spec.storage.objectStore;
  if (region === undefined || store === undefined) return logEvidence(log);
  const desired = evidenceBucket(region.metadata.name, installation);
  return bucketEvidence(
    { desired, server: new URL(store.url).host, api: systems.objectStore(region) },
    { log, signal },
  );
}
