import type { ModuleInput } from "./driver.ts";

/** Host of a tenant's video conferences. */
export function conferenceHost({ tenant }: Pick<ModuleInput, "tenant">): string {
  return `visio.${tenant.spec.domain}`;
}

/** The same with its port if that is not 443, for other modules; undefined where the tenant has no conferences. */
export function siblingConferences(input: Pick<ModuleInput, "tenant" | "region" | "siblings">): string | undefined {
  if (!input.siblings.some(({ spec }) => spec.module === "Jitsi")) return undefined;
  const { httpsPort } = input.region.spec.ingress;
  return `${conferenceHost(input)}${httpsPort === 443 ? "" : `:${httpsPort}`}`;
}
