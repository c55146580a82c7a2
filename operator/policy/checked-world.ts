import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import { names } from "../../crds/group.ts";
import type { Check } from "./check.ts";
import { tenantOfNamespace } from "./checks/tenant-namespace.ts";
import type { Evaluated } from "./evaluate.ts";
import { Evaluations } from "./evaluations.ts";

/** Whose results a change may have changed: of one tenant, or of all where it belongs to none. */
export type ChangeListener = (tenant: string | undefined) => void;

/**
 * The objects of a cluster as checks look at them: those of each tenant by themselves, so that nothing that is said of one can name another, and all of
 * them together for the platform. Holds what is read and nothing else; asks nobody.
 */
export class CheckedWorld {
  readonly #ofTenants: readonly Check[];
  readonly #gates: ReadonlySet<string>;
  readonly #platform: Evaluations;
  readonly #tenants = new Map<string, Evaluations>();
  /** What belongs to no tenant and every tenant is judged beside: classes, regions, nodes, roles. */
  readonly #shared = new Map<string, Manifest>();
  readonly #listeners: ChangeListener[] = [];

  constructor(catalogue: readonly Check[]) {
    this.#ofTenants = catalogue.filter(({ layer, gate }) => layer === "tenant" || gate !== undefined);
    this.#gates = new Set(catalogue.flatMap(({ id, gate }) => (gate === undefined ? [] : [id])));
    this.#platform = new Evaluations(catalogue.filter(({ layer }) => layer !== "tenant"));
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  put(object: Manifest): void {
    const tenant = tenantOf(object);
    const forPlatform = this.#platform.put(object);
    if (tenant === undefined) this.#shared.set(keyOf(refOf(object)), object);
    const own = tenant === undefined ? [...this.#tenants.values()] : [this.#evaluationsOf(tenant)];
    // Each has to take it: no short cut.
    const forTenants = own.map((evaluations) => evaluations.put(object)).some(Boolean);
    if (forPlatform || forTenants) this.#tell(tenant);
  }

  remove(object: Manifest): void {
    const tenant = tenantOf(object);
    const ref = refOf(object);
    const forPlatform = this.#platform.remove(ref);
    this.#shared.delete(keyOf(ref));
    const own = tenant === undefined ? [...this.#tenants.values()] : [this.#tenants.get(tenant)].filter(isThere);
    const forTenants = own.map((evaluations) => evaluations.remove(ref)).some(Boolean);
    if (forPlatform || forTenants) this.#tell(tenant);
  }

  /** What the checks of tenants say of one; `now` is RFC 3339. */
  tenant(name: string, now: string): Evaluated {
    return withoutStranger(this.#evaluationsOf(name).evaluated(now), name);
  }

  /** The same by the checks alone that hold back the first Ready, whatever layer they are of: judged by what is the tenant's, beside a stranger. */
  onboarding(name: string, now: string): Evaluated {
    return withoutStranger(this.#evaluationsOf(name).evaluated(now, this.#gates), name);
  }

  /** Asks the checks of the platform what has to be asked again, one at each step. */
  *askingPlatform(now: string): Generator<string> {
    yield* this.#platform.asking(now);
  }

  platform(now: string): Evaluated {
    return this.#platform.evaluated(now);
  }

  /** The tenant is gone, and with it everything that was held of it alone. */
  forget(name: string): void {
    this.#tenants.delete(name);
  }

  #evaluationsOf(tenant: string): Evaluations {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    const made = new Evaluations(this.#ofTenants);
    for (const object of [...this.#shared.values(), ...strangerTo(tenant)]) made.put(object);
    this.#tenants.set(tenant, made);
    return made;
  }

  #tell(tenant: string | undefined): void {
    for (const listener of this.#listeners) listener(tenant);
  }
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;
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

/**
 * A tenant that no policy holds, beside which each is judged: what is open to it would be open to any neighbour of today or tomorrow, and which neighbours
 * there are is nothing that a tenant may learn.
 */
function strangerTo(tenant: string): readonly Manifest[] {
  const namespace = strangerNamespace(tenant);
  const labels = { app: "anybody" };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "anybody", namespace },
      spec: { template: { metadata: { labels }, spec: { containers: [{ name: "anybody" }] } } },
    },
  ];
}

const strangerNamespace = (tenant: string): string => `t-${tenant === "stranger" ? "foreigner" : "stranger"}-apps`;

function withoutStranger({ results, notEvaluated }: Evaluated, tenant: string): Evaluated {
  const stranger = strangerNamespace(tenant);
  const own = results.filter(({ object }) => object.namespace !== stranger && object.name !== stranger);
  return { results: own, notEvaluated };
}
