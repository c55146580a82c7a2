import { apiVersion as socleApiVersion, names } from "../crds/group.ts";
import { type Attestation, parseAttestation } from "../crds/v1alpha1/attestation.ts";
import { type ModuleDeployment, parseModuleDeployment } from "../crds/v1alpha1/module-deployment.ts";
import { type NameClaim, parseNameClaim } from "../crds/v1alpha1/name-claim.ts";
import type { Parsed } from "../crds/v1alpha1/parse.ts";
import { parseTenantIdentityProvider, type TenantIdentityProvider } from "../crds/v1alpha1/tenant-identity-provider.ts";
import { parsePolicyException, type PolicyException } from "../crds/v1alpha1/policy-exception.ts";
import { parseSovereignRegion, type SovereignRegion } from "../crds/v1alpha1/sovereign-region.ts";
import { parseTenant, type Tenant } from "../crds/v1alpha1/tenant.ts";
import type { KubeApi, KubeObject, ListOptions, ResourceType } from "./kube/kube-api.ts";
import { checkWatches } from "./check-watches.ts";
import { optionalKind, optionalWatches } from "./optional-watches.ts";
import { reportWatches, type WatchedReports } from "./report-watches.ts";
import { GuardedCache } from "./reconcile/guarded-cache.ts";
import { moduleOwner, regionOwner } from "./reconcile/workload.ts";
import { type CacheOptions, LocalCache } from "./runtime/object-cache.ts";
import { OptionalCache, optionalSource } from "./runtime/optional-kind.ts";
import type { Logger } from "./runtime/reconciler.ts";
import type { ListWatchSource } from "./runtime/reflector.ts";

type TypeName = Pick<ResourceType, "apiVersion" | "kind">;

/** One kind that is watched: its cache and where its objects come from. */
export interface Watched<T extends KubeObject = KubeObject> {
  readonly name: string;
  readonly cache: LocalCache<T>;
  readonly source: ListWatchSource<T>;
  /** Of a kind that the cluster may lack. */
  readonly isAbsent?: () => boolean;
}

export interface Caches {
  readonly tenants: Watched<Tenant>;
  readonly regions: Watched<SovereignRegion>;
  readonly modules: Watched<ModuleDeployment>;
  readonly claims: Watched<NameClaim>;
  readonly identityProviders: Watched<TenantIdentityProvider>;
  readonly exceptions: Watched<PolicyException>;
  readonly attestations: Watched<Attestation>;
  readonly namespaces: Watched;
  /** Objects of tenants as a whole, and those that modules run: a kind may hold both. */
  readonly children: readonly Watched[];
  readonly workloads: readonly Watched[];
  /** Of tenants' modules; among the workloads too. */
  readonly ingresses: Watched;
  readonly routes: Watched;
  /** In the operator's namespace, by which regions publish. */
  readonly gateways: Watched;
  /** Definitions of kinds that may be missing. */
  readonly definitions: readonly Watched[];
  /** The addresses behind the Service of the API server, in one object. */
  readonly apiServers: Watched;
  readonly storageClasses: Watched;
  readonly ingressClasses: Watched;
  /** ClusterIssuers of cert-manager, which checks read too. */
  readonly issuers: Watched;
  readonly secrets: Watched;
  readonly configMaps: Watched;
  /** What regions run in the identity namespace, and the Secrets there. */
  readonly identity: readonly Watched[];
  /** What checks of the catalogue read and nobody reconciles. */
  readonly checked: readonly Watched[];
  /** What the checks found, as it was written; of tenants, and of regions. */
  readonly reports: WatchedReports;
  readonly clusterReports: WatchedReports;
  readonly identitySecrets: Watched;
}

const byTenantLabel = (object: KubeObject): readonly string[] => {
  const tenant = object.metadata.labels?.[names.tenantLabel];
  return tenant === undefined ? [] : [tenant];
};
/** What a module runs is the module's: the tenant's reconciler must not take it for something that it no longer wants. */
export const ofTenantAlone = (object: KubeObject): readonly string[] =>
  object.metadata.labels?.[names.moduleLabel] === undefined ? byTenantLabel(object) : [];
