import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectStoreServer } from "../../operator/objectstore/object-store-api.ts";
import { cacheRoot, type Progress } from "./cache.ts";
import { logTail } from "./log-tail.ts";
import { randomPassword } from "./postgres-binaries.ts";
import { becomes, choosePorts, startProcess } from "./server-process.ts";
import { giveToServers } from "./server-user.ts";
import { versitygwProgram } from "./versitygw-distribution.ts";

/** An object store as a process of this machine, with versions and accounts of its own. */
export interface ObjectStoreProcess {
  /** How the account that may do everything reaches it. */
  readonly server: ObjectStoreServer;
  readonly stop: () => Promise<void>;
}

const healthPath = "/healthz";

/** @throws Error with the end of its log if it does not come up. */
export async function startObjectStore(progress: Progress): Promise<ObjectStoreProcess> {
  const command = await versitygwProgram(progress);
  const [port = 0] = await choosePorts([undefined]);
  const directory = join(await cacheRoot(), `object-store-${process.pid}-${port}`);
  const places = ["iam", "versions", "data"].map((name) => join(directory, name));
  for (const place of places) await mkdir(place, { recursive: true });
  await giveToServers(directory);
  const [iam = "", versions = "", data = ""] = places;
  const logFile = join(directory, "server.log");
  const server: ObjectStoreServer = {
    url: `http://127.0.0.1:${port}`,
    region: "test-1",
    pathStyle: true,
    accessKeyId: "platform",
    secretAccessKey: randomPassword(),
  };
  const listen = ["--port", `127.0.0.1:${port}`, "--region", server.region, "--health", healthPath];
  const running = startProcess({
    name: "the object store",
    command,
    args: [...listen, "--iam-dir", iam, "--quiet", "posix", "--versioning-dir", versions, data],
    env: { ROOT_ACCESS_KEY: server.accessKeyId, ROOT_SECRET_KEY: server.secretAccessKey, HOME: directory },
    cwd: directory,
    logFile,
    stopSignal: "SIGTERM",
    killSignal: "SIGKILL",
  });
  const answers = (): Promise<boolean> =>
    fetch(`${server.url}${healthPath}`).then(
      ({ ok }) => ok,
      () => false,
    );
  const stop = async (): Promise<void> => {
    await running.stop(5_000);
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  if (await becomes(async () => !running.running() || (await answers()), 15_000, 50))
    if (running.running()) return { server, stop };
  const tail = logTail(logFile);
  await stop();
  throw new Error(`The object store did not come up; the end of its log:\n${tail}`);
}
