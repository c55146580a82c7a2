/** A number in [0, 1). Injected, so that tests choose it. */
export type Random = () => number;

export interface BackoffRange {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Pause before attempt `failures` + 1: doubles from `firstMs` up to `longestMs`, and lies between half and the whole of it, so that many do not come back at once. */
export function backoffMs(failures: number, range: BackoffRange, random: Random): number {
  const whole = Math.min(range.longestMs, range.firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 40));
  return Math.round(whole * (0.5 + random() / 2));
}
