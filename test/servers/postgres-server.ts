import { readFileSync } from "node:fs";
import { join } from "node:path";
import { postgresBinaries, postgresEnvironment } from "./postgres-binaries.ts";
import { becomes, requireFreePort, startProcess, type ServerProcess } from "./server-process.ts";
import { logTail } from "./log-tail.ts";

/** One PostgreSQL server over a data directory. */
export interface PostgresInstance {
  /** Name in messages. */
  readonly name: string;
  /** Its data directory, prepared and owned by the server user. */
  readonly data: string;
  readonly port: number;
  readonly logFile: string;
  /** Settings beyond those in the data directory. */
  readonly settings: Readonly<Record<string, string>>;
}

const readyWithinMs = 30_000;

/** How long an orderly stop may take: it ends sessions, so it is quick. */
export const postgresGraceMs = 10_000;

/**
 * Starts the server on 127.0.0.1 and resolves once it takes connections.
 * @throws Error that names the log file and repeats its end, when the server does not come up; or that says the port is taken.
 */
export async function startPostgresInstance(instance: PostgresInstance): Promise<ServerProcess> {
  await requireFreePort(instance.name, instance.port);
  const binaries = await postgresBinaries(() => undefined);
  const settings = Object.entries({ ...instance.settings, port: String(instance.port) }).flatMap(([name, value]) => [
    "-c",
    `${name}=${value}`,
  ]);
  const server = startProcess({
    name: instance.name,
    command: join(binaries, "bin", "postgres"),
    args: ["-D", instance.data, ...settings],
    env: postgresEnvironment(),
    cwd: instance.data,
    logFile: instance.logFile,
    stopSignal: "SIGINT",
    killSignal: "SIGQUIT",
  });
  await becomes(() => takesConnections(instance.data, server.pid) || !server.running(), readyWithinMs);
  if (server.running() && takesConnections(instance.data, server.pid)) return server;
  await server.stop(postgresGraceMs);
  throw new Error(`${instance.name} did not start; the end of ${instance.logFile}:\n${logTail(instance.logFile)}`);
}

/** The server writes its state into the last line of postmaster.pid: the source that pg_ctl reads too. The first line tells a stale file apart. */
function takesConnections(data: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    return lines[0]?.trim() === String(pid) && lines[7]?.trim() === "ready";
  } catch {
    return false;
  }
}
