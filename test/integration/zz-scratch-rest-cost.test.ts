import { readFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { FaultProxy } from "../support/fault-proxy.ts";
import { operatorUser } from "../support/installation.ts";
import { operatorOf, type OwnPlatform, ownPlatform } from "../support/platform.ts";
let own: OwnPlatform;
beforeAll(async () => {
  own = await ownPlatform("scratch");
});
afterAll(async () => {
  await own.stop();
});
const cpu = (pid: number): number => {
  const f = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(f[11]) + Number(f[12])) * 10;
};
test("cost", async () => {
  const dir = dirname(own.controlPlane.kubeconfig);
  const pids = JSON.parse(readFileSync(join(dir, "processes.json"), "utf8")) as number[];
  const directory = join(dir, "x");
  mkdirSync(directory);
  const proxy = await FaultProxy.open(own.controlPlane, { user: operatorUser, directory, name: "x" });
  const direct = await operatorOf({ kubeconfig: await own.controlPlane.kubeconfigFor(operatorUser), directory });
  const region = await own.platform.region("home");
  await own.platform.ready("sovereignregion", region);
  for (let i = 0; i < 5; i++)
    await own.platform.ready("tenant", await own.platform.tenant(region, { modules: [{ module: "PostgreSQL" }] }));
  await new Promise((r) => setTimeout(r, 20_000));
  const b = [direct.pid, ...pids].map(cpu);
  await new Promise((r) => setTimeout(r, 100_000));
  const a = [direct.pid, ...pids].map(cpu);
  console.log(
    "ms cpu per 100 s: operator, etcd, apiserver, manager:",
    a.map((x, i) => x - (b[i] ?? 0)),
  );
  await direct.stop("SIGKILL");
  const idle = pids.map(cpu);
  await new Promise((r) => setTimeout(r, 50_000));
  console.log(
    "without operator, ms cpu per 50 s:",
    pids.map(cpu).map((x, i) => x - (idle[i] ?? 0)),
  );
  const op = await operatorOf({ kubeconfig: proxy.kubeconfig, directory: directory });
  await new Promise((r) => setTimeout(r, 45_000));
  console.log("requests", proxy.recorded.filter((r) => r.method === "WATCH").length, "told", [...proxy.told]);
  await op.stop("SIGKILL");
  await proxy.close();
}, 400_000);
