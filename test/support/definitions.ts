import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LaneUnavailable } from "../control-plane/assets.ts";
import { type Kubectl, untilEstablished } from "./installation.ts";

interface Kinds {
  readonly group: string;
  readonly plurals: readonly string[];
}

interface Source extends Kinds {
  /** Go module with its version. */
  readonly module: string;
  /** Where its definitions lie in it. */
  readonly directory: string;
}

const sources = {
  certManager: {
    module: "github.com/cert-manager/cert-manager@v1.21.2",
    directory: "deploy/crds",
    group: "cert-manager.io",
    plurals: ["certificates", "clusterissuers"],
  },
  gatewayApi: {
    module: "sigs.k8s.io/gateway-api@v1.6.3",
    directory: "config/crd/standard",
    group: "gateway.networking.k8s.io",
    plurals: ["gateways", "httproutes"],
  },
  openReports: {
    module: "github.com/openreports/reports-api@v0.2.1",
    directory: "config/crd",
    group: "openreports.io",
    plurals: ["reports", "clusterreports"],
  },
} as const satisfies Readonly<Record<string, Source>>;

/** Installs kinds of others as the Go module of those who define them holds them, and nothing that would serve them. */
export async function installDefinitionsOf(kubectl: Kubectl, whose: keyof typeof sources): Promise<void> {
  const { module, directory, ...kinds } = sources[whose];
  await installDefinitionsIn(join(moduleDirectory(module), directory), kinds, kubectl);
}

/** Installs the definitions that lie in that directory as `<group>_<plural>.yaml`, and waits until they are in force. */
export async function installDefinitionsIn(
  directory: string,
  { group, plurals }: Kinds,
  kubectl: Kubectl,
): Promise<void> {
  for (const plural of plurals) {
    const text = readFileSync(join(directory, `${group}_${plural}.yaml`), "utf8");
    await kubectl.ok(["apply", "--server-side", "-f", "-"], text);
  }
  await untilEstablished(
    kubectl,
    plurals.map((plural) => `${plural}.${group}`),
  );
}

/** Where the Go module lies on this host; fetched when it is missing. */
export function moduleDirectory(module: string): string {
  // Outside of every Go module, so that none of ours decides about versions.
  const nowhere = mkdtempSync(join(tmpdir(), "socle-go-"));
  try {
    const told = execFileSync("go", ["mod", "download", "-json", module], { cwd: nowhere, encoding: "utf8" });
    return (JSON.parse(told) as { readonly Dir: string }).Dir;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new LaneUnavailable("Definitions of others come from the Go module proxy, and Go was not found.");
  } finally {
    rmSync(nowhere, { recursive: true, force: true });
  }
}
