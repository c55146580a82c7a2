import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { roomRules } from "../../constructs/jitsi/room-rules.ts";
import { logTail } from "./log-tail.ts";
import type { ProsodyPrograms } from "./prosody-distribution.ts";
import { runCommand } from "./run-command.ts";
import { becomes, choosePorts, startProcess } from "./server-process.ts";
import { giveToServers, serverUser } from "./server-user.ts";

const files = join(import.meta.dirname, "prosody");

/** Names of the hosts, as the operator would say them of a tenant. */
export const prosodyHosts = {
  XMPP_DOMAIN: "visio.ministere.example",
  XMPP_AUTH_DOMAIN: "auth.visio.ministere.example",
  XMPP_MUC_DOMAIN: "muc.visio.ministere.example",
  XMPP_GUEST_DOMAIN: "guest.visio.ministere.example",
} as const;

/** A directory with what Prosody's pod has as volumes: its configuration, our module, and fakes of Jitsi's plugins. */
export interface ProsodyHome {
  readonly directory: string;
  readonly configuration: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: { readonly xmpp: number; readonly http: number };
}

/** Jitsi's own plugins are in no package registry: each has a FAKE with the one thing that the rules rely on. */
const fakes = [
  "mod_auth_token.lua",
  "mod_muc_lobby_rooms.lua",
  "mod_persistent_lobby.lua",
  "mod_token_verification.lua",
];

/** `without` leaves out files, as a release might that lost a plugin. */
export async function prosodyHome(
  directory: string,
  { programs, guests, without = [] }: { programs: ProsodyPrograms; guests: string; without?: readonly string[] },
): Promise<ProsodyHome> {
  const plugins = join(directory, "plugins");
  await mkdir(plugins, { recursive: true });
  await mkdir(join(directory, "data"));
  const configuration = join(directory, "prosody.cfg.lua");
  await copyFile(join(files, "prosody.cfg.lua"), configuration);
  const kept = fakes.filter((file) => !without.includes(file));
  for (const fake of kept) await copyFile(join(files, fake), join(plugins, fake));
  await writeFile(join(plugins, roomRules.file), roomRules.text);
  await giveToServers(directory);
  const [xmpp = 0, http = 0] = await choosePorts([undefined, undefined]);
  const environment = {
    ...programs.environment,
    ...prosodyHosts,
    [roomRules.variable]: guests,
    TEST_DIRECTORY: directory,
    TEST_XMPP_PORT: String(xmpp),
    TEST_HTTP_PORT: String(http),
  };
  return { directory, configuration, environment, ports: { xmpp, http } };
}

/** What `prosodyctl check config` says; undefined if it has nothing against the configuration. */
export async function configurationProblem(
  home: ProsodyHome,
  { lua, prosodyctl }: ProsodyPrograms,
): Promise<string | undefined> {
  const args = [prosodyctl, "--config", home.configuration, "check", "config"];
  const command = { command: lua, args, cwd: home.directory, env: home.environment, user: serverUser() };
  return await runCommand(command).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** @throws Error with the end of its log if it does not come up. Returns what stops it. */
export async function startProsody(home: ProsodyHome, { lua, prosody }: ProsodyPrograms): Promise<() => Promise<void>> {
  const logFile = join(home.directory, "prosody.log");
  const server = startProcess({
    name: "Prosody",
    command: lua,
    args: [prosody, "-F", "--config", home.configuration],
    env: home.environment,
    cwd: home.directory,
    logFile,
    stopSignal: "SIGTERM",
    killSignal: "SIGKILL",
  });
  const answers = async (): Promise<boolean> =>
    !server.running() ||
    (await fetch(`http://127.0.0.1:${home.ports.http}/http-bind`).then(
      ({ ok }) => ok,
      () => false,
    ));
  const stop = (): Promise<void> => server.stop(5_000);
  if ((await becomes(answers, 30_000, 50)) && server.running()) return stop;
  await stop();
  throw new Error(`Prosody did not come up; the end of its log:\n${logTail(logFile)}`);
}
