import { z } from "zod";
import {
  described,
  documentUrl,
  domainName,
  immutable,
  keyRef,
  nameRef,
  objectName,
  rules,
  secureUrl,
  setOf,
  sha256,
  text,
} from "./schema.ts";
import { objectParser } from "./parse.ts";
import {
  ageColumn,
  column,
  commonStatus,
  type KindMeta,
  type LiveObject,
  messageColumn,
  readyColumn,
  reasonColumn,
} from "./status.ts";

const proConnect = rules(
  z.object({
    environment: described(
      z.enum(["Integration", "Production", "IntegrationRIE", "ProductionRIE", "Custom"]),
      "Environment",
    ),
    discoveryURL: described(documentUrl(), "For Custom").optional(),
    clientID: described(z.string().min(1).max(200), "Client identifier"),
    clientSecretRef: described(keyRef(), "Client secret"),
    minimumAcr: described(
      z.enum(["eidas0", "eidas0-mfa", "eidas1", "eidas1-mfa", "eidas2", "eidas3"]),
      "Lowest assurance level accepted",
    ).default("eidas1"),
    allowedSirens: described(
      setOf(text(9, /^[0-9]{9}$/), 0, 256),
      "SIRENs admitted; with allowedSirets empty too = the SIREN of the tenant",
    ).optional(),
    allowedSirets: described(setOf(text(14, /^[0-9]{14}$/), 0, 256), "SIRETs admitted").optional(),
  }),
  {
    rule: "(self.environment == 'Custom') == has(self.discoveryURL)",
    message: "discoveryURL goes with environment Custom, and only with it",
  },
);

/** Shape, defaults and rules of spec. */
export const tenantIdentityProviderSpec = rules(
  z.object({
    tenantRef: described(immutable(nameRef(), "tenantRef"), "Owning tenant"),
    alias: described(
      immutable(objectName(40), "alias"),
      "Alias in the realm; part of the redirect URI registered at the provider",
    ),
    protocol: described(immutable(z.enum(["ProConnect", "OIDC", "SAML"]), "protocol"), "Protocol"),
    proConnect: described(proConnect, "ProConnect").optional(),
    oidc: described(
      z.object({
        issuer: described(secureUrl(), "Issuer"),
        clientID: described(z.string().min(1).max(200), "Client identifier"),
        clientSecretRef: described(keyRef(), "Client secret"),
        userInfo: described(z.enum(["JSON", "SignedJWT"]), "Answer of the userinfo endpoint").default("JSON"),
      }),
      "OpenID Connect",
    ).optional(),
    saml: described(z.object({ metadataURL: described(secureUrl(), "Metadata") }), "SAML 2.0").optional(),
    domains: described(
      setOf(domainName(), 0, 32),
      "E-mail domains that lead to this provider; each must be in the mailDomains of the tenant, and the provider may vouch for no other address",
    ).optional(),
    linkExistingAccounts: described(
      z.enum(["Never", "ByVerifiedEmail"]),
      "What happens when an account with the same e-mail address exists",
    ).default("Never"),
    confirmedRegistration: described(
      sha256(),
      "Digest of the URIs registered at the provider, as printed in status.registration.digest; a new URI asks again",
    ).optional(),
  }),
  {
    rule: "(self.protocol == 'ProConnect') == has(self.proConnect) && (self.protocol == 'OIDC') == has(self.oidc) && (self.protocol == 'SAML') == has(self.saml)",
    message: "give the block of the protocol and no other: proConnect for ProConnect, oidc for OIDC, saml for SAML",
  },
);

export const tenantIdentityProviderStatus = z.object({
  ...commonStatus,
  registration: z
    .object({
      redirectURIs: z.array(z.string().max(512)).max(16).optional(),
      postLogoutRedirectURIs: z.array(z.string().max(512)).max(16).optional(),
      digest: z.string().max(64),
    })
    .optional()
    .describe("To paste into the provider's form, then to confirm"),
});

export type TenantIdentityProvider = LiveObject<
  z.infer<typeof tenantIdentityProviderSpec>,
  z.infer<typeof tenantIdentityProviderStatus>
>;

/** The guard at the cache's edge: a typed TenantIdentityProvider, or what is wrong with it. */
export const parseTenantIdentityProvider = objectParser({
  kind: "TenantIdentityProvider",
  spec: tenantIdentityProviderSpec,
  status: tenantIdentityProviderStatus,
});

export const tenantIdentityProviderKind: KindMeta = {
  kind: "TenantIdentityProvider",
  plural: "tenantidentityproviders",
  singular: "tenantidentityprovider",
  shortNames: ["tidp"],
  scope: "Namespaced",
  description: "A provider of identities that a tenant's realm trusts.",
  columns: [
    readyColumn,
    reasonColumn,
    column("Protocol", ".spec.protocol"),
    column("Alias", ".spec.alias"),
    ageColumn,
    messageColumn,
  ],
  selectableFields: [".spec.tenantRef.name"],
  objectRules: [],
  spec: tenantIdentityProviderSpec,
  status: tenantIdentityProviderStatus,
};
