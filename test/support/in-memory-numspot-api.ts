import type {
  LoadBalancer,
  ManagedCluster,
  ManagedDatabase,
  NumSpotApi,
  ProviderAccount,
  SecurityGroup,
  VpnConnection,
} from "../../operator/numspot/numspot-api.ts";
import { TerminalError } from "../../operator/runtime/errors.ts";
import { type SpaceContent, soundSpace } from "./numspot-worlds.ts";

/** The double of the adapter: one space. */
export class InMemoryNumSpotApi implements NumSpotApi {
  readonly space: string;
  content: SpaceContent;
  /** Questions that are answered by an error. */
  readonly failing = new Map<string, Error>();
  /** Every question, in order. */
  readonly asked: string[] = [];

  constructor(space: string, content: SpaceContent = soundSpace) {
    this.space = space;
    this.content = content;
  }

  zones = (space: string): Promise<readonly string[]> => this.#in(space, "zones", this.content.zones);
  kubernetesVersions = (): Promise<readonly string[]> =>
    this.#in(this.space, "kubernetesVersions", this.content.versions);
  clusters = (space: string): Promise<readonly ManagedCluster[]> => this.#in(space, "clusters", this.content.clusters);
  databases = (space: string): Promise<readonly ManagedDatabase[]> =>
    this.#in(space, "databases", this.content.databases);
  loadBalancers = (space: string): Promise<readonly LoadBalancer[]> =>
    this.#in(space, "loadBalancers", this.content.loadBalancers);
  securityGroups = (space: string): Promise<readonly SecurityGroup[]> =>
    this.#in(space, "securityGroups", this.content.securityGroups);
  vpnConnections = (space: string): Promise<readonly VpnConnection[]> =>
    this.#in(space, "vpnConnections", this.content.vpnConnections);
  accounts = (of: { readonly id: string }): Promise<readonly ProviderAccount[]> =>
    this.#in(of.id, "accounts", this.content.accounts);
  close = (): Promise<void> => Promise.resolve();

  #in<T>(space: string, question: string, answer: T): Promise<T> {
    this.asked.push(question);
    const failure = this.failing.get(question);
    if (failure !== undefined) return Promise.reject(failure);
    if (space !== this.space) return Promise.reject(new TerminalError("InvalidSpec", "no such space"));
    return Promise.resolve(answer);
  }
}