const ofModule = (object: KubeObject): readonly string[] => {
  const { [names.tenantLabel]: tenant, [names.moduleLabel]: module } = object.metadata.labels ?? {};
  return tenant === undefined || module === undefined ? [] : [moduleOwner(tenant, module).value];
};

/** The Service of the API server has one name in every cluster, and so has what says where it leads. */
const ofApiServer: ListOptions = { namespace: "default", fieldSelector: "metadata.name=kubernetes" };

/**
 * The kind of ours that came last. An operator is upgraded, and rolled back, apart from the definitions: on those of the release before
 * it does its work without it.
 */
export const youngestKind = { kind: "Attestation", plural: "attestations" } as const;

type OwnKind = "tenants" | "regions" | "modules" | "claims" | "identityProviders" | "exceptions" | "attestations";

/** Kinds of ours, which are let in only as their types promise. */
function ownKinds(kube: KubeApi, log: Logger): Pick<Caches, OwnKind | "definitions"> {
  const youngest = optionalKind(kube, socleApiVersion, youngestKind);
  const guarded = <T extends KubeObject>(
    kind: string,
    parse: (object: unknown) => Parsed<T>,
    options: CacheOptions<T> = {},
  ): Watched<T> => ({
    name: kind,
    cache: new GuardedCache<T>({ ...options, parse, log }),
    source: sourceOf<T>(kube, { apiVersion: socleApiVersion, kind }),
  });
  return {
    tenants: guarded<Tenant>("Tenant", parseTenant),
    regions: guarded<SovereignRegion>("SovereignRegion", parseSovereignRegion),
    modules: guarded<ModuleDeployment>("ModuleDeployment", parseModuleDeployment, {
      indexes: { tenant: (module) => [module.spec.tenantRef.name] },
    }),
    exceptions: guarded<PolicyException>("PolicyException", parsePolicyException),
    attestations: {
      name: youngestKind.kind,
      cache: new GuardedCache<Attestation>({ parse: parseAttestation, log }),
      source: optionalSource(
        sourceOf<Attestation>(kube, { apiVersion: socleApiVersion, ...youngestKind }),
        youngest.gate,
      ),
      isAbsent: () => youngest.gate.isShut,
    },
    definitions: [youngest.definition],
    claims: guarded<NameClaim>("NameClaim", parseNameClaim, {
      indexes: { tenant: (claim) => [claim.spec.holder.name] },
    }),
    identityProviders: guarded<TenantIdentityProvider>("TenantIdentityProvider", parseTenantIdentityProvider, {
      indexes: { tenant: ({ spec }) => [spec.tenantRef.name], home: ({ metadata }) => [metadata.namespace ?? ""] },
    }),
  };
}

function sourceOf<T extends KubeObject>(kube: KubeApi, type: TypeName, options: ListOptions = {}): ListWatchSource<T> {
  return {
    list: () => kube.list<T>(type, options),
    watch: (from) => kube.watch<T>(type, { ...options, ...from }),
  };
}

