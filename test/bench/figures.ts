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
}

export interface Goal {
  readonly atMost?: number;
  readonly atLeast?: number;
  /** The goal is about another size than the one that was measured, or about a machine at rest: say so. */
  readonly about?: string;
}

export type Verdict = "met" | "not met" | "";

export function verdictOf({ value, goal }: Pick<Figure, "value" | "goal">): Verdict {
  if (goal === undefined) return "";
  const { atMost = Infinity, atLeast = -Infinity } = goal;
  return value <= atMost && value >= atLeast ? "met" : "not met";
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
  readonly commit: string;
  readonly machine: Machine;
  /** What was not real in this run. */
  readonly doubles: readonly string[];
  readonly figures: readonly Figure[];
  /** Tables that explain figures: rows of cells, the first row is the head. */
  readonly details: readonly { readonly title: string; readonly rows: readonly (readonly string[])[] }[];
}
