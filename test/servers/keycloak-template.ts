import { existsSync } from "node:fs";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached, cacheKey, type Progress } from "./cache.ts";
import { type Java, supportsAheadOfTime } from "./java.ts";
import { distributionIngredients, keycloakDistribution, keycloakVersion } from "./keycloak-distribution.ts";
import {
  keycloakDatabaseName,
  keycloakGraceMs,
  startKeycloakInstance,
  type KeycloakInstance,
} from "./keycloak-server.ts";
import { accessToken, makePlatformAccount, platformClientId } from "./platform-account.ts";
import {
  copyDataDirectory,
  freshDataDirectory,
  postgresVersion,
  randomPassword,
  runOffline,
  superuserName,
} from "./postgres-binaries.ts";
import { postgresGraceMs, startPostgresInstance } from "./postgres-server.ts";
import { choosePorts } from "./server-process.ts";
import { giveToServers } from "./server-user.ts";

/** The PostgreSQL behind Keycloak is small: one pool of connections, one database. */
export const keycloakDatabaseSettings: Readonly<Record<string, string>> = {
  max_connections: "25",
  shared_buffers: "32MB",
};

/** Raised when the content of the template changes without a change of version or options. */
const templateRevision = "1";

/** Secrets of one copy of the template. */
export interface KeycloakSecrets {
  readonly superuserPassword: string;
  readonly databasePassword: string;
  readonly platformSecret: string;
}

/** Fresh secrets for one run. */
export function keycloakSecrets(): KeycloakSecrets {
  return { superuserPassword: randomPassword(), databasePassword: randomPassword(), platformSecret: randomPassword() };
}

/**
 * A stopped PostgreSQL data directory with Keycloak's migrated database, in which the platform account exists and the bootstrap client is gone. Its
 * secrets were thrown away when it was made: a copy is of use only after `bindSecrets`.
 */
export async function keycloakDatabaseTemplate(java: Java, progress: Progress): Promise<string> {
  const home = await keycloakDistribution(java, progress);
  const fresh = await freshDataDirectory(progress);
  const ingredients = [templateRevision, postgresVersion(), ...distributionIngredients()];
  const entry = await cached(
    cacheKey(`keycloak-database-${keycloakVersion}`, ingredients),
    progress,
    async (making) => {
      progress("migrating an empty Keycloak database");
      const data = join(making, "data");
      const secrets = keycloakSecrets();
      await copyDataDirectory(fresh, data);
      await runOffline(data, "postgres", [
        `CREATE ROLE ${keycloakDatabaseName} LOGIN PASSWORD '${secrets.databasePassword}'`,
        `CREATE DATABASE ${keycloakDatabaseName} OWNER ${keycloakDatabaseName}`,
      ]);
      const bootstrap = { clientId: "socle-bootstrap", clientSecret: randomPassword() };
      await whileKeycloakRuns({ java, home, directory: making, secrets, extra: { bootstrap } }, (url) =>
        makePlatformAccount({ url, ...bootstrap }, secrets.platformSecret),
      );
    },
  );
  return join(entry, "data");
}

/**
 * Gives a copy of the template the secrets of its run, before anything listens. Keycloak keeps the secret of a client in the clear in its table
 * `client`; writing it there costs a fraction of a second, where its admin interface would need an administrator in the running server.
 */
export async function bindSecrets(data: string, secrets: KeycloakSecrets): Promise<void> {
  await runOffline(data, keycloakDatabaseName, [
    `ALTER ROLE ${superuserName} PASSWORD '${secrets.superuserPassword}'`,
    `ALTER ROLE ${keycloakDatabaseName} PASSWORD '${secrets.databasePassword}'`,
    `UPDATE client SET secret = '${secrets.platformSecret}' WHERE client_id = '${platformClientId}' AND realm_id = (SELECT id FROM realm WHERE name = 'master')`,
  ]);
}

/** File with Java's ahead-of-time cache for this Keycloak and this Java; undefined where Java cannot make one. */
export async function aheadOfTimeCache(java: Java, progress: Progress): Promise<string | undefined> {
  if (!supportsAheadOfTime(java)) return undefined;
  const home = await keycloakDistribution(java, progress);
  const template = await keycloakDatabaseTemplate(java, progress);
  const entry = await cached(
    cacheKey(`keycloak-aot-${keycloakVersion}`, [java.home, java.version, home, ...distributionIngredients()]),
    progress,
    async (making) => {
      progress(`recording the ahead-of-time cache of Java ${java.version}`);
      const secrets = keycloakSecrets();
      await copyDataDirectory(template, join(making, "data"));
      await bindSecrets(join(making, "data"), secrets);
      await mkdir(join(making, "written"));
      await giveToServers(join(making, "written"));
      const file = join(making, "written", aheadOfTimeFile);
      await whileKeycloakRuns(
        { java, home, directory: making, secrets, extra: { aheadOfTime: { file, write: true } } },
        async (url) => {
          await accessToken({ url, clientId: platformClientId, clientSecret: secrets.platformSecret });
        },
      );
      await rm(join(making, "data"), { recursive: true });
      // Without the file every start is slower and still right: worth a line, not a failure.
      if (existsSync(file)) await copyFile(file, join(making, aheadOfTimeFile));
      else progress("Java wrote no ahead-of-time cache; Keycloak will start without it");
      await rm(join(making, "written"), { recursive: true });
    },
  );
  const file = join(entry, aheadOfTimeFile);
  return existsSync(file) ? file : undefined;
}

const aheadOfTimeFile = "keycloak.aot";

interface PassingKeycloak {
  readonly java: Java;
  readonly home: string;
  /** Holds `data`, the database; temporary files and logs are made and removed. */
  readonly directory: string;
  readonly secrets: KeycloakSecrets;
  readonly extra: Pick<KeycloakInstance, "bootstrap" | "aheadOfTime">;
}

/** Runs Keycloak over the database in `directory`, calls `use` with its address, and stops both in order. */
async function whileKeycloakRuns(
  { java, home, directory, secrets, extra }: PassingKeycloak,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const [databasePort = 0, port = 0, managementPort = 0] = await choosePorts([undefined, undefined, undefined]);
  const temporary = join(directory, "tmp");
  await mkdir(temporary);
  await giveToServers(temporary);
  const logs = { keycloak: join(directory, "keycloak.log"), database: join(directory, "database.log") };
  const database = await startPostgresInstance({
    name: "the PostgreSQL of Keycloak",
    data: join(directory, "data"),
    port: databasePort,
    logFile: logs.database,
    settings: keycloakDatabaseSettings,
  });
  try {
    const reach = { port: databasePort, password: secrets.databasePassword };
    const keycloak = await startKeycloakInstance({
      java,
      home,
      temporary,
      port,
      managementPort,
      database: reach,
      logFile: logs.keycloak,
      ...extra,
    });
    try {
      await use(`http://127.0.0.1:${port}`);
    } finally {
      await keycloak.stop(keycloakGraceMs);
    }
  } finally {
    await database.stop(postgresGraceMs);
  }
  for (const path of [temporary, logs.keycloak, logs.database]) await rm(path, { recursive: true });
}
