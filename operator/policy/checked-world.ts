import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import { apiVersion, names } from "../../crds/group.ts";
import type { Check } from "./check.ts";
import { tenantOfNamespace } from "./checks/tenant-namespace.ts";
import { allReads } from "./as-read.ts";
import { type Evaluated, evaluate, kindOf } from "./evaluate.ts";
import { Evaluations } from "./evaluations.ts";
import type { Result } from "./result.ts";

/** Whose results a change may have changed: of one tenant, or of all where it belongs to none. */
export type ChangeListener = (tenant: string | undefined) => void;

/**
 * The objects of a cluster as checks look at them: those of each tenant by themselves, so that nothing that is said of one can name another, and all of
 * them together for the platform. Holds what is read and nothing else; asks nobody.
 */
export class CheckedWorld {
  readonly #ofTenants: readonly Check[];
  readonly #gates: readonly Check[];
  readonly #platform: Evaluations;
  readonly #tenants = new Map<string, { readonly evaluations: Evaluations; readonly own: Set<string> }>();
  /** What belongs to no tenant and every tenant is judged beside: classes, regions, nodes, roles. */
  readonly #shared = new Map<string, Manifest>();
  /** Kinds of which checks of tenants look at objects in the platform's namespaces too. */
  readonly #readOnPlatform: ReadonlySet<string>;
  readonly #listeners: ChangeListener[] = [];

