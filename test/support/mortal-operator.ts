import { SoapOpenXchangeApi } from "../../operator/openxchange/soap-openxchange-api.ts";
import { HttpNumSpotApi } from "../../operator/numspot/http-numspot-api.ts";
import { connectS3 } from "../../operator/objectstore/s3-object-store-api.ts";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import { names } from "../../crds/group.ts";
import { readConfig } from "../../operator/config.ts";
import { HttpKeycloakApi } from "../../operator/keycloak/http-keycloak-api.ts";
import { builtinResourceTypes } from "../../operator/kube/builtin-resource-types.ts";
import { HttpKubeApi } from "../../operator/kube/http-kube-api.ts";
import type { KubeApi, KubeObject, ListOptions, ResourceType, WatchEvent } from "../../operator/kube/kube-api.ts";
import { kubeConnection } from "../../operator/kube/kubeconfig.ts";
import { operate } from "../../operator/operator.ts";
import { PgPostgresApi } from "../../operator/postgres/pg-postgres-api.ts";
import type { Logger } from "../../operator/runtime/reconciler.ts";
import { Transport } from "../../operator/runtime/transport.ts";
import { HttpClusterWeb } from "../../operator/systems/cluster-web.ts";
import { Redactor } from "../../operator/telemetry/logger.ts";
import { Metrics } from "../../operator/telemetry/metrics.ts";
import { operatorUser } from "./installation.ts";
import { callOf, countOf, type Port, type PortCall } from "./port-calls.ts";
import { eventually } from "./test-cluster.ts";

/** Where the operator dies: at the first call of that name, before or after its effect. */
export interface Death {
  readonly at: string;
  readonly when: "before" | "after";
}

/** The one tenant that the operator sees, and the cluster that it sees it in. */
export interface Scope {
  readonly tenant: string;
  readonly kubeconfig: string;
  /** UID of namespace kube-system. */
  readonly installation: string;
}

class Killed extends Error {}

/** One process of the operator, as far as anybody outside of it can tell. */
interface Life {
  dead: boolean;
  readonly stop: AbortController;
  /** Calls that a server has heard and not answered. */
  readonly inFlight: Set<Promise<unknown>>;
  /** Connections, which end with the process. */
  readonly opened: { close(): Promise<void> }[];
  lastCallAt: number;
  ended: Promise<unknown>;
}

/** No call for so long, with nothing on its way: more than the pause after a conflict. */
const quietMs = 350;
type TypeName = Pick<ResourceType, "apiVersion" | "kind">;

/**
 * The operator as its process composes it, over the real servers and as its own user, that can be killed at any call of a port. From then
 * on nothing of it reaches a server and nothing that a server says reaches it; what was on its way ends first, as if each of those calls had
 * been the last; then connections and watches end, and a successor begins with no memory. It sees one tenant alone, so that several may
 * live beside each other in one cluster.
 */
export class MortalOperator {
  /** What was called since `begin`, by name, in the order of the first time. */
  readonly calls = new Map<string, PortCall>();
  /** How often each thing was made or removed since `begin`, by all lives together. */
  readonly tally: Record<string, number> = {};
  /** What a living operator called a bug of its own. */
  readonly bugs: string[] = [];
  /** Deaths since `begin`, in order. */
  readonly deaths: Death[] = [];
  readonly #scope: Scope;
  readonly #seen = new Set<string>();
  readonly #changes: Record<Port, Map<string, number>> = { kube: new Map(), keycloak: new Map(), postgres: new Map() };
  readonly #recent: string[] = [];
  #due: Death[] = [];
  #life: Promise<Life>;

  constructor(scope: Scope) {
    this.#scope = scope;
    this.#life = this.#born();
  }

