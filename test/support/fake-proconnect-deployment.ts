import type { KeyedCertificate } from "../control-plane/certificates.ts";
import type { Agent } from "../servers/fake-proconnect-agents.ts";
import type { FakeProConnectConfiguration } from "../servers/fake-proconnect-configuration.ts";
import type { RegisteredClient } from "../servers/fake-proconnect-provider.ts";

/** Wishes for the FAKE ProConnect of a cluster. */
export interface FakeProConnectWish {
  readonly image: string;
  /** Public name, below localhost: "proconnect.demo.localhost". */
  readonly host: string;
  readonly ingress: { readonly className: string; readonly port: number };
  /** A realm each. They are read at the start: restart the Deployment after a change. */
  readonly clients: readonly RegisteredClient[];
  readonly agents?: readonly Agent[];
  /** For the host, by an authority that Keycloak trusts; otherwise the ingress shows one of its own. */
  readonly certificate?: KeyedCertificate;
}

type Manifest = Readonly<Record<string, unknown>>;

const namespace = "fake-proconnect";
const name = "fake-proconnect";
const labels = { "app.kubernetes.io/name": name };
const metadata = (of: string): Manifest => ({ name: of, namespace, labels });
const port = 8080;
const tlsSecret = "fake-proconnect-tls";
const mountPath = "/etc/fake-proconnect";
const file = "configuration.json";

/** Issuer to write into a TenantIdentityProvider. */
export function issuerOf({ host, ingress }: Pick<FakeProConnectWish, "host" | "ingress">): string {
  return `https://${host}:${ingress.port}/api/v2`;
}

/** The FAKE ProConnect as a pod behind the ingress: everything that it needs, in a namespace of its own. */
export function fakeProConnectDeployment(wish: FakeProConnectWish): readonly Manifest[] {
  const { certificate } = wish;
  const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
  const opaque = secret(name, "Opaque", { [file]: JSON.stringify(configuration(wish)) });
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { ...labels, ...restricted } } },
    opaque,
    ...(certificate === undefined
      ? []
      : [secret(tlsSecret, "kubernetes.io/tls", { "tls.crt": certificate.certificate, "tls.key": certificate.key })]),
    deployment(wish.image),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: metadata(name),
      spec: { selector: labels, ports: [{ name: "http", port, targetPort: "http" }] },
    },
    ingress(wish),
  ];
}

function configuration({ clients, agents, ...of }: FakeProConnectWish): FakeProConnectConfiguration {
  return {
    port,
    address: "0.0.0.0",
    origin: new URL(issuerOf(of)).origin,
    clients,
    ...(agents === undefined ? {} : { agents }),
  };
}

function secret(of: string, type: string, stringData: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: "v1", kind: "Secret", type, metadata: metadata(of), stringData };
}

function deployment(image: string): Manifest {
  const container = {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    args: [`${mountPath}/${file}`],
    ports: [{ name: "http", containerPort: port }],
    readinessProbe: { httpGet: { path: "/api/v2/.well-known/openid-configuration", port: "http" }, periodSeconds: 1 },
    resources: { requests: { cpu: "20m", memory: "96Mi" }, limits: { memory: "256Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "configuration", mountPath, readOnly: true }],
  };
  const securityContext = {
    runAsNonRoot: true,
    runAsUser: 65532,
    runAsGroup: 65532,
    fsGroup: 65532,
    seccompProfile: { type: "RuntimeDefault" },
  };
  const volumes = [{ name: "configuration", secret: { secretName: name, defaultMode: 0o440 } }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(name),
    spec: {
      replicas: 1,
      // Sessions and codes are in its memory: two at a time would not know each other's.
      strategy: { type: "Recreate" },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 5,
          securityContext,
          containers: [container],
          volumes,
        },
      },
    },
  };
}

function ingress({ host, certificate, ingress: { className } }: FakeProConnectWish): Manifest {
  const backend = { service: { name, port: { name: "http" } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: metadata(name),
    spec: {
      ingressClassName: className,
      ...(certificate === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecret }] }),
      rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  };
}
