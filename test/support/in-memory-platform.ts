import type { Manifest } from "../../constructs/manifest.ts";
import { cloudNativePg } from "../../constructs/postgresql/cluster-input.ts";
import { gatewayApi } from "../../constructs/public-route.ts";
import { names } from "../../crds/group.ts";
import type { SovereignRegionSpec } from "../../crds/v1alpha1/sovereign-region.ts";
import { CertificateAuthority } from "../control-plane/certificates.ts";
import { define } from "./in-memory-definitions.ts";
import { InMemoryWorld } from "./in-memory-world.ts";

const namespace = names.operatorNamespace;
const named = (apiVersion: string, kind: string, name: string): Manifest => ({ apiVersion, kind, metadata: { name } });

/** A cluster as a platform team prepares it for that region: all that the region names is there, and its Secrets open the doubles. */
export async function preparedWorld(region: SovereignRegionSpec): Promise<InMemoryWorld> {
  const world = new InMemoryWorld({ keycloakUrl: region.keycloak.url });
  // Servers of tenants are one here, and take their administrator from whoever comes, as new ones do from their environment.
  world.postgresAt = (server) =>
    Object.create(world.postgres, { server: { value: server } }) as InMemoryWorld["postgres"];
  const { className, clusterIssuer } = region.ingress;
  await define(world, cloudNativePg);
  for (const manifest of [
    named("v1", "Namespace", namespace),
    named("v1", "Namespace", names.identityNamespace),
    named("storage.k8s.io/v1", "StorageClass", region.storage.className),
    ...(className === undefined ? [] : [named("networking.k8s.io/v1", "IngressClass", className)]),
    ...(clusterIssuer === undefined ? [] : [named("cert-manager.io/v1", "ClusterIssuer", clusterIssuer)]),
    ...secretsOf(region, world),
    ...(await trustBundleOf(region)),
  ])
    await world.kube.create(manifest);
  if (clusterIssuer !== undefined)
    await define(world, { apiVersion: "cert-manager.io/v1", kinds: [{ plural: "clusterissuers" }] });
  await gatewayOf(region, world);
  return world;
}

/** Secrets and ConfigMaps that the region refers to. */
function secretsOf(region: SovereignRegionSpec, world: InMemoryWorld): readonly Manifest[] {
  const { objectStore } = region.storage;
  const store = world.objectStore.server;
  const suite = world.appSuite.server;
  const { clientId: clientID, clientSecret } = world.keycloak.platform;
  const { username, password } = world.postgres.server;
  const wanted: readonly (readonly [{ readonly name: string } | undefined, Readonly<Record<string, string>>])[] = [
    [region.keycloak.adminCredentialsSecretRef, { clientID, clientSecret }],
    [region.postgresql.server?.adminCredentialsSecretRef, { username, password }],
    [objectStore?.credentialsSecretRef, { accessKeyID: store.accessKeyId, secretAccessKey: store.secretAccessKey }],
    [region.openXchange?.adminCredentialsSecretRef, { username: suite.username, password: suite.password }],
    [region.smtp?.credentialsSecretRef, { username: "suite", password: "of the relay" }],
    [region.provider.credentialsSecretRef, { clientID: "reads", clientSecret: "of the provider" }],
    [region.ingress.tlsSecretRef, { "tls.crt": "a certificate", "tls.key": "its key" }],
    [region.images?.pullSecretRef, { ".dockerconfigjson": JSON.stringify({ auths: {} }) }],
  ];
  const encoded = (data: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
  const secrets = wanted.flatMap(([ref, data]) =>
    ref === undefined ? [] : [{ ...named("v1", "Secret", ref.name), data: encoded(data) }],
  );
  return secrets.map((one) => ({ ...one, metadata: { ...one.metadata, namespace } }));
}

async function trustBundleOf({ trustBundle }: SovereignRegionSpec): Promise<readonly Manifest[]> {
  if (trustBundle === undefined) return [];
  const { pem } = await CertificateAuthority.create("a region's own");
  const metadata = { name: trustBundle.configMapRef.name, namespace };
  return [{ apiVersion: "v1", kind: "ConfigMap", metadata, data: { "ca.crt": pem } }];
}

async function gatewayOf({ ingress }: SovereignRegionSpec, world: InMemoryWorld): Promise<void> {
  if (ingress.gatewayRef === undefined) return;
  const { name, listener } = ingress.gatewayRef;
  await define(world, { apiVersion: gatewayApi.apiVersion, kinds: [gatewayApi.gateway] });
  await define(world, gatewayApi);
  await world.kube.create({
    apiVersion: gatewayApi.apiVersion,
    kind: "Gateway",
    metadata: { name, namespace },
    spec: { gatewayClassName: "edge", listeners: [{ name: listener, protocol: "HTTPS" }] },
  });
}
