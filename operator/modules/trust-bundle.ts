import type { CapabilityGap, ModuleInput } from "./driver.ts";

/** What runs for a tenant calls servers of its region, and has to know their authorities where the region names some. Pure. */
export function trustGap({
  region,
  trustBundle,
}: Pick<ModuleInput, "region" | "trustBundle">): CapabilityGap | undefined {
  const name = region.spec.trustBundle?.configMapRef.name;
  if (name === undefined || trustBundle !== undefined) return undefined;
  return { message: `ConfigMap ${name} of region ${region.metadata.name} (spec.trustBundle) has no key ca.crt.` };
}
