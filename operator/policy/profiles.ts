import type { Check } from "./check.ts";

/** What objects are held against: the catalogue, the part of it that another framework asks for too, or the Pod Security Standards by themselves. */
export const profileNames = ["secnumcloud", "hds", "pss-restricted", "pss-baseline"] as const;
export type ProfileName = (typeof profileNames)[number];

/** The checks of a profile of the catalogue, which is a filter over its mappings. */
export function checksOf(checks: readonly Check[], profile: "secnumcloud" | "hds"): readonly Check[] {
  return profile === "secnumcloud" ? checks : checks.filter(({ mappings }) => (mappings.hds ?? []).length > 0);
}