/** Every kind that the operator watches. Kinds of others only where they carry our label, or in the operator's own namespace. */
export function createCaches(kube: KubeApi, operatorNamespace: string, log: Logger): Caches {
  const watched = (apiVersion: string, kind: string, more: ListOptions & CacheOptions<KubeObject> = {}): Watched => {
    const { indexes, ...options } = more;
    const cache = new LocalCache<KubeObject>(indexes === undefined ? {} : { indexes });
    return { name: kind, cache, source: sourceOf(kube, { apiVersion, kind }, options) };
  };
  const ours = {
    labelSelector: `${names.managedByLabel}=${names.managedBy},${names.tenantLabel}`,
    indexes: { tenant: ofTenantAlone, module: ofModule },
  };
  const networkPolicies = watched("networking.k8s.io/v1", "NetworkPolicy", ours);
  const ingresses = watched("networking.k8s.io/v1", "Ingress", ours);
  const optional = optionalWatches(kube, {
    tenants: ours,
    regions: ofRegions,
    gateways: { namespace: operatorNamespace },
  });
  const checked = checkWatches(kube);
  const issuers = checked.watches.find(({ name }) => name === "ClusterIssuer");
  if (issuers === undefined)
    throw new Error("No check reads ClusterIssuers any more: regions are verified by them too.");
  const reports = reportWatches(kube);
  const own = ownKinds(kube, log);
  return {
    ...own,
    namespaces: watched("v1", "Namespace", { labelSelector: names.tenantLabel, indexes: { tenant: byTenantLabel } }),
    children: [
      watched("v1", "ResourceQuota", ours),
      watched("v1", "LimitRange", ours),
      networkPolicies,
      watched("rbac.authorization.k8s.io/v1", "RoleBinding", ours),
    ],
    workloads: [
      networkPolicies,
      ingresses,
      // Whoever made it: volumes of a Cluster are made by its operator, and carry the label of the tenant too.
      watched("v1", "PersistentVolumeClaim", { ...ours, labelSelector: names.tenantLabel }),
      ...workloadTypes.map(([version, kind]) => watched(version, kind, ours)),
      ...optional.clusters,
      optional.routes,
    ],
    ingresses,
    routes: optional.routes,
    gateways: optional.gateways,
    definitions: [...own.definitions, ...optional.definitions, ...checked.definitions, ...reports.definitions],
    checked: checked.watches,
    reports: reports.reports,
    clusterReports: reports.clusterReports,
    apiServers: watched("discovery.k8s.io/v1", "EndpointSlice", ofApiServer),
    storageClasses: watched("storage.k8s.io/v1", "StorageClass"),
    ingressClasses: watched("networking.k8s.io/v1", "IngressClass"),
    issuers,
    secrets: watched("v1", "Secret", { namespace: operatorNamespace }),
    configMaps: watched("v1", "ConfigMap", { namespace: operatorNamespace }),
    identity: [...identityTypes.map(([version, kind]) => watched(version, kind, ofRegions)), ...optional.ofRegions],
    identitySecrets: watched("v1", "Secret", { namespace: names.identityNamespace }),
  };
}

/** What modules run, beside what is watched for other reasons too. */
const workloadTypes = [
  ["v1", "Service"],
  ["apps/v1", "StatefulSet"],
  ["apps/v1", "Deployment"],
  ["batch/v1", "Job"],
  ["batch/v1", "CronJob"],
] as const;

/** What a region runs: watched in one namespace, so that nothing of others is seen. */
const identityTypes = [
  ["v1", "PersistentVolumeClaim"],
  ["v1", "Service"],
  ["apps/v1", "StatefulSet"],
  ["apps/v1", "Deployment"],
  ["networking.k8s.io/v1", "NetworkPolicy"],
  ["networking.k8s.io/v1", "Ingress"],
  ["policy/v1", "PodDisruptionBudget"],
] as const;
const ofRegions = {
  namespace: names.identityNamespace,
  labelSelector: `${names.managedByLabel}=${names.managedBy},${names.regionLabel}`,
  indexes: {
    region: ({ metadata }: KubeObject): readonly string[] => {
      const { [names.regionLabel]: region, [names.moduleLabel]: module } = metadata.labels ?? {};
      return region === undefined || module === undefined ? [] : [regionOwner(region, module).value];
    },
  },
};

export function allWatched(caches: Caches): readonly Watched[] {
  const { children, workloads, definitions, identity, checked, ...single } = caches;
  const lists = [...definitions, ...children, ...workloads, ...identity, ...checked];
  return [...new Set([...(Object.values(single) as unknown as Watched[]), ...lists])];
}

/** Is there nothing left to wait for? A kind that the cluster lacks has nothing to be listed. */
export function isSynced({ cache, isAbsent }: Pick<Watched, "cache" | "isAbsent">): boolean {
  return cache.hasSynced || isAbsent?.() === true || (cache instanceof OptionalCache && cache.isAbsent);
}
