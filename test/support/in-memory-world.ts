import { type Manifest, type ObjectRef, refOf } from "../../constructs/manifest.ts";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import { moduleDeploymentKind } from "../../crds/v1alpha1/module-deployment.ts";
import { nameClaimKind } from "../../crds/v1alpha1/name-claim.ts";
import { sovereignRegionKind } from "../../crds/v1alpha1/sovereign-region.ts";
import type { KindMeta } from "../../crds/v1alpha1/status.ts";
import { tenantKind } from "../../crds/v1alpha1/tenant.ts";
import { tenantIdentityProviderKind } from "../../crds/v1alpha1/tenant-identity-provider.ts";
import { IdentityProviderReconciler } from "../../operator/controllers/identity-provider/reconciler.ts";
import { ModuleReconciler } from "../../operator/controllers/module/reconciler.ts";
import { NameClaimReconciler } from "../../operator/controllers/name-claim/reconciler.ts";
import { ManagedIdentity } from "../../operator/controllers/region/identity.ts";
import { ProviderFacts } from "../../operator/controllers/region/provider-facts.ts";
import { PolicyExceptionReconciler } from "../../operator/controllers/policy-exception/reconciler.ts";
import { RegionReconciler } from "../../operator/controllers/region/reconciler.ts";
import { TenantReconciler } from "../../operator/controllers/tenant/reconciler.ts";
import type { KeycloakApi } from "../../operator/keycloak/keycloak-api.ts";
import type { DeletePreconditions, KubeApi, KubeObject } from "../../operator/kube/kube-api.ts";
import type { ObjectStoreApi } from "../../operator/objectstore/object-store-api.ts";
import type { OpenXchangeApi } from "../../operator/openxchange/openxchange-api.ts";
import type { PostgresApi, PostgresServer } from "../../operator/postgres/postgres-api.ts";
import { catalogue } from "../../operator/policy/catalogue/catalogue.ts";
import type { EventFact } from "../../operator/reconcile/event-recorder.ts";
import {
  asOperatorError,
  ConflictError,
  InternalError,
  TerminalError,
  TransientError,
  WaitingError,
} from "../../operator/runtime/errors.ts";
import { keyString, type ObjectKey, type Reconciler } from "../../operator/runtime/reconciler.ts";
import { reflect } from "../../operator/runtime/reflector.ts";
import type { WebAnswer } from "../../operator/systems/cluster-web.ts";
import { HomeSecrets } from "../../operator/systems/home-secrets.ts";
import type { ProviderAnswer } from "../../operator/systems/provider-web.ts";
import { RegionSystems } from "../../operator/systems/region-systems.ts";
import { SecretStore } from "../../operator/systems/secret-store.ts";
import { CheckedWorld } from "../../operator/policy/checked-world.ts";
import { connectChecks } from "../../operator/check-wiring.ts";
import { TenantControls } from "../../operator/controllers/report/controls.ts";
import { allWatched, createCaches } from "../../operator/caches.ts";
import { connect, connectHomeSecrets, type Queues } from "../../operator/wiring.ts";
import { InMemoryKeycloakApi } from "./in-memory-keycloak-api.ts";
import { InMemoryKubeApi, type KindRules } from "./in-memory-kube-api.ts";
import { InMemoryNumSpotApi } from "./in-memory-numspot-api.ts";
import { InMemoryObjectStore } from "./in-memory-object-store-api.ts";
import { InMemoryAppSuite } from "./in-memory-openxchange-api.ts";
import { InMemoryPostgres } from "./in-memory-postgres-api.ts";
import { silent } from "./silent-logger.ts";

type ControllerName = keyof Queues;
const controllerNames: readonly ControllerName[] = [
  "region",
  "tenant",
  "module",
  "claim",
  "identityProvider",
  "exception",
];

/** One call of the operator to a server; a statement of PostgreSQL counts as one too. */
export interface PortCall {
  readonly port: "kube" | "keycloak" | "postgres" | "objectstore" | "openxchange";
  readonly verb: string;
  readonly target: string;
  readonly writes: boolean;
}

