import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "./cache.ts";
import { findJava, type Java } from "./java.ts";
import { keycloakDistribution } from "./keycloak-distribution.ts";
import { keycloakGraceMs, startKeycloakInstance, type KeycloakInstance } from "./keycloak-server.ts";
import {
  aheadOfTimeCache,
  bindSecrets,
  keycloakDatabaseSettings,
  keycloakDatabaseTemplate,
  keycloakSecrets,
} from "./keycloak-template.ts";
import { accessToken, platformClientId } from "./platform-account.ts";
import {
  copyDataDirectory,
  freshDataDirectory,
  randomPassword,
  runOffline,
  superuserName,
} from "./postgres-binaries.ts";
import { postgresGraceMs, startPostgresInstance, type PostgresInstance } from "./postgres-server.ts";
import {
  connectionFileName,
  detachRun,
  openRun,
  removeAbandonedRuns,
  removeRun,
  removeRunFiles,
  type Run,
} from "./runs.ts";
import { choosePorts, requireFreePort, type ServerProcess } from "./server-process.ts";
import { giveToServers } from "./server-user.ts";
import { undoOnExit } from "./undo.ts";
import { versitygwProgram } from "./versitygw-distribution.ts";

/** How to reach the servers. Holds secrets. */
interface Connection {
  /** Keycloak; the client is the platform account: realm role `create-realm` of realm master and nothing else. */
  readonly keycloak: { readonly url: string; readonly clientId: string; readonly clientSecret: string };
  /** PostgreSQL; the role may create databases and roles, and is no superuser. */
  readonly postgres: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly password: string;
    /** For tests that look at what the platform role may not see. */
    readonly superuser: { readonly username: string; readonly password: string };
  };
}

/** What the connection file holds. */
export interface ConnectionFile extends Connection {
  readonly managementPort: number;
}

/** Running servers. Each can be stopped and started on its own, with the same port and data: for tests of what happens meanwhile. */
export interface Servers extends Connection {
  /** Stops all and deletes their data; logs stay in the directory. */
  stop(): Promise<void>;
  stopKeycloak(): Promise<void>;
  startKeycloak(): Promise<void>;
  stopPostgres(): Promise<void>;
  startPostgres(): Promise<void>;
  /** Lets the servers outlive this process. Whoever has the directory can stop them. */
  detach(): void;
}

/** Wishes for one group of servers. */
export interface ServersOptions {
  /** Where the connection file (mode 600) and the logs go; made when missing. */
  readonly directory: string;
  readonly log?: Progress | undefined;
  /** Fixed ports of 127.0.0.1; free ones are chosen otherwise. */
  readonly ports?: { readonly keycloak?: number | undefined; readonly postgres?: number | undefined } | undefined;
  /** Further settings of Keycloak. */
  readonly keycloakEnvironment?: Readonly<Record<string, string>> | undefined;
  /** Keycloak has minutes of work before it: it starts with more effort, and works faster then. */
  readonly isLongLived?: boolean | undefined;
}

const logFileOf = {
  keycloak: "keycloak.log",
  keycloakDatabase: "keycloak-database.log",
  postgres: "postgres.log",
} as const;

/** Names of the logs in a servers' directory. */
export const logFiles: readonly string[] = Object.values(logFileOf);

const platformRoleName = "socle_platform";
const postgresSettings: Readonly<Record<string, string>> = { max_connections: "200", shared_buffers: "64MB" };

/**
 * Fills the cache with all that starting needs: minutes on a new machine, nothing afterwards. Needs the network only when something is missing.
 * @throws Error with a remedy when Java, Maven or the PostgreSQL package is missing.
 */
export async function prepareServers(progress: Progress): Promise<void> {
  const java = await findJava();
  await freshDataDirectory(progress);
  await keycloakDatabaseTemplate(java, progress);
  await aheadOfTimeCache(java, progress);
  await versitygwProgram(progress);
}

/**
 * Starts PostgreSQL and Keycloak (with a small PostgreSQL of its own, so that stopping the one for tests leaves Keycloak up) on 127.0.0.1, with fresh
 * data and secrets; as root, under an unprivileged user. They end with this process unless detached. What killed runs left behind is removed first.
 * @throws Error with a remedy when a port is taken, the directory is in use, or a server does not come up; nothing runs then.
 */
export async function startServers({ directory, log = () => undefined, ...wishes }: ServersOptions): Promise<Servers> {
  for (const left of await removeAbandonedRuns()) log(`removed the servers that an interrupted run left for ${left}`);
  await prepareServers(log);
  const run = await openRun(directory);
  const forget = undoOnExit(() => {
    removeRunFiles(run);
  });
  try {
    const group = await startGroup(run, log, wishes);
    return { ...group, stop: stopper(group, run, forget), detach: detacher(group, run, forget) };
  } catch (error) {
    await removeRun(run);
    forget();
    throw error;
  }
}

interface Group extends Connection, Pick<Servers, "stopKeycloak" | "startKeycloak" | "stopPostgres" | "startPostgres"> {
  readonly all: readonly Restartable[];
}

