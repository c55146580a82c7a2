import type { Check } from "../check.ts";
import { chapter13 } from "./chapter-13.ts";

/** Every check, by chapter. */
export const catalogue: readonly Check[] = [...chapter13];
