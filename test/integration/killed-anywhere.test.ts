import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import { builtinResourceTypes } from "../../operator/kube/builtin-resource-types.ts";
import { HttpKubeApi } from "../../operator/kube/http-kube-api.ts";
import { kubeConnection } from "../../operator/kube/kubeconfig.ts";
import { Transport } from "../../operator/runtime/transport.ts";
import { type Death, MortalOperator } from "../support/mortal-operator.ts";
import { Platform } from "../support/platform.ts";
import type { PortCall } from "../support/port-calls.ts";
import { seeded } from "../support/seeded.ts";
import { type Act, acts, differences, type Ending, Onlookers, TenantLife } from "../support/tenant-life.ts";
import { testCluster, uniqueName } from "../support/test-cluster.ts";
import { testServers } from "../support/test-servers.ts";

/*
 * The operator is killed at every call to Keycloak and PostgreSQL, and at a seeded sample of its calls to the API server, on the real
 * servers and with its own rights.
 *
 * Deaths happen in this process: the operator is composed over the real ports as its own process composes it, and at the chosen call all of its
 * ports fall silent for ever (test/support/mortal-operator.ts). To start a process per death would take ten times as long. What is not met
 * here is a death in the middle of a call that is several requests or statements; contract suites cut those, and outage.test.ts kills processes.
 *
 * One tenant lives through all acts, from onboarding to erasure, and dies in each of them at another call, so that no death pays for a
 * prologue of its own; after each act the world is the one that two undisturbed lives agree on, so that each death stands for itself. Six
 * such lives go on beside each other, each with an operator that sees its own tenant alone.
 */
const livesAtATime = 6;
const patienceMs = 180_000;

let platform: Platform;
let region: string;
let onlookers: Onlookers;
let installation: string;
let transport: Transport;

beforeAll(async () => {
  const { kubectl, kubeconfig } = testCluster();
  platform = new Platform(kubectl, testServers());
  await platform.prepare();
  region = await platform.region("home");
  const connection = await kubeConnection({ kubeconfig, environment: {} });
  transport = new Transport({ ...connection, userAgent: "people" });
  const kube = new HttpKubeApi(transport, [...builtinResourceTypes, ...socleResourceTypes], {
    random: Math.random,
    fieldManager: "people",
  });
  onlookers = new Onlookers(kube, platform);
  installation = (await platform.get(["namespace", "kube-system"]))?.metadata.uid ?? "";
});
afterAll(async () => {
  await onlookers.close();
  await transport.close();
});

/** How one act went. */
interface Told {
  readonly ending: Ending;
  readonly tally: Readonly<Record<string, number>>;
  readonly calls: readonly PortCall[];
  readonly deaths: readonly Death[];
  readonly bugs: readonly string[];
}
type Chronicle = Partial<Record<Act, Told>>;
type Deaths = Partial<Record<Act, readonly Death[]>>;

/** A whole life, told act by act. */
async function* lived(deaths: Deaths = {}): AsyncGenerator<readonly [Act, Told]> {
  const life = new TenantLife(onlookers, { name: uniqueName("k"), region });
  const { operatorKubeconfig: kubeconfig } = testCluster();
  const operator = new MortalOperator({ tenant: life.name, kubeconfig, installation });
  try {
    for (const act of acts) {
      await operator.rest(() => Promise.resolve(), patienceMs);
      operator.begin(deaths[act] ?? []);
      await life.do(act);
      await operator.rest(() => life.expectEnded(act), patienceMs);
      const ending = await life.ending();
      const { tally, calls, deaths: died, bugs } = operator;
      yield [act, { ending, tally: { ...tally }, calls: [...calls.values()], deaths: [...died], bugs: [...bugs] }];
    }
  } finally {
    await operator.end();
  }
}

async function chronicle(deaths?: Deaths): Promise<Chronicle> {
  const told: Chronicle = {};
  for await (const [act, one] of lived(deaths)) told[act] = one;
  return told;
}

/**
 * Deaths in one act, of which each is worth a life: at each external call before and, where it changes something, after its effect. `then`
 * holds calls to the API server, in an order of chance, for lives that have no other death in this act. Only calls that both undisturbed
 * lives made are named: a look more or less is a matter of moments.
 */
function deathsOf(
  both: readonly Told[],
  random: () => number,
): { readonly all: Death[]; readonly then: Death[]; readonly order: readonly string[] } {
  const [one, other] = both.map(({ calls }) => calls);
  const known = new Set(other?.map(({ name }) => name));
  const calls = (one ?? []).filter(({ name }) => known.has(name));
  const all = calls
    .filter(({ port }) => port !== "kube")
    .flatMap(({ name: at, writes }): Death[] =>
      writes
        ? [
            { at, when: "before" },
            { at, when: "after" },
          ]
        : [{ at, when: "before" }],
    );
  const then = calls
    .filter(({ port }) => port === "kube")
    .map(({ name: at, writes }) => ({ at, when: writes && random() < 0.5 ? "after" : "before" }) as const)
    .map((death) => ({ death, order: random() }))
    .toSorted((left, right) => left.order - right.order)
    .map(({ death }) => death);
  return { all, then, order: calls.map(({ name }) => name) };
}

