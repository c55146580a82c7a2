import { readFileSync } from "node:fs";
import { join } from "node:path";
import { moduleDirectory } from "./cloudnative-pg.ts";
import { type Kubectl, untilEstablished } from "./installation.ts";

const module = "github.com/openreports/reports-api@v0.2.1";
const definitions = ["reports", "clusterreports"].map((plural) => `${plural}.openreports.io`);

/** Installs the definitions of reports as their Go module holds them. */
export async function installOpenReports(kubectl: Kubectl): Promise<void> {
  for (const definition of definitions) {
    const [plural = "", ...group] = definition.split(".");
    const file = join(moduleDirectory(module), "config", "crd", `${group.join(".")}_${plural}.yaml`);
    await kubectl.ok(["apply", "--server-side", "-f", "-"], readFileSync(file, "utf8"));
  }
  await untilEstablished(kubectl, definitions);
}
