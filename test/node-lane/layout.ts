import type { HostTools } from "./host.ts";

/** Addresses inside the node's network namespace, from which nothing leads out: they may be the same for every node. */
export const network = {
  nodeName: "socle-node",
  nodeAddress: "198.18.0.10",
  /** A second address of the node, for the ingress alone: policies can tell its packets from those of kubelet and node. */
  ingressAddress: "198.18.0.11",
  podCidr: "10.244.0.0/24",
  serviceCidr: "10.96.0.0/16",
  apiServiceAddress: "10.96.0.1",
  dnsAddress: "10.96.0.10",
  apiPort: 6443,
} as const;

/** The class of the Ingresses that the node serves. */
export const ingressClass = "socle-lane";

/** Where the node sees its own data directory, whatever its path on the host: socket paths must be short. */
export const home = "/run/node";

/** What the program inside the namespaces is told by the one that starts it. */
export interface NodeConfig {
  /** The data directory, as the host sees it. */
  readonly data: string;
  readonly controlGroup: string;
  readonly tools: HostTools;
  /** Directory of the Kubernetes programs. */
  readonly assets: string;
  /** The nginx program. */
  readonly nginx: string;
  /** The port of the ingress, on 127.0.0.1 of the host and on its own address inside: one URL for both. */
  readonly ingressPort: number;
  /** Reference of the image that holds a pod's namespaces open. */
  readonly sandboxImage: string;
}

/** The certificate of the authority of the ingress, below the data directory. */
export const ingressAuthorityFile = "ingress/ca.crt";

/** Names of the certificates and kubeconfigs in `pki`; each is the user that one part of the node acts as. */
export const identities = {
  admin: { user: "socle-lane-admin", groups: ["system:masters"] },
  manager: { user: "system:kube-controller-manager", groups: [] },
  scheduler: { user: "system:kube-scheduler", groups: [] },
  kubelet: { user: `system:node:${network.nodeName}`, groups: ["system:nodes"] },
  proxy: { user: "system:kube-proxy", groups: [] },
  agent: { user: "socle-lane-agent", groups: ["system:masters"] },
  "kubelet-client": { user: "kube-apiserver-kubelet-client", groups: ["system:masters"] },
} as const satisfies Record<string, { readonly user: string; readonly groups: readonly string[] }>;

/** Answer of the control socket to `GET /state`. */
export interface NodeState {
  readonly phase: "starting" | "running" | "failed";
  /** Why it failed. */
  readonly problem?: string;
  readonly components: readonly { readonly name: string; readonly running: boolean }[];
}

/** Answer of the control socket to `POST /run` with a command line as a JSON list. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What everybody asked of the API server, below the data directory. */
export const auditLogFile = "log/audit.log";
