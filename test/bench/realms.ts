import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { longHeaders } from "../../constructs/keycloak/keycloak-settings.ts";
import type { KeycloakApi, ServiceAccount } from "../../operator/keycloak/keycloak-api.ts";
import { HttpKeycloakApi } from "../../operator/keycloak/http-keycloak-api.ts";
import { accessToken } from "../servers/platform-account.ts";
import { type Servers, startServers } from "../servers/servers.ts";
import type * as RealmFixture from "../support/realm-fixture.ts";
import type { Figure } from "./figures.ts";
import { median } from "./statistics.ts";

const samples = 5;
/** Realms are filled up by this many at a time: as many as the server has cores here. */
const atATime = 2;

interface Stage {
  readonly realms: number;
  readonly ours: number;
  readonly bare: number;
  readonly look: number;
  readonly requests: number;
  readonly tokenKiB: number;
}

/**
 * What a realm costs on a real Keycloak with few and with many: to make it as the operator does, to make a bare one, and to look at one
 * that is as it should be. Figures are added as they come, so that a server that gives up on the way loses none.
 */
export async function realmCost(
  at: { readonly directory: string; readonly counts: readonly number[]; readonly say: (line: string) => void },
  into: Figure[],
): Promise<void> {
  // As a Keycloak that a region runs is told: beyond some 125 realms another one refuses the token of the account that made them.
  const servers = await startServers({ directory: at.directory, log: at.say, keycloakEnvironment: longHeaders });
  const api = new HttpKeycloakApi({ adminUrl: servers.keycloak.url }, () => Date.now());
  try {
    const bench = await RealmBench.create(api, servers.keycloak);
    // The first realm after a start pays for everything that the server loads late.
    await bench.make();
    let first: Stage | undefined;
    for (const count of at.counts) {
      await bench.fill(count - 1);
      const stage = await bench.measure(count);
      into.push(...figuresOf(stage, first));
      first ??= stage;
      at.say(`${count} realms: ${stage.ours.toFixed(0)} ms to make one, ${stage.look.toFixed(0)} ms to look at one`);
    }
  } finally {
    await api.close();
    await servers.stop();
  }
}

class RealmBench {
  readonly #fixture: typeof RealmFixture;
  readonly #api: KeycloakApi;
  readonly #server: Servers["keycloak"];
  readonly #made: RealmFixture.ProvidedRealm[] = [];
  #last = 0;

  private constructor(fixture: typeof RealmFixture, api: KeycloakApi, server: Servers["keycloak"]) {
    this.#fixture = fixture;
    this.#api = api;
    this.#server = server;
  }

  get #platform(): ServiceAccount {
    const { clientId, clientSecret } = this.#server;
    return { realm: "master", clientId, clientSecret };
  }

  static async create(api: KeycloakApi, server: Servers["keycloak"]): Promise<RealmBench> {
    // Its time limit for everything begins when it is loaded, so it is loaded late.
    const fixture = await import("../support/realm-fixture.ts");
    return new RealmBench(fixture, api, server);
  }

  async make(): Promise<number> {
    this.#last += 1;
    const { ProvidedRealm: Realm, realmOf } = this.#fixture;
    const realm = new Realm(realmOf(`bench${this.#last}`), { api: this.#api, platform: this.#platform });
    const milliseconds = await timed(() => realm.provide());
    this.#made.push(realm);
    return milliseconds;
  }

  async fill(count: number): Promise<void> {
    const work = async (): Promise<void> => {
      while (this.#last < count) await this.make();
    };
    await Promise.all(Array.from({ length: atATime }, work));
  }

  async measure(realms: number): Promise<Stage> {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let count = 0; count < samples; count += 1) {
      ours.push(await this.make());
      bare.push(await this.#bare(`bare${this.#last}`));
    }
    const chosen = this.#made.slice(-samples);
    // The first look of a realm fetches a token, which then serves for a minute.
    for (const realm of chosen) await realm.provide();
    const counter = new RequestCounter();
    const looks: number[] = [];
    for (const realm of chosen) looks.push(await timed(() => realm.provide()));
    return {
      realms,
      ours: median(ours),
      bare: median(bare),
      look: median(looks),
      requests: counter.end() / samples,
      tokenKiB: await this.#tokenKiB(),
    };
  }

  /** Length of the token that every request of the platform account carries. */
  async #tokenKiB(): Promise<number> {
    return (await accessToken(this.#server)).length / 1024;
  }

  async #bare(realm: string): Promise<number> {
    const call = (change: { kind: "create" | "delete"; method: "POST" | "DELETE"; body?: unknown }) =>
      this.#api.execute(
        { account: this.#platform, realm, change: { path: "", fields: [], why: "bench", ...change } },
        this.#fixture.never,
      );
    const milliseconds = await timed(() => call({ kind: "create", method: "POST", body: { realm, enabled: true } }));
    await call({ kind: "delete", method: "DELETE" });
    return milliseconds;
  }
}

/** Requests that this process sends. */
class RequestCounter {
  #count = 0;
  readonly #channel = "undici:request:create";
  readonly #listener = (): void => {
    this.#count += 1;
  };

  constructor() {
    subscribe(this.#channel, this.#listener);
  }

  end(): number {
    unsubscribe(this.#channel, this.#listener);
    return this.#count;
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** A Keycloak that was told nothing refuses requests whose headers are longer than that, and the token is one of them. */
const longestHeaderKiB = 64;

function figuresOf(stage: Stage, first: Stage | undefined): Figure[] {
  const of = `a realm, with ${stage.realms} on the server (real Keycloak)`;
  const figures: Figure[] = [
    { of, name: "to make", value: stage.ours, unit: "ms", note: `a bare realm takes ${stage.bare.toFixed(0)} ms` },
    { of, name: "to make, of a bare realm at the same time", value: stage.ours / stage.bare, unit: "×" },
    { of, name: "unchanged look", value: stage.look, unit: "ms" },
    { of, name: "requests of an unchanged look", value: stage.requests, unit: "", goal: { atMost: 1 } },
    {
      of,
      name: "token of the platform account",
      value: stage.tokenKiB,
      unit: "KiB",
      goal: { atMost: longestHeaderKiB, about: "where an External one answers 431" },
      note: "carries the roles on every realm that the account made",
    },
  ];
  if (first === undefined) return figures;
  const ratio = (name: string, value: (stage: Stage) => number): Figure => ({
    of,
    name: `${name}, against ${first.realms} realm`,
    value: value(stage) / value(first),
    unit: "×",
    goal: { atMost: 1.2, about: "at 300 realms, against 1" },
  });
  return [
    ...figures,
    ratio("to make", ({ ours }) => ours),
    ratio("to make, in bare realms of the same time", ({ ours, bare }) => ours / bare),
    ratio("unchanged look", ({ look }) => look),
  ];
}
