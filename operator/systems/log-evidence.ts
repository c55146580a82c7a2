import { setImmediate as turn } from "node:timers/promises";
import { logField } from "../policy/evidence/lines.ts";
import { type Checkpoint, checkpointLine, headText, recordLine } from "../policy/evidence/record.ts";
import type { EvidenceSink } from "../policy/evidence/sink.ts";
import type { Logger } from "../runtime/reconciler.ts";

/** Lines of a log are written at once; between so many, others have their turn. */
const linesPerTurn = 200;

/**
 * Records as lines of the operator's log, for whoever keeps that log: the only place of a region that has no object store. The head is read back from the
 * reports, since nobody reads back a log.
 */
export function logEvidence(log: Logger): EvidenceSink {
  return {
    head: () => Promise.resolve(undefined),
    async note(scope, records) {
      for (const [index, record] of records.entries()) {
        if (index > 0 && index % linesPerTurn === 0) await turn();
        log.info({ scope, sequence: record.sequence, [logField]: recordLine(record) }, "a result of a check changed");
      }
    },
    checkpoint(checkpoint, day) {
      logCheckpoint(log, checkpoint, day);
      return Promise.resolve();
    },
  };
}

/** Whoever keeps the log of the operator can hold the records against it, wherever these lie. */
export function logCheckpoint(log: Logger, checkpoint: Checkpoint, day: string): void {
  const { scope } = checkpoint;
  log.info(
    { scope, day, head: headText(checkpoint), [logField]: checkpointLine(checkpoint) },
    "checkpoint of evidence",
  );
}
