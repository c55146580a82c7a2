import type { Finding } from "./story.ts";

/** What the checks of the catalogue say of tenants, as the Tenant tells it. */
export interface Controls {
  /** Undefined: not judged yet by this process. */
  of(tenant: string): Finding | undefined;
  /** Judged now, by the checks that hold back the first Ready: may the tenant be Ready? */
  onboarding(tenant: string): Finding;
}
