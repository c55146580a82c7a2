/** One measured figure, and what we want it to be. */
export interface Figure {
  /** What was done, e.g. `100 tenants to Ready`. */
  readonly of: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: Goal;
  /** What the figure is made of, or what stands in its way. */
  readonly note?: string;
  /** The share of the machine that processes of others had meanwhile, from 0 to 1, where the figure is a time. */
  readonly others?: number;
  /** The figure is a ratio to something that itself was not steady: it says nothing either way. */
  readonly unsteady?: boolean;
}

export interface Goal {
  readonly atMost?: number;
  readonly atLeast?: number;
  /** The goal is about another size than the one that was measured, or about a machine at rest: say so. */
  readonly about?: string;
}

export type Verdict = "met" | "not met" | "not met, disturbed" | "unclear" | "";

/** Others may have this share of the machine before a goal that was missed counts as missed because of them. */
const disturbing = 0.2;

export function verdictOf({ value, goal, others = 0, unsteady = false }: Figure): Verdict {
  if (goal === undefined) return "";
  if (unsteady) return "unclear";
  const { atMost = Infinity, atLeast = -Infinity } = goal;
  if (value <= atMost && value >= atLeast) return "met";
  return others > disturbing ? "not met, disturbed" : "not met";
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly kubernetes: string;
  /** Load averages of 1 minute when the run began and when it ended: what others do on the machine shows here first. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export interface Results {
  readonly date: string;
  readonly mode: "quick" | "full";
  /** Why the run ended before everything was measured. */
  readonly incomplete?: string;
  readonly commit: string;
  readonly machine: Machine;
  /** What was not real in this run. */
  readonly doubles: readonly string[];
  readonly figures: readonly Figure[];
  /** Tables that explain figures: rows of cells, the first row is the head. */
  readonly details: readonly { readonly title: string; readonly rows: readonly (readonly string[])[] }[];
}
