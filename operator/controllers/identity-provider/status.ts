import { names } from "../../../crds/group.ts";
import { conditionTypes } from "../../../crds/v1alpha1/conditions.ts";
import type { TenantIdentityProvider } from "../../../crds/v1alpha1/tenant-identity-provider.ts";
import type { Registration } from "../../identity/registration.ts";
import { conditionList } from "../../reconcile/conditions.ts";
import type { StoryEnd } from "../../reconcile/story.ts";

/** The whole status of a provider. What is to be registered is kept while it cannot be known. Pure. */
export function identityProviderStatus(
  identityProvider: TenantIdentityProvider,
  found: { readonly end: StoryEnd; readonly registration: Registration | undefined },
  now: number,
): NonNullable<TenantIdentityProvider["status"]> {
  const { metadata, status } = identityProvider;
  const { checks, progress } = found.end;
  const generation = metadata.generation ?? 0;
  const previous = status?.conditions ?? [];
  const asked = metadata.annotations?.[names.reconcileRequestedAt];
  const registration = found.registration ?? status?.registration;
  return {
    observedGeneration: generation,
    conditions: conditionList({
      table: conditionTypes.TenantIdentityProvider,
      checks,
      progress,
      previous,
      generation,
      now,
    }),
    ...(asked === undefined ? {} : { lastHandledReconcileAt: asked }),
    ...(registration === undefined
      ? {}
      : {
          registration: {
            redirectURIs: [...(registration.redirectURIs ?? [])],
            postLogoutRedirectURIs: [...(registration.postLogoutRedirectURIs ?? [])],
            digest: registration.digest,
          },
        }),
  };
}