  /** A new chapter: counts begin at nought, and the operator and its successors die once at each of these deaths. */
  begin(due: readonly Death[]): void {
    this.calls.clear();
    for (const key of Object.keys(this.tally)) Reflect.deleteProperty(this.tally, key);
    for (const changes of Object.values(this.#changes)) changes.clear();
    this.deaths.length = 0;
    this.#due = [...due];
  }

  /** Waits until the check throws no more and the operator, or its successor, has nothing to do. */
  async rest(check: () => Promise<void>, withinMs: number): Promise<void> {
    await eventually(async () => {
      const life = await this.#life;
      if (life.inFlight.size > 0 || performance.now() - life.lastCallAt < quietMs)
        throw new Error(`still at work; last: ${this.#recent.join(" | ")}`);
      await check();
      if (performance.now() - life.lastCallAt < quietMs) throw new Error("at work again");
    }, withinMs);
  }

  async end(): Promise<void> {
    const life = await this.#life;
    await bury(life);
    await life.ended;
  }

  async #born(): Promise<Life> {
    const { kubeconfig, installation } = this.#scope;
    const read = readConfig({
      KUBECONFIG: kubeconfig,
      SOCLE_USERNAME: operatorUser,
      SOCLE_HEALTH_ADDRESS: "127.0.0.1:0",
      SOCLE_LEADER_ELECTION: "false",
    });
    if (!read.ok) throw new Error(read.problems.join(" "));
    const connection = await kubeConnection({ kubeconfig, environment: {} });
    const transport = new Transport({ ...connection, userAgent: "socle-operator" });
    const life: Life = {
      dead: false,
      stop: new AbortController(),
      inFlight: new Set(),
      opened: [transport],
      lastCallAt: performance.now(),
      ended: Promise.resolve(),
    };
    const opened = <Api extends { close(): Promise<void> }>(port: Port, api: Api): Api => {
      life.opened.push(api);
      return this.#mortal(port, api, life);
    };
    const kube = new HttpKubeApi(transport, [...builtinResourceTypes, ...socleResourceTypes], Math.random);
    life.ended = operate(
      {
        connect: {
          connectPostgres: (server) => opened("postgres", new PgPostgresApi(server)),
          connectObjectStore: connectS3,
          connectOpenXchange: (server) => new SoapOpenXchangeApi(server),
          connectNumSpot: (server) => new HttpNumSpotApi(server, () => Date.now()),
          openWeb: () => new HttpClusterWeb(),
          connectKeycloak: (server) => opened("keycloak", new HttpKeycloakApi(server, () => Date.now())),
        },
        config: read.config,
        kube: this.#mortalKube(kube, life),
        log: this.#log(life),
        metrics: new Metrics(),
        redactor: new Redactor(),
        installation,
        leader: undefined,
      },
      life.stop,
    );
    return life;
  }

  /** A port of a life: every call of it may be the last. */
  #mortal<Api extends object>(port: Port, api: Api, life: Life): Api {
    return new Proxy(api, {
      get: (target, property) => {
        const method: unknown = target[property as keyof Api];
        // A promise of an API asks it whether it is a promise itself.
        if (typeof method !== "function") return method;
        // Connections end with the process, not before.
        if (property === "close") return () => Promise.resolve();
        return (...given: unknown[]) =>
          this.#call(
            life,
            { port, verb: String(property), given },
            () => Reflect.apply(method, target, given) as Promise<unknown>,
          );
      },
    });
  }

  #mortalKube(inner: KubeApi, life: Life): KubeApi {
    const sees = (object: KubeObject): boolean => [undefined, this.#scope.tenant].includes(tenantOf(object));
    const list = async (type: TypeName, options?: ListOptions): Promise<unknown> => {
      const { items, resourceVersion } = await this.#alive(life, () => inner.list(type, options));
      return { items: items.filter(sees), resourceVersion };
    };
    const watch = async function* (...given: Parameters<KubeApi["watch"]>): AsyncGenerator<WatchEvent<KubeObject>> {
      for await (const event of inner.watch(...given)) {
        if (life.dead) return;
        if (event.type === "BOOKMARK" || sees(event.object)) yield event;
      }
    };
    return Object.assign(Object.create(this.#mortal("kube", inner, life)) as KubeApi, { list, watch });
  }

  async #call(
    life: Life,
    made: { readonly port: Port; readonly verb: string; readonly given: readonly unknown[] },
    act: () => Promise<unknown>,
  ): Promise<unknown> {
    if (life.dead) throw new Killed();
    const call = callOf(made, { tenant: this.#scope.tenant, changes: this.#changes[made.port] });
    this.#recent.push(`${call.name}@${Math.round(performance.now())}`);
    this.#recent.splice(0, this.#recent.length - 12);
    if (!this.calls.has(call.name)) this.calls.set(call.name, call);
    const death = this.#due.find(({ at }) => at === call.name);
    if (death?.when === "before") this.#kill(life, death);
    try {
      return await this.#alive(life, async () => {
        const result = await act();
        this.#count(made, call, result);
        return result;
      });
    } finally {
      if (death?.when === "after") this.#kill(life, death);
    }
  }

  /** Whatever a server answers to a life that has ended is heard by nobody. */
  async #alive<T>(life: Life, act: () => Promise<T>): Promise<T> {
    expectAlive(life);
    const running = act();
    life.inFlight.add(running);
    try {
      const result = await running;
      expectAlive(life);
      return result;
    } finally {
      life.inFlight.delete(running);
      life.lastCallAt = performance.now();
    }
  }

  #count(made: { readonly port: Port; readonly given: readonly unknown[] }, call: PortCall, result: unknown): void {
    const { port } = made;
    if (call.change !== undefined)
      this.#changes[port].set(call.change, (this.#changes[port].get(call.change) ?? 0) + 1);
    const counted = countOf({ ...made, call, result });
    if (counted === undefined || this.#seen.has(counted.once)) return;
    if (port === "kube") this.#seen.add(counted.once);
    this.tally[counted.name] = (this.tally[counted.name] ?? 0) + 1;
  }

  #kill(life: Life, death: Death): void {
    this.deaths.push(death);
    this.#due = this.#due.filter((one) => one !== death);
    // Another call may have been its last meanwhile: this one had its effect, and its answer was heard by nobody.
    if (life.dead) return;
    life.dead = true;
    this.#life = bury(life).then(() => this.#born());
  }

  #log(life: Life): Logger {
    const log: Logger = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: ({ reason, why }) => {
        if (!life.dead && reason === "InternalError") this.bugs.push(String(why));
      },
      child: () => log,
    };
    return log;
  }
}

/** It may have died while a server thought about its answer. */
function expectAlive({ dead }: Life): void {
  if (dead) throw new Killed();
}

/** What was on its way ends, then everything that the process held open. */
async function bury(life: Life): Promise<void> {
  life.dead = true;
  await Promise.allSettled(life.inFlight);
  life.stop.abort();
  await Promise.allSettled(life.opened.map((one) => one.close()));
}

/** The tenant that an object is about, or is; of names all are seen, since whoever looks for a rival looks at all of them. */
function tenantOf({ kind, metadata, ...rest }: KubeObject): string | undefined {
  if (kind === "Tenant") return metadata.name;
  const spec = rest["spec"] as { readonly tenantRef?: { readonly name: string } } | undefined;
  if (kind === "NameClaim") return undefined;
  return spec?.tenantRef?.name ?? metadata.labels?.[names.tenantLabel];
}
