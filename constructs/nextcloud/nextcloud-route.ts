import { Construct } from "constructs";
import { certificateSecret, PublicRoute } from "../public-route.ts";
import { nextcloudName, nextcloudPorts, type NextcloudRouteInput, pushName, pushPath } from "./nextcloud-input.ts";

/** The public way to the files, and to what tells clients of changes. */
export class NextcloudRoute extends Construct {
  constructor(scope: Construct, id: string, input: NextcloudRouteInput) {
    super(scope, id);
    const { namespace, labels, host, publishing, tlsSecret } = input;
    new PublicRoute(this, "route", {
      name: nextcloudName,
      namespace,
      labels,
      host,
      paths: [
        { path: "/", service: nextcloudName, port: nextcloudPorts.web },
        { path: pushPath, service: pushName, port: nextcloudPorts.pushWay },
      ],
      accessibilityOf: nextcloudName,
      publishing,
      tlsSecret: certificateSecret(publishing, nextcloudName, tlsSecret),
    });
  }
}
