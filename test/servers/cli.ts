import { Command } from "commander";
import { existsSync, readFileSync } from "node:fs";
import { readdir, rm, rmdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import pg from "pg";
import { exitCode, exitCodesHelp, type Output, outputOption, port, runLaneProgram } from "../support/lane-program.ts";
import { isReady } from "./keycloak-server.ts";
import { connectionFileName, removeAbandonedRuns, removeRun, runOf } from "./runs.ts";
import { pidServing } from "./server-process.ts";
import {
  type ConnectionFile,
  dataOfPostgres,
  logFiles,
  prepareServers,
  startServers,
  temporaryOfKeycloak,
} from "./servers.ts";

const defaultDirectory = join(import.meta.dirname, "..", "..", ".socle", "servers");

interface CommonOptions {
  readonly directory: string;
  readonly output: Output;
}

interface UpOptions extends CommonOptions {
  readonly keycloakPort?: number;
  readonly postgresPort?: number;
}

interface ServerStatus {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  /** Absent when it does not run. */
  readonly pid?: number;
  readonly healthy: boolean;
}

interface Status {
  readonly up: boolean;
  readonly healthy: boolean;
  readonly connectionFile?: string;
  readonly servers: readonly ServerStatus[];
}

const began = Date.now();

/** Progress is for the person who waits: on standard error, so that the result alone is on standard output. */
function progress(line: string): void {
  process.stderr.write(`[${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s] ${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function up(options: UpOptions): Promise<number> {
  const before = await statusOf(options.directory);
  if (before.healthy) {
    progress("the servers are already running");
    return report(before, options.output);
  }
  if (before.up) {
    progress("the servers do not answer; starting them anew");
    await removeRun(await runOf(options.directory));
  }
  const ports = { keycloak: options.keycloakPort, postgres: options.postgresPort };
  const servers = await startServers({ directory: options.directory, log: progress, ports });
  servers.detach();
  progress("ready");
  return report(await statusOf(options.directory), options.output);
}

async function down({ directory, output }: CommonOptions): Promise<number> {
  const wasUp = await removeRun(await runOf(directory));
  for (const left of await removeAbandonedRuns())
    progress(`removed the servers that an interrupted run left for ${left}`);
  await removeDirectory(directory);
  if (output === "json") print(JSON.stringify({ stopped: wasUp }));
  else print(wasUp ? "The servers are stopped and their data deleted." : "No servers were running.");
  return exitCode.done;
}

/** Only what we wrote goes; a directory that holds anything else stays. */
async function removeDirectory(directory: string): Promise<void> {
  for (const name of logFiles) await rm(join(directory, name), { force: true });
  if (existsSync(directory) && (await readdir(directory)).length === 0) await rmdir(directory);
}

async function status({ directory, output }: CommonOptions): Promise<number> {
  return report(await statusOf(directory), output);
}

async function prepare({ output }: CommonOptions): Promise<number> {
  await prepareServers(progress);
  print(
    output === "json"
      ? JSON.stringify({ prepared: true })
      : "Everything that starting the servers needs is in the cache.",
  );
  return exitCode.done;
}

function report(found: Status, output: Output): number {
  if (output === "json") print(JSON.stringify(found, undefined, 2));
  else for (const line of statusLines(found)) print(line);
  return found.healthy ? exitCode.done : exitCode.notHealthy;
}

function statusLines({ servers, connectionFile }: Status): string[] {
  if (connectionFile === undefined) return ["The servers are down. Start them with: npm run servers -- up"];
  const rows = servers.map(
    ({ name, url, pid, healthy }) =>
      `${name.padEnd(12)}${url.padEnd(32)}${`pid ${pid ?? "-"}`.padEnd(14)}${healthy ? "healthy" : "NOT HEALTHY"}`,
  );
  return [...rows, `Credentials: ${connectionFile}`];
}

async function statusOf(directory: string): Promise<Status> {
  const file = join(directory, connectionFileName);
  const connection = readConnection(file);
  if (connection === undefined) return { up: false, healthy: false, servers: [] };
  const run = await runOf(directory);
  const servers = [
    serverStatus(
      "keycloak",
      connection.keycloak.url,
      pidServing(temporaryOfKeycloak(run)),
      await isReady(connection.managementPort),
    ),
    serverStatus(
      "postgres",
      `postgres://127.0.0.1:${connection.postgres.port}`,
      pidServing(dataOfPostgres(run)),
      await takesLogins(connection.postgres),
    ),
  ];
  return { up: true, healthy: servers.every(({ healthy }) => healthy), connectionFile: file, servers };
}

function serverStatus(...[name, url, pid, answers]: [string, string, number | undefined, boolean]): ServerStatus {
  // A stranger that took over the port may answer too: only our own process counts.
  return {
    name,
    url,
    port: Number(new URL(url).port),
    ...(pid === undefined ? {} : { pid }),
    healthy: answers && pid !== undefined,
  };
}

function readConnection(file: string): ConnectionFile | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ConnectionFile;
  } catch (cause) {
    throw new Error(`${file} cannot be read as a connection file: run npm run servers -- down, then up.`, { cause });
  }
}

async function takesLogins({ host, port, username, password }: ConnectionFile["postgres"]): Promise<boolean> {
  const client = new pg.Client({
    host,
    port,
    user: username,
    password,
    database: "postgres",
    connectionTimeoutMillis: 5_000,
  });
  try {
    await client.connect();
    await client.query("SELECT 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function program(finish: (code: number) => void): Command {
  const root = new Command("npm run servers --")
    .description(
      "Real Keycloak and PostgreSQL on this machine, for tests and for trying the operator. They listen on 127.0.0.1 only.",
    )
    .addHelpText(
      "after",
      exitCodesHelp("not running or not healthy") +
        `\nThe first start downloads and builds Keycloak (minutes); later ones take seconds. Needs Java 17 or newer and, the first time, Apache Maven.`,
    )
    .exitOverride()
    .showHelpAfterError();
  const command = (name: string, description: string, run: (options: UpOptions) => Promise<number>) => {
    const added = root.command(name).description(description);
    added.addOption(outputOption());
    added.option(
      "--directory <path>",
      "directory of the connection file and the logs",
      (path) => resolve(path),
      resolve(defaultDirectory),
    );
    added.exitOverride().action(async (options: UpOptions) => {
      finish(await run(options));
    });
    return added;
  };
  command("up", "start the servers and leave them running", up)
    .option("--keycloak-port <port>", "port of Keycloak (a free one otherwise)", port)
    .option("--postgres-port <port>", "port of PostgreSQL (a free one otherwise)", port);
  command("down", "stop the servers and delete their data", down);
  command("status", "say where the servers are and whether they are healthy", status);
  command("prepare", "download and build what starting needs, and start nothing", prepare);
  return root;
}

process.exitCode = await runLaneProgram(program, progress);
