import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { synapseName, type SynapseRouteInput, webClientName } from "./synapse-input.ts";

/** What clients need. Its administration (`/_synapse/admin`) and its metrics have no way in. */
const clientPaths = ["/_matrix/client", "/_matrix/media", "/_synapse/client"];
const federationPaths = ["/_matrix/federation", "/_matrix/key"];

/** The public way to a homeserver, and on the apex of the tenant the file that leads there. */
export class HomeserverRoute extends Construct {
  readonly #input: SynapseRouteInput;

  constructor(scope: Construct, id: string, input: SynapseRouteInput) {
    super(scope, id);
    this.#input = input;
    const federation = input.federates ? federationPaths : [];
    this.#ingress("server", input.host, [...clientPaths, ...federation]);
    this.#ingress(webClientName, input.webHost, ["/"]);
    // Synapse tells other homeservers to come to the host that its name is; where that is a mail domain, the ministry tells them to come to ours.
    this.#ingress("discovery", input.apex, ["/.well-known/matrix", ...federation]);
  }

  #ingress(part: "server" | "discovery" | typeof webClientName, host: string, paths: readonly string[]): void {
    const { namespace, labels, className, tlsSecret, clusterIssuer } = this.#input;
    const name = part === "server" ? synapseName : `${synapseName}-${part}`;
    const service = part === webClientName ? webClientName : synapseName;
    const annotations =
      clusterIssuer === undefined ? {} : { annotations: { "cert-manager.io/cluster-issuer": clusterIssuer } };
    const backend = { service: { name: service, port: { name: "http" } } };
    new k8s.KubeIngress(this, part, {
      metadata: { name, namespace, labels: { ...labels, [names.componentLabel]: "route" }, ...annotations },
      spec: {
        ingressClassName: className,
        // With an issuer each host has a certificate of its own.
        tls: [{ hosts: [host], secretName: clusterIssuer === undefined ? tlsSecret : `${name}-certificate` }],
        rules: [{ host, http: { paths: paths.map((path) => ({ path, pathType: "Prefix", backend })) } }],
      },
    });
  }
}
