import { type Manifest, refOf } from "../../constructs/manifest.ts";
import { bucketKeys, mailKeys, namespaceName, pullSecretKey } from "../../constructs/names.ts";
import { cloudNativePg } from "../../constructs/postgresql/cluster-input.ts";
import { type TenantIsolationInput, tenantManifests } from "../../constructs/tenant/tenant-manifests.ts";
import { names } from "../../crds/group.ts";
import { type ModuleDeployment, parseModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { ModuleName } from "../../crds/v1alpha1/modules.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import { moduleManifests } from "../controllers/module/manifests.ts";
import { composedScene, type ModuleScene } from "../controllers/module/scene.ts";
import {
  bucketKeyShell,
  certificateRefs,
  certificateShell,
  copyShell,
  generatedSecret,
  pullSecretShells,
} from "../controllers/module/secrets.ts";
import { isolationInput, moduleManifest, wantsOffice } from "../controllers/tenant/desired.ts";
import { moduleClosure } from "../modules/closure.ts";
import type { DesiredModule, ModuleSettings } from "../modules/driver.ts";
import { driverOf } from "../modules/registry.ts";
import type { ClusterFacts } from "../reconcile/cluster-facts.ts";
import { sealed } from "../reconcile/digest.ts";
import { refText } from "../reconcile/plan.ts";
import { inOrder } from "./export-order.ts";
import { placeholder, placeholderSecret, withPlaceholders } from "./placeholder-secret.ts";

/** What only a cluster knows, as it is taken to be. */
export interface AssumedCluster extends ClusterFacts {
  /** UID of namespace kube-system. */
  readonly installation: string;
  readonly operatorNamespace: string;
  readonly operatorSubject: TenantIsolationInput["operatorSubject"];
  /** PEM of the authorities that regions name in spec.trustBundle. */
  readonly trustBundle?: string | undefined;
}

/** What the operator would make for one tenant. */
export interface TenantExport {
  /** In an order in which they can be applied. */
  readonly manifests: readonly Manifest[];
  /** Modules that are not in it although they are asked for, and why: a sentence each. */
  readonly leftOut: readonly string[];
  /** What a reader has to know besides. */
  readonly notes: readonly string[];
}

/** Every object of a tenant in the cluster, by the code that reconciles it, as for a tenant that is new. Pure. */
export function exportTenant(tenant: Tenant, region: SovereignRegion, assumed: AssumedCluster): TenantExport {
  const office = wantsOffice(tenant);
  const { namespaces, isolation } = tenantManifests(isolationInput(tenant, region, { ...assumed, office }));
  const { made, leftOut, notes } = exportModules(tenant, region, assumed);
  const all = [...namespaces.map(sealed), ...isolation.map(sealed), ...made.flatMap(objectsOf)];
  return {
    manifests: inOrder(eachOnce(all)),
    leftOut,
    notes: [...notes, ...made.flatMap(outsideNote), ...trustNote(region, assumed), ...clusterNote(all, assumed)],
  };
}

/** A module and everything that it wants. */
interface Made {
  readonly scene: ModuleScene;
  readonly desired: DesiredModule;
}

interface Modules extends Pick<TenantExport, "leftOut" | "notes"> {
  readonly made: readonly Made[];
}

/** In the order of need: what needs a module that cannot be made is not made either, as in a cluster. */
function exportModules(tenant: Tenant, region: SovereignRegion, assumed: AssumedCluster): Modules {
  const [made, leftOut, notes]: [Made[], string[], string[]] = [[], [], []];
  const missing = new Set<ModuleName>();
  for (const scene of scenesOf(tenant, region, assumed)) {
    const { module, managementPolicy } = scene.module.spec;
    const outcome = moduleOutcome(scene, missing);
    if ("desired" in outcome) {
      if (managementPolicy === "Observe" || managementPolicy === "Paused")
        notes.push(`Module ${module} has managementPolicy ${managementPolicy}: nothing is made for it.`);
      else made.push({ scene, desired: outcome.desired });
    } else {
      missing.add(module);
      leftOut.push(`Module ${module} is left out. ${outcome.gap}`);
    }
  }
  return { made, leftOut, notes };
}

function moduleOutcome(
  scene: ModuleScene,
  missing: ReadonlySet<ModuleName>,
): { readonly desired: DesiredModule } | { readonly gap: string } {
  const { spec } = scene.module;
  const driver = driverOf(spec.module);
  if (driver === undefined) return { gap: `This version of Socle has no driver for ${spec.module}.` };
  const needed = driver.requires(spec).find((module) => missing.has(module));
  if (needed !== undefined) return { gap: `It needs ${needed}, which is left out.` };
  const gap = driver.gap(scene);
  if (gap !== undefined) return { gap: gap.message };
  const desired = driver.desired(scene);
  return desired.loginRefused === undefined ? { desired } : { gap: desired.loginRefused };
}

function scenesOf(tenant: Tenant, region: SovereignRegion, assumed: AssumedCluster): ModuleScene[] {
  const modules = moduleClosure(tenant).map((entry) => newModule(tenant, entry));
  return modules.map((module) =>
    composedScene({
      module,
      tenant,
      region,
      siblings: modules.filter((other) => other !== module),
      cluster: assumed,
      live: [],
      claims: [],
      trustBundle: trustBundleOf(region, assumed),
      installation: assumed.installation,
    }),
  );
}

/** As the API server completes what the tenant asks for; without a status, since nobody has looked at it. */
function newModule(tenant: Tenant, entry: ModuleSettings): ModuleDeployment {
  const manifest = moduleManifest(tenant, entry);
  const parsed = parseModuleDeployment({
    ...manifest,
    metadata: { ...manifest.metadata, uid: tenant.metadata.uid, resourceVersion: tenant.metadata.resourceVersion },
  });
  if (!parsed.ok) throw new Error(`${entry.module} of a valid Tenant is no valid ModuleDeployment`);
  return parsed.value;
}

function trustBundleOf({ spec }: SovereignRegion, assumed: AssumedCluster): string | undefined {
  return spec.trustBundle === undefined ? undefined : (assumed.trustBundle ?? `${placeholder}\n`);
}

function objectsOf({ scene, desired }: Made): Manifest[] {
  const secrets = desired.secrets.map((secret) => placeholderSecret(generatedSecret(scene, secret)));
  const copies = [certificateOf, pullSecretsOf, bucketKeyOf, handedIn].flatMap((copyOf) => copyOf(scene, desired));
  return [...secrets, ...copies, ...moduleManifests(desired)];
}

function certificateOf({ region, tenant }: ModuleScene, { application }: DesiredModule): Manifest[] {
  const source = region.spec.ingress.tlsSecretRef?.name;
  if (source === undefined || application === undefined) return [];
  const made = valuesOf(source, ["tls.crt", "tls.key"]);
  return certificateRefs(application).map((copy) =>
    withPlaceholders(certificateShell(tenant.metadata.name, copy), made),
  );
}

function pullSecretsOf({ region, tenant }: ModuleScene, desired: DesiredModule): Manifest[] {
  const source = region.spec.images?.pullSecretRef?.name;
  if (source === undefined) return [];
  const shells = pullSecretShells(tenant.metadata.name, desired);
  // The API server takes no other value than JSON of this shape.
  const value = { [pullSecretKey]: JSON.stringify({ auths: { [placeholder]: {} } }) };
  return shells.map((shell) => withPlaceholders(shell, valuesOf(source, [pullSecretKey]), value));
}

function bucketKeyOf({ tenant, module }: ModuleScene, { bucket }: DesiredModule): Manifest[] {
  if (bucket === undefined) return [];
  const shell = bucketKeyShell(tenant.metadata.name, module.spec.module);
  return [withPlaceholders(shell, valuesOf(bucket.desired.bucket, bucketKeys))];
}

function handedIn({ tenant, region }: ModuleScene, { copied = [] }: DesiredModule): Manifest[] {
  const { name: tenantName } = tenant.metadata;
  return copied.map(({ name, from }) => {
    const made =
      from.kind === "people"
        ? { [from.as]: origin(`${namespaceName(tenantName, "home")}/${from.secret}`, from.key) }
        : valuesOf(region.spec.smtp?.credentialsSecretRef?.name ?? "", mailKeys);
    return withPlaceholders(copyShell(tenantName, name), made);
  });
}

/** Keys that are copied from a Secret of the operator's namespace. */
function valuesOf(secret: string, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, origin(`${names.operatorNamespace}/${secret}`, key)]));
}

