import { createHash } from "node:crypto";
import type { TenantIdentityProvider } from "../../crds/v1alpha1/tenant-identity-provider.ts";

/** What a person pastes into the provider's form, and the digest that says that it was done. */
export interface Registration {
  readonly redirectURIs: readonly string[];
  readonly postLogoutRedirectURIs: readonly string[];
  readonly digest: string;
}

/**
 * The addresses under which a realm is called back by a provider. They never change while alias, realm and Keycloak stay. SAML has one for
 * whatever its providers send: assertions, requests to log out, and answers to ours. Pure.
 */
export function registrationOf(
  issuer: string,
  { alias, protocol }: Pick<TenantIdentityProvider["spec"], "alias" | "protocol">,
): Registration {
  const endpoint = `${issuer}/broker/${encodeURIComponent(alias)}/endpoint`;
  const afterLogout = protocol === "SAML" ? endpoint : `${endpoint}/logout_response`;
  const addresses = { redirectURIs: [endpoint], postLogoutRedirectURIs: [afterLogout] };
  const text = JSON.stringify([addresses.redirectURIs, addresses.postLogoutRedirectURIs]);
  return { ...addresses, digest: createHash("sha256").update(text).digest("hex") };
}
