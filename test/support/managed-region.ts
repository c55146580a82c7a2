import { CertificateAuthority, type KeyedCertificate } from "../control-plane/certificates.ts";
import { storageClassName } from "../node-lane/manifests.ts";
import type { NodeLane } from "../node-lane/node-lane.ts";

type Manifest = Readonly<Record<string, unknown>>;

/** Names of what the region references in the operator's namespace. */
export interface RegionReferences {
  readonly tlsSecret: string;
  readonly trustBundle: string;
}

/** The certificate of a platform team for its public hosts, the first of them Keycloak's, and the bundle that trusts it, as objects. */
export async function publicCertificate(
  hosts: readonly [string, ...string[]],
  names: RegionReferences,
): Promise<{
  readonly authority: string;
  readonly objects: readonly Manifest[];
  /** For hosts that are not the region's. */
  readonly issue: (host: string) => Promise<KeyedCertificate>;
}> {
  const [host] = hosts;
  const ca = await CertificateAuthority.create(`public-${host}`.slice(0, 60));
  const leaf = await ca.issue(host, { hosts });
  const metadata = (name: string): Manifest => ({ name, namespace: "socle-system" });
  return {
    authority: ca.pem,
    issue: (other) => ca.issue(other, { hosts: [other] }),
    objects: [
      {
        apiVersion: "v1",
        kind: "Secret",
        type: "kubernetes.io/tls",
        metadata: metadata(names.tlsSecret),
        stringData: { "tls.crt": leaf.certificate, "tls.key": leaf.key },
      },
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: metadata(names.trustBundle),
        data: { "ca.crt": ca.pem },
      },
    ],
  };
}

/** The parts of a region's spec that let it run everything by itself on the node: nothing outside is needed. */
export function managedOnNode(
  { ingress, images }: Pick<NodeLane, "ingress" | "images">,
  { names, keycloakUrl }: { readonly names: RegionReferences; readonly keycloakUrl: string },
): Manifest {
  return {
    ingress: {
      className: ingress.className,
      httpsPort: ingress.port,
      tlsSecretRef: { name: names.tlsSecret },
      from: { cidrs: ingress.cidrs },
    },
    trustBundle: { configMapRef: { name: names.trustBundle } },
    storage: { className: storageClassName },
    keycloak: {
      mode: "Managed",
      url: keycloakUrl,
      managed: { driver: "StatefulSet", size: "XS", storage: "1Gi" },
    },
    postgresql: { defaultDriver: "StatefulSet" },
    images: {
      overrides: (["postgresql-18", "keycloak", "synapse", "element-web"] as const).map((name) => ({
        name,
        reference: images[name],
      })),
    },
  };
}
