import { X509Certificate } from "node:crypto";
import { totalmem } from "node:os";
import { managedNames } from "../constructs/keycloak/managed-names.ts";
import { type ConditionedKind, conditionTypes, type Reason } from "../crds/v1alpha1/conditions.ts";
import type { SovereignRegion } from "../crds/v1alpha1/sovereign-region.ts";
import type { ModuleDeployment } from "../crds/v1alpha1/module-deployment.ts";
import type { PolicyException } from "../crds/v1alpha1/policy-exception.ts";
import type { TenantIdentityProvider } from "../crds/v1alpha1/tenant-identity-provider.ts";
import type { Tenant } from "../crds/v1alpha1/tenant.ts";
import type { Watched } from "./caches.ts";
import type { KubeObject } from "./kube/kube-api.ts";
import { tenantOfNamespace } from "./policy/checks/tenant-namespace.ts";
import { isInForce } from "./policy/exceptions.ts";
import type { Controller } from "./runtime/controller.ts";
import type { LocalCache } from "./runtime/object-cache.ts";
import { OptionalCache } from "./runtime/optional-kind.ts";
import type { Reading } from "./telemetry/metrics.ts";
import { programVersion } from "./version.ts";

/** Objects of one kind, as far as they are read here. */
interface Listed<T extends KubeObject = KubeObject> {
  readonly cache: Pick<LocalCache<T>, "list" | "get">;
}

/** What the operator holds, to be told as metrics. */
export interface Held {
  readonly caches: {
    readonly tenants: Listed<Tenant>;
    readonly modules: Listed<ModuleDeployment>;
    readonly regions: Listed<SovereignRegion>;
    readonly identityProviders: Listed<TenantIdentityProvider>;
    readonly exceptions: Listed<PolicyException>;
    readonly secrets: Listed;
    readonly identitySecrets: Listed;
    readonly reports: { readonly cache: { readonly isAbsent: boolean } };
  };
  readonly operatorNamespace: string;
  readonly controllers: readonly Pick<Controller, "name" | "oldestMs">[];
  /** When each watch was last told something, in milliseconds since the epoch. */
  readonly heard: ReadonlyMap<Watched, number>;
  readonly leads: boolean;
  /** Of regions, whether evidence was kept when it was last tried. */
  readonly evidenceKept: ReadonlyMap<string, boolean>;
  readonly now: number;
}

const version = programVersion();

/** Everything that is read when metrics are asked for. Pure, but for the limit of the process. */
export function readings(held: Held): Reading[] {
  const { caches, now } = held;
  return [
    one("build", 1, { version }),
    one("leader", held.leads ? 1 : 0, { name: "socle" }),
    ...memoryLimit(),
    ...held.controllers.map(({ name, oldestMs }) => one("queueAge", oldestMs / 1_000, { name })),
    ...heardReadings(held.heard),
    ...conditionReadings(caches),
    ...exceptionReadings(caches, now),
    ...caches.regions.cache.list().flatMap((region) => regionReadings(region, held)),
    one("reportKinds", caches.reports.cache.isAbsent ? 0 : 1),
  ];
}

function one(metric: Reading["metric"], value: number, labels: Reading["labels"] = {}): Reading {
  return { metric, labels, value };
}

/** What the container may take; without one, or without a limit, there is nothing to come near to. */
function memoryLimit(): Reading[] {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? [one("memoryLimit", limit)] : [];
}

/** Of kinds that are watched in several places, the one that has been quiet longest. A kind that the cluster lacks has nothing to tell. */
function heardReadings(heard: Held["heard"]): Reading[] {
  const oldest = new Map<string, number>();
  for (const [{ name, cache }, at] of heard) {
    if (cache instanceof OptionalCache && cache.isAbsent) continue;
    oldest.set(name, Math.min(at, oldest.get(name) ?? at));
  }
  return [...oldest].map(([kind, at]) => one("watchHeard", at / 1_000, { kind }));
}

interface Conditioned extends KubeObject {
  readonly status?: {
    readonly conditions?:
      | readonly { readonly type: string; readonly status: string; readonly reason: string }[]
      | undefined;
  };
}

