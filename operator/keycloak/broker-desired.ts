import type { Representation } from "./keycloak-api.ts";
import type { FlowStep } from "./realm-desired.ts";

/** A provider of identities that a realm trusts, as it should be: plain data in Keycloak's own key names, without its secret. */
export interface BrokerDesired {
  readonly realm: string;
  /** Never changes: accounts are linked under it. */
  readonly alias: string;
  readonly providerId: "oidc" | "saml";
  /** Value of the configuration key socle.dev/owner. */
  readonly marker: string;
  /** Fields of the provider; `config` is replaced as a whole by the server. */
  readonly fields: Representation;
  readonly config: Readonly<Record<string, string>>;
  readonly mappers: readonly BrokerMapper[];
  readonly flows: readonly BrokerFlow[];
  /** What keeps somebody who is not admitted from ever having an account. */
  readonly gate?: BrokerGate;
  /** Another one whenever the secret may be another: it cannot be read back. Absent: there is no secret. */
  readonly secretVersion?: string;
}

/**
 * Attributes of the user profile whose rules only those who are admitted keep, and the words on the page that everybody else gets to see
 * instead of an account. The page itself belongs to the server: it is that of a profile that has to be mended.
 */
export interface BrokerGate {
  readonly attributes: readonly (Representation & { readonly name: string })[];
  /** By language and key of the server's messages. */
  readonly texts: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Copies something that the provider says of a person to the account. Names begin with `brokerPrefix`. */
export interface BrokerMapper {
  readonly name: string;
  readonly identityProviderMapper: string;
  readonly config: Readonly<Record<string, string>>;
}

/** A top-level flow and where the provider uses it: when an account is first seen, and after every login. */
export interface BrokerFlow {
  readonly binding: "firstBrokerLoginFlowAlias" | "postBrokerLoginFlowAlias";
  readonly alias: string;
  readonly steps: readonly FlowStep[];
}

/** What mappers of ours begin with: others belong to the ministry. */
export const brokerPrefix = "socle-";
