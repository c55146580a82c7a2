import type { Check } from "../check.ts";
import type { Read } from "../read.ts";

/** A row of the catalogue as programs get it: everything but the function. */
export interface ListedCheck extends Omit<Check, "evaluation"> {
  readonly status: Check["evaluation"]["status"];
  /** The fact that is missing, or what has to come first. */
  readonly why?: string;
  readonly reads?: readonly Read[];
}

export function listed({ evaluation, ...check }: Check): ListedCheck {
  if (evaluation.status === "notObservable") return { ...check, status: evaluation.status, why: evaluation.lacks };
  if (evaluation.status === "stage2") return { ...check, status: evaluation.status, why: evaluation.needs };
  return { ...check, status: evaluation.status, reads: [...evaluation.subjects, ...(evaluation.related ?? [])] };
}

/** How many checks there are of each sort; each group sums to the total. */
export interface Counts {
  readonly total: number;
  readonly status: Readonly<Record<string, number>>;
  readonly severity: Readonly<Record<string, number>>;
  readonly mode: Readonly<Record<string, number>>;
  readonly layer: Readonly<Record<string, number>>;
}

export function countsOf(checks: readonly Check[]): Counts {
  const by = (property: (check: Check) => string): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const check of checks) counts[property(check)] = (counts[property(check)] ?? 0) + 1;
    return counts;
  };
  return {
    total: checks.length,
    status: by(({ evaluation }) => evaluation.status),
    severity: by(({ severity }) => severity),
    mode: by(({ mode }) => mode),
    layer: by(({ layer }) => layer),
  };
}
