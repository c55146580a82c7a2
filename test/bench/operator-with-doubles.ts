import { HttpNumSpotApi } from "../../operator/numspot/http-numspot-api.ts";
import { connectS3 } from "../../operator/objectstore/s3-object-store-api.ts";
import type { KeycloakApi } from "../../operator/keycloak/keycloak-api.ts";
import { SoapOpenXchangeApi } from "../../operator/openxchange/soap-openxchange-api.ts";
import { run } from "../../operator/operator.ts";
import type { PostgresApi, PostgresServer } from "../../operator/postgres/postgres-api.ts";
import { HttpClusterWeb } from "../../operator/systems/cluster-web.ts";
import { type DoubleAnswer, type DoubleCall, errorOf } from "./doubles-protocol.ts";

/**
 * The process of the operator, with doubles of Keycloak and PostgreSQL behind its ports. The doubles live in the process that
 * started this one and are asked over its channel: what they hold survives a restart of the operator, two operators share it, and
 * their memory and CPU are not counted as the operator's.
 */
const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
let lastId = 0;

process.on("message", ({ id, result, error }: DoubleAnswer) => {
  const asked = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) asked?.resolve(result);
  else asked?.reject(errorOf(error));
});
// Whoever started it is gone, and with it the doubles.
process.once("disconnect", () => process.exit(1));

/** Asks the double; signals stay here, since a double answers at once. */
function ask<T>(call: Omit<DoubleCall, "id">): Promise<T> {
  lastId += 1;
  const id = lastId;
  return new Promise<T>((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
    process.send?.({ id, ...call });
  });
}

function keycloakDouble(): KeycloakApi {
  const remote = <T>(method: string, ...args: unknown[]): Promise<T> => ask<T>({ system: "keycloak", method, args });
  return {
    ping: () => remote("ping"),
    platformRights: (account) => remote("platformRights", account),
    realmExists: (account, realm) => remote("realmExists", account, realm),
    observeRealm: (account, realm) => remote("observeRealm", account, realm),
    observeClient: (account, clientId) => remote("observeClient", account, clientId),
    readSamlMetadata: (account, metadata) => remote("readSamlMetadata", account, metadata),
    execute: (call) => remote("execute", call),
    probeRealm: (account, issuer) => remote("probeRealm", account, issuer),
    makeFirstAccounts: (first, wanted) => remote("makeFirstAccounts", first, wanted),
    removeFirstAccount: (first) => remote("removeFirstAccount", first),
    close: () => Promise.resolve(),
  };
}

function postgresDouble(server: PostgresServer): PostgresApi {
  const remote = <T>(method: string, ...args: unknown[]): Promise<T> =>
    ask<T>({ system: "postgres", server, method, args });
  return {
    observe: (names) => remote("observe", names),
    execute: (change, { password }) => remote("execute", change, password === undefined ? {} : { password }),
    login: (account) => remote("login", account),
    countRows: (account, table) => remote("countRows", account, table),
    platformRights: () => remote("platformRights"),
    close: () => Promise.resolve(),
  };
}

process.exit(
  await run({
    connectPostgres: postgresDouble,
    connectKeycloak: keycloakDouble,
    connectObjectStore: connectS3,
    connectOpenXchange: (server) => new SoapOpenXchangeApi(server),
    connectNumSpot: (server) => new HttpNumSpotApi(server, () => Date.now()),
    openWeb: () => new HttpClusterWeb(),
  }),
);