async function startGroup(
  run: Run,
  log: Progress,
  { ports = {}, keycloakEnvironment: environment = {}, isLongLived }: Omit<ServersOptions, "directory" | "log">,
): Promise<Group> {
  const [keycloakPort = 0, postgresPort = 0, databasePort = 0, managementPort = 0] = await choosePorts([
    ports.keycloak,
    ports.postgres,
    undefined,
    undefined,
  ]);
  for (const [name, port] of [
    ["Keycloak", keycloakPort],
    ["PostgreSQL", postgresPort],
  ] as const)
    await requireFreePort(name, port);
  const [postgres, keycloak] = await both(
    postgresOf(run, postgresPort),
    keycloakOf(run, { port: keycloakPort, managementPort, databasePort }, { environment, isLongLived }),
  );
  log("starting PostgreSQL");
  await both(postgres.server.start(), keycloak.database.start());
  log("starting Keycloak");
  await keycloak.server.start();
  const connection: Connection = { keycloak: keycloak.connection, postgres: postgres.connection };
  // Proof that the secret written into the database is the one that Keycloak asks for.
  await accessToken(connection.keycloak);
  const file: ConnectionFile = { ...connection, managementPort };
  await writeFile(join(run.directory, connectionFileName), `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
  return {
    ...connection,
    // Keycloak first: a server whose database goes away fills its log.
    all: [keycloak.server, keycloak.database, postgres.server],
    stopKeycloak: () => keycloak.server.stop(),
    startKeycloak: () => keycloak.server.start(),
    stopPostgres: () => postgres.server.stop(),
    startPostgres: () => postgres.server.start(),
  };
}

/** Both results, once both have ended: after a failure nothing may still be starting behind the clean-up. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

async function postgresOf(
  run: Run,
  port: number,
): Promise<{ server: Restartable; connection: Connection["postgres"] }> {
  const data = dataOfPostgres(run);
  const superuser = { username: superuserName, password: randomPassword() };
  const password = randomPassword();
  await copyDataDirectory(await freshDataDirectory(() => undefined), data);
  await runOffline(data, "postgres", [
    `ALTER ROLE ${superuserName} PASSWORD '${superuser.password}'`,
    `CREATE ROLE ${platformRoleName} LOGIN CREATEDB CREATEROLE PASSWORD '${password}'`,
  ]);
  const instance: PostgresInstance = {
    name: "PostgreSQL",
    data,
    port,
    logFile: join(run.directory, logFileOf.postgres),
    settings: postgresSettings,
  };
  const server = new Restartable(() => startPostgresInstance(instance), postgresGraceMs);
  return { server, connection: { host: "127.0.0.1", port, username: platformRoleName, password, superuser } };
}

interface KeycloakPorts {
  readonly port: number;
  readonly managementPort: number;
  readonly databasePort: number;
}

async function keycloakOf(
  run: Run,
  ports: KeycloakPorts,
  wishes: Pick<KeycloakInstance, "environment" | "isLongLived">,
): Promise<{ server: Restartable; database: Restartable; connection: Connection["keycloak"] }> {
  const silent = () => undefined;
  const java: Java = await findJava();
  const data = join(run.data, "keycloak-database");
  const temporary = temporaryOfKeycloak(run);
  const secrets = keycloakSecrets();
  await copyDataDirectory(await keycloakDatabaseTemplate(java, silent), data);
  await bindSecrets(data, secrets);
  await mkdir(temporary);
  await giveToServers(temporary);
  const file = await aheadOfTimeCache(java, silent);
  const instance: KeycloakInstance = {
    java,
    home: await keycloakDistribution(java, silent),
    temporary,
    logFile: join(run.directory, logFileOf.keycloak),
    port: ports.port,
    managementPort: ports.managementPort,
    database: { port: ports.databasePort, password: secrets.databasePassword },
    ...wishes,
    ...(file === undefined ? {} : { aheadOfTime: { file, write: false } }),
  };
  const databaseInstance: PostgresInstance = {
    name: "the PostgreSQL of Keycloak",
    data,
    port: ports.databasePort,
    logFile: join(run.directory, logFileOf.keycloakDatabase),
    settings: keycloakDatabaseSettings,
  };
  return {
    server: new Restartable(() => startKeycloakInstance(instance), keycloakGraceMs),
    database: new Restartable(() => startPostgresInstance(databaseInstance), postgresGraceMs),
    connection: {
      url: `http://127.0.0.1:${ports.port}`,
      clientId: platformClientId,
      clientSecret: secrets.platformSecret,
    },
  };
}

/** Data directory of the PostgreSQL of a run. */
export function dataOfPostgres(run: Run): string {
  return join(run.data, "postgres");
}

/** Temporary directory of the Keycloak of a run; it tells its process apart. */
export function temporaryOfKeycloak(run: Run): string {
  return join(run.data, "keycloak");
}

function stopper(group: Group, run: Run, forget: () => void): () => Promise<void> {
  return async () => {
    for (const server of group.all) await server.stop();
    await removeRun(run);
    forget();
  };
}

function detacher(group: Group, run: Run, forget: () => void): () => void {
  return () => {
    detachRun(run);
    forget();
    for (const server of group.all) server.release();
  };
}

/** One server that can be stopped and started again; both do nothing when it is already so. */
class Restartable {
  readonly #launch: () => Promise<ServerProcess>;
  readonly #graceMs: number;
  #current: ServerProcess | undefined;

  constructor(launch: () => Promise<ServerProcess>, graceMs: number) {
    this.#launch = launch;
    this.#graceMs = graceMs;
  }

  async start(): Promise<void> {
    if (this.#current?.running() !== true) this.#current = await this.#launch();
  }

  async stop(): Promise<void> {
    await this.#current?.stop(this.#graceMs);
  }

  release(): void {
    this.#current?.release();
  }
}
