import { refOf } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import { conditionTypes } from "../../../crds/v1alpha1/conditions.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import { moduleClosure } from "../../modules/closure.ts";
import { conditionList, isTrue } from "../../reconcile/conditions.ts";
import type { StoryEnd } from "../../reconcile/story.ts";
import { isModuleReady } from "./checks.ts";
import { dnsRecords } from "./dns-records.ts";
import type { TenantScene } from "./scene.ts";

type TenantStatus = NonNullable<Tenant["status"]>;
const longestInventory = 200;

/** One row per module of the tenant, in the order of need. */
export function moduleRows(scene: TenantScene): NonNullable<TenantStatus["modules"]> {
  return moduleClosure(scene.tenant).map(({ module: name }) => {
    const module = scene.modules.find((other) => other.spec.module === name);
    const { url, version } = module?.status ?? {};
    return {
      module: name,
      ready: module !== undefined && isModuleReady(module),
      ...(url === undefined ? {} : { url }),
      ...(version === undefined ? {} : { version }),
    };
  });
}

/**
 * What the ministry must serve itself: where its homeserver bears the name of a mail domain, clients and other homeservers look there for the
 * way. (Matrix specification: client-server API "Well-known URI", server-server API "Resolving server names".)
 */
export function filesToPublish({ tenant, modules }: TenantScene): NonNullable<TenantStatus["publish"]> {
  const { resolved, endpoints = [] } = modules.find(({ spec }) => spec.module === "Synapse")?.status ?? {};
  const host = resolved?.["serverName"];
  const address = endpoints.find(({ name }) => name === "homeserver")?.url;
  if (host === undefined || address === undefined || host === tenant.spec.domain) return [];
  const { hostname, port } = new URL(address);
  const file = (name: string, content: unknown) => ({
    host,
    path: `/.well-known/matrix/${name}`,
    json: JSON.stringify(content),
  });
  return [
    file("client", { "m.homeserver": { base_url: address } }),
    file("server", { "m.server": `${hostname}:${port === "" ? "443" : port}` }),
  ];
}

/** Was it Ready at any time? Then no check holds it back any more. */
export function isOnboarded({ status }: Pick<Tenant, "status">): boolean {
  return status?.onboardedAt !== undefined || isTrue(status?.conditions, "Ready");
}

function readySince(conditions: NonNullable<TenantStatus["conditions"]>): string | undefined {
  return conditions.find(({ type, status }) => type === "Ready" && status === "True")?.lastTransitionTime;
}

/** The whole status of a tenant. Pure. */
export function tenantStatus(scene: TenantScene, end: StoryEnd, now: number): TenantStatus {
  const { tenant } = scene;
  const rows = moduleRows(scene);
  const publish = filesToPublish(scene);
  const records = dnsRecords(scene);
  const generation = tenant.metadata.generation ?? 0;
  const asked = tenant.metadata.annotations?.[names.reconcileRequestedAt];
  const inventory = [...scene.namespaces, ...scene.children, ...scene.modules]
    .map(refOf)
    .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  const conditions = conditionList({
    table: conditionTypes.Tenant,
    checks: end.checks,
    progress: end.progress,
    previous: tenant.status?.conditions ?? [],
    generation,
    now,
  });
  const onboardedAt = tenant.status?.onboardedAt ?? readySince(conditions);
  return {
    observedGeneration: generation,
    conditions,
    ...(onboardedAt === undefined ? {} : { onboardedAt }),
    modulesReady: `${rows.filter((row) => row.ready).length}/${rows.length}`,
    modules: rows,
    // While it ends, what it had stays on record: that a tenant came to be decides what becomes of its names.
    namespaces:
      tenant.metadata.deletionTimestamp === undefined
        ? scene.namespaces.map((namespace) => namespace.metadata.name).sort()
        : [...(tenant.status?.namespaces ?? [])],
    ...(records.length === 0 ? {} : { dnsRecords: [...records] }),
    ...(publish.length === 0 ? {} : { publish }),
    inventory: inventory.slice(0, longestInventory),
    ...(asked === undefined ? {} : { lastHandledReconcileAt: asked }),
  };
}
