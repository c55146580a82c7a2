import type { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-28";
import type { Place, TenantIsolationInput } from "./input.ts";

type Rules = Pick<k8s.NetworkPolicySpec, "ingress" | "egress">;

/** Default deny in every namespace, then exactly the declared flows. */
export function networkPolicies(
  chart: Chart,
  input: TenantIsolationInput,
  at: { place: Place; namespace: string; labels: Record<string, string> },
): void {
  const policy = (name: string, policyTypes: string[], rules: Rules = {}): void => {
    new k8s.KubeNetworkPolicy(chart, `${at.namespace}-${name}`, {
      metadata: { name, namespace: at.namespace, labels: at.labels },
      spec: { podSelector: {}, policyTypes, ...rules },
    });
  };
  policy("default-deny", ["Ingress", "Egress"]);
  policy("allow-dns", ["Egress"], { egress: [dns()] });
  if (at.place === "apps") appsPolicies(input, policy);
  if (at.place === "data") {
    policy("allow-database-from-apps", ["Ingress"], {
      ingress: [{ from: [ofTenant(input, "apps")], ports: [port(5432)] }],
    });
    policy("allow-operator-probes", ["Ingress"], { ingress: [{ from: [operator(input)], ports: [port(5432)] }] });
  }
}

function appsPolicies(
  input: TenantIsolationInput,
  policy: (name: string, types: string[], rules?: Rules) => void,
): void {
  policy("allow-ingress-controller", ["Ingress"], { ingress: [{ from: ingressPeers(input) }] });
  policy("allow-operator-probes", ["Ingress"], { ingress: [{ from: [operator(input)] }] });
  policy("allow-within-apps", ["Ingress", "Egress"], {
    ingress: [{ from: [{ podSelector: {} }] }],
    egress: [{ to: [{ podSelector: {} }] }],
  });
  policy("allow-database", ["Egress"], { egress: [{ to: [ofTenant(input, "data")], ports: [port(5432)] }] });
  if (input.postgresql !== undefined) {
    policy("allow-region-database", ["Egress"], {
      egress: [{ to: blocks(input.postgresql.cidrs), ports: [port(input.postgresql.port)] }],
    });
  }
  if (input.egressCIDRs.length > 0)
    policy("allow-declared-egress", ["Egress"], { egress: [{ to: blocks(input.egressCIDRs) }] });
}

function dns(): k8s.NetworkPolicyEgressRule {
  return {
    to: [
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
        podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
      },
    ],
    ports: [port(53, "UDP"), port(53)],
  };
}

function port(number: number, protocol: "TCP" | "UDP" = "TCP"): k8s.NetworkPolicyPort {
  return { port: k8s.IntOrString.fromNumber(number), protocol };
}

function blocks(cidrs: readonly string[]): k8s.NetworkPolicyPeer[] {
  return cidrs.map((cidr) => ({ ipBlock: { cidr } }));
}

function ofTenant(input: TenantIsolationInput, place: Place): k8s.NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": `t-${input.name}-${place}` } } };
}

function operator(input: TenantIsolationInput): k8s.NetworkPolicyPeer {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": input.operatorNamespace } },
    podSelector: { matchLabels: { "app.kubernetes.io/name": "socle" } },
  };
}

function ingressPeers({ ingressFrom }: TenantIsolationInput): k8s.NetworkPolicyPeer[] {
  const { namespaceLabels, podLabels, cidrs } = ingressFrom;
  const pods =
    namespaceLabels === undefined
      ? []
      : [
          {
            namespaceSelector: { matchLabels: { ...namespaceLabels } },
            ...(podLabels === undefined ? {} : { podSelector: { matchLabels: { ...podLabels } } }),
          },
        ];
  return [...pods, ...blocks(cidrs ?? [])];
}
