import { Construct } from "constructs";
import { certificateSecret, PublicRoute } from "../public-route.ts";
import { jitsiName, jitsiPorts, type JitsiRouteInput, loginPath, partName } from "./jitsi-input.ts";

/** The public way to the pages, to Prosody through them, and to the login. Pictures and sounds go another way: straight to the bridges. */
export class JitsiRoute extends Construct {
  constructor(scope: Construct, id: string, input: JitsiRouteInput) {
    super(scope, id);
    const { namespace, labels, host, publishing, tlsSecret } = input;
    const path = (start: string, part: "web" | "login") => ({
      path: start,
      service: partName(part),
      port: jitsiPorts[part],
    });
    new PublicRoute(this, "route", {
      name: jitsiName,
      namespace,
      labels,
      host,
      paths: [path("/", "web"), path(loginPath, "login")],
      accessibilityOf: jitsiName,
      publishing,
      tlsSecret: certificateSecret(publishing, jitsiName, tlsSecret),
    });
  }
}
