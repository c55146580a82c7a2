import type { Manifest } from "../../../constructs/manifest.ts";
import { bucketSecretName, namespaceName, pullSecretName } from "../../../constructs/names.ts";
import { names } from "../../../crds/group.ts";
import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { ModuleName } from "../../../crds/v1alpha1/modules.ts";
import type { ApplicationWanted, DesiredModule, SecretDesired } from "../../modules/driver.ts";
import { isTrue } from "../../reconcile/conditions.ts";
import { allManifests, runsPods } from "../../reconcile/workload.ts";
import type { GeneratedSecret, SecretSource } from "../../systems/secret-store.ts";
import type { ModuleScene } from "./scene.ts";

/** The namespace in which a Secret of a module lies. */
export function secretNamespace(tenant: string, place: SecretDesired["place"]): string {
  return namespaceName(tenant, place);
}

/** The Secret of a module as the store wants it told. */
export function generatedSecret(scene: ModuleScene, wanted: SecretDesired): GeneratedSecret {
  const tenant = scene.tenant.metadata.name;
  return {
    namespace: secretNamespace(tenant, wanted.place),
    name: wanted.name,
    random: wanted.random,
    plain: wanted.plain,
    ...(wanted.certificate === undefined ? {} : { certificate: wanted.certificate }),
    ...(wanted.type === undefined ? {} : { type: wanted.type }),
    seen: isTrue(scene.module.status?.conditions, "CredentialsReady"),
    ownerLabels:
      wanted.of === "people"
        ? {}
        : { [names.tenantLabel]: tenant, [names.moduleLabel]: wanted.of ?? scene.module.spec.module },
    ...(wanted.of === undefined ? {} : { foreign: true }),
    ...(wanted.signingKeys === undefined ? {} : signing(wanted.signingKeys, scene.module)),
    ...(wanted.copies === undefined ? {} : { copies: sourcesOf(scene, wanted.copies) }),
    labels: {
      [names.managedByLabel]: names.managedBy,
      [names.partOfLabel]: names.partOf,
      [names.protectLabel]: "true",
    },
  };
}

/** Once the module was asked whether it works, it had its key, and others may have seen what it signed. */
function signing(
  signingKeys: readonly string[],
  { status }: ModuleDeployment,
): Pick<GeneratedSecret, "signingKeys" | "irreplaceable"> {
  return { signingKeys, irreplaceable: status?.lastProbe !== undefined };
}

function sourcesOf(
  scene: ModuleScene,
  copies: NonNullable<SecretDesired["copies"]>,
): Readonly<Record<string, SecretSource>> {
  const sources = Object.entries(copies).map(([key, source]): [string, SecretSource] => [
    key,
    { from: generatedSecret(scene, source.secret), key: source.key },
  ]);
  return Object.fromEntries(sources);
}

/** Where a copy of the region's certificate lies. */
export interface CertificateRef {
  readonly name: string;
  readonly namespace: string;
}

/** The copies that the routes of an application use: one in each of their namespaces. */
export function certificateRefs({ route, certificateSecret: name }: ApplicationWanted): CertificateRef[] {
  const namespaces = new Set(route.map(({ metadata }) => metadata.namespace ?? ""));
  return [...namespaces].map((namespace) => ({ name, namespace }));
}

/** A copy without what it holds. */
export function certificateShell(tenant: string, copy: CertificateRef): Manifest {
  const metadata = { ...copy, labels: copyLabels(tenant) };
  return { apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata };
}

/** Copies for pulling images, without what they hold: one in each namespace in which the module has pods. */
export function pullSecretShells(tenant: string, { server, application }: DesiredModule): Manifest[] {
  const workloads = [server, application?.workload].filter((one) => one !== undefined);
  const withPods = workloads.flatMap(allManifests).filter(({ kind }) => runsPods.has(kind));
  const namespaces = new Set(withPods.map(({ metadata }) => metadata.namespace ?? ""));
  return [...namespaces].map((namespace) => ({
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/dockerconfigjson",
    metadata: { name: pullSecretName, namespace, labels: copyLabels(tenant) },
  }));
}

/** The copy of the key of a module's bucket, for its pods to read, without what it holds. */
export function bucketKeyShell(tenant: string, module: ModuleName): Manifest {
  return copyShell(tenant, bucketSecretName(module));
}

/** A copy for the pods of applications to read, without what it holds. */
export function copyShell(tenant: string, name: string): Manifest {
  const place = { name, namespace: namespaceName(tenant, "apps") };
  return { apiVersion: "v1", kind: "Secret", metadata: { ...place, labels: copyLabels(tenant) } };
}

function copyLabels(tenant: string): Record<string, string> {
  return {
    [names.managedByLabel]: names.managedBy,
    [names.partOfLabel]: names.partOf,
    [names.tenantLabel]: tenant,
  };
}
