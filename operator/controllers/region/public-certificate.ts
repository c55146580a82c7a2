import type { Manifest } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../../kube/kube-api.ts";
import { managedNames } from "../../../constructs/keycloak/managed-names.ts";
import { canonicalJson } from "../../reconcile/digest.ts";
import { WaitingError } from "../../runtime/errors.ts";

interface CertificatePorts {
  readonly kube: KubeApi;
  readonly identitySecrets: ObjectCache;
  readonly operatorSecrets: ObjectCache;
}

/**
 * The region's wildcard certificate, where its route can use it: an Ingress takes Secrets of its own namespace only. Copied again when it is
 * renewed. Its key is never part of desired state, hence not of the workload.
 */
export async function copyCertificate(
  region: SovereignRegion,
  { namespace, ports }: { readonly namespace: string; readonly ports: CertificatePorts },
): Promise<void> {
  const source = region.spec.ingress.tlsSecretRef?.name;
  if (source === undefined) return;
  const found = ports.operatorSecrets.get({ namespace: names.operatorNamespace, name: source });
  if (found === undefined) {
    throw new WaitingError(
      "DependencyMissing",
      `Secret ${names.operatorNamespace}/${source} is missing; create it with the keys tls.crt and tls.key (spec.ingress.tlsSecretRef).`,
    );
  }
  const { ["tls.crt"]: certificate, ["tls.key"]: key } = (found["data"] ?? {}) as Readonly<Record<string, string>>;
  const name = managedNames(region.metadata.name).publicCertificateSecret;
  const data = { "tls.crt": certificate ?? "", "tls.key": key ?? "" };
  const live = ports.identitySecrets.get({ namespace, name });
  if (live !== undefined && canonicalJson(live["data"] ?? {}) === canonicalJson(data)) return;
  const manifest: Manifest = {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/tls",
    metadata: {
      name,
      namespace,
      labels: {
        [names.managedByLabel]: names.managedBy,
        [names.partOfLabel]: names.partOf,
        [names.regionLabel]: region.metadata.name,
      },
    },
    data,
  };
  ports.identitySecrets.noteWrite(
    await ports.kube.apply<KubeObject>(manifest, { fieldManager: "socle-region", force: true }),
  );
}