/**
 * So many lives that every external call has its death, and some more. In every act there are two: the second at a call that comes later than the
 * first in a life that nobody disturbs, so that it is reached all the same.
 */
function livesOf(references: readonly Chronicle[], random: () => number): readonly Deaths[] {
  const plans = acts.map((act) => {
    const told = references.map((one) => one[act]).filter((one) => one !== undefined);
    return { act, ...deathsOf(told, random) };
  });
  const count = Math.ceil(Math.max(...plans.map(({ all }) => all.length)) / 2) + 2;
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(
      plans.map(({ act, all, then, order }) => {
        const [half, rest] = [Math.ceil(all.length / 2), count - Math.ceil(all.length / 2)];
        const outside = index < half ? [all[index], all[index + half]] : [];
        const inside = index < half ? [] : [then[index - half], then[index - half + rest]];
        const deaths = [...outside, ...inside].filter((death) => death !== undefined);
        return [act, deaths.toSorted((left, right) => order.indexOf(left.at) - order.indexOf(right.at))];
      }),
    ),
  );
}

/** Works them off, so many at a time. */
async function inParallel<T>(list: readonly T[], width: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...list];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/**
 * What another run may do without: a look that came out of a pause, and a status on the way, which is skipped when the next is known by then.
 * A change of the world never is.
 */
const mayBeMissed =
  / (ping|platformRights|login|probeRealm|get)[ ,]|^[a-z]+ (ping|platformRights)$|^kube apply .* status$/;

/** Deaths that did not come about, although each life makes that call. */
function unexpected(due: readonly Death[], died: readonly Death[]): readonly string[] {
  return due.filter((death) => !died.includes(death) && !mayBeMissed.test(death.at)).map(({ at }) => at);
}

interface Kills {
  outside: number;
  cluster: number;
  missed: number;
}

function count(kills: Kills | undefined, due: readonly Death[], died: readonly Death[]): void {
  if (kills === undefined) return;
  kills.missed += due.length - died.length;
  const cluster = died.filter(({ at }) => at.startsWith("kube ")).length;
  kills.cluster += cluster;
  kills.outside += died.length - cluster;
}

let reference: Chronicle;

describe("The operator, killed before or after a call and started again", () => {
  test("ends each act of a tenant's life as if nothing had happened, and makes and removes nothing twice", async () => {
    const references = await Promise.all([chronicle(), chronicle()]);
    const [one, other] = references;
    reference = one;
    for (const act of acts) {
      expect({ ...other[act], calls: [] }, act).toEqual({ ...one[act], calls: [] });
      expect(one[act]).toMatchObject({ deaths: [], bugs: [] });
      const works = act === "retention" || act === "erasure" ? undefined : { login: "ok", token: true };
      expect(one[act]?.ending.works, act).toEqual(works);
    }
    // Of a tenant that was erased, nothing is left but the name that nobody else may ever have.
    expect(one.erasure?.ending).toMatchObject({
      objects: [{ kind: "NameClaim", spec: { kind: "Domain", state: "Tombstoned" } }],
      realm: "none",
      database: {},
    });

    const failures: string[] = [];
    const kills = Object.fromEntries(acts.map((act): [Act, Kills] => [act, { outside: 0, cluster: 0, missed: 0 }]));
    await inParallel(livesOf(references, seeded(20_261)), livesAtATime, async (deaths) => {
      let now: Act = "onboarding";
      const where = (act: Act): string =>
        `${act}, killed ${(deaths[act] ?? []).map(({ at, when }) => `${when} ${at}`).join(" and ")}`;
      try {
        for await (const [act, told] of lived(deaths)) {
          const { ending, tally, deaths: died, bugs } = told;
          const wrong = differences({ ...ending, tally }, { ...reference[act]?.ending, tally: reference[act]?.tally });
          failures.push(...[...wrong, ...bugs].map((text) => `${where(act)}: ${text}`));
          failures.push(...unexpected(deaths[act] ?? [], died).map((at) => `${where(act)}: ${at} was never called`));
          count(kills[act], deaths[act] ?? [], died);
          if (wrong.length > 0) break;
          now = acts[acts.indexOf(act) + 1] ?? act;
        }
      } catch (error) {
        failures.push(`${where(now)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
    console.log(`kills by act: ${JSON.stringify(kills)}`);
    expect(failures).toEqual([]);
    // Each act is an act of killing too: in Keycloak and PostgreSQL it does something, and the rest is at the API server.
    for (const [act, { outside, cluster, missed }] of Object.entries(kills)) {
      expect([outside > 0, cluster > 0], act).toEqual([true, true]);
      expect(missed, act).toBeLessThan((outside + cluster) / 2);
    }
  }, 900_000);
});
