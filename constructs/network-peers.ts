import { BlockList } from "node:net";
import { k8s } from "cdk8s-plus-28";

/** Set by the API server on every namespace and writable by nobody, hence the only selector that cannot be borrowed. */
const namespaceNameLabel = "kubernetes.io/metadata.name";
const dnsPort = 53;

/** Where the traffic of the region's ingress controller comes from. */
export interface IngressSource {
  readonly namespaceLabels?: Readonly<Record<string, string>> | undefined;
  readonly podLabels?: Readonly<Record<string, string>> | undefined;
  readonly cidrs?: readonly string[] | undefined;
}

/** Questions to the names of the cluster. */
export function dnsRule(): k8s.NetworkPolicyEgressRule {
  const kubeDns = { ...namespacePeer("kube-system"), podSelector: { matchLabels: { "k8s-app": "kube-dns" } } };
  return { to: [kubeDns], ports: [{ protocol: "UDP", port: k8s.IntOrString.fromNumber(dnsPort) }, tcp(dnsPort)] };
}

/** Pods chosen by labels need the namespace beside them: alone they would select pods of the namespace that the policy is in. */
export function ingressPeers(source: IngressSource): k8s.NetworkPolicyPeer[] {
  const { namespaceLabels, podLabels, cidrs = [] } = source;
  if (namespaceLabels === undefined || Object.keys(namespaceLabels).length === 0) return blocks(cidrs);
  const pods = podLabels === undefined ? {} : { podSelector: { matchLabels: { ...podLabels } } };
  return [{ namespaceSelector: { matchLabels: { ...namespaceLabels } }, ...pods }, ...blocks(cidrs)];
}

/** Every pod of a namespace. */
export function namespacePeer(namespace: string): k8s.NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { [namespaceNameLabel]: namespace } } };
}

/** A port by what the containers of the pod that is called name it. */
export function tcpNamed(port: string): k8s.NetworkPolicyPort {
  return { protocol: "TCP", port: k8s.IntOrString.fromString(port) };
}

export function tcp(port: number): k8s.NetworkPolicyPort {
  return { protocol: "TCP", port: k8s.IntOrString.fromNumber(port) };
}

/** Addresses that are nobody's on the internet: a name that resolves to one of them is a trick, or is listed by the region. */
export const notPublicRanges: readonly string[] = [
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

/** The internet, and nothing that is closer. */
export function publicAddresses(): k8s.NetworkPolicyPeer[] {
  return [{ ipBlock: { cidr: "0.0.0.0/0", except: [...notPublicRanges] } }];
}

/** Ranges of addresses, without those that no pod has any business with. */
export function blocks(cidrs: readonly string[]): k8s.NetworkPolicyPeer[] {
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
