import { createHash } from "node:crypto";
import { appliedAttribute } from "./applied.ts";
import type { RealmChange, Representation } from "./keycloak-api.ts";
import { canonicalText, differences } from "./normalise.ts";
import { markerAttribute } from "./plan.ts";

/** A client of a realm as it should be: Keycloak's own key names, without its secret. */
export interface ClientDesired {
  readonly realm: string;
  readonly clientId: string;
  /** Value of the client attribute socle.dev/owner. */
  readonly marker: string;
  readonly representation: Representation;
}

export type ClientPlan =
  | { readonly kind: "refused"; readonly reason: "NotOwned"; readonly message: string }
  | { readonly kind: "plan"; readonly changes: readonly RealmChange[]; readonly drift: readonly string[] };

export interface ClientPlanInput {
  readonly desired: ClientDesired;
  /** The client as the server shows it, its secret included; undefined: there is none. */
  readonly observed: Representation | undefined;
  readonly secret: string;
  readonly adopt: boolean;
}

interface WebClient {
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** Absent = the application sends nobody back after a logout. */
  readonly postLogoutRedirectUris?: readonly string[];
  /** Absent = the application cannot be told of a logout. */
  readonly backchannelLogoutUrl?: string;
  /** Absent = S256. An application that knows nothing of PKCE could not log in where it is asked for. */
  readonly pkce?: "None";
}

/** Confidential clients of web applications: one flow, one address, PKCE; nothing that would let a password or a wildcard in. */
export function webClient(input: WebClient): Representation {
  const { postLogoutRedirectUris = [], backchannelLogoutUrl } = input;
  return {
    name: input.name,
    enabled: true,
    protocol: "openid-connect",
    publicClient: false,
    clientAuthenticatorType: "client-secret",
    standardFlowEnabled: true,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: false,
    consentRequired: false,
    bearerOnly: false,
    frontchannelLogout: false,
    fullScopeAllowed: false,
    redirectUris: input.redirectUris,
    webOrigins: [],
    attributes: {
      ...(input.pkce === "None" ? {} : { "pkce.code.challenge.method": "S256" }),
      ...(backchannelLogoutUrl === undefined
        ? {}
        : {
            "backchannel.logout.url": backchannelLogoutUrl,
            "backchannel.logout.session.required": "true",
            "backchannel.logout.revoke.offline.tokens": "true",
          }),
      // Without a value Keycloak would take the redirect URIs; a dash allows none.
      "post.logout.redirect.uris": postLogoutRedirectUris.length === 0 ? "-" : postLogoutRedirectUris.join("##"),
    },
  };
}

/** What makes the client as desired; one with another's mark is never touched, one without a mark only on adoption. Pure. */
export function clientPlan({ desired, observed, secret, adopt }: ClientPlanInput): ClientPlan {
  const { clientId, marker, representation } = desired;
  const wanted = marked(representation, marker);
  if (observed === undefined) {
    const body = { ...wanted, clientId, secret };
    return plan([{ method: "POST", path: "/clients", body, fields: [], why: "the client is missing" }], []);
  }
  const live = (observed["attributes"] ?? {}) as Readonly<Record<string, string | undefined>>;
  const found = live[markerAttribute];
  if (found !== marker && !(found === undefined && adopt)) return refusal(desired, found);
  const fields = [
    ...differences(wanted, observed, `clients.${clientId}`),
    ...(observed["secret"] === secret ? [] : [`clients.${clientId}.secret`]),
  ];
  if (fields.length === 0) return plan([], []);
  // The server replaces the map of attributes as a whole: those of others go along.
  const attributes = { ...live, ...(wanted["attributes"] as Representation) };
  const body = { ...wanted, attributes, clientId, secret };
  const path = `/clients/${String(observed["id"])}`;
  // Where the client does not say that today's wish was applied, the wish is new, and nobody changed anything by hand.
  const isNew = fields.includes(`clients.${clientId}.attributes.${appliedAttribute}`);
  return plan([{ method: "PUT", path, body, fields, why: "the client differs" }], isNew ? [] : fields);
}

/** What removes the client, if it is ours. Pure. */
export function endClientPlan({ desired, observed }: Pick<ClientPlanInput, "desired" | "observed">): RealmChange[] {
  if (observed === undefined) return [];
  const { [markerAttribute]: found } = (observed["attributes"] ?? {}) as Readonly<Record<string, string | undefined>>;
  if (found !== desired.marker) return [];
  const path = `/clients/${String(observed["id"])}`;
  return [{ kind: "sub-resource", method: "DELETE", path, fields: [], why: "the module is removed" }];
}

function marked(representation: Representation, marker: string): Representation {
  const attributes = representation["attributes"] as Representation | undefined;
  const applied = createHash("sha256").update(canonicalText(representation)).digest("hex").slice(0, 12);
  return {
    ...representation,
    attributes: { ...attributes, [markerAttribute]: marker, [appliedAttribute]: applied },
  };
}

function plan(changes: readonly Omit<RealmChange, "kind">[], drift: readonly string[]): ClientPlan {
  return { kind: "plan", changes: changes.map((change) => ({ kind: "sub-resource", ...change })), drift };
}

function refusal({ realm, clientId }: ClientDesired, found: string | undefined): ClientPlan {
  const whose = found === undefined ? "carries no mark of Socle" : "is marked as somebody else's";
  const remedy = found === undefined ? "remove it, or set adoptionPolicy Adopt" : "remove it";
  return {
    kind: "refused",
    reason: "NotOwned",
    message: `Client ${clientId} of realm ${realm} exists and ${whose}; ${remedy}.`,
  };
}
