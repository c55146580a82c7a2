import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { Progress } from "./cache.ts";
import { fromDebian, librariesIn } from "./debian-packages.ts";
import { logTail } from "./log-tail.ts";
import { runCommand } from "./run-command.ts";
import { becomes, choosePorts, startProcess } from "./server-process.ts";
import { giveToServers, serverUser } from "./server-user.ts";

/** Debian's Redis: the same program as that of the catalogue's image, under the name that both answer to. */
const packages = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1"];

/** Where the program is, and what it is run with. */
export interface RedisProgram {
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws LaneUnavailable where there is no Debian to take it from. */
export async function redisProgram(progress: Progress): Promise<RedisProgram> {
  const entry = await fromDebian({ name: "redis", packages }, progress);
  const environment = { PATH: "/usr/bin:/bin", LD_LIBRARY_PATH: librariesIn(entry) };
  return { command: join(entry, "usr/bin/redis-server"), environment };
}

/** A directory with what the pod has as volumes. */
export interface RedisHome {
  readonly account: string;
  readonly configuration: string;
  readonly port: number;
}

/** Files as the module's ConfigMap has them, and the password as its Secret does; only places and port are this host's. */
export async function redisHome(
  directory: string,
  { files, password }: { readonly files: Readonly<Record<string, string>>; readonly password: string },
): Promise<RedisHome> {
  const [account, secrets] = [join(directory, "account"), join(directory, "secrets")];
  const [port = 0] = await choosePorts([undefined]);
  const here = (text: string): string =>
    text
      .replaceAll("/account", account)
      .replaceAll("/secrets", secrets)
      .replace(/^port \d+$/m, `port ${port}`);
  await mkdir(account);
  await mkdir(secrets);
  await writeFile(join(secrets, "password"), password);
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), here(text));
  await giveToServers(directory);
  await runCommand({
    command: "sh",
    args: [join(directory, "account.sh")],
    cwd: directory,
    env: { PATH: "/usr/bin:/bin" },
    user: serverUser(),
  });
  return { account, configuration: join(directory, "redis.conf"), port };
}

/** @throws Error with the end of its log if it does not come up. Returns what stops it. */
export async function startRedis(
  { account, configuration, port }: RedisHome,
  { command, environment }: RedisProgram,
): Promise<() => Promise<void>> {
  const logFile = join(account, "..", "redis.log");
  const server = startProcess({
    name: "Redis",
    command,
    args: [configuration],
    env: environment,
    cwd: join(account, ".."),
    logFile,
    stopSignal: "SIGTERM",
    killSignal: "SIGKILL",
  });
  const answers = async (): Promise<boolean> => !server.running() || (await listens(port));
  const stop = (): Promise<void> => server.stop(5_000);
  if ((await becomes(answers, 30_000, 50)) && server.running()) return stop;
  await stop();
  throw new Error(`Redis did not come up; the end of its log:\n${logTail(logFile)}`);
}

/** Whatever it says to a stranger, it is there. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return await once(socket, "connect")
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
