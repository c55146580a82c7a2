import { asOperatorError, TerminalError } from "../runtime/errors.ts";
import type {
  AccountHolder,
  LoadBalancer,
  ManagedCluster,
  ManagedDatabase,
  NumSpotApi,
  ProviderAccount,
  SecurityGroup,
  VpnConnection,
} from "./numspot-api.ts";

/** What NumSpot tells of a region. A fact that is absent is not known; an empty list says that there is none. */
export interface NumSpotFacts {
  readonly zones?: readonly string[];
  readonly kubernetesVersions?: readonly string[];
  readonly clusters?: readonly ManagedCluster[];
  readonly databases?: readonly ManagedDatabase[];
  readonly loadBalancers?: readonly LoadBalancer[];
  readonly securityGroups?: readonly SecurityGroup[];
  readonly vpnConnections?: readonly VpnConnection[];
  readonly accounts?: readonly ProviderAccount[];
  readonly buckets?: readonly string[];
}

export type FactName = keyof NumSpotFacts;

/** Why a fact is not known. */
export interface FactFailure {
  readonly fact: FactName;
  readonly reason: string;
  readonly message: string;
}

export interface FactsFound {
  readonly facts: NumSpotFacts;
  readonly failures: readonly FactFailure[];
}

/** Whom to ask, and about what. */
export interface FactSources {
  readonly api: NumSpotApi;
  readonly space: string | undefined;
  readonly organisation: string | undefined;
  /** The cluster that has to be among those of the space. */
  readonly cluster: string | undefined;
  /** Names of the buckets of the object store, which is another host with another key. */
  readonly buckets: (signal: AbortSignal) => Promise<readonly string[]>;
}

/** No fact is asked for more often. */
export const askEveryMs = 6 * 3_600_000;

/** When the facts of a region were asked for last, and with what. */
export interface LastAsk {
  readonly at: number;
  /** Everything that a person may have changed since: with other words, there is something new to ask. */
  readonly as: string;
}

/** A question that failed is one that was asked: it waits for its turn like the others. Pure. */
export function isDue(last: LastAsk | undefined, next: LastAsk): boolean {
  return last === undefined || last.as !== next.as || next.at - last.at >= askEveryMs;
}

type Questions = { readonly [Fact in FactName]-?: () => Promise<NonNullable<NumSpotFacts[Fact]>> };

/** Asks for each fact once; what fails is named, and keeps no other from being known. Never throws. */
export async function askFacts(sources: FactSources, signal: AbortSignal): Promise<FactsFound> {
  const failures: FactFailure[] = [];
  const asked = Object.entries(questions(sources, signal)).map(async ([fact, ask]) => {
    try {
      return [[fact, await ask()] as const];
    } catch (error) {
      const { reason, message } = asOperatorError(error);
      failures.push({ fact: fact as FactName, reason, message });
      return [];
    }
  });
  const facts: NumSpotFacts = Object.fromEntries((await Promise.all(asked)).flat());
  return { facts, failures: failures.sort((a, b) => a.fact.localeCompare(b.fact)) };
}

/** Every fact, with the same reason to be unknown. */
export function unknownFacts({ reason, message }: { readonly reason: string; readonly message: string }): FactsFound {
  return { facts: {}, failures: factNames.map((fact) => ({ fact, reason, message })) };
}

const factNames: readonly FactName[] = [
  "accounts",
  "buckets",
  "clusters",
  "databases",
  "kubernetesVersions",
  "loadBalancers",
  "securityGroups",
  "vpnConnections",
  "zones",
];

function questions({ api, space, organisation, cluster, buckets }: FactSources, signal: AbortSignal): Questions {
  const inSpace =
    <T>(ask: (space: string) => Promise<T>) =>
    async (): Promise<T> => {
      if (space !== undefined) return await ask(space);
      throw new TerminalError(
        "InvalidSpec",
        "NumSpot: this lies in a space, and the region names none; set spec.provider.spaceID.",
      );
    };
  const accountsOf = (of: AccountHolder): Promise<readonly ProviderAccount[]> => api.accounts(of, signal);
  return {
    zones: inSpace((id) => api.zones(id, signal)),
    kubernetesVersions: () => api.kubernetesVersions(signal),
    clusters: inSpace(async (id) => withOwn(await api.clusters(id, signal), cluster)),
    databases: inSpace((id) => api.databases(id, signal)),
    loadBalancers: inSpace((id) => api.loadBalancers(id, signal)),
    securityGroups: inSpace((id) => api.securityGroups(id, signal)),
    vpnConnections: inSpace((id) => api.vpnConnections(id, signal)),
    accounts:
      organisation === undefined
        ? inSpace((id) => accountsOf({ kind: "space", id }))
        : () => accountsOf({ kind: "organisation", id: organisation }),
    buckets: () => buckets(signal),
  };
}

/** Clusters of another space than that of the region would say nothing about it. */
function withOwn(clusters: readonly ManagedCluster[], own: string | undefined): readonly ManagedCluster[] {
  if (own === undefined || clusters.some(({ id }) => id === own)) return clusters;
  throw new TerminalError(
    "InvalidSpec",
    `NumSpot: cluster ${own} is not among the ${clusters.length} of the space; check clusterID and spaceID below spec.provider.`,
  );
}
