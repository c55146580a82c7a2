import { setTimeout as wait } from "node:timers/promises";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import { builtinResourceTypes } from "../kube/builtin-resource-types.ts";
import { HttpKubeApi } from "../kube/http-kube-api.ts";
import type { KubeApi } from "../kube/kube-api.ts";
import { kubeConnection } from "../kube/kubeconfig.ts";
import { OperatorError } from "../runtime/errors.ts";
import { Transport } from "../runtime/transport.ts";

export interface ConnectionOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** A cluster as the commands see it. */
export interface Connection {
  readonly kube: KubeApi;
  /** What the person is connected to, for people. */
  readonly description: string;
  /** Version of the API server, e.g. v1.34.4. */
  readonly serverVersion: string;
  close(): Promise<void>;
}

/** A person waits for the first answer; a server that needs longer is as good as down. */
const firstAnswerMs = 5_000;

/** Connects as kubectl would, and asks the server for its version. Throws an Error with one sentence and a remedy where that fails. */
export async function connect(options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
  const { kubeconfig, context } = options;
  const found = await kubeConnection({ kubeconfig, context, environment: process.env });
  const transport = new Transport({ ...found, userAgent: "socle-cli" });
  try {
    return {
      kube: new HttpKubeApi(transport, [...builtinResourceTypes, ...socleResourceTypes], Math.random),
      description: `${found.server} (${found.description})`,
      serverVersion: await versionOf(transport, found, signal),
      close: () => transport.close(),
    };
  } catch (error) {
    // Not awaited: closing waits for a connection that is being made, and that may never come.
    void transport.close();
    throw error;
  }
}

async function versionOf(
  transport: Transport,
  { server, description }: { readonly server: string; readonly description: string },
  signal: AbortSignal,
): Promise<string> {
  const remedy = `Is the cluster up, and is ${description} the one that you mean? (--context chooses another)`;
  // A race, because a request is aborted only once its connection stands.
  const answer = await Promise.race([
    transport.call({ method: "GET", path: "/version", signal }),
    wait(firstAnswerMs, undefined, { ref: false }),
  ]).catch((error: unknown) => {
    if (error instanceof OperatorError && error.reason === "ProviderUnreachable")
      throw new Error(`${error.message} ${remedy}`, { cause: error });
    throw error;
  });
  if (answer === undefined) throw new Error(`${server} does not answer within ${firstAnswerMs / 1_000} s. ${remedy}`);
  if (answer.status === 401)
    throw new Error(`${server} does not accept the credentials of ${description}. Log in to the cluster again.`);
  const { gitVersion } = (answer.json ?? {}) as { readonly gitVersion?: string };
  return gitVersion ?? "unknown";
}
