import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { AccessibilityPage } from "../accessibility/accessibility-page.ts";
import { PublicRoute } from "../public-route.ts";
import { keycloakPorts, type KeycloakServerInput } from "./keycloak-input.ts";

/** What people and applications need; everything else of the server, its administration first of all, has no way in. */
const open = [{ path: "/realms" }, { path: "/resources" }, { path: "/robots.txt", exact: true }];
/** Realm master administers the server. It lies below an open path, and the longest path wins. */
const closed = "/realms/master";

/**
 * The public way to a Keycloak. A route cannot refuse a path, but it can send it where nobody is: a Service without pods, which every
 * controller answers with an error.
 */
export class KeycloakRoute extends Construct {
  constructor(scope: Construct, id: string, input: KeycloakServerInput) {
    super(scope, id);
    const { name, namespace, labels, ingress, accessibility, pullSecret } = input;
    const nobody = `${name}-closed`;
    const port = keycloakPorts.http;
    new k8s.KubeService(this, "nobody", {
      metadata: { name: nobody, namespace, labels: { ...labels, [names.componentLabel]: "route" } },
      spec: { ports: [{ name: "http", port }] },
    });
    new AccessibilityPage(this, "accessibility", {
      of: name,
      namespace,
      labels,
      ...accessibility,
      ...(pullSecret === undefined ? {} : { pullSecret }),
      ingressFrom: ingress.from,
    });
    new PublicRoute(this, "route", {
      name,
      namespace,
      labels,
      host: new URL(input.url).hostname,
      paths: [{ path: closed, service: nobody, port }, ...open.map((way) => ({ ...way, service: name, port }))],
      accessibilityOf: name,
      publishing: ingress.publishing,
      tlsSecret: ingress.tlsSecret,
    });
  }
}
