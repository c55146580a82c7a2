import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import { blocks, ingressPeers, namespacePeer, tcp } from "../network-peers.ts";
import { type NextcloudInput, nextcloudName, nextcloudPorts } from "./nextcloud-input.ts";

/** Components of the pods that run Nextcloud's own code. */
export const parts = { web: "web", push: "push", jobs: "jobs" } as const;

/**
 * The flows of the module, each in a policy that says what it opens; who may reach it from outside, and its ways to names and databases, is said
 * for all applications of the tenant, and the ways to Redis with the Redis.
 */
export class NextcloudNetwork extends Construct {
  readonly #input: NextcloudInput;

  constructor(scope: Construct, id: string, input: NextcloudInput) {
    super(scope, id);
    this.#input = input;
    const { objectStore, office, ingressFrom } = input;
    const web = [tcp(nextcloudPorts.web)];
    const realm = ingressPeers(ingressFrom);
    // A rule without peers would open every address.
    if (realm.length > 0) this.#policy("realm", this.#code(), { egress: [{ to: realm }] });
    if (objectStore !== undefined && objectStore.cidrs.length > 0) {
      const rule = { to: blocks(objectStore.cidrs), ports: [tcp(objectStore.port)] };
      this.#policy("object-store", this.#code(), { egress: [rule] });
    }
    this.#policy("push", this.#part("push"), { egress: [{ to: [{ podSelector: this.#part("web") }], ports: web }] });
    const callers: k8s.NetworkPolicyPeer[] = [
      { podSelector: this.#part("push") },
      ...(office === undefined ? [] : [namespacePeer(office)]),
    ];
    this.#policy("callers", this.#part("web"), { ingress: [{ from: callers, ports: web }] });
  }

  #part(part: keyof typeof parts): k8s.LabelSelector {
    return { matchLabels: podSelector(this.#input.labels, parts[part]) };
  }

  /** What runs PHP. */
  #code(): k8s.LabelSelector {
    const { [names.componentLabel]: _one, ...shared } = podSelector(this.#input.labels, "");
    const values = [parts.web, parts.jobs];
    return { matchLabels: shared, matchExpressions: [{ key: names.componentLabel, operator: "In", values }] };
  }

  #policy(flow: string, selector: k8s.LabelSelector, rules: Pick<k8s.NetworkPolicySpec, "ingress" | "egress">): void {
    const { namespace, labels } = this.#input;
    new k8s.KubeNetworkPolicy(this, flow, {
      metadata: {
        name: `${nextcloudName}-allow-${flow}`,
        namespace,
        labels: { ...labels, [names.componentLabel]: "network" },
      },
      spec: {
        podSelector: selector,
        policyTypes: rules.ingress === undefined ? ["Egress"] : ["Ingress"],
        ...rules,
      },
    });
  }
}
