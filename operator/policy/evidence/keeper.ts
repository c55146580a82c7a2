import type { Report } from "../reports.ts";
import type { Result } from "../result.ts";
import { headAfter, recordsOf, type Telling, type Told } from "./chain.ts";
import { headIn, saidBefore } from "./resume.ts";
import type { Checkpoint, EvidenceRecord, Head } from "./record.ts";

/** What has to be kept, and where the chain stands then. */
export interface Noted {
  readonly records: readonly EvidenceRecord[];
  readonly head: Head | undefined;
  readonly told: Told;
}

interface Chain extends Told {
  /** Made and not yet kept. */
  readonly waiting: readonly EvidenceRecord[];
  /** Day of the last checkpoint. */
  readonly checkpointed: string;
}

/** Records of one scope that wait for a store that does not answer. Beyond it changes are told when it answers again, as they are then. */
const mostWaiting = 500;

/** The chains of all scopes, in memory: decides what has to be kept, and keeps nothing itself. */
export class EvidenceKeeper {
  readonly #telling: Omit<Telling, "now">;
  readonly #chains = new Map<string, Chain>();

  constructor(telling: Omit<Telling, "now">) {
    this.#telling = telling;
  }

  /** False: nothing was noted of that scope since the operator started, or since `forget`. */
  knows(scope: string): boolean {
    return this.#chains.has(scope);
  }

  /**
   * Goes on with a chain that an earlier process began, from the later of two heads: the store is ahead where that process ended before it wrote its
   * reports; the reports are ahead where somebody took records away, and then the gap stays to be seen. Whatever the reports confirm is not told again.
   */
  resume(
    scope: string,
    statements: readonly Result[],
    { stored, reports }: { readonly stored: Head | undefined; readonly reports: readonly Report[] },
  ): void {
    const named = headIn(reports);
    const head = (stored?.sequence ?? 0) > (named?.sequence ?? 0) ? stored : named;
    const said = head === undefined ? [] : saidBefore(reports, statements);
    this.#chains.set(scope, { ...begun(scope), head, said, resumed: head !== undefined });
  }

  /** What has to be kept after these statements; says the same again until `kept`. `now` is RFC 3339. */
  note(scope: string, statements: readonly Result[], now: string): Noted {
    const chain = this.#chains.get(scope) ?? begun(scope);
    const fresh = recordsOf(chain, statements, { ...this.#telling, now });
    const records = [...chain.waiting, ...fresh];
    const head = headAfter(fresh, chain.head);
    const told: Told = { scope, head, said: statements, resumed: false };
    this.#chains.set(scope, records.length <= mostWaiting ? { ...chain, ...told, waiting: records } : chain);
    return { records, head, told };
  }

  /** The store has taken all of it. */
  kept({ told }: Noted): void {
    const checkpointed = this.#chains.get(told.scope)?.checkpointed ?? "";
    this.#chains.set(told.scope, { ...told, waiting: [], checkpointed });
  }

  /** The head of the chain, once a day. Undefined: the day has one, or there is nothing yet, or not all is kept. */
  dueCheckpoint(scope: string, day: string): Checkpoint | undefined {
    const chain = this.#chains.get(scope);
    if (chain?.head === undefined || chain.waiting.length > 0 || chain.checkpointed === day) return undefined;
    return { scope, ...chain.head };
  }

  checkpointed(scope: string, day: string): void {
    const chain = this.#chains.get(scope);
    if (chain !== undefined) this.#chains.set(scope, { ...chain, checkpointed: day });
  }

  /** The scope is gone, or its chain was continued by somebody else. */
  forget(scope: string): void {
    this.#chains.delete(scope);
  }
}

function begun(scope: string): Chain {
  return { scope, head: undefined, said: [], resumed: false, waiting: [], checkpointed: "" };
}
