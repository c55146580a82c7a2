/**
 * ProConnect, the identity federation of agents of the French State, as a provider. Facts: its documentation for service providers
 * (end points, scopes, claims, levels of assurance since 18 June 2026).
 */

export type ProConnectEnvironment = "Integration" | "Production" | "IntegrationRIE" | "ProductionRIE" | "Custom";
export type Acr = "eidas0" | "eidas0-mfa" | "eidas1" | "eidas1-mfa" | "eidas2" | "eidas3";

const hosts: Readonly<Record<Exclude<ProConnectEnvironment, "Custom">, string>> = {
  Integration: "fca.integ01.dev-agentconnect.fr",
  Production: "auth.agentconnect.gouv.fr",
  IntegrationRIE: "fca.integ02.agentconnect.rie.gouv.fr",
  ProductionRIE: "auth.agentconnect.rie.gouv.fr",
};

/** Where an environment describes itself. RIE is the network of the State: its hosts are on no public address. */
export function proConnectDiscovery(environment: ProConnectEnvironment, custom: string | undefined): string {
  return environment === "Custom"
    ? (custom ?? "")
    : `https://${hosts[environment]}/api/v2/.well-known/openid-configuration`;
}

/** From the weakest to the strongest. From eidas2 on, a second factor is part of the level. */
const levels: readonly { readonly acr: Acr; readonly level: number; readonly mfa: boolean }[] = [
  { acr: "eidas0", level: 0, mfa: false },
  { acr: "eidas0-mfa", level: 0, mfa: true },
  { acr: "eidas1", level: 1, mfa: false },
  { acr: "eidas1-mfa", level: 1, mfa: true },
  { acr: "eidas2", level: 2, mfa: true },
  { acr: "eidas3", level: 3, mfa: true },
];

/** The levels that are as good as the lowest one that is asked for: where that has a second factor, none without it. */
export function acceptedAcrs(minimum: Acr): readonly Acr[] {
  const least = levels.find(({ acr }) => acr === minimum);
  return levels
    .filter(({ level, mfa }) => level >= (least?.level ?? 0) && (mfa || least?.mfa === false))
    .map(({ acr }) => acr);
}

/** The base set. Others are refused unless the client was registered with them. */
export const proConnectScopes = ["openid", "given_name", "usual_name", "email", "uid", "siret", "idp_id"] as const;

/** Claim of the provider → attribute of the account. There is no family_name and no preferred_username. */
export const proConnectAttributes: readonly (readonly [claim: string, attribute: string])[] = [
  ["given_name", "firstName"],
  ["usual_name", "lastName"],
  ["siret", "siret"],
  ["uid", "uid"],
  ["idp_id", "idp_id"],
];

/** The claims parameter that makes the level essential: a provider that cannot reach it refuses by itself. It goes into the address, since the realm sends no other. */
export function authorizationUrl(endpoint: string, minimum: Acr): string {
  const url = new URL(endpoint);
  const acr = { essential: true, values: acceptedAcrs(minimum) };
  url.searchParams.set("claims", JSON.stringify({ id_token: { acr } }));
  return url.href;
}

export interface Admission {
  readonly sirens: readonly string[];
  readonly sirets: readonly string[];
}

/** Who is admitted: what is listed, or else the organisation of the tenant itself; undefined where its identifier is of another register. */
export function admissionOf(
  listed: {
    readonly allowedSirens?: readonly string[] | undefined;
    readonly allowedSirets?: readonly string[] | undefined;
  },
  identifier: { readonly scheme: string; readonly value: string },
): Admission | undefined {
  const { allowedSirens: sirens = [], allowedSirets: sirets = [] } = listed;
  if (sirens.length > 0 || sirets.length > 0) return { sirens, sirets };
  if (identifier.scheme === "Internal") return undefined;
  // A SIRET is the SIREN of an organisation and five digits for one of its places (INSEE).
  return { sirens: [identifier.value.slice(0, 9)], sirets: [] };
}

/** A regular expression that the SIRET of whoever is admitted fits, whole. */
export function siretPattern({ sirens, sirets }: Admission): string {
  return [...sirets, ...sirens.map((siren) => `${siren}[0-9]{5}`)].sort().join("|");
}
