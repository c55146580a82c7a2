import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { synapseName, type SynapseRouteInput } from "./synapse-input.ts";

/** What clients need. Its administration (`/_synapse/admin`) and its metrics have no way in. */
const clientPaths = ["/_matrix/client", "/_matrix/media", "/_synapse/client"];
const federationPaths = ["/_matrix/federation", "/_matrix/key"];

/** The public way to a homeserver, and on the apex of the tenant the file that leads there. */
export class HomeserverRoute extends Construct {
  readonly #input: SynapseRouteInput;

  constructor(scope: Construct, id: string, input: SynapseRouteInput) {
    super(scope, id);
    this.#input = input;
    this.#ingress("server", input.host, clientPaths);
    // Synapse tells other homeservers to come to the host that its name is, and to no other.
    this.#ingress("discovery", input.apex, ["/.well-known/matrix", ...(input.federates ? federationPaths : [])]);
  }

  #ingress(part: "server" | "discovery", host: string, paths: readonly string[]): void {
    const { namespace, labels, className, tlsSecret, clusterIssuer } = this.#input;
    const name = part === "server" ? synapseName : `${synapseName}-${part}`;
    const annotations =
      clusterIssuer === undefined ? {} : { annotations: { "cert-manager.io/cluster-issuer": clusterIssuer } };
    const backend = { service: { name: synapseName, port: { name: "http" } } };
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
