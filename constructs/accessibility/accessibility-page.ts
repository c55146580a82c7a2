import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { podSelector } from "../labels.ts";
import type { Manifest } from "../manifest.ts";
import { type IngressSource, ingressPeers, tcpNamed } from "../network-peers.ts";
import { healthLocation, nginxFiles, NginxSite, securityHeaders } from "../nginx/nginx-site.ts";
import { synthesize } from "../synthesize.ts";

/** Where each host that we publish says how accessible it is: the path that French public services use. */
export const accessibilityPath = "/accessibilite.html";

const component = "accessibility";
const file = "accessibilite.html";

/** The page of the hosts of one module. Plain data. */
export interface AccessibilityPageInput {
  /** Of what the hosts lead to; the names of the page's objects begin with it. */
  readonly of: string;
  readonly namespace: string;
  /** Labels of the module. */
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly pullSecret?: string;
  /** HTML. */
  readonly page: string;
  /** Where people's requests come from, in a namespace that does not say so for all of its pods. */
  readonly ingressFrom?: IngressSource;
}

/** Name of the Service that hands the page out. */
export function accessibilityName(of: string): string {
  return `${of}-${component}`;
}

/**
 * A pod of its own beside each module: most of their servers hand out no file of ours, and the page of one that is down is still there. It has a name
 * of its own too, so that no flow which a module opens for its pods is open to this one.
 */
export class AccessibilityPage extends Construct {
  constructor(scope: Construct, id: string, { of, page, ingressFrom, ...input }: AccessibilityPageInput) {
    super(scope, id);
    const name = accessibilityName(of);
    const labels = { ...input.labels, [names.nameLabel]: name };
    new NginxSite(this, "site", {
      ...input,
      name,
      labels,
      component,
      replicas: 1,
      resources: { cpu: "5m", memoryMi: 32 },
      files: { [file]: page },
      server: [
        "charset utf-8;",
        ...securityHeaders(["default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"]),
        healthLocation,
        `location = ${accessibilityPath} { alias ${nginxFiles}/${file}; }`,
        "location / { return 404; }",
      ],
    });
    if (ingressFrom === undefined) return;
    const from = ingressPeers(ingressFrom);
    new k8s.KubeNetworkPolicy(this, "network", {
      metadata: { name, namespace: input.namespace, labels: { ...labels, [names.componentLabel]: component } },
      spec: {
        podSelector: { matchLabels: podSelector(labels, component) },
        policyTypes: ["Ingress", "Egress"],
        // A rule without peers admits everybody.
        ...(from.length === 0 ? {} : { ingress: [{ from, ports: [tcpNamed("http")] }] }),
      },
    });
  }
}

/** The page, for a module whose other objects are made elsewhere. Pure. */
export function accessibilityManifests(input: AccessibilityPageInput): Manifest[] {
  return synthesize((scope) => {
    new AccessibilityPage(scope, "page", input);
  });
}
