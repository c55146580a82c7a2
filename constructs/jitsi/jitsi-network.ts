import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import { ingressPeers, tcp } from "../network-peers.ts";
import { bridgeName, type JitsiInput, type JitsiPart, jitsiPorts } from "./jitsi-input.ts";

/**
 * The flows between its own parts, each in a policy that says what it opens; who may reach them from outside, and the way to names, is said for
 * all applications of the tenant. A bridge answers whoever sends it pictures, and sends to nobody first but other bridges.
 */
export class JitsiNetwork extends Construct {
  readonly #input: JitsiInput;

  constructor(scope: Construct, id: string, input: JitsiInput) {
    super(scope, id);
    this.#input = input;
    const { bosh, xmpp } = jitsiPorts;
    this.#policy("signalling", this.#part("prosody"), {
      ingress: [
        { from: [{ podSelector: this.#part("web") }], ports: [tcp(bosh)] },
        { from: [{ podSelector: this.#part("jicofo") }, { podSelector: this.#bridges() }], ports: [tcp(xmpp)] },
      ],
    });
    const prosody = [{ podSelector: this.#part("prosody") }];
    this.#policy("page", this.#part("web"), { egress: [{ to: prosody, ports: [tcp(bosh)] }] });
    this.#policy("focus", this.#part("jicofo"), { egress: [{ to: prosody, ports: [tcp(xmpp)] }] });
    const media = input.bridges.map(({ port }) => ({ protocol: "UDP", port: k8s.IntOrString.fromNumber(port) }));
    this.#policy("media", this.#bridges(), {
      // From everywhere: people call from wherever they are, and addresses change on the way. A packet without the secret of a conference is dropped.
      ingress: [{ ports: media }],
      egress: [
        { to: prosody, ports: [tcp(xmpp)] },
        { to: [{ podSelector: this.#bridges() }], ports: media },
      ],
    });
    const realm = ingressPeers(input.ingressFrom);
    // A rule without peers would open every address.
    if (realm.length > 0) this.#policy("realm", this.#part("login"), { egress: [{ to: realm }] });
  }

  #part(part: JitsiPart): k8s.LabelSelector {
    return { matchLabels: podSelector(this.#input.labels, part) };
  }

  #bridges(): k8s.LabelSelector {
    const { [names.componentLabel]: _one, ...shared } = podSelector(this.#input.labels, "");
    const values = this.#input.bridges.map(({ index }) => bridgeName(index));
    return { matchLabels: shared, matchExpressions: [{ key: names.componentLabel, operator: "In", values }] };
  }

  #policy(flow: string, selector: k8s.LabelSelector, rules: Pick<k8s.NetworkPolicySpec, "ingress" | "egress">): void {
    const { namespace, labels } = this.#input;
    const policyTypes = [
      ...(rules.ingress === undefined ? [] : ["Ingress"]),
      ...(rules.egress === undefined ? [] : ["Egress"]),
    ];
    new k8s.KubeNetworkPolicy(this, flow, {
      metadata: {
        name: `jitsi-allow-${flow}`,
        namespace,
        labels: { ...labels, [names.componentLabel]: "network" },
      },
      spec: { podSelector: selector, policyTypes, ...rules },
    });
  }
}