  constructor(catalogue: readonly Check[]) {
    this.#ofTenants = catalogue.filter(({ layer }) => layer === "tenant");
    this.#gates = catalogue.filter(({ gate }) => gate !== undefined);
    this.#platform = new Evaluations(catalogue.filter(({ layer }) => layer !== "tenant"));
    const onPlatform = allReads([...this.#ofTenants, ...this.#gates]).filter(({ scope }) => scope === "platform");
    this.#readOnPlatform = new Set(onPlatform.map(kindOf));
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  put(object: Manifest): void {
    const tenant = tenantOf(object);
    const key = keyOf(refOf(object));
    const forPlatform = this.#platform.put(object);
    const concerned = this.#concerned(object, tenant);
    if (tenant === undefined && concerned !== undefined) this.#shared.set(key, object);
    if (tenant !== undefined) this.#knownOf(tenant).own.add(key);
    // Each has to take it: no short cut.
    const forTenants = (concerned ?? []).map((evaluations) => evaluations.put(object)).some(Boolean);
    if (forPlatform || forTenants) this.#tell(tenant);
  }

  remove(object: Manifest): void {
    const tenant = tenantOf(object);
    const ref = refOf(object);
    const key = keyOf(ref);
    const forPlatform = this.#platform.remove(ref);
    this.#shared.delete(key);
    const concerned = this.#concerned(object, tenant) ?? [];
    const forTenants = concerned.map((evaluations) => evaluations.remove(ref)).some(Boolean);
    if (tenant !== undefined) this.#forgetLast(tenant, key);
    if (forPlatform || forTenants) this.#tell(tenant);
  }

  /** Objects of a tenant of that version and kind, as far as its checks read them. */
  of(tenant: string, kind: string): readonly Manifest[] {
    return this.#evaluationsOf(tenant).of(kind);
  }

  /** What the checks of tenants say of one, and of no region but its own; `now` is RFC 3339. */
  tenant(name: string, now: string): Evaluated {
    const { results, notEvaluated } = this.#evaluationsOf(name).evaluated(now);
    const [tenant] = this.of(name, kindOf(tenantKind));
    const { regionRef } = (tenant?.["spec"] ?? {}) as { readonly regionRef?: { readonly name?: string } };
    const isOwn = ({ object }: Result): boolean => object.kind !== "SovereignRegion" || object.name === regionRef?.name;
    return { results: results.filter(isOwn), notEvaluated };
  }

  /** What those checks say of it that hold back the first Ready, whatever layer they are of: judged by what is the tenant's, beside a neighbour. */
  onboarding(name: string, now: string): Evaluated {
    const own = this.#evaluationsOf(name).objects();
    const { results, notEvaluated } = evaluate(this.#gates, [...own, ...neighbourOf(name, own)], now);
    const isOwn = ({ object }: Result): boolean =>
      tenantOfNamespace(object.namespace ?? object.name) === name || !isPlace(object);
    return { results: results.filter(isOwn), notEvaluated };
  }

  /** Asks the checks of the platform what has to be asked again, one at each step. */
  *askingPlatform(now: string): Generator<string> {
    yield* this.#platform.asking(now);
  }

  platform(now: string): Evaluated {
    return this.#platform.evaluated(now);
  }

  /** Whose judgement an object may change. Undefined: it is the platform's alone. */
  #concerned(object: Manifest, tenant: string | undefined): readonly Evaluations[] | undefined {
    if (tenant !== undefined) return [this.#evaluationsOf(tenant)];
    const isShared = object.metadata.namespace === undefined || this.#readOnPlatform.has(kindOf(object));
    return isShared ? [...this.#tenants.values()].map(({ evaluations }) => evaluations) : undefined;
  }

  /** Not when the Tenant goes: what it leaves in its namespaces is there when it comes back, and no watch tells of it again. */
  #forgetLast(tenant: string, key: string): void {
    const own = this.#tenants.get(tenant)?.own;
    own?.delete(key);
    if (own?.size === 0) this.#tenants.delete(tenant);
  }

  #evaluationsOf(tenant: string): Evaluations {
    return this.#knownOf(tenant).evaluations;
  }

  #knownOf(tenant: string): { readonly evaluations: Evaluations; readonly own: Set<string> } {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    const made = { evaluations: new Evaluations(this.#ofTenants, this.#gates), own: new Set<string>() };
    for (const object of this.#shared.values()) made.evaluations.put(object);
    this.#tenants.set(tenant, made);
    return made;
  }

  #tell(tenant: string | undefined): void {
    for (const listener of this.#listeners) listener(tenant);
  }
}

const tenantKind = { apiVersion, kind: "Tenant" };
const isPlace = ({ kind, namespace }: ObjectRef): boolean => kind === "Namespace" || namespace !== undefined;
const keyOf = ({ apiVersion, kind, namespace, name }: ObjectRef): string =>
  JSON.stringify([apiVersion, kind, namespace, name]);

/** Whose an object is: it says so, it lies in their namespace, or it is the Tenant itself. */
function tenantOf({ kind, metadata, ...rest }: Manifest): string | undefined {
  if (kind === "Tenant") return metadata.name;
  if (kind === "NameClaim")
    return (rest as { readonly spec?: { readonly holder?: { readonly name?: string } } }).spec?.holder?.name;
  return (
    metadata.labels?.[names.tenantLabel] ?? tenantOfNamespace(kind === "Namespace" ? metadata.name : metadata.namespace)
  );
}

/** What says who may talk to whom: of a neighbour, nothing else is looked at. */
const kindsOfNeighbours: ReadonlySet<string> = new Set([
  ...["Namespace", "NetworkPolicy", "Deployment", "StatefulSet", "Job", "CronJob", "Cluster"],
]);

/**
 * A neighbour made as this tenant is made, beside which it is judged: what is open between the two would be open between it and any tenant of today or
 * tomorrow, and which tenants there are is nothing that one may learn.
 */
function neighbourOf(tenant: string, objects: readonly Manifest[]): readonly Manifest[] {
  const place = new RegExp(`^t-${tenant}(-[a-z]+)?$`);
  const neighbour = tenant === "neighbour" ? "stranger" : "neighbour";
  const renamed = (_key: string, value: unknown): unknown => {
    if (value === tenant) return neighbour;
    return typeof value === "string" ? value.replace(place, `t-${neighbour}$1`) : value;
  };
  return objects
    .filter((object) => kindsOfNeighbours.has(object.kind) && tenantOf(object) === tenant)
    .map((object) => JSON.parse(JSON.stringify(object), renamed) as Manifest);
}
