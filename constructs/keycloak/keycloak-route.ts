import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { keycloakPorts, type KeycloakServerInput } from "./keycloak-input.ts";

/** What people and applications need; everything else of the server, its administration first of all, has no way in. */
const open = [
  { path: "/realms", pathType: "Prefix" },
  { path: "/resources", pathType: "Prefix" },
  { path: "/robots.txt", pathType: "Exact" },
];
/** Realm master administers the server. It lies below an open path, and the longest path wins. */
const closed = "/realms/master";

/**
 * The public way to a Keycloak. An Ingress cannot refuse a path, but it can send it where nobody is: a Service without pods, which every
 * controller answers with an error.
 */
export class KeycloakRoute extends Construct {
  constructor(scope: Construct, id: string, input: KeycloakServerInput) {
    super(scope, id);
    const { name, namespace, labels, ingress } = input;
    const nobody = `${name}-closed`;
    const metadata = { namespace, labels: { ...labels, [names.componentLabel]: "route" } };
    new k8s.KubeService(this, "nobody", {
      metadata: { ...metadata, name: nobody },
      spec: { ports: [{ name: "http", port: keycloakPorts.http }] },
    });
    const to = (service: string): k8s.IngressBackend => ({ service: { name: service, port: { name: "http" } } });
    const { clusterIssuer } = ingress;
    const annotations =
      clusterIssuer === undefined ? {} : { annotations: { "cert-manager.io/cluster-issuer": clusterIssuer } };
    const host = new URL(input.url).hostname;
    new k8s.KubeIngress(this, "route", {
      metadata: { ...metadata, ...annotations, name },
      spec: {
        ingressClassName: ingress.className,
        tls: [{ hosts: [host], secretName: ingress.tlsSecret }],
        rules: [
          {
            host,
            http: {
              paths: [
                { path: closed, pathType: "Prefix", backend: to(nobody) },
                ...open.map((way) => ({ ...way, backend: to(name) })),
              ],
            },
          },
        ],
      },
    });
  }
}
