import { setTimeout as pause } from "node:timers/promises";

/** Runs `work` soon after each change, never twice at once, and again after a failure. */
export function whenChanged(work: () => Promise<void>): () => void {
  let wanted = false;
  let busy = false;
  const go = async (): Promise<void> => {
    busy = true;
    while (wanted) {
      // Changes come in bunches: the first waits a moment for the others.
      await pause(20);
      wanted = false;
      try {
        await work();
      } catch (error) {
        console.error(error instanceof Error ? error.message : String(error));
        wanted = true;
        await pause(500);
      }
    }
    busy = false;
  };
  return () => {
    wanted = true;
    if (!busy) void go();
  };
}
