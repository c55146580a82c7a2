import { existsSync } from "node:fs";
import type { Java } from "./java.ts";
import { keycloakCommandLine } from "./keycloak-command.ts";
import { logTail } from "./log-tail.ts";
import { becomes, requireFreePort, startProcess, type ServerProcess } from "./server-process.ts";

/** One Keycloak server over a database. */
export interface KeycloakInstance {
  readonly java: Java;
  readonly home: string;
  readonly temporary: string;
  readonly logFile: string;
  readonly port: number;
  readonly managementPort: number;
  readonly database: { readonly port: number; readonly password: string };
  /** Further settings, as it reads them from its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** It has minutes of work before it. */
  readonly isLongLived?: boolean | undefined;
  /** Client that Keycloak makes on an empty database, with all rights. */
  readonly bootstrap?: { readonly clientId: string; readonly clientSecret: string };
  /** Ahead-of-time cache of Java to use, or to write when the server stops. */
  readonly aheadOfTime?: { readonly file: string; readonly write: boolean };
}

/** Role and database of Keycloak in its own PostgreSQL. */
export const keycloakDatabaseName = "keycloak";

/** An empty database with busy cores took 31 s in measurements. */
const readyWithinMs = 240_000;

const probeEveryMs = 100;

/** How long an orderly stop may take; writing the ahead-of-time cache happens then. */
export const keycloakGraceMs = 60_000;

/**
 * Starts Keycloak on 127.0.0.1 and resolves once it reports itself ready.
 * @throws Error that names the log file and repeats its end, when the server does not come up; or that says a port is taken.
 */
export async function startKeycloakInstance(instance: KeycloakInstance): Promise<ServerProcess> {
  for (const port of [instance.port, instance.managementPort]) await requireFreePort("Keycloak", port);
  const { command, args, env } = keycloakCommandLine({
    java: instance.java,
    home: instance.home,
    temporary: instance.temporary,
    options: startOptions(instance),
    built: true,
    isLongLived: instance.isLongLived,
    javaOptions: javaOptions(instance),
  });
  const server = startProcess({
    name: "Keycloak",
    command,
    args,
    env: { ...env, ...instance.environment, ...secretEnvironment(instance) },
    cwd: instance.temporary,
    logFile: instance.logFile,
    stopSignal: "SIGTERM",
    killSignal: "SIGKILL",
  });
  const ready = () => isReady(instance.managementPort);
  await becomes(async () => !server.running() || (await ready()), readyWithinMs, probeEveryMs);
  if (server.running() && (await ready())) return server;
  await server.stop(keycloakGraceMs);
  throw new Error(`Keycloak did not become ready; the end of ${instance.logFile}:\n${logTail(instance.logFile)}`);
}

/** True when the Keycloak with this management port reports that it and its database are ready. */
export async function isReady(managementPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${managementPort}/health/ready`, {
      signal: AbortSignal.timeout(5_000),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function startOptions(instance: KeycloakInstance): string[] {
  return [
    "start",
    "--optimized",
    "--http-enabled=true",
    "--http-host=127.0.0.1",
    `--http-port=${instance.port}`,
    "--http-management-host=127.0.0.1",
    `--http-management-port=${instance.managementPort}`,
    `--hostname=http://127.0.0.1:${instance.port}`,
    "--cache=local",
    "--db-pool-max-size=10",
    "--http-pool-max-threads=16",
    // Each probe before readiness would write a line.
    "--log-level=info,io.smallrye.health:error",
  ];
}

function javaOptions({ aheadOfTime }: KeycloakInstance): string[] {
  if (aheadOfTime === undefined) return [];
  if (aheadOfTime.write) return [`-XX:AOTCacheOutput=${aheadOfTime.file}`];
  return existsSync(aheadOfTime.file) ? [`-XX:AOTCache=${aheadOfTime.file}`] : [];
}

function secretEnvironment({ database, bootstrap }: KeycloakInstance): Record<string, string> {
  return {
    KC_DB_URL: `jdbc:postgresql://127.0.0.1:${database.port}/${keycloakDatabaseName}`,
    KC_DB_USERNAME: keycloakDatabaseName,
    KC_DB_PASSWORD: database.password,
    ...(bootstrap === undefined
      ? {}
      : { KC_BOOTSTRAP_ADMIN_CLIENT_ID: bootstrap.clientId, KC_BOOTSTRAP_ADMIN_CLIENT_SECRET: bootstrap.clientSecret }),
  };
}
