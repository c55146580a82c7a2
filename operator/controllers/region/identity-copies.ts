import { managedNames } from "../../../constructs/keycloak/managed-names.ts";
import { canonicalJson, type Manifest } from "../../../constructs/manifest.ts";
import { pullSecretName } from "../../../constructs/names.ts";
import { names } from "../../../crds/group.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../../kube/kube-api.ts";
import type { RegionSystems } from "../../systems/region-systems.ts";

interface CopyPorts {
  readonly kube: KubeApi;
  readonly identitySecrets: ObjectCache;
  readonly systems: Pick<RegionSystems, "publicCertificate" | "pullSecret">;
}

/**
 * What a region's own Keycloak needs of the operator's namespace in its own: the wildcard certificate, where its route can use it, and the Secret
 * by which its images are pulled. Copied again when they are renewed, or gone. Their values are never part of desired state, hence not of the workload.
 */
export async function copySecrets(region: SovereignRegion, ports: CopyPorts): Promise<void> {
  const { publicCertificateSecret } = managedNames(region.metadata.name);
  const certificate = ports.systems.publicCertificate(region);
  const pullSecret = ports.systems.pullSecret(region);
  if (certificate !== undefined)
    await copy(region, { name: publicCertificateSecret, type: "kubernetes.io/tls", data: certificate }, ports);
  if (pullSecret !== undefined)
    await copy(region, { name: pullSecretName, type: "kubernetes.io/dockerconfigjson", data: pullSecret }, ports);
}

async function copy(
  region: SovereignRegion,
  secret: { readonly name: string; readonly type: string; readonly data: Readonly<Record<string, string>> },
  { kube, identitySecrets }: CopyPorts,
): Promise<void> {
  const { name, type, data } = secret;
  const { namespace } = managedNames(region.metadata.name);
  const live = identitySecrets.get({ namespace, name });
  if (live !== undefined && canonicalJson(live["data"] ?? {}) === canonicalJson(data)) return;
  const labels = {
    [names.managedByLabel]: names.managedBy,
    [names.partOfLabel]: names.partOf,
    [names.regionLabel]: region.metadata.name,
  };
  const manifest: Manifest = { apiVersion: "v1", kind: "Secret", type, metadata: { name, namespace, labels }, data };
  identitySecrets.noteWrite(await kube.apply<KubeObject>(manifest, { fieldManager: "socle-region", force: true }));
}
