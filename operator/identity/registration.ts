import { createHash } from "node:crypto";

/** What a person pastes into the provider's form, and the digest that says that it was done. */
export interface Registration {
  readonly redirectURIs: readonly string[];
  readonly postLogoutRedirectURIs: readonly string[];
  readonly digest: string;
}

/** The addresses under which a realm is called back by a provider. They never change while alias, realm and Keycloak stay. Pure. */
export function registrationOf(issuer: string, alias: string): Registration {
  const endpoint = `${issuer}/broker/${encodeURIComponent(alias)}/endpoint`;
  const addresses = { redirectURIs: [endpoint], postLogoutRedirectURIs: [`${endpoint}/logout_response`] };
  const text = JSON.stringify([addresses.redirectURIs, addresses.postLogoutRedirectURIs]);
  return { ...addresses, digest: createHash("sha256").update(text).digest("hex") };
}
