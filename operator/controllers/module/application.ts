import type { KubeObject } from "../../kube/kube-api.ts";
import type { ApplicationWanted } from "../../modules/driver.ts";
import { digest } from "../../reconcile/digest.ts";
import type { Finding } from "../../reconcile/story.ts";
import { provideWorkload, type Unseen } from "../../reconcile/workload.ts";
import { applicationManifests } from "./manifests.ts";
import { type ModulePorts, type ModuleScene, ownerOf } from "./scene.ts";
import { type CertificateRef, certificateRefs, certificateShell } from "./secrets.ts";

interface Providing {
  readonly scene: ModuleScene;
  readonly ports: ModulePorts;
  readonly mode: Unseen;
  readonly published: boolean;
}

/** What a module runs is as wanted; with `published` also the way to it, and what that needs. */
export async function provideApplication(
  application: ApplicationWanted,
  { scene, ports, mode, published }: Providing,
): Promise<Finding> {
  const { workload } = application;
  if (published) for (const copy of certificateRefs(application)) await copyCertificate(scene, copy, { ports, mode });
  const manifests = applicationManifests(application, published);
  return await provideWorkload({ ...workload, manifests }, ownerOf(scene), { ...ports, applied: mode.applied });
}

/**
 * The region's wildcard certificate, where an Ingress can use it: it takes Secrets of its own namespace only. Copied again when it is renewed.
 * Its key is never part of desired state.
 */
async function copyCertificate(
  { region, tenant }: ModuleScene,
  copy: CertificateRef,
  { ports, mode }: { readonly ports: ModulePorts; readonly mode: Unseen },
): Promise<void> {
  const data = ports.systems.publicCertificate(region);
  if (data === undefined) return;
  const key = `Secret ${copy.namespace}/${copy.name}`;
  const wanted = digest(data);
  if (mode.applied.get(key) === wanted) return;
  const manifest = { ...certificateShell(tenant.metadata.name, copy), data };
  await ports.kube.apply<KubeObject>(manifest, { fieldManager: "socle-module", force: true });
  mode.applied.set(key, wanted);
}
