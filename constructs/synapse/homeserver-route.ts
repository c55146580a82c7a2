import { Construct } from "constructs";
import { nginxPort } from "../nginx/nginx-site.ts";
import { certificateSecret, PublicRoute } from "../public-route.ts";
import { synapseName, synapsePorts, type SynapseRouteInput, webClientName } from "./synapse-input.ts";

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
    this.#route("server", input.host, [...clientPaths, ...federation]);
    this.#route(webClientName, input.webHost, ["/"]);
    // Synapse tells other homeservers to come to the host that its name is; where that is a mail domain, the ministry tells them to come to ours.
    this.#route("discovery", input.apex, ["/.well-known/matrix", ...federation]);
  }

  #route(part: "server" | "discovery" | typeof webClientName, host: string, paths: readonly string[]): void {
    const { namespace, labels, publishing, tlsSecret } = this.#input;
    const name = part === "server" ? synapseName : `${synapseName}-${part}`;
    const behind =
      part === webClientName
        ? { service: webClientName, port: nginxPort }
        : { service: synapseName, port: synapsePorts.http };
    new PublicRoute(this, part, {
      name,
      namespace,
      labels,
      host,
      paths: paths.map((path) => ({ path, ...behind })),
      accessibilityOf: synapseName,
      publishing,
      tlsSecret: certificateSecret(publishing, name, tlsSecret),
    });
  }
}
