import { Construct } from "constructs";
import { certificateSecret, PublicRoute } from "../public-route.ts";
import { closedName, collaboraName, collaboraPort, type CollaboraRouteInput } from "./collabora-input.ts";

/** What browsers and the host of documents need. */
const open = ["/browser", "/cool", "/hosting/discovery", "/hosting/capabilities"];
/** What lies below it and is for administrators: the console is off besides. */
const closed = ["/browser/dist/admin", "/cool/adminws", "/cool/getMetrics"];

/** The public way to the office. Everybody who works on a document comes to the same pod, which the document's address tells. */
export class OfficeRoute extends Construct {
  constructor(scope: Construct, id: string, input: CollaboraRouteInput) {
    super(scope, id);
    const { namespace, labels, host, publishing, tlsSecret } = input;
    new PublicRoute(this, "route", {
      name: collaboraName,
      namespace,
      labels,
      host,
      paths: [
        ...open.map((path) => ({ path, service: collaboraName, port: collaboraPort })),
        ...closed.map((path) => ({ path, service: closedName, port: collaboraPort })),
      ],
      accessibilityOf: collaboraName,
      sameServerBy: "WOPISrc",
      publishing,
      tlsSecret: certificateSecret(publishing, collaboraName, tlsSecret),
    });
  }
}
