import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { labels } from "../labels.ts";
import { namespaceName, type Place, placesOf } from "../names.ts";
import { blocks, dnsRule, ingressPeers, namespacePeer, tcp, tcpNamed } from "../network-peers.ts";
import type { TenantIsolationInput } from "./tenant-input.ts";

const databasePort = 5432;
/** What a container calls the port that people's requests, and the operator's questions, come to. */
const servingPort = "http";
/** Prosody is asked where browsers speak to it. */
const probedPorts = [servingPort, "bosh"];

/**
 * Who may talk to whom: nothing, in no direction, in every namespace; then the flows below, each in a policy of its own with a name that
 * says what it opens. Modules add the flows between their own pods.
 */
export class TenantNetwork extends Construct {
  readonly #input: TenantIsolationInput;

  constructor(scope: Construct, id: string, input: TenantIsolationInput) {
    super(scope, id);
    this.#input = input;
    const own = placesOf(input);
    for (const place of own) this.#policy(place, "default-deny", { policyTypes: ["Ingress", "Egress"] });
    // Nothing runs in the home namespace, so nothing is opened there.
    for (const place of own.filter((one) => one !== "home")) this.#egress(place, "allow-dns", dnsRule());
    for (const place of own.filter((one) => one === "apps" || one === "office")) {
      this.#ingress(place, "allow-ingress-controller", {
        from: ingressPeers(input.ingressFrom),
        ports: [tcpNamed(servingPort)],
      });
      this.#ingress(place, "allow-operator-probes", {
        from: [namespacePeer(input.operatorNamespace)],
        ports: probedPorts.map(tcpNamed),
      });
    }
    this.#databaseFlow();
    this.#declaredFlows();
  }

  #databaseFlow(): void {
    const { name } = this.#input;
    const ports = [tcp(databasePort)];
    this.#egress("apps", "allow-databases", { to: [namespacePeer(namespaceName(name, "data"))], ports });
    this.#ingress("data", "allow-applications", { from: [namespacePeer(namespaceName(name, "apps"))], ports });
  }

  #declaredFlows(): void {
    const { egressCIDRs, postgresql } = this.#input;
    if (egressCIDRs.length > 0) this.#egress("apps", "allow-declared-egress", { to: blocks(egressCIDRs) });
    if (postgresql !== undefined && postgresql.cidrs.length > 0) {
      const rule = { to: blocks(postgresql.cidrs), ports: [tcp(postgresql.port)] };
      this.#egress("apps", "allow-region-database", rule);
    }
  }

  #ingress(place: Place, name: string, rule: k8s.NetworkPolicyIngressRule): void {
    // A rule without peers admits everybody, which is the opposite of what an empty list was meant to say.
    if (rule.from === undefined || rule.from.length === 0) return;
    this.#policy(place, name, { policyTypes: ["Ingress"], ingress: [rule] });
  }

  #egress(place: Place, name: string, rule: k8s.NetworkPolicyEgressRule): void {
    this.#policy(place, name, { policyTypes: ["Egress"], egress: [rule] });
  }

  #policy(place: Place, name: string, spec: Omit<k8s.NetworkPolicySpec, "podSelector">): void {
    const tenant = this.#input.name;
    new k8s.KubeNetworkPolicy(this, `${place}-${name}`, {
      metadata: {
        name,
        namespace: namespaceName(tenant, place),
        labels: labels({ tenant, component: "network" }),
      },
      spec: { podSelector: {}, ...spec },
    });
  }
}
