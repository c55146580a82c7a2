import type { Check, Evaluation } from "../check.ts";

/** What a row says; what most rows have in common is left out. */
export type Row = Omit<Check, "version" | "excusable"> & Partial<Pick<Check, "version" | "excusable">>;

export function row(stated: Row): Check {
  return { version: 1, excusable: true, ...stated };
}

/** Known by a person's word alone. */
export const attested: Evaluation = { status: "stage2", needs: "attestations" };
