import type { Check, Evaluation } from "../check.ts";
import { byAttestation } from "../checks/attested.ts";

/** What a row says; what most rows have in common is left out. */
export type Row = Omit<Check, "version" | "excusable" | "evaluation"> &
  Partial<Pick<Check, "version" | "excusable">> & {
    readonly evaluation: Evaluation | typeof attested;
  };

/** Known by a person's word alone; the row says the rest. */
export const attested = "attested";

export function row({ evaluation, ...stated }: Row): Check {
  return {
    version: 1,
    excusable: true,
    ...stated,
    evaluation: evaluation === attested ? byAttestation(stated) : evaluation,
  };
}
