import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import { namespacePeer, tcp } from "../network-peers.ts";
import { restrictedContainer, restrictedPod } from "../restricted-pod.ts";
import { closedName, type CollaboraInput, collaboraName, collaboraPort, collaboraUser } from "./collabora-input.ts";

const component = "office";

/** The office itself: it keeps nothing, and whoever it fetches a document for showed a token of the host of documents. */
export class OfficeServer extends Construct {
  readonly #input: CollaboraInput;

  constructor(scope: Construct, id: string, input: CollaboraInput) {
    super(scope, id);
    this.#input = input;
    this.#network();
    this.#services();
    this.#deployment();
  }

  #metadata(name: string, part = component): k8s.ObjectMeta & { readonly labels: Record<string, string> } {
    const { namespace, labels } = this.#input;
    return { name, namespace, labels: { ...labels, [names.componentLabel]: part } };
  }

  get #selector(): Record<string, string> {
    return podSelector(this.#input.labels, component);
  }

  /** Who may reach it, and its way to names, is said for the namespace. */
  #network(): void {
    const { namespace, pods, port } = this.#input.host;
    const peer = { ...namespacePeer(namespace), podSelector: { matchLabels: { ...pods } } };
    new k8s.KubeNetworkPolicy(this, "network", {
      metadata: this.#metadata(`${collaboraName}-allow-documents`, "network"),
      spec: {
        podSelector: { matchLabels: this.#selector },
        policyTypes: ["Egress"],
        egress: [{ to: [peer], ports: [tcp(port)] }],
      },
    });
  }

  #services(): void {
    const ports = [{ name: "http", port: collaboraPort, targetPort: k8s.IntOrString.fromString("http") }];
    new k8s.KubeService(this, "service", {
      metadata: this.#metadata(collaboraName),
      spec: { selector: this.#selector, ports },
    });
    // Without a selector it leads nowhere: a longer path of the route to it closes what lies below a shorter one.
    new k8s.KubeService(this, "closed", { metadata: this.#metadata(closedName, "closed"), spec: { ports } });
  }

  #deployment(): void {
    const { replicas, pullSecret, version } = this.#input;
    const { labels: own } = this.#metadata(collaboraName);
    const labels = { ...own, [names.versionLabel]: version };
    new k8s.KubeDeployment(this, "deployment", {
      metadata: { ...this.#metadata(collaboraName), labels },
      spec: {
        replicas,
        // A document that is open in an old pod must not be opened in a new one beside it: each would overwrite what the other saves.
        strategy: { type: "Recreate" },
        selector: { matchLabels: this.#selector },
        template: {
          metadata: { labels },
          spec: {
            ...restrictedPod(collaboraUser),
            // Until documents are saved.
            terminationGracePeriodSeconds: 120,
            ...(pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
            containers: [this.#container()],
          },
        },
      },
    });
  }

  /** Each document lies in a jail of its own, and to lock one takes what `restricted` forbids. Nothing of it is written to a volume. */
  #container(): k8s.Container {
    const answers = { httpGet: { path: "/", port: k8s.IntOrString.fromString("http") } };
    const { options, documents } = this.#input;
    return {
      ...restrictedContainer(collaboraName, this.#input),
      securityContext: {
        allowPrivilegeEscalation: true,
        readOnlyRootFilesystem: false,
        capabilities: { drop: ["ALL"], add: ["CHOWN", "FOWNER", "SYS_CHROOT"] },
      },
      // The image's own start, which hands its words on.
      command: ["/start-collabora-online.sh"],
      args: [...options],
      env: [
        { name: "aliasgroup1", value: documents },
        { name: "DONT_GEN_SSL_CERT", value: "true" },
      ],
      ports: [{ name: "http", containerPort: collaboraPort, protocol: "TCP" }],
      startupProbe: { ...answers, periodSeconds: 2, failureThreshold: 90 },
      readinessProbe: { ...answers, periodSeconds: 5, failureThreshold: 3 },
      livenessProbe: { ...answers, periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 },
    };
  }
}