/** What happens at a call: the operator is killed, nobody answers, the answer is lost, somebody else was faster. */
export type Fault = "killed before" | "killed after" | "refused" | "answer lost" | "conflict";
export type FaultOf = (index: number, call: PortCall) => Fault | undefined;

class Killed extends Error {}

/** One process of the operator. Once it is dead, nothing that still runs of it reaches a server. */
interface Life {
  dead: boolean;
  readonly stop: AbortController;
  readonly reconcilers: Readonly<Record<ControllerName, Reconciler>>;
  readonly waiting: Map<string, Waiting>;
}

interface Waiting {
  readonly controller: ControllerName;
  readonly key: ObjectKey;
  readonly at: number;
  readonly order: number;
}

const operatorNamespace = "socle-system";
/** Fields that hold when something happened, which no two runs have in common. */
const timesOfNow: ReadonlySet<string> = new Set(["lastTransitionTime", "time", "deletionTimestamp", "onboardedAt"]);
/** Those that decide whether a tenant may be Ready; what all others find is written by nobody here. */
const onboardingChecks = catalogue.filter(({ gate }) => gate !== undefined);
export const hourMs = 3_600_000;
/** What comes later than this is the business of clocks, not of settling. */
const patienceMs = 60_000;
const mostLooks = 3_000;
const platform = { realm: "master", clientId: "socle", clientSecret: "platform-secret" };
/**
 * Fills in defaults; an object that does not fit is let in as it is, like one that is older than its schema. A status is there from the first
 * second, as the definitions have it.
 */
const withDefaults = ({ spec, status }: KindMeta): KindRules => ({
  defaults: (object) => {
    const parsed = spec.safeParse(object["spec"]);
    return {
      ...object,
      ...(parsed.success ? { spec: parsed.data } : {}),
      ...(status === undefined ? {} : { status: object["status"] ?? { observedGeneration: -1 } }),
    };
  },
});

/**
 * A cluster, a Keycloak and a PostgreSQL in memory, and the operator as it is, with its own caches, watches and wiring, on a clock that
 * only the test moves. One reconcile at a time, in the order in which a queue gives out keys: the same story is the same calls.
 */
export class InMemoryWorld {
  now = Date.parse("2026-03-01T08:00:00Z");
  readonly kube = new InMemoryKubeApi({
    types: socleResourceTypes,
    now: () => this.now,
    rules: {
      Tenant: withDefaults(tenantKind),
      ModuleDeployment: withDefaults(moduleDeploymentKind),
      SovereignRegion: withDefaults(sovereignRegionKind),
      NameClaim: withDefaults(nameClaimKind),
      TenantIdentityProvider: withDefaults(tenantIdentityProviderKind),
    },
  });
  readonly keycloak: InMemoryKeycloakApi;
  readonly postgres = new InMemoryPostgres();
  /** The server at an address. */
  postgresAt = (_server: PostgresServer): InMemoryPostgres => this.postgres;
  readonly objectStore = new InMemoryObjectStore();
  readonly appSuite = new InMemoryAppSuite();
  readonly numSpot = new InMemoryNumSpotApi("22222222-2222-4222-8222-222222222222");
  /** What applications in the cluster answer. */
  web = (_url: string): WebAnswer | Promise<WebAnswer> => ({ status: 0, body: undefined });
  /** What providers of identities answer. A form is what is posted to them. */
  providers = (_url: string, _form?: Readonly<Record<string, string>>): ProviderAnswer => ({ status: 404, text: "" });
  /** Calls since faults were last set. */
  readonly calls: PortCall[] = [];
  readonly events: EventFact[] = [];
  /** What was made and what went, by name: how often. */
  readonly made = new Map<string, number>();
  readonly gone = new Map<string, number>();
  /** Sentences about what must never happen. */
  readonly sins: string[] = [];
  readonly realms = new Set<string>();
  #faultOf: FaultOf = () => undefined;
  #life: Life | undefined;
  #order = 0;
  lives = 0;

