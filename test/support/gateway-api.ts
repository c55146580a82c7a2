import { readFileSync } from "node:fs";
import { join } from "node:path";
import { moduleDirectory } from "./cloudnative-pg.ts";
import { type Kubectl, untilEstablished } from "./installation.ts";

const module = "sigs.k8s.io/gateway-api@v1.6.3";
const definitions = ["gateways", "httproutes"].map((plural) => `${plural}.gateway.networking.k8s.io`);

/** Installs the definitions of the Gateway API as its Go module holds them, and nothing that would serve them. */
export async function installGatewayApi(kubectl: Kubectl): Promise<void> {
  const directory = join(moduleDirectory(module), "config", "crd", "standard");
  for (const definition of definitions) {
    const [plural = "", ...group] = definition.split(".");
    const text = readFileSync(join(directory, `${group.join(".")}_${plural}.yaml`), "utf8");
    await kubectl.ok(["apply", "--server-side", "-f", "-"], text);
  }
  await untilEstablished(kubectl, definitions);
}
