import type { TenantIdentityProvider } from "../../crds/v1alpha1/tenant-identity-provider.ts";
import { type BrokerDesired, type BrokerMapper, brokerPrefix } from "../keycloak/broker-desired.ts";
import { type AdmissionRule, brokerFlows, brokerGate, gateAttribute, type Linking } from "./broker-flows.ts";
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
  const rules: AdmissionRule[] = [{ attribute: "siret", pattern: siretPattern(admission) }, ...domainRules(spec)];
  const broker = common(input, { providerId: "oidc", displayName: "ProConnect", linking: trusted(spec), rules });
  return {
    ...broker,
    config: {
      ...openIdConfig(input, spec.proConnect?.clientID ?? ""),
      authorizationUrl: authorizationUrl(provider.authorizationEndpoint, minimum),
      defaultScope: proConnectScopes.join(" "),
      // Compared as a whole. The provider leaves the claim out unless it is asked for, which the address above does.
      filteredByClaim: "true",
      claimFilterName: "acr",
      claimFilterValue: acceptedAcrs(minimum).join("|"),
    },
    mappers: claimMappers(spec.alias, proConnectAttributes, rules),
    secretVersion: input.secretVersion,
  };
}

/** Any OpenID provider. Nobody vouches for the addresses that it tells, so an account is linked by whoever knows its password. Pure. */
export function openIdBroker(input: OpenIdInput): BrokerDesired {
  const { spec, provider } = input;
  const rules = domainRules(spec);
  const displayName = new URL(provider.issuer).host;
  return {
    ...common(input, { providerId: "oidc", displayName, linking: untrusted(spec), rules }),
    config: {
      ...openIdConfig(input, spec.oidc?.clientID ?? ""),
      authorizationUrl: provider.authorizationEndpoint,
      defaultScope: "openid profile email",
      filteredByClaim: "false",
    },
    mappers: claimMappers(spec.alias, openIdAttributes, rules),
    secretVersion: input.secretVersion,
  };
}

const openIdAttributes: readonly Copy[] = [
  ["given_name", "firstName"],
  ["family_name", "lastName"],
];

/** An attribute of SAML by its friendly name (eduPerson, inetOrgPerson) → attribute of the account. */
const samlAttributes: readonly Copy[] = [
  ["mail", "email"],
  ["givenName", "firstName"],
  ["sn", "lastName"],
];

/**
 * The name by which a provider knows somebody is a random one, which the account is linked by; applications show another, as of ProConnect's agents.
 * It stays when the address changes: applications know people by it.
 */
const samlUsername: BrokerMapper = {
  name: `${brokerPrefix}username`,
  identityProviderMapper: "saml-username-idp-mapper",
  // The server fills the braces in.
  config: { syncMode: "IMPORT", target: "LOCAL", template: "${ATTRIBUTE.mail}" },
};

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
  const rules = domainRules(spec);
  const displayName = metadata["idpEntityId"] ?? spec.alias;
  const gates = rules.map((rule): Copy => ["mail", gateAttribute(spec.alias, rule)]);
  const attributes = [...samlAttributes, ...gates].map(([friendly, attribute]) => ({
    name: `${brokerPrefix}${attribute}`,
    identityProviderMapper: "saml-user-attribute-idp-mapper",
    config: { syncMode: "INHERIT", "attribute.friendly.name": friendly, "user.attribute": attribute },
  }));
  return {
    ...common(input, { providerId: "saml", displayName, linking: untrusted(spec), rules }),
    config: {
      ...read,
      nameIDPolicyFormat: lastingName(metadata["nameIDPolicyFormat"]),
      // Written also where there is none: one that the provider gave up would lead whoever logs out to nowhere.
      singleLogoutServiceUrl: metadata["singleLogoutServiceUrl"] ?? "",
      syncMode: "FORCE",
      validateSignature: "true",
      wantAssertionsSigned: "true",
      wantAuthnRequestsSigned: "true",
      signatureAlgorithm: "RSA_SHA256",
      allowCreate: "true",
      principalType: "SUBJECT",
    },
    mappers: [...attributes, samlUsername],
  };
}

/** A name that is another at each login tells nobody apart, and the server takes none such. Providers that list it first have a lasting one too. */
function lastingName(preferred: string | undefined): string {
  const format = "urn:oasis:names:tc:SAML:2.0:nameid-format";
  return preferred === undefined || preferred === `${format}:transient` ? `${format}:persistent` : preferred;
}

/** A provider that has domains may vouch for no other addresses. */
function domainRules({ domains = [] }: Spec): AdmissionRule[] {
  if (domains.length === 0) return [];
  const names = [...domains].sort().map((domain) => domain.replaceAll(".", "[.]"));
  return [{ attribute: "email", pattern: `(?i:[^@]+@(?:${names.join("|")}))` }];
}

function common(
  { realm, marker, spec, enabled }: BrokerCommon,
  of: Pick<BrokerDesired, "providerId"> & {
    readonly displayName: string;
    readonly linking: Linking;
    readonly rules: readonly AdmissionRule[];
  },
): Omit<BrokerDesired, "config" | "mappers"> {
  const { providerId, displayName, linking, rules } = of;
  const { alias } = spec;
  return {
    realm,
    alias,
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
      ...(rules.length === 0 ? { postBrokerLoginFlowAlias: "" } : {}),
    },
    flows: brokerFlows({ alias, linking, rules }),
    ...(rules.length === 0 ? {} : { gate: brokerGate(alias, rules) }),
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

type Copy = readonly [claim: string, attribute: string];

/** What the provider tells, and beside it what the gate looks at. */
function claimMappers(alias: string, attributes: readonly Copy[], rules: readonly AdmissionRule[]): BrokerMapper[] {
  const gates = rules.map((rule): Copy => [rule.attribute, gateAttribute(alias, rule)]);
  return [...attributes, ...gates].map(([claim, attribute]) => ({
    name: `${brokerPrefix}${attribute}`,
    identityProviderMapper: "oidc-user-attribute-idp-mapper",
    config: { syncMode: "INHERIT", claim, "user.attribute": attribute },
  }));
}
