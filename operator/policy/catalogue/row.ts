import type { Check } from "../check.ts";

/** What a row says; what most rows have in common is left out. */
export type Row = Omit<Check, "version" | "excusable"> & Partial<Pick<Check, "version" | "excusable">>;

export function row(stated: Row): Check {
  return { version: 1, excusable: true, ...stated };
}
