import type { Evaluation, Surroundings } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, type SeenText, textOf, Unknown } from "../seen.ts";
import { hostOf } from "./server-address.ts";
import { homeOf, regionsWith, tenantLabel, tenantsWith } from "./tenant-region.ts";

const file = "data[homeserver.yaml]|";
const sentry = "https://key@errors.elsewhere.example/1";
/**
 * Addresses that the homeserver sends something to, and what each is where it is left out.
 * https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html
 */
const homeserverAddresses: readonly FieldRead[] = [
  { path: `${file}sentry.dsn`, whenAbsent: { default: null }, violations: [sentry] },
  { path: `${file}default_identity_server`, whenAbsent: { default: null }, violations: ["https://vector.im"] },
  { path: `${file}email.smtp_host`, whenAbsent: { default: null }, violations: ["relay.elsewhere.example"] },
  {
    path: `${file}oidc_providers[].issuer`,
    whenAbsent: "error",
    violations: ["https://login.elsewhere.example/realms/a"],
  },
];
const keyServers: FieldRead = {
  path: `${file}trusted_key_servers`,
  whenAbsent: { default: [{ server_name: "matrix.org" }] },
  violations: [[{ server_name: "matrix.org" }]],
};
const homeserver: Read = {
  apiVersion: "v1",
  kind: "ConfigMap",
  scope: "tenant",
  named: ["synapse-config"],
  fields: [tenantLabel, keyServers, ...homeserverAddresses],
};

/** Read as a whole: null keeps the client from the host, and a key that is left out is filled by its maker. */
const clientFile = "data[config.json]|";
const client: Read = {
  apiVersion: "v1",
  kind: "ConfigMap",
  scope: "tenant",
  named: ["web-client-config"],
  fields: [tenantLabel, { path: clientFile, whenAbsent: "error", violations: [{}] }],
};
/** Of those, which the web client fills with a host of its maker. https://github.com/element-hq/element-web/blob/develop/docs/config.md */
const filledByTheMaker = [
  ["integrations_ui_url"],
  ["integrations_rest_url"],
  ["bug_report_endpoint_url"],
  ["map_style_url"],
  ["jitsi", "preferred_domain"],
  ["default_server_config", "m.homeserver", "base_url"],
];
const emptyUnlessSaid = [
  ["posthog", "api_host"],
  ["sentry", "dsn"],
  ["element_call", "url"],
];

const regions: Read = regionsWith(
  { path: "spec.keycloak.url", whenAbsent: "error", violations: [] },
  { path: "spec.smtp.host", whenAbsent: { default: null }, violations: [] },
);
const tenants: Read = tenantsWith({ path: "spec.domain", whenAbsent: "error", violations: [] });

/** Is the host the tenant's, or one that the region declares for logins or mail? */
function ownHosts(config: Seen, surroundings: Surroundings): (host: string) => boolean {
  const { tenant, region } = homeOf(config.text(tenantLabel.path).value, surroundings);
  if (tenant === undefined || region === undefined)
    throw new Unknown(tenantLabel.path, "The Tenant of this ConfigMap, or its SovereignRegion, is not here.");
  const domain = tenant.text("spec.domain").value;
  const relay = region.one("spec.smtp.host");
  const declared = [region.text("spec.keycloak.url"), ...(relay.value === null ? [] : [textOf(relay)])].map(hostOf);
  return (host) => host === domain || host.endsWith(`.${domain}`) || declared.includes(host);
}

function outside(addresses: readonly SeenText[], isOwn: (host: string) => boolean): readonly Problem[] {
  return addresses
    .map((address) => ({ field: address.field, host: hostOf(address) }))
    .filter(({ host }) => !isOwn(host))
    .map(({ field, host }) => ({
      field,
      observed: host,
      message: `Technical data go to ${host}, which is neither the tenant's nor declared by its region; take the address away.`,
    }));
}

function judgeHomeserver(config: Seen, isOwn: (host: string) => boolean): readonly Problem[] {
  const said = homeserverAddresses.flatMap(({ path }) => config.each(path)).filter(({ value }) => value !== null);
  const asked = config.one(keyServers.path);
  const problems = outside(said.map(textOf), isOwn);
  if (Array.isArray(asked.value) && asked.value.length === 0) return problems;
  const message = "Keys of servers are asked of others, who learn whom the ministry talks to; make the list empty.";
  return [...problems, { field: asked.field, observed: "servers", message }];
}

function judgeClient(config: Seen, isOwn: (host: string) => boolean): readonly Problem[] {
  const whole = config.one(clientFile);
  const at = (keys: readonly string[]) => ({
    field: `${whole.field}${keys.join(".")}`,
    value: valueIn(whole.value, keys),
  });
  const filled = filledByTheMaker.map(at);
  const said = [...filled, ...emptyUnlessSaid.map(at)].filter(({ value }) => value !== undefined && value !== null);
  return [
    ...outside(said.map(textOf), isOwn),
    ...filled
      .filter(({ value }) => value === undefined)
      .map(({ field }) => ({
        field,
        observed: "absent",
        message: `${field} is left out, and the client then takes a host of its maker; set it to null or to a host of the tenant.`,
      })),
  ];
}

/** null where something on the way is null: what is not there at all is undefined. */
function valueIn(at: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined || at === undefined || at === null) return at;
  if (typeof at !== "object" || !Object.hasOwn(at, key)) return undefined;
  return valueIn((at as Readonly<Record<string, unknown>>)[key], rest);
}

/** 19-09, requirement 19.2.d: whom the chat tells about itself and its people; 12-36 looks at what the modules tell their makers. */
export const technicalData: Evaluation = {
  status: "implemented",
  subjects: [homeserver, client],
  related: [tenants, regions],
  judge: (config, surroundings) => {
    const isOwn = ownHosts(config, surroundings);
    return config.name === "synapse-config" ? judgeHomeserver(config, isOwn) : judgeClient(config, isOwn);
  },
};
