import { socleResourceTypes } from "../../crds/resource-types.ts";
import { builtinResourceTypes } from "../kube/builtin-resource-types.ts";
import { HttpKubeApi } from "../kube/http-kube-api.ts";
import type { KubeApi } from "../kube/kube-api.ts";
import { kubeConnection } from "../kube/kubeconfig.ts";
import { Transport } from "../runtime/transport.ts";

export interface ConnectionOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly color: boolean;
}

/** A cluster as the commands see it. */
export interface Connection {
  readonly kube: KubeApi;
  /** What the person is connected to, for people. */
  readonly description: string;
  /** Version of the API server, e.g. v1.34.4. Throws TransientError when nobody answers. */
  serverVersion(): Promise<string>;
  close(): Promise<void>;
}

/** Connects as kubectl would. Throws KubeconfigError with a remedy; asks no server yet. */
export async function connect(options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
  const found = await kubeConnection({
    kubeconfig: options.kubeconfig,
    context: options.context,
    environment: process.env,
  });
  const transport = new Transport({ ...found, userAgent: "socle-cli" });
  return {
    kube: new HttpKubeApi(transport, [...builtinResourceTypes, ...socleResourceTypes], Math.random),
    description: `${found.server} (${found.description})`,
    serverVersion: async () => {
      const answer = await transport.call({ method: "GET", path: "/version", signal });
      const { gitVersion } = (answer.json ?? {}) as { readonly gitVersion?: string };
      return gitVersion ?? "unknown";
    },
    close: () => transport.close(),
  };
}