  /** `keycloakUrl` is the public one, which realms call themselves by. */
  constructor({ keycloakUrl = "https://sso.example" } = {}) {
    this.keycloak = new InMemoryKeycloakApi({ platform, url: keycloakUrl });
    this.postgres.beforeStatement = (change) => {
      const call = { port: "postgres", verb: "statement", target: change.kind, writes: false } as const;
      if (this.#faultAt(call) === "killed before") this.#die();
    };
  }

  /** From now on calls are counted from 0 and may fail. */
  setFaults(faultOf: FaultOf): void {
    this.calls.length = 0;
    this.#faultOf = faultOf;
  }

  /** Runs the operator, again after each death, until nothing asks for a look within the next minute; throws after so many looks. */
  async settle(most = mostLooks): Promise<void> {
    const next = await this.looks(most);
    if (next !== undefined) throw new Error(`Never rests: ${next}`);
  }

  /** The operator looks that often, and may have more to do: returns what it would look at next, or undefined where nothing asks for a look within the next minute. */
  async looks(most: number): Promise<string | undefined> {
    for (let looks = 0; ; looks += 1) {
      const life = await this.#living();
      const next = earliest(life.waiting);
      if (next === undefined || next.at > this.now + patienceMs) return undefined;
      if (looks > most) return `${next.controller} ${keyString(next.key)}`;
      life.waiting.delete(idOf(next.controller, next.key));
      this.now = Math.max(this.now, next.at);
      await this.#look(life, next);
    }
  }

  /** Time passes, and the operator does what is due. */
  async pass(ms: number, most = mostLooks): Promise<void> {
    this.now += ms;
    await this.settle(most);
  }

  /** Another process takes over. */
  restart(): void {
    if (this.#life === undefined) return;
    this.#life.dead = true;
    this.#life.stop.abort();
    this.#life = undefined;
  }

  async #living(): Promise<Life> {
    if (this.#life?.dead === true) this.restart();
    this.#life ??= this.#born();
    // Watches run on promises alone: one turn of the event loop tells the caches all there is to tell.
    await new Promise((resolve) => setImmediate(resolve));
    return this.#life;
  }

  async #look(life: Life, { controller, key }: Waiting): Promise<void> {
    const again = (afterMs: number): void => {
      this.#enqueue(life, { controller, key, at: this.now + afterMs });
    };
    try {
      const outcome = await life.reconcilers[controller].reconcile(key, { log: silent, signal: life.stop.signal });
      if (outcome.kind === "requeue") again(outcome.afterMs);
    } catch (thrown) {
      if (life.dead) return;
      const error = asOperatorError(thrown);
      if (error instanceof InternalError) this.sins.push(`${controller} ${keyString(key)}: ${error.message}`);
      if (error instanceof TerminalError) return;
      if (error instanceof WaitingError) again(error.retryAfterMs);
      else again(error instanceof ConflictError ? 250 : 1_000);
    }
  }

  #enqueue(life: Life, wanted: Omit<Waiting, "order">): void {
    const id = idOf(wanted.controller, wanted.key);
    const known = life.waiting.get(id);
    if (known !== undefined && known.at <= wanted.at) return;
    this.#order += 1;
    life.waiting.set(id, { ...wanted, order: this.#order });
  }

  #born(): Life {
    this.lives += 1;
    const caches = createCaches(this.kube, operatorNamespace, silent);
    const checked = new CheckedWorld(onboardingChecks);
    const waiting = new Map<string, Waiting>();
    const stop = new AbortController();
    const homeSecrets = new HomeSecrets({
      kube: this.kube,
      log: silent,
      random: () => 0.5,
      onSecret: () => undefined,
    });
    stop.signal.addEventListener("abort", () => {
      homeSecrets.close();
    });
    const life: Life = {
      dead: false,
      stop,
      waiting,
      reconcilers: this.#reconcilers({ caches, homeSecrets, checked }, () => life),
    };
    const queues = Object.fromEntries(
      controllerNames.map((controller) => {
        const enqueue = (key: ObjectKey): void => {
          this.#enqueue(life, { controller, key, at: this.now });
        };
        return [controller, { enqueue, enqueueAfresh: enqueue }];
      }),
    ) as unknown as Queues;
    connect(caches, queues);
    const none = { enqueue: () => undefined };
    connectChecks(caches, { world: checked, tenants: queues.tenant, tenantReports: none, regionReports: none });
    connectHomeSecrets(caches, queues, homeSecrets);
    for (const { name, source, cache } of allWatched(caches))
      void reflect({ name, source, cache, log: silent, random: () => 0.5 }, stop.signal);
    return life;
  }

  #reconcilers(
    {
      caches,
      homeSecrets,
      checked,
    }: {
      readonly caches: ReturnType<typeof createCaches>;
      readonly homeSecrets: HomeSecrets;
      readonly checked: CheckedWorld;
    },
    life: () => Life,
  ): Life["reconcilers"] {
    const kube = this.#guardedKube(life);
    const clock = { now: () => this.now };
    const events = {
      record: (fact: EventFact) => {
        if (!life().dead) this.events.push(fact);
      },
    };
    const systems = new RegionSystems({
      operatorNamespace,
      secrets: caches.secrets.cache,
      configMaps: caches.configMaps.cache,
      identitySecrets: caches.identitySecrets.cache,
      connectPostgres: (server) =>
        this.#guarded<PostgresApi>("postgres", this.postgresAt(server).connect(server), life),
      connectKeycloak: () => this.#guarded<KeycloakApi>("keycloak", this.keycloak, life),
      connectOpenXchange: (server) => this.#guarded<OpenXchangeApi>("openxchange", this.appSuite.connect(server), life),
      connectNumSpot: () => this.numSpot,
      connectObjectStore: (server) =>
        this.#guarded<ObjectStoreApi>("objectstore", this.objectStore.connect(server), life),
      onSecret: () => undefined,
    });
    const shared = {
      kube,
      clock,
      events,
      systems,
      tenants: caches.tenants.cache,
      regions: caches.regions.cache,
      modules: caches.modules.cache,
      claims: caches.claims.cache,
      namespaces: caches.namespaces.cache,
      storageClasses: caches.storageClasses.cache,
      ingressClasses: caches.ingressClasses.cache,
      issuers: caches.issuers.cache,
      gateways: caches.gateways.cache,
      apiServers: caches.apiServers.cache,
      probeIntervalMs: 300_000,
    };
    const controls = new TenantControls(checked, clock);
    const secrets = new SecretStore({ kube, onSecret: () => undefined, clock: shared.clock });
    const identity = new ManagedIdentity({
      ...shared,
      secrets,
      workloads: new Map(caches.identity.map((watched) => [watched.name, watched.cache])),
      identitySecrets: caches.identitySecrets.cache,
      installation: "installation",
    });
    return {
      region: new RegionReconciler({ ...shared, identity, providerFacts: new ProviderFacts(shared) }),
      tenant: new TenantReconciler({
        ...shared,
        controls,
        children: new Map(caches.children.map((child) => [child.name, child.cache])),
        ingresses: caches.ingresses.cache,
        routes: caches.routes.cache,
        operatorNamespace,
        operatorSubject: { kind: "ServiceAccount", namespace: operatorNamespace, name: "socle" },
      }),
      module: new ModuleReconciler({
        ...shared,
        secrets,
        workloads: new Map(caches.workloads.map((watched) => [watched.name, watched.cache])),
        web: { get: (url) => Promise.resolve(this.web(url)) },
        installation: "installation",
        externalIntervalMs: 6 * hourMs,
      }),
      exception: new PolicyExceptionReconciler({ ...shared, exceptions: caches.exceptions.cache, catalogue }),
      claim: new NameClaimReconciler({ ...shared, graceMs: 600_000 }),
      identityProvider: new IdentityProviderReconciler({
        ...shared,
        identityProviders: caches.identityProviders.cache,
        secrets,
        homeSecrets,
        providerWeb: {
          get: (url) => Promise.resolve(this.providers(url)),
          post: ({ url, form }) => Promise.resolve(this.providers(url, form)),
        },
        installation: "installation",
        externalIntervalMs: 6 * hourMs,
      }),
    };
  }

