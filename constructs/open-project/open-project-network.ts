import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import { blocks, ingressPeers, tcp } from "../network-peers.ts";
import {
  type OpenProjectInput,
  type OpenProjectPart,
  openProjectName,
  openProjectParts,
} from "./open-project-input.ts";

/**
 * The flows of its own, each in a policy that says what it opens: to the objects, to outgoing mail, and to the realm, where logins are asked about.
 * Who may reach the pages, the way to names and to databases is said for all applications of the tenant; that to its Redis, beside it.
 */
export class OpenProjectNetwork extends Construct {
  readonly #input: OpenProjectInput;

  constructor(scope: Construct, id: string, input: OpenProjectInput) {
    super(scope, id);
    this.#input = input;
    const { objectStore, mail, ingressFrom } = input;
    this.#egress("objects", openProjectParts, { to: blocks(objectStore.cidrs), ports: [tcp(objectStore.port)] });
    this.#egress("mail", ["web", "worker"], { to: blocks(mail.cidrs), ports: [tcp(mail.port)] });
    this.#egress("realm", ["web"], { to: ingressPeers(ingressFrom) });
  }

  #egress(flow: string, parts: readonly OpenProjectPart[], rule: k8s.NetworkPolicyEgressRule): void {
    // A rule without peers would open every address.
    if (rule.to?.length === 0) return;
    const { namespace, labels } = this.#input;
    const { [names.componentLabel]: _one, ...shared } = podSelector(labels, "");
    new k8s.KubeNetworkPolicy(this, flow, {
      metadata: {
        name: `${openProjectName}-allow-${flow}`,
        namespace,
        labels: { ...labels, [names.componentLabel]: "network" },
      },
      spec: {
        podSelector: {
          matchLabels: shared,
          matchExpressions: [{ key: names.componentLabel, operator: "In", values: [...parts] }],
        },
        policyTypes: ["Egress"],
        egress: [rule],
      },
    });
  }
}
