import { BlockList } from "node:net";
import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { labels } from "../labels.ts";
import { namespaceName, type Place, places } from "../names.ts";
import type { IngressSource, TenantIsolationInput } from "./tenant-input.ts";

/** Set by the API server on every namespace and writable by nobody, hence the only selector that cannot be borrowed. */
const namespaceNameLabel = "kubernetes.io/metadata.name";
const databasePort = 5432;
const dnsPort = 53;

/**
 * Who may talk to whom: nothing, in no direction, in all three namespaces; then the flows below, each in a policy of its own with a name that
 * says what it opens. Modules add the flows between their own pods.
 */
export class TenantNetwork extends Construct {
  readonly #input: TenantIsolationInput;

  constructor(scope: Construct, id: string, input: TenantIsolationInput) {
    super(scope, id);
    this.#input = input;
    for (const place of places) this.#policy(place, "default-deny", { policyTypes: ["Ingress", "Egress"] });
    // Nothing runs in the home namespace, so nothing is opened there.
    for (const place of ["apps", "data"] as const) this.#egress(place, "allow-dns", dnsRule());
    this.#ingress("apps", "allow-ingress-controller", { from: ingressPeers(input.ingressFrom) });
    this.#ingress("apps", "allow-operator-probes", { from: [namespacePeer(input.operatorNamespace)] });
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

function dnsRule(): k8s.NetworkPolicyEgressRule {
  const kubeDns = { ...namespacePeer("kube-system"), podSelector: { matchLabels: { "k8s-app": "kube-dns" } } };
  return { to: [kubeDns], ports: [{ protocol: "UDP", port: k8s.IntOrString.fromNumber(dnsPort) }, tcp(dnsPort)] };
}

/** Pods chosen by labels need the namespace beside them: alone they would select pods of the tenant's own namespace. */
function ingressPeers(source: IngressSource): k8s.NetworkPolicyPeer[] {
  const { namespaceLabels, podLabels, cidrs = [] } = source;
  if (namespaceLabels === undefined || Object.keys(namespaceLabels).length === 0) return blocks(cidrs);
  const pods = podLabels === undefined ? {} : { podSelector: { matchLabels: { ...podLabels } } };
  return [{ namespaceSelector: { matchLabels: { ...namespaceLabels } }, ...pods }, ...blocks(cidrs)];
}

function namespacePeer(namespace: string): k8s.NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { [namespaceNameLabel]: namespace } } };
}

function tcp(port: number): k8s.NetworkPolicyPort {
  return { protocol: "TCP", port: k8s.IntOrString.fromNumber(port) };
}

function blocks(cidrs: readonly string[]): k8s.NetworkPolicyPeer[] {
  return cidrs.map((cidr) => ({ ipBlock: { cidr, ...linkLocalException(cidr) } }));
}

const linkLocal = [
  { family: "ipv4", address: "169.254.0.0", prefix: 16 },
  { family: "ipv6", address: "fe80::", prefix: 10 },
] as const;

/** A wide range such as 0.0.0.0/0 would reach the metadata service of the provider, which hands out credentials of the node. */
function linkLocalException(cidr: string): { except?: string[] } {
  const [network = "", length = ""] = cidr.split("/");
  const prefix = Number(length);
  const family = network.includes(":") ? "ipv6" : "ipv4";
  const range = new BlockList();
  range.addSubnet(network, prefix, family);
  const except = linkLocal
    .filter((inner) => inner.family === family && prefix < inner.prefix && range.check(inner.address, family))
    .map((inner) => `${inner.address}/${inner.prefix}`);
  return except.length === 0 ? {} : { except };
}
