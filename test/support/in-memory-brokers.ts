import { randomUUID } from "node:crypto";
import type { RealmChange } from "../../operator/keycloak/keycloak-api.ts";
import { masked } from "../../operator/keycloak/normalise.ts";
import { AlreadyExistsError, ConflictError, TerminalError } from "../../operator/runtime/errors.ts";

type Fields = Record<string, unknown>;

interface Broker extends Fields {
  alias: string;
  providerId: string;
  config: Record<string, string>;
}

interface Mapper extends Fields {
  id: string;
  name: string;
  identityProviderAlias: string;
}

interface BrokerLists {
  identityProviders: Broker[];
  identityProviderMappers: Mapper[];
}

/** What the server keeps of a provider beside what it was told. */
const defaults: Fields = {
  updateProfileFirstLoginMode: "on",
  enabled: true,
  trustEmail: false,
  storeToken: false,
  addReadTokenRoleOnCreate: false,
  authenticateByDefault: false,
  linkOnly: false,
  hideOnLogin: false,
};

/** One request below /identity-provider/instances of a realm, as the server answers it: `config` is replaced whole, a mask keeps the secret. */
export function requestOnBrokers(
  fields: Fields,
  { method, path }: Pick<RealmChange, "method" | "path">,
  body: Fields,
): void {
  const lists = fields as unknown as BrokerLists;
  const [, , , alias = "", room, id = ""] = path.split("/").map(decodeURIComponent);
  if (room === "mappers") requestOnMappers(lists.identityProviderMappers, { method, alias, id }, body);
  else if (method === "POST") addBroker(lists, body);
  else if (method === "PUT") replaceBroker(lists, alias, body);
  else removeBroker(lists, alias);
}

function addBroker(lists: BrokerLists, body: Fields): void {
  if (lists.identityProviders.some(({ alias }) => alias === body["alias"]))
    throw new AlreadyExistsError("Keycloak answered 409.");
  lists.identityProviders.push({ internalId: randomUUID(), ...defaults, ...body } as unknown as Broker);
}

function replaceBroker(lists: BrokerLists, alias: string, body: Fields): void {
  const index = lists.identityProviders.findIndex((found) => found.alias === alias);
  const live = lists.identityProviders[index];
  if (live === undefined) throw new ConflictError("Keycloak answered 404.");
  if (body["providerId"] === undefined || body["alias"] !== alias)
    throw new TerminalError("InvalidSpec", "Keycloak answered 400.");
  const config = { ...(body["config"] as Record<string, string>) };
  const known = live.config["clientSecret"];
  if (config["clientSecret"] === masked && known !== undefined) config["clientSecret"] = known;
  lists.identityProviders[index] = { ...live, ...body, config };
}

function removeBroker(lists: BrokerLists, alias: string): void {
  lists.identityProviders = lists.identityProviders.filter((found) => found.alias !== alias);
  lists.identityProviderMappers = lists.identityProviderMappers.filter(
    (found) => found.identityProviderAlias !== alias,
  );
}

function requestOnMappers(
  mappers: Mapper[],
  at: { readonly method: string; readonly alias: string; readonly id: string },
  body: Fields,
): void {
  const index = mappers.findIndex((found) => found.identityProviderAlias === at.alias && found.id === at.id);
  if (at.method === "POST") {
    if (mappers.some((one) => one.identityProviderAlias === at.alias && one.name === body["name"]))
      throw new TerminalError("InvalidSpec", "Keycloak answered 400.");
    mappers.push({ id: randomUUID(), ...body } as unknown as Mapper);
  } else if (index < 0) {
    if (at.method === "PUT") throw new ConflictError("Keycloak answered 404.");
  } else if (at.method === "DELETE") mappers.splice(index, 1);
  else mappers[index] = { ...mappers[index], ...body } as unknown as Mapper;
}

/** As an export shows them: secrets are masked. */
export function shownBrokers(fields: Fields): Fields {
  const { identityProviders } = fields as unknown as BrokerLists;
  return {
    ...fields,
    identityProviders: identityProviders.map((broker) =>
      broker.config["clientSecret"] === undefined
        ? broker
        : { ...broker, config: { ...broker.config, clientSecret: masked } },
    ),
  };
}
