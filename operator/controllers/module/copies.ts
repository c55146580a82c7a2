import type { Manifest } from "../../../constructs/manifest.ts";
import { namespaceName } from "../../../constructs/names.ts";
import type { KubeApi, KubeObject } from "../../kube/kube-api.ts";
import type { CopiedSecret } from "../../modules/driver.ts";
import { digest } from "../../reconcile/digest.ts";
import { succeeded } from "../../reconcile/story.ts";
import type { Unseen } from "../../reconcile/workload.ts";
import type { ExternalReport } from "../../systems/database.ts";
import type { SecretData } from "../../systems/secret-store.ts";
import type { ModulePorts, ModuleScene } from "./scene.ts";
import { copyShell } from "./secrets.ts";

interface Copying {
  readonly ports: ModulePorts;
  readonly mode: Unseen;
}

/** What others keep for the module's pods lies where they can read it. */
export async function provideCopies(
  copied: readonly CopiedSecret[],
  scene: ModuleScene,
  copying: Copying,
): Promise<ExternalReport> {
  const places: string[] = [];
  for (const wanted of copied) {
    const data = await valuesOf(wanted, scene, copying.ports);
    places.push(await writeCopy(copyShell(scene.tenant.metadata.name, wanted.name), data, copying));
  }
  return reportOf(copied, places);
}

/** Whether what is to be copied is there, and not one change. */
export async function observeCopies(
  copied: readonly CopiedSecret[],
  scene: ModuleScene,
  ports: ModulePorts,
): Promise<ExternalReport> {
  for (const wanted of copied) await valuesOf(wanted, scene, ports);
  return reportOf(copied, []);
}

function reportOf(copied: readonly CopiedSecret[], places: readonly string[]): ExternalReport {
  const finding = succeeded(
    places.length === 0 ? copiesText(copied) : `${copiesText(copied)} Copied to ${places.join(", ")}.`,
  );
  return { finding, drift: [], corrected: false };
}

/** As long as nobody looks. */
export function copiesText(copied: readonly CopiedSecret[]): string {
  const handed = copied.map(({ from }) =>
    from.kind === "people" ? `key ${from.key} of Secret ${from.secret}` : `the ${from.kind} of the region`,
  );
  return `Handed in: ${handed.join(", ")}.`;
}

async function valuesOf(
  { from }: CopiedSecret,
  { tenant, region }: ModuleScene,
  { systems, secrets }: ModulePorts,
): Promise<SecretData> {
  if (from.kind === "mail account") return systems.mailAccount(region);
  const { secret, key, as } = from;
  const namespace = namespaceName(tenant.metadata.name, "home");
  return { [as]: await secrets.handed({ namespace, name: secret, key }) };
}

/** Writes the copy if it is not what this process wrote last, and says where it lies. */
export async function writeCopy(shell: Manifest, data: SecretData, { ports, mode }: Copying): Promise<string> {
  const encoded = Object.fromEntries(
    Object.entries(data).map(([field, value]) => [field, Buffer.from(value).toString("base64")]),
  );
  return await copySecret(shell, encoded, { kube: ports.kube, applied: mode.applied });
}

/**
 * A Secret that lies elsewhere, copied to where pods and routes can use it: those take Secrets of their own namespace only. Copied again when it is
 * renewed. `encoded` values are never part of desired state.
 */
export async function copySecret(
  shell: Manifest,
  encoded: Readonly<Record<string, string>>,
  { kube, applied }: { readonly kube: KubeApi } & Unseen,
): Promise<string> {
  const key = `Secret ${shell.metadata.namespace ?? ""}/${shell.metadata.name}`;
  const wanted = digest(encoded);
  if (applied.get(key) === wanted) return key;
  await kube.apply<KubeObject>({ ...shell, data: encoded }, { fieldManager: "socle-module", force: true });
  applied.set(key, wanted);
  return key;
}
