import type { Checkpoint, EvidenceRecord, Head } from "./record.ts";

/** Where records go. Failures are OperatorErrors of the adapter; each call is safe to repeat. */
export interface EvidenceSink {
  /** The last record that is kept; undefined where there is none, or where nobody can read back. */
  head(scope: string): Promise<Head | undefined>;
  /**
   * Keeps records that continue the chain, each once however often it is handed in.
   * @throws ConflictError where the chain was continued by somebody else: begin again from `head`.
   */
  note(scope: string, records: readonly EvidenceRecord[]): Promise<void>;
  /** Keeps what the head was on that day, `2026-06-15`. The first of a day stays. */
  checkpoint(checkpoint: Checkpoint, day: string): Promise<void>;
}
