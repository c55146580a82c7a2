import type { TenantIdentityProvider } from "../../crds/v1alpha1/tenant-identity-provider.ts";
import { type BrokerDesired, type BrokerMapper, brokerPrefix } from "../keycloak/broker-desired.ts";
import { brokerFlows, gateAttribute, type Linking, organisationGate } from "./broker-flows.ts";
import type { DiscoveredProvider } from "./discovery.ts";
import {
  acceptedAcrs,
  type Admission,
  authorizationUrl,
  proConnectAttributes,
  proConnectScopes,
  siretPattern,
} from "./proconnect.ts";

type Spec = TenantIdentityProvider["spec"];

/** What is the same for every protocol. */
export interface BrokerCommon {
  readonly realm: string;
  readonly marker: string;
  readonly spec: Spec;
  /** Nobody is sent to a provider that does not know us yet. */
  readonly enabled: boolean;
}

export interface OpenIdInput extends BrokerCommon {
  readonly provider: DiscoveredProvider;
  readonly secretVersion: string;
}

/** ProConnect in a realm: its levels of assurance are essential, its userinfo is signed, and only those who are admitted come in. Pure. */
export function proConnectBroker(input: OpenIdInput & { readonly admission: Admission }): BrokerDesired {
  const { spec, provider, admission } = input;
  const minimum = spec.proConnect?.minimumAcr ?? "eidas1";
  return {
    ...common(input, {
      providerId: "oidc",
      displayName: "ProConnect",
      linking: trusted(spec),
      siret: siretPattern(admission),
    }),
    config: {
      ...openIdConfig(input, spec.proConnect?.clientID ?? ""),
      authorizationUrl: authorizationUrl(provider.authorizationEndpoint, minimum),
      defaultScope: proConnectScopes.join(" "),
      // Compared as a whole. The provider leaves the claim out unless it is asked for, which the address above does.
      filteredByClaim: "true",
      claimFilterName: "acr",
      claimFilterValue: acceptedAcrs(minimum).join("|"),
    },
    mappers: [...proConnectAttributes, ["siret", gateAttribute(spec.alias)] as const].map(([claim, attribute]) =>
      claimMapper(claim, attribute),
    ),
    gate: organisationGate(spec.alias, siretPattern(admission)),
    secretVersion: input.secretVersion,
  };
}

/** Any OpenID provider. Nobody vouches for the addresses that it tells, so an account is linked by whoever knows its password. Pure. */
export function openIdBroker(input: OpenIdInput): BrokerDesired {
  const { spec, provider } = input;
  return {
    ...common(input, { providerId: "oidc", displayName: new URL(provider.issuer).host, linking: untrusted(spec) }),
    config: {
      ...openIdConfig(input, spec.oidc?.clientID ?? ""),
      authorizationUrl: provider.authorizationEndpoint,
      defaultScope: "openid profile email",
      filteredByClaim: "false",
    },
    mappers: [
      ["given_name", "firstName"],
      ["family_name", "lastName"],
    ].map(([claim = "", attribute = ""]) => claimMapper(claim, attribute)),
    secretVersion: input.secretVersion,
  };
}

/** What Keycloak read in the metadata of a SAML provider; only these count. */
const samlKeys = [
  "idpEntityId",
  "singleSignOnServiceUrl",
  "singleLogoutServiceUrl",
  "signingCertificate",
  "nameIDPolicyFormat",
  "postBindingAuthnRequest",
  "postBindingResponse",
  "postBindingLogout",
] as const;

/** A SAML 2.0 provider: signed assertions, whose certificate comes from its metadata. Pure. */
export function samlBroker(
  input: BrokerCommon & { readonly metadata: Readonly<Record<string, string>> },
): BrokerDesired {
  const { spec, metadata } = input;
  const read = Object.fromEntries(
    samlKeys.flatMap((key) => (metadata[key] === undefined ? [] : [[key, metadata[key]] as const])),
  );
  return {
    ...common(input, {
      providerId: "saml",
      displayName: metadata["idpEntityId"] ?? spec.alias,
      linking: untrusted(spec),
    }),
    config: {
      ...read,
      syncMode: "FORCE",
      validateSignature: "true",
      wantAssertionsSigned: "true",
      wantAuthnRequestsSigned: "true",
      signatureAlgorithm: "RSA_SHA256",
      allowCreate: "true",
      principalType: "SUBJECT",
    },
    mappers: [
      ["mail", "email"],
      ["givenName", "firstName"],
      ["sn", "lastName"],
    ].map(([friendly = "", attribute = ""]) => ({
      name: `${brokerPrefix}${attribute}`,
      identityProviderMapper: "saml-user-attribute-idp-mapper",
      config: { syncMode: "INHERIT", "attribute.friendly.name": friendly, "user.attribute": attribute },
    })),
  };
}

function common(
  { realm, marker, spec, enabled }: BrokerCommon,
  of: Pick<BrokerDesired, "providerId"> & { displayName: string; linking: Linking; siret?: string },
): Omit<BrokerDesired, "config" | "mappers"> {
  const { providerId, displayName, linking, siret } = of;
  return {
    realm,
    alias: spec.alias,
    providerId,
    marker,
    fields: {
      displayName,
      enabled,
      // What ProConnect says of an address is true; of others', it is what they say.
      trustEmail: spec.protocol === "ProConnect",
      storeToken: false,
      addReadTokenRoleOnCreate: false,
      linkOnly: false,
      ...(siret === undefined ? { postBrokerLoginFlowAlias: "" } : {}),
    },
    flows: brokerFlows({ alias: spec.alias, linking, ...(siret === undefined ? {} : { siret }) }),
  };
}

function trusted({ linkExistingAccounts }: Spec): Linking {
  return linkExistingAccounts === "ByVerifiedEmail" ? "TrustedAddress" : "Never";
}

function untrusted({ linkExistingAccounts }: Spec): Linking {
  return linkExistingAccounts === "ByVerifiedEmail" ? "OwnPassword" : "Never";
}

/** Signatures are verified with the provider's keys of now; nothing that it does not know is sent along. */
function openIdConfig({ provider }: OpenIdInput, clientId: string): Readonly<Record<string, string>> {
  return {
    issuer: provider.issuer,
    tokenUrl: provider.tokenEndpoint,
    userInfoUrl: provider.userInfoEndpoint,
    jwksUrl: provider.jwksUri,
    ...(provider.endSessionEndpoint === undefined ? {} : { logoutUrl: provider.endSessionEndpoint }),
    useJwksUrl: "true",
    validateSignature: "true",
    clientId,
    clientAuthMethod: "client_secret_post",
    pkceEnabled: "true",
    pkceMethod: "S256",
    syncMode: "FORCE",
    disableUserInfo: "false",
    uiLocales: "false",
    loginHint: "false",
    passMaxAge: "false",
    backchannelSupported: "false",
  };
}

function claimMapper(claim: string, attribute: string): BrokerMapper {
  return {
    name: `${brokerPrefix}${attribute}`,
    identityProviderMapper: "oidc-user-attribute-idp-mapper",
    config: { syncMode: "INHERIT", claim, "user.attribute": attribute },
  };
}
