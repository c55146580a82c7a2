import type { k8s } from "cdk8s-plus-28";
import { blocks, dnsRule, ingressPeers, namespacePeer, publicAddresses, tcp } from "../network-peers.ts";
import { keycloakPorts, type KeycloakServerInput } from "./keycloak-input.ts";

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
    { to: publicAddresses(), ports: [tcp(443)] },
    // Applications of tenants are told of a logout under their public names.
    ...(people.length === 0 ? [] : [{ to: people }]),
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
