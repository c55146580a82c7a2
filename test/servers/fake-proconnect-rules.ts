import { createHash } from "node:crypto";
import { type Agent, type AssuranceLevel, assuranceLevels } from "./fake-proconnect-agents.ts";

/** What ProConnect answers to a request that it does not take. */
export interface Refusal {
  readonly code: "Y000400";
  readonly message: string;
}

/** The parameters of the authorization endpoint. Any other is refused, ui_locales and kc_idp_hint among them. */
const knownParameters: ReadonlySet<string> = new Set([
  "client_id",
  "scope",
  "response_type",
  "response_mode",
  "redirect_uri",
  "state",
  "nonce",
  "acr_values",
  "claims",
  "prompt",
  "login_hint",
  "siret_hint",
  "idp_hint",
  "code_challenge",
  "code_challenge_method",
]);

const shapes: readonly { readonly name: string; readonly shape: RegExp; readonly must: string }[] = [
  { name: "state", shape: /^.+$/s, must: "must be there" },
  { name: "nonce", shape: /^[\x20-\x7e]{1,512}$/, must: "must be 1 to 512 ASCII characters" },
];

const hints: typeof shapes = [
  { name: "login_hint", shape: /^[^@\s]+@[^@\s]+$/, must: "must be an e-mail address" },
  { name: "siret_hint", shape: /^\d{14}$/, must: "must be 14 digits" },
];

/** Why a request for authorization is not taken, if so. */
export function refusalOf(parameters: URLSearchParams): Refusal | undefined {
  const unknown = [...new Set(parameters.keys())].filter((name) => !knownParameters.has(name));
  const complaints = [
    ...unknown.map((name) => `${name} is not a parameter`),
    ...shapes.filter(({ name, shape }) => !shape.test(parameters.get(name) ?? "")).map(sentence),
    ...hints.filter(({ name, shape }) => parameters.has(name) && !shape.test(parameters.get(name) ?? "")).map(sentence),
  ];
  return complaints.length === 0 ? undefined : { code: "Y000400", message: complaints.join(", ") };
}

function sentence({ name, must }: { readonly name: string; readonly must: string }): string {
  return `${name} ${must}`;
}

/** What a client asks about the level of assurance. */
export interface AskedAssurance {
  readonly essential: boolean;
  readonly values: readonly string[];
}

/** From the parameters `claims` and `acr_values`; the former has the last word. */
export function askedAssurance(parameters: Readonly<Record<string, unknown>>): AskedAssurance {
  const claims = typeof parameters["claims"] === "string" ? (JSON.parse(parameters["claims"]) as ClaimsParameter) : {};
  const acr = claims.id_token?.acr;
  const values = acr?.values ?? (acr?.value === undefined ? undefined : [acr.value]);
  if (values !== undefined) return { essential: acr?.essential === true, values };
  const voluntary = typeof parameters["acr_values"] === "string" ? parameters["acr_values"].split(" ") : [];
  return { essential: false, values: voluntary };
}

interface ClaimsParameter {
  readonly id_token?: {
    readonly acr?: {
      readonly essential?: boolean;
      readonly value?: string;
      readonly values?: readonly string[];
    } | null;
  };
}

/** The level that is asserted of an agent; undefined where one is essential that the agent's identity provider cannot assert. */
export function assertedAssurance(agent: Agent, asked: AskedAssurance): AssuranceLevel | undefined {
  const reached = agent.assurances.find((level) => asked.values.includes(level));
  if (reached !== undefined) return reached;
  return asked.essential ? undefined : agent.assurances[0];
}

/** How the agent showed who they are. */
export function methodsOf(level: AssuranceLevel): string[] {
  return level.endsWith("-mfa") || assuranceLevels.indexOf(level) >= assuranceLevels.indexOf("eidas2")
    ? ["pwd", "mfa"]
    : ["pwd"];
}

/** Another one for each client and for each identity provider: an agent who changes administration changes it. */
export function subjectOf(agent: Agent, clientId: string): string {
  return createHash("sha256")
    .update(JSON.stringify([clientId, agent.idp_id, agent.uid]))
    .digest("hex");
}
