import { ApiObject } from "cdk8s";
import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../crds/group.ts";
import { accessibilityName, accessibilityPath } from "./accessibility/accessibility-page.ts";
import { nginxPort } from "./nginx/nginx-site.ts";

export const gatewayApi = {
  apiVersion: "gateway.networking.k8s.io/v1",
  /** Kinds that we make. */
  kinds: [{ kind: "HTTPRoute", plural: "httproutes" }],
  /** The platform's, which we read. */
  gateway: { kind: "Gateway", plural: "gateways" },
} as const;

/** How a region publishes: through an ingress controller, or through one listener of a Gateway. */
export type Publishing =
  | {
      readonly by: "ingress";
      readonly className: string;
      /** cert-manager ClusterIssuer of certificates; absent where the region has one for all hosts. */
      readonly clusterIssuer?: string;
    }
  | { readonly by: "gateway"; readonly gateway: string; readonly namespace: string; readonly listener: string };

/** What lies behind a path, and all below it. */
export interface PublicPath {
  readonly path: string;
  /** Nothing below it. */
  readonly exact?: boolean;
  readonly service: string;
  /** Of the Service, where it is called http. */
  readonly port: number;
}

/** One host with what is behind it. Where two paths fit, the longer one counts, whichever comes first. */
export interface PublicRouteInput {
  readonly name: string;
  readonly namespace: string;
  /** Labels of its module. */
  readonly labels: Readonly<Record<string, string>>;
  readonly host: string;
  readonly paths: readonly PublicPath[];
  /** Whose accessibility page the host shows: what `AccessibilityPage` was made of. */
  readonly accessibilityOf: string;
  /**
   * Requests with the same value of this parameter go to the same pod, by controllers that know one of the annotations. The Gateway API has no such
   * thing: there it has to be one pod.
   */
  readonly sameServerBy?: string;
  readonly publishing: Publishing;
  /** Secret of the certificate of an Ingress; the listener of a Gateway has its own. */
  readonly tlsSecret: string;
}

/** Where a host's certificate lies: with an issuer each has one of its own, otherwise all have the region's. */
export function certificateSecret(publishing: Publishing, route: string, shared: string): string {
  return publishing.by === "ingress" && publishing.clusterIssuer !== undefined ? `${route}-certificate` : shared;
}

/** The one place that says how a host gets to people: an Ingress or an HTTPRoute of the same meaning. */
export class PublicRoute extends Construct {
  constructor(scope: Construct, id: string, input: PublicRouteInput) {
    super(scope, id);
    const { publishing } = input;
    if (publishing.by === "ingress") this.#ingress(input, publishing);
    else this.#httpRoute(input, publishing);
  }

  #ingress(input: PublicRouteInput, { className, clusterIssuer }: Publishing & { readonly by: "ingress" }): void {
    const { host, tlsSecret, sameServerBy } = input;
    const notes = {
      ...(clusterIssuer === undefined ? {} : { "cert-manager.io/cluster-issuer": clusterIssuer }),
      ...(sameServerBy === undefined ? {} : sameServer(sameServerBy)),
    };
    const annotations = Object.keys(notes).length === 0 ? {} : { annotations: notes };
    const paths = pathsOf(input).map(({ path, exact, service }) => ({
      path,
      pathType: exact === true ? "Exact" : "Prefix",
      backend: { service: { name: service, port: { name: "http" } } },
    }));
    new k8s.KubeIngress(this, "ingress", {
      metadata: { ...metadataOf(input), ...annotations },
      spec: {
        ingressClassName: className,
        tls: [{ hosts: [host], secretName: tlsSecret }],
        rules: [{ host, http: { paths } }],
      },
    });
  }

  #httpRoute(input: PublicRouteInput, publishing: Publishing & { readonly by: "gateway" }): void {
    const { gateway: name, namespace, listener: sectionName } = publishing;
    new ApiObject(this, "http-route", {
      apiVersion: gatewayApi.apiVersion,
      kind: gatewayApi.kinds[0].kind,
      metadata: metadataOf(input),
      spec: {
        // Of that listener alone: on another one the same host might be served in clear.
        parentRefs: [{ name, namespace, sectionName }],
        hostnames: [input.host],
        rules: pathsOf(input).map(({ path, exact, service, port }) => ({
          matches: [{ path: { type: exact === true ? "Exact" : "PathPrefix", value: path } }],
          backendRefs: [{ name: service, port }],
        })),
      },
    });
  }
}

/** No host without its accessibility page: French law asks each service of a public body for one. */
function pathsOf({ paths, accessibilityOf }: PublicRouteInput): readonly PublicPath[] {
  const page = { path: accessibilityPath, exact: true, service: accessibilityName(accessibilityOf), port: nginxPort };
  return [...paths, page];
}

/** As ingress-nginx, HAProxy Technologies' controller and HAProxy Ingress each call it. */
function sameServer(parameter: string): Record<string, string> {
  const byParameter = `url_param ${parameter}`;
  return {
    "nginx.ingress.kubernetes.io/upstream-hash-by": `$arg_${parameter}`,
    "haproxy.org/load-balance": byParameter,
    "haproxy-ingress.github.io/balance-algorithm": byParameter,
  };
}

function metadataOf({ name, namespace, labels }: PublicRouteInput) {
  return { name, namespace, labels: { ...labels, [names.componentLabel]: "route" } };
}
