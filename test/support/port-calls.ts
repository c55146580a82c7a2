import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";

export type Port = "kube" | "keycloak" | "postgres";

/** A call of the operator by a name that two runs have in common. */
export interface PortCall {
  readonly port: Port;
  readonly name: string;
  readonly writes: boolean;
  /** What is changed outside of Kubernetes; undefined for other calls. */
  readonly change: string | undefined;
}

interface Made {
  readonly port: Port;
  readonly verb: string;
  readonly given: readonly unknown[];
}

/** The first argument of a port's method says what it is about. */
interface About extends Partial<ObjectRef> {
  readonly metadata?: Manifest["metadata"];
  readonly realm?: string;
  readonly change?: { readonly kind: string; readonly method?: string; readonly path?: string };
}

/**
 * Reads of realms and databases are told apart by how much had been changed before, and changes by which of their kind they are, so that a name
 * means the same moment in every run, however often the operator looks.
 */
export function callOf(
  { port, verb, given }: Made,
  at: { readonly tenant: string; readonly changes: ReadonlyMap<string, number> },
): PortCall {
  const about = (given[0] ?? {}) as About;
  if (port === "kube") {
    const subresource = (given[1] as { readonly subresource?: string } | undefined)?.subresource;
    const what = `${kubeName(about)}${subresource === undefined ? "" : ` ${subresource}`}`;
    return { port, name: masked(`kube ${verb} ${what}`, at.tenant), writes: verb !== "get", change: undefined };
  }
  if (verb === "execute") {
    const {
      kind,
      method = "",
      path = "",
    } = about.change ?? (given[0] as { readonly kind: string } & About["change"] & object);
    const change = masked(`${port} ${kind} ${method} ${path}`.trim(), at.tenant);
    const name = `${change} #${(at.changes.get(change) ?? 0) + 1}`;
    return { port, name, writes: true, change };
  }
  const before = [...at.changes.values()].reduce((sum, count) => sum + count, 0);
  const who = about.realm === undefined ? "" : about.realm === "master" ? " by the platform" : " by itself";
  const isAboutTenant = verb !== "ping" && verb !== "platformRights";
  const name = `${port} ${verb}${isAboutTenant ? `${who}, after ${before} changes` : ""}`;
  return { port, name, writes: false, change: undefined };
}

const kubeName = ({ kind = "", namespace, name = "", metadata }: About): string =>
  `${kind} ${metadata?.namespace ?? namespace ?? ""}/${metadata?.name ?? name}`;

/** A text about a tenant as every other tenant has it too. */
export function masked(text: string, tenant: string): string {
  return text
    .replaceAll(tenant.toUpperCase(), "TENANT")
    .replaceAll(tenant, "TENANT")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UUID")
    .replaceAll(/-[0-9a-f]{32}\b/g, "-HASH");
}

/** What nobody counts: Events may be told again, and these two are made by people. */
const uncounted = new Set(["Event", "Tenant", "SovereignRegion"]);

/** Changes that may be made in one step or in two are not counted: a successor sees more of what is wished at once. */
const makesOrRemoves = /^postgres (create|drop)|^keycloak (create|delete|group|flow)/;

/** What a call made or removed: `name` says what, `once` is the same for a repetition of the same deed. */
export function countOf(
  done: Pick<Made, "port" | "given"> & { readonly call: PortCall; readonly result: unknown },
): { readonly name: string; readonly once: string } | undefined {
  const { port, given, call, result } = done;
  if (call.change !== undefined)
    return makesOrRemoves.test(call.change) ? { name: call.change, once: call.name } : undefined;
  if (port !== "kube" || !call.writes) return undefined;
  const about = (given[0] ?? {}) as About;
  const [, verb = ""] = call.name.split(" ");
  const what = call.name.split(" ").slice(2, 4).join(" ");
  if (uncounted.has(about.kind ?? "")) return undefined;
  if (verb === "delete") {
    if (result !== "deleted") return undefined;
    return { name: `removed ${what}`, once: `removed ${(given[1] as { readonly uid: string }).uid}` };
  }
  const uid = (result as KubeObject | undefined)?.metadata.uid;
  return uid === undefined ? undefined : { name: `made ${what}`, once: `made ${uid}` };
}