function conditionReadings(caches: Held["caches"]): Reading[] {
  const tell = <T extends Conditioned>(
    kind: ConditionedKind,
    { cache }: Listed<T>,
    tenantOf: (object: T) => string,
  ): Reading[] =>
    cache
      .list()
      .flatMap((object) => conditionsOf(object, { kind, tenant: tenantOf(object), name: object.metadata.name }));
  return [
    ...tell("Tenant", caches.tenants, ({ metadata }) => metadata.name),
    ...tell("ModuleDeployment", caches.modules, ({ spec }) => spec.tenantRef.name),
    ...tell("TenantIdentityProvider", caches.identityProviders, ({ spec }) => spec.tenantRef.name),
    ...tell("PolicyException", caches.exceptions, ({ metadata }) => tenantOfNamespace(metadata.namespace) ?? ""),
    ...tell("SovereignRegion", caches.regions, () => ""),
  ];
}

const values: Readonly<Record<string, number>> = { True: 1, False: 0 };

/**
 * Types of this release alone: whoever may write a status may write any text there. What was not looked at yet is no news: a region that is being made
 * would be called unreachable.
 */
function conditionsOf(
  { metadata, status }: Conditioned,
  labels: { readonly kind: ConditionedKind; readonly tenant: string; readonly name: string },
): Reading[] {
  if (metadata.deletionTimestamp !== undefined) return [];
  const { feeding, shown } = conditionTypes[labels.kind];
  const known: ReadonlySet<string> = new Set([...feeding, ...shown]);
  return (status?.conditions ?? [])
    .filter((condition) => condition.type === "Ready" || (known.has(condition.type) && isWrong(condition)))
    .map((condition) => one("condition", values[condition.status] ?? -1, { ...labels, type: condition.type }));
}

function isWrong({ status, reason }: { readonly status: string; readonly reason: string }): boolean {
  return status !== "True" && reason !== ("NotObserved" satisfies Reason);
}

function exceptionReadings({ exceptions }: Held["caches"], now: number): Reading[] {
  return exceptions.cache
    .list()
    .filter(({ spec }) => isInForce(spec, now))
    .map(({ metadata, spec }) => {
      const labels = { tenant: tenantOfNamespace(metadata.namespace) ?? "", name: metadata.name };
      return one("exceptionEnds", Date.parse(spec.expiresAt) / 1_000, labels);
    });
}

function regionReadings({ metadata, spec }: SovereignRegion, held: Held): Reading[] {
  const { caches, operatorNamespace, evidenceKept } = held;
  const region = metadata.name;
  const { namespace, certificateSecret } = managedNames(region);
  const kept = evidenceKept.get(region);
  const publicSecret = spec.ingress.tlsSecretRef?.name;
  const ends = {
    public:
      publicSecret === undefined
        ? undefined
        : endOf(caches.secrets.cache.get({ namespace: operatorNamespace, name: publicSecret })),
    identity:
      spec.keycloak.mode === "Managed"
        ? endOf(caches.identitySecrets.cache.get({ namespace, name: certificateSecret }))
        : undefined,
  };
  return [
    one("evidenceStore", spec.storage.objectStore === undefined ? 0 : 1, { region }),
    ...(kept === undefined ? [] : [one("evidenceKept", kept ? 1 : 0, { region })]),
    ...Object.entries(ends).flatMap(([use, end]) =>
      end === undefined ? [] : [one("certificateEnds", end / 1_000, { region, use })],
    ),
  ];
}

/** The end of the certificate in a Secret, the first of its chain; undefined where there is none, or none that can be read. */
function endOf(secret: KubeObject | undefined): number | undefined {
  const encoded = (secret?.["data"] as Readonly<Record<string, string>> | undefined)?.["tls.crt"];
  if (encoded === undefined) return undefined;
  try {
    return Date.parse(new X509Certificate(Buffer.from(encoded, "base64")).validTo);
  } catch {
    return undefined;
  }
}