function origin(secret: string, key: string): string {
  return `the value of key ${key} of Secret ${secret}`;
}

/** Modules of a tenant share some objects, such as the certificate that all of them serve. */
function eachOnce(manifests: readonly Manifest[]): Manifest[] {
  return [...new Map(manifests.map((manifest) => [refText(refOf(manifest)), manifest])).values()];
}

/** What the operator makes through the interfaces of other systems. */
function outsideNote({ scene, desired }: Made): string[] {
  const { database, bucket, realm, client, context } = desired;
  const parts = [
    ...(database === undefined || database.declared !== undefined
      ? []
      : [`database ${database.desired.database} with its role on ${database.server}`]),
    ...(bucket === undefined ? [] : [`bucket ${bucket.desired.bucket} on ${bucket.server}`]),
    ...(realm === undefined ? [] : [`realm ${realm.desired.realm} on ${realm.server}`]),
    ...(client === undefined ? [] : [`client ${client.desired.clientId} of realm ${client.desired.realm}`]),
    ...(context === undefined ? [] : [`context ${context.desired.name} on ${context.server}`]),
  ];
  if (parts.length === 0) return [];
  return [`Module ${scene.module.spec.module}: ${parts.join(", ")} is no object of Kubernetes; the operator makes it.`];
}

function trustNote({ metadata, spec }: SovereignRegion, { trustBundle }: AssumedCluster): string[] {
  if (spec.trustBundle === undefined || trustBundle !== undefined) return [];
  const { name } = spec.trustBundle.configMapRef;
  return [
    `The certificates of ConfigMap ${name} (spec.trustBundle of region ${metadata.name}) stand as ${placeholder}; give them with --trust-bundle.`,
  ];
}

function clusterNote(manifests: readonly Manifest[], { apiServers }: AssumedCluster): string[] {
  const isCluster = manifests.some(({ apiVersion }) => apiVersion === cloudNativePg.apiVersion);
  if (!isCluster || apiServers.length > 0) return [];
  return [
    "Instances of CloudNativePG ask the API server for their Cluster, and no NetworkPolicy lets them; say where it is with --api-server.",
  ];
}
