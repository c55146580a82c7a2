/**
 * What must not outlive this process. A lane that is interrupted (Ctrl-C, a failed assertion, an exit in the middle of a download) leaves neither
 * servers nor half-made files: each effect registers its undoing, and forgets it once it is finished or handed over.
 */
const pending = new Set<() => void>();
let armed = false;

/** Runs `undo` when this process exits, unless the returned function is called first. `undo` must be synchronous; what it throws is ignored. */
export function undoOnExit(undo: () => void): () => void {
  if (!armed) {
    armed = true;
    process.once("exit", undoAll);
  }
  pending.add(undo);
  return () => {
    pending.delete(undo);
  };
}

function undoAll(): void {
  for (const undo of [...pending].reverse()) {
    try {
      undo();
    } catch {
      // Each undoing stands alone: one that fails must not keep the others from running.
    }
  }
  pending.clear();
}
