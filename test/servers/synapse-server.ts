import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { roomRules } from "../../constructs/synapse/room-rules.ts";
import type { Progress } from "./cache.ts";
import { logTail } from "./log-tail.ts";
import { runCommand } from "./run-command.ts";
import { becomes, choosePorts, type ServerProcess, startProcess } from "./server-process.ts";
import { giveToServers, serverUser } from "./server-user.ts";
import { python, synapsePackages } from "./synapse-distribution.ts";

/** A homeserver as a process of this machine. */
export interface SynapseServer {
  readonly url: string;
  readonly metricsUrl: string;
  readonly logFile: string;
  stop(): Promise<void>;
}

/** Directory of a homeserver: what its pod has as volumes, as files. */
export interface SynapseHome {
  readonly directory: string;
  readonly configuration: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  readonly metricsPort: number;
}

/** Content of the Secret of a homeserver, by file name. */
export type SynapseSecrets = Readonly<Record<string, string>>;

/**
 * Lays out homeserver.yaml as the operator writes it, on this machine instead of in a pod: paths below `directory`, ports of the loopback, and
 * nothing else is another. `change` lays further wishes over it.
 */
export async function synapseHome(
  { directory, yaml, secrets }: { readonly directory: string; readonly yaml: string; readonly secrets: SynapseSecrets },
  progress: Progress,
  change: Readonly<Record<string, unknown>> = {},
): Promise<SynapseHome> {
  const [port = 0, metricsPort = 0] = await choosePorts([undefined, undefined]);
  const places = ["secrets", "conf", "media"] as const;
  for (const place of places) await mkdir(join(directory, place), { recursive: true });
  const here = places.reduce((text, place) => text.replaceAll(` /${place}/`, ` ${join(directory, place)}/`), yaml);
  const settings = parse(here) as { readonly listeners: readonly Readonly<Record<string, unknown>>[] };
  const listeners = settings.listeners.map((listener) => ({
    ...listener,
    bind_addresses: ["127.0.0.1"],
    port: listener["type"] === "metrics" ? metricsPort : port,
  }));
  const configuration = join(directory, "conf", "homeserver.yaml");
  await writeFile(configuration, stringify({ ...settings, listeners, ...change }));
  await writeFile(join(directory, "conf", "log.yaml"), logging);
  await writeFile(join(directory, "conf", roomRules.file), roomRules.text);
  const { "database-password": password = "", ...files } = secrets;
  for (const [name, text] of Object.entries(files))
    await writeFile(join(directory, "secrets", name), text, { mode: 0o600 });
  await giveToServers(directory);
  const path = `${await synapsePackages(progress)}:${join(directory, "conf")}`;
  const environment = {
    PATH: "/usr/bin:/bin",
    PYTHONPATH: path,
    PYTHONDONTWRITEBYTECODE: "1",
    PGPASSWORD: password,
    LANG: "C.UTF-8",
  };
  return { directory, configuration, environment, port, metricsPort };
}

const logging = stringify({
  version: 1,
  formatters: { lines: { format: "%(levelname)s %(name)s %(message)s" } },
  handlers: { console: { class: "logging.StreamHandler", formatter: "lines" } },
  root: { level: "INFO", handlers: ["console"] },
});

/** What Synapse's own check says of a configuration: undefined if nothing is wrong. */
export async function configurationProblem(home: SynapseHome): Promise<string | undefined> {
  const args = ["-m", "synapse.config", "read", "database", "-c", home.configuration];
  const command = { command: python, args, cwd: home.directory, env: home.environment, user: serverUser() };
  return await runCommand(command).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** @throws Error with the end of its log if it does not come up. */
export async function startSynapse(home: SynapseHome): Promise<SynapseServer> {
  const logFile = join(home.directory, "synapse.log");
  const server = startProcess({
    name: "Synapse",
    command: python,
    args: ["-m", "synapse.app.homeserver", "-c", home.configuration],
    env: home.environment,
    cwd: home.directory,
    logFile,
    stopSignal: "SIGTERM",
    killSignal: "SIGKILL",
  });
  const url = `http://127.0.0.1:${home.port}`;
  if (!(await comesUp(server, url))) {
    await server.stop(2_000);
    throw new Error(`Synapse did not come up; the end of its log:\n${logTail(logFile)}`);
  }
  const metricsUrl = `http://127.0.0.1:${home.metricsPort}/metrics`;
  return { url, metricsUrl, logFile, stop: () => server.stop(10_000) };
}

async function comesUp(server: ServerProcess, url: string): Promise<boolean> {
  const answers = async (): Promise<boolean> =>
    !server.running() ||
    (await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    ));
  return (await becomes(answers, 60_000, 100)) && server.running();
}

/** Removes all that a homeserver had. */
export async function removeSynapseHome({ directory }: SynapseHome): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
