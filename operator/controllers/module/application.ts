import type { ApplicationWanted } from "../../modules/driver.ts";
import type { Finding } from "../../reconcile/story.ts";
import { provideWorkload, type Unseen } from "../../reconcile/workload.ts";
import { copySecret } from "./copies.ts";
import { applicationManifests } from "./manifests.ts";
import { type ModulePorts, type ModuleScene, ownerOf } from "./scene.ts";
import { certificateRefs, certificateShell } from "./secrets.ts";

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
  const certificate = published ? ports.systems.publicCertificate(scene.region) : undefined;
  const { applied } = mode;
  if (certificate !== undefined)
    for (const copy of certificateRefs(application))
      await copySecret(certificateShell(scene.tenant.metadata.name, copy), certificate, { kube: ports.kube, applied });
  const manifests = applicationManifests(application, published);
  return await provideWorkload({ ...workload, manifests }, ownerOf(scene), { ...ports, applied });
}
