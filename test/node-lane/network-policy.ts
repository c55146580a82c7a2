import { holds } from "../../operator/policy/reachability/label-selector.ts";
import { network } from "./layout.ts";
import type { Watched } from "./watch.ts";

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: string;
}

export interface Pod extends Watched {
  readonly spec: {
    readonly hostNetwork?: boolean;
    readonly containers: readonly { readonly ports?: readonly ContainerPort[] }[];
  };
  readonly status?: { readonly podIP?: string; readonly phase?: string };
}

interface PolicyPort {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

interface PolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface PolicyRule {
  readonly ports?: readonly PolicyPort[];
  readonly from?: readonly PolicyPeer[];
  readonly to?: readonly PolicyPeer[];
}

export interface Policy extends Watched {
  readonly spec: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly PolicyRule[];
    readonly egress?: readonly PolicyRule[];
  };
}

/** What the cluster looks like to the packet filter. */
export interface PolicyWorld {
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Watched[];
  readonly policies: readonly Policy[];
}

type Direction = "Ingress" | "Egress";

/** Name of the table that holds the policies, and nothing else. */
export const policyTable = "socle-policies";

/** True when the labels satisfy every requirement of the selector; an empty selector selects everything. */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>> = {}): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) =>
      holds({ operator, values }, labels[key]),
    )
  );
}

/**
 * The whole packet filter for this state of the cluster, as one nftables transaction. A pod that some policy selects gets a chain for each direction in
 * which it is isolated: what one rule of one policy admits goes on, all else is dropped. IPv4 only, as the node is. Not covered: pods in the network of
 * the node, connections that exist already, and a new pod until its status shows its address, about a second.
 */
export function policyRules(world: PolicyWorld): string {
  const pods = world.pods.filter(hasAddress);
  const chains: string[] = [];
  const jumps: Record<Direction, string[]> = { Ingress: [], Egress: [] };
  for (const pod of pods) {
    for (const direction of ["Ingress", "Egress"] as const) {
      const policies = world.policies.filter((policy) => isolates(policy, pod, direction));
      if (policies.length === 0) continue;
      const name = `${direction.toLowerCase()}-${pod.metadata.uid}`;
      const admitted = policies.flatMap((policy) => admissions({ policy, pod, direction, pods, world }));
      chains.push(
        `chain ${name} {\n${[...new Set(admitted)].map((match) => `${match}return\n`).join("")}counter drop\n}`,
      );
      jumps[direction].push(`${pod.status.podIP} : jump ${name}`);
    }
  }
  const from = verdicts("ip saddr", jumps.Egress);
  const to = verdicts("ip daddr", jumps.Ingress);
  const hook = (name: string, rules: string): string =>
    `chain ${name} {\ntype filter hook ${name} priority filter; policy accept;\nct state established,related accept\n${rules}}`;
  const table = `table inet ${policyTable}`;
  // Packets to the node itself pass only the second hook, and those from it only the third: probes are always let through, and what the ingress sends
  // is judged by its address, as if it were a pod of its own.
  const fromIngress = to === "" ? "" : `ip saddr ${network.ingressAddress} ${to}`;
  return `${table}\ndelete ${table}\n${table} {\n${[...chains, hook("forward", from + to), hook("input", from), hook("output", fromIngress)].join("\n")}\n}\n`;
}

type AddressedPod = Pod & { readonly status: { readonly podIP: string } };

function hasAddress(pod: Pod): pod is AddressedPod {
  const { podIP, phase } = pod.status ?? {};
  return podIP !== undefined && pod.spec.hostNetwork !== true && phase !== "Succeeded" && phase !== "Failed";
}

function verdicts(match: string, jumps: readonly string[]): string {
  return jumps.length === 0 ? "" : `${match} vmap { ${jumps.join(", ")} }\n`;
}

function isolates(policy: Policy, pod: Pod, direction: Direction): boolean {
  const { policyTypes, egress, podSelector = {} } = policy.spec;
  const types = policyTypes ?? (egress === undefined ? ["Ingress"] : ["Ingress", "Egress"]);
  return (
    policy.metadata.namespace === pod.metadata.namespace &&
    types.includes(direction) &&
    selects(podSelector, pod.metadata.labels)
  );
}

interface Admission {
  readonly policy: Policy;
  /** The pod that is isolated. */
  readonly pod: AddressedPod;
  readonly direction: Direction;
  readonly pods: readonly AddressedPod[];
  readonly world: PolicyWorld;
}

/** Matches of nftables, each admitting something. */
function admissions({ policy, pod, direction, pods, world }: Admission): string[] {
  const rules = (direction === "Ingress" ? policy.spec.ingress : policy.spec.egress) ?? [];
  const side = direction === "Ingress" ? "ip saddr" : "ip daddr";
  return rules.flatMap(({ ports = [], from, to }) => {
    const peers = (direction === "Ingress" ? from : to) ?? [];
    /** Ports are those of the pod that receives, which the policy of the sender knows only when the peer is a pod. */
    const onPorts = (place: string, peer?: Pod): string[] =>
      portMatches(ports, direction === "Ingress" ? pod : peer).map((match) => `${place}${match}`);
    if (peers.length === 0) return onPorts("");
    return peers.flatMap((peer) => {
      if (peer.ipBlock !== undefined) return isIPv6(peer.ipBlock.cidr) ? [] : onPorts(blockMatch(side, peer.ipBlock));
      return pods
        .filter((other) => isPeer(other, peer, { policy, world }))
        .flatMap((other) => onPorts(`${side} ${other.status.podIP} `, other));
    });
  });
}

function isIPv6(cidr: string): boolean {
  return cidr.includes(":");
}

function isPeer(pod: Pod, peer: PolicyPeer, { policy, world }: Pick<Admission, "policy" | "world">): boolean {
  if (!selects(peer.podSelector ?? {}, pod.metadata.labels)) return false;
  if (peer.namespaceSelector === undefined) return pod.metadata.namespace === policy.metadata.namespace;
  const namespace = world.namespaces.find(({ metadata }) => metadata.name === pod.metadata.namespace);
  return namespace !== undefined && selects(peer.namespaceSelector, namespace.metadata.labels);
}

function blockMatch(side: string, { cidr, except = [] }: NonNullable<PolicyPeer["ipBlock"]>): string {
  const holes = except.filter((hole) => !isIPv6(hole)).map((hole) => `${side} != ${hole} `);
  return `${side} ${cidr} ${holes.join("")}`;
}

/** One match for each port; a rule without ports admits every port, a named port only where the receiving pod has it. */
function portMatches(ports: readonly PolicyPort[], receiver: Pod | undefined): string[] {
  if (ports.length === 0) return [""];
  return ports.flatMap(({ protocol = "TCP", port, endPort }) => {
    const name = protocol.toLowerCase();
    if (port === undefined) return [`meta l4proto ${name} `];
    const number = typeof port === "number" ? port : namedPort(receiver, port, protocol);
    if (number === undefined) return [];
    return [`${name} dport ${number}${endPort === undefined ? "" : `-${endPort}`} `];
  });
}

function namedPort(pod: Pod | undefined, name: string, protocol: string): number | undefined {
  return pod?.spec.containers
    .flatMap(({ ports = [] }) => ports)
    .find((port) => port.name === name && (port.protocol ?? "TCP") === protocol)?.containerPort;
}