  #guardedKube(life: () => Life): KubeApi {
    const guarded = this.#guarded<KubeApi>("kube", this.kube, life);
    return Object.assign(Object.create(guarded) as KubeApi, {
      delete: (ref: ObjectRef, preconditions: DeletePreconditions) => {
        if (typeof preconditions.uid !== "string" || preconditions.uid === "")
          this.sins.push(`${ref.kind} ${ref.name} was to be deleted without its uid`);
        return guarded.delete(ref, preconditions);
      },
    });
  }

  /** A port behind which faults happen and things are counted. */
  #guarded<Api extends object>(port: PortCall["port"], api: Api, life: () => Life): Api {
    return new Proxy(api, {
      get: (target, property) => {
        const verb = String(property);
        const method: unknown = target[property as keyof Api];
        // A promise of an API asks it whether it is a promise itself.
        if (typeof method !== "function") return method;
        return (...given: unknown[]) =>
          verb === "close"
            ? Promise.resolve()
            : this.#call(
                life(),
                callOf(port, verb, given),
                () => Reflect.apply(method, target, given) as Promise<unknown>,
              );
      },
    });
  }

  async #call(life: Life, call: PortCall, act: () => Promise<unknown>): Promise<unknown> {
    if (life.dead) throw new Killed();
    const fault = this.#faultAt(call);
    if (fault === "killed before") this.#die();
    if (fault === "refused") throw new TransientError("ProviderUnreachable", "Nobody answers.");
    if (fault === "conflict" && call.writes && call.port === "kube") throw new ConflictError("Somebody was faster.");
    const before = call.writes ? this.#present() : undefined;
    const result = await act()
      .catch((error: unknown) => {
        // An answer that refuses is an answer too.
        if (fault === "killed after") this.#die();
        throw error;
      })
      .finally(() => {
        if (before !== undefined) this.#count(before);
      });
    if (call.verb === "execute" && call.port === "keycloak") this.#countRealm(call.target);
    if (fault === "killed after") this.#die();
    if (fault === "answer lost") throw new TransientError("ProviderUnreachable", "The answer was lost.");
    return result;
  }

  #faultAt(call: PortCall): Fault | undefined {
    this.calls.push(call);
    return this.#faultOf(this.calls.length - 1, call);
  }

  #die(): never {
    if (this.#life !== undefined) this.#life.dead = true;
    throw new Killed();
  }

  #count(before: ReadonlySet<string>): void {
    const after = this.#present();
    for (const name of after) if (!before.has(name)) this.made.set(name, (this.made.get(name) ?? 0) + 1);
    for (const name of before) if (!after.has(name)) this.gone.set(name, (this.gone.get(name) ?? 0) + 1);
  }

  /** The double does not list its realms, as no operator may ask a server to. */
  #countRealm(target: string): void {
    const [change, realm = ""] = target.split(" ");
    const [counted, done] =
      change === "create" ? [this.made, this.realms.add(realm)] : [this.gone, change === "delete"];
    if (done === false) return;
    if (change === "delete") this.realms.delete(realm);
    counted.set(`realm ${realm}`, (counted.get(`realm ${realm}`) ?? 0) + 1);
  }

  #present(): ReadonlySet<string> {
    return new Set([
      ...this.kube.objects().map((object) => nameOf(refOf(object))),
      ...[...this.postgres.roles.keys()].map((name) => `role ${name}`),
      ...[...this.postgres.databases.keys()].map((name) => `database ${name}`),
      ...[...this.appSuite.contexts.keys()].map((name) => `context ${name}`),
    ]);
  }

  /** Everything that is there, without what no two runs have in common: uids, versions, times, random values. */
  async snapshot(): Promise<Snapshot> {
    const objects = this.kube.objects();
    const uids = new Map(objects.map((object) => [object.metadata.uid, nameOf(refOf(object))]));
    const secrets = secretValues(objects);
    const realms = [...this.realms].map(async (realm) => [realm, await this.#realm(realm, secrets)] as const);
    const roles = [...this.postgres.roles].map(
      ([name, { password = "none", ...role }]) =>
        [name, { ...role, password: secrets.get(password) ?? password }] as const,
    );
    return structuredClone({
      objects: Object.fromEntries(objects.map((object) => [nameOf(refOf(object)), comparable(object, uids)])),
      realms: Object.fromEntries(await Promise.all(realms)),
      roles: Object.fromEntries(roles),
      databases: Object.fromEntries(this.postgres.databases),
      contexts: Object.fromEntries(this.#contexts(secrets)),
    });
  }

  #contexts(secrets: ReadonlyMap<string, string>): [string, unknown][] {
    return [...this.appSuite.contexts].map(([name, { id: _id, administrator, ...context }]) => {
      const password = secrets.get(administrator.password) ?? administrator.password;
      return [name, { ...context, administrator: { ...administrator, password } }];
    });
  }

  async #realm(realm: string, secrets: ReadonlyMap<string, string>): Promise<unknown> {
    const observed = await this.keycloak.observeRealm(platform, realm);
    const accounts = [...secrets].map(async ([clientSecret, name]) => {
      const own = { realm, clientId: "socle-operator", clientSecret };
      const accepted = await this.keycloak.observeRealm(own, realm).catch(() => undefined);
      return accepted === undefined ? [] : [name];
    });
    return {
      representation: withoutIds(observed?.representation),
      clients: this.keycloak.namesOf(realm, "clients"),
      users: this.keycloak.namesOf(realm, "users"),
      ownSecret: (await Promise.all(accounts)).flat(),
    };
  }
}

