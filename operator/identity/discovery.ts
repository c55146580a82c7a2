import { z } from "zod";
import { isPlain, type Reach, urlProblem } from "./reach.ts";

/** What an OpenID provider says of itself (OpenID Connect Discovery 1.0, section 3), as far as a realm needs it. */
export interface DiscoveredProvider {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly userInfoEndpoint: string;
  readonly jwksUri: string;
  readonly endSessionEndpoint?: string;
}

export type Discovery =
  | { readonly ok: true; readonly provider: DiscoveredProvider }
  | { readonly ok: false; readonly problem: string };

const address = z.string().max(512);
const documentShape = z.object({
  issuer: address,
  authorization_endpoint: address,
  token_endpoint: address,
  userinfo_endpoint: address,
  jwks_uri: address,
  end_session_endpoint: address.optional(),
  userinfo_signing_alg_values_supported: z.array(z.string()).optional(),
});

/** Signatures that Keycloak verifies with a key of the provider. The HS family would need the client's secret, which its broker does not use for this. */
const verifiable = /^(?:RS|PS|ES)(?:256|384|512)$|^EdDSA$/;

export interface DiscoveryWish {
  /** Where the document was found. */
  readonly url: string;
  /** Must be what the document calls itself; absent: it says. */
  readonly issuer?: string;
  readonly signedUserInfo: boolean;
  readonly reach: Reach;
}

/** Reads a discovery document: one that is incomplete, calls itself otherwise or leads where nothing may be called is a problem, told with its field. Pure. */
export function discovered(text: string, wish: DiscoveryWish): Discovery {
  const problem = (what: string): Discovery => ({ ok: false, problem: `${wish.url}: ${what}` });
  const parsed = documentShape.safeParse(jsonOf(text));
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join(".")))].filter((path) => path !== "");
    return problem(
      fields.length === 0
        ? "the answer is no discovery document of OpenID Connect; check the address"
        : `the discovery document lacks ${fields.join(", ")}, or says no text there`,
    );
  }
  const document = parsed.data;
  if (wish.issuer !== undefined && document.issuer !== wish.issuer)
    return problem(`the document calls its issuer ${document.issuer}, not ${wish.issuer}; write it letter by letter`);
  const algorithms = document.userinfo_signing_alg_values_supported;
  if (wish.signedUserInfo && algorithms !== undefined && !algorithms.some((one) => verifiable.test(one)))
    return problem("the provider signs userinfo with no algorithm that can be verified; it needs RS256 or ES256");
  const called = ["token_endpoint", "userinfo_endpoint", "jwks_uri"] as const;
  const opened = ["authorization_endpoint", "end_session_endpoint"] as const;
  for (const field of called) {
    const why = urlProblem(document[field], wish.reach);
    if (why !== undefined) return problem(`${field} ${document[field]} may not be called: ${why}`);
  }
  for (const field of opened) {
    const value = document[field];
    if (value !== undefined && !isSecure(value)) return problem(`${field} ${value} is no https URL`);
  }
  return { ok: true, provider: providerOf(document) };
}

function providerOf(document: z.infer<typeof documentShape>): DiscoveredProvider {
  const { end_session_endpoint: endSession } = document;
  return {
    issuer: document.issuer,
    authorizationEndpoint: document.authorization_endpoint,
    tokenEndpoint: document.token_endpoint,
    userInfoEndpoint: document.userinfo_endpoint,
    jwksUri: document.jwks_uri,
    ...(endSession === undefined ? {} : { endSessionEndpoint: endSession }),
  };
}

/** Browsers open it, nobody calls it from inside. */
function isSecure(text: string): boolean {
  if (!isPlain(text)) return false;
  try {
    return new URL(text).protocol === "https:";
  } catch {
    return false;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
