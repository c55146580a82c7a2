import type { k8s } from "cdk8s-plus-28";
import { blocks, dnsRule, ingressPeers, namespacePeer, tcp } from "../network-peers.ts";
import { keycloakPorts, type KeycloakServerInput } from "./keycloak-input.ts";

/** Addresses that are nobody's on the internet: a provider that resolves to one of them is a trick, or is listed by the region. */
const notPublic = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
];

/**
 * Who may talk to the server, and whom it may call: identity providers are public hosts on https and those that the region lists. What a name
 * resolves to later is not what was checked when it was written down, so the addresses are held here.
 */
export function keycloakNetworkPolicy(
  input: KeycloakServerInput,
  selector: Record<string, string>,
): k8s.NetworkPolicySpec {
  const { database, ingress, smtp } = input;
  const self = { podSelector: { matchLabels: selector } };
  const cluster = keycloakPorts.cluster.map(tcp);
  const people = ingressPeers(ingress.from);
  const egress: k8s.NetworkPolicyEgressRule[] = [
    dnsRule(),
    { to: [self], ports: cluster },
    { to: [...database.peers], ports: [tcp(database.port)] },
    { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: notPublic } }], ports: [tcp(443)] },
    ...(input.providerCidrs.length === 0 ? [] : [{ to: blocks(input.providerCidrs) }]),
    ...(smtp === undefined ? [] : [{ to: blocks(smtp.cidrs), ports: [tcp(smtp.port)] }]),
  ];
  return {
    podSelector: { matchLabels: selector },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      { from: [namespacePeer(input.operatorNamespace)], ports: [tcp(keycloakPorts.https)] },
      { from: [self], ports: cluster },
      // A rule without peers admits everybody.
      ...(people.length === 0 ? [] : [{ from: people, ports: [tcp(keycloakPorts.http)] }]),
    ],
    egress,
  };
}