export interface Snapshot {
  readonly objects: Readonly<Record<string, unknown>>;
  readonly realms: Readonly<Record<string, unknown>>;
  readonly roles: Readonly<Record<string, unknown>>;
  readonly databases: Readonly<Record<string, unknown>>;
  readonly contexts: Readonly<Record<string, unknown>>;
}

/** Values of all Secrets, each with a name that is the same in every run. */
function secretValues(objects: readonly KubeObject[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { kind, metadata, data = {} } of objects as readonly (KubeObject & { data?: Record<string, string> })[]) {
    if (kind !== "Secret") continue;
    for (const [key, value] of Object.entries(data))
      values.set(Buffer.from(value, "base64").toString(), `${key} of ${metadata.namespace ?? ""}/${metadata.name}`);
  }
  return values;
}

function idOf(controller: ControllerName, key: ObjectKey): string {
  return `${controller} ${keyString(key)}`;
}

function earliest(waiting: ReadonlyMap<string, Waiting>): Waiting | undefined {
  let best: Waiting | undefined;
  for (const one of waiting.values())
    if (best === undefined || one.at < best.at || (one.at === best.at && one.order < best.order)) best = one;
  return best;
}

const writing = new Set(["makeFirstAccounts", "removeFirstAccount", "create", "apply", "patch", "delete", "execute"]);

/** The first argument of a port's method says what it is about: an object, its reference, a kind, or a change. */
interface About extends Partial<ObjectRef> {
  readonly metadata?: Manifest["metadata"];
  readonly realm?: string;
  readonly change?: { readonly kind: string };
}

function callOf(port: PortCall["port"], verb: string, given: readonly unknown[]): PortCall {
  const about = (given[0] ?? {}) as About;
  const kind = about.change?.kind ?? about.kind ?? "";
  const name = about.realm ?? about.name ?? about.metadata?.name ?? "";
  return { port, verb, target: `${kind} ${name}`.trim(), writes: writing.has(verb) };
}

function nameOf({ kind, namespace, name }: ObjectRef): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** An object as two runs should agree on it. */
function comparable(object: KubeObject, uids: ReadonlyMap<string, string>): unknown {
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...metadata } = object.metadata;
  const { data, ...rest } = object as KubeObject & { data?: Readonly<Record<string, string>> };
  const seen = {
    ...rest,
    metadata,
    ...(data === undefined ? {} : { data: object.kind === "Secret" ? Object.keys(data).sort() : data }),
  };
  return JSON.parse(
    JSON.stringify(seen, (key, value: unknown) => {
      if (timesOfNow.has(key)) return "some time";
      return typeof value === "string" ? (uids.get(value) ?? value) : value;
    }),
  );
}

function withoutIds(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? {}, (key, inner: unknown) => (key === "id" || key === "internalId" ? undefined : inner)),
  );
}
