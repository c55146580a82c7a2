import { existsSync, readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Cluster, User } from "@kubernetes/client-node";
import { TransientError } from "../runtime/errors.ts";
import type { Credentials, TlsOptions } from "../runtime/transport.ts";
import { type Kubeconfig, mergedKubeconfig, readKubeconfig, tlsOf } from "./kubeconfig-file.ts";

/** How to reach an API server, and as whom. */
export interface KubeConnection {
  readonly server: string;
  readonly tls: TlsOptions;
  readonly credentials: Credentials;
  /** Shown to people. */
  readonly description: string;
}

/** Why there is no connection, with the remedy. */
export class KubeconfigError extends Error {}

export interface ConnectionWish {
  /** One file, or several as in KUBECONFIG. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where a pod finds its account. @defaultValue the path of Kubernetes */
  readonly serviceAccountDirectory?: string;
}

const remedy =
  "set KUBECONFIG to the file of your cluster, or start a local control plane with npm run control-plane -- up";
/** As long as client-go keeps a token file; tokens are rotated at 80 % of an hour or more. */
const credentialsMs = 60_000;

/** The pod's own account where there is one and no kubeconfig or context is named; otherwise the kubeconfig. Throws KubeconfigError with a remedy. */
export async function kubeConnection(wish: ConnectionWish): Promise<KubeConnection> {
  const directory = wish.serviceAccountDirectory ?? "/var/run/secrets/kubernetes.io/serviceaccount";
  const host = wish.environment["KUBERNETES_SERVICE_HOST"];
  const named = wish.kubeconfig ?? wish.context ?? wish.environment["KUBECONFIG"];
  if ((named ?? "") === "" && host !== undefined && existsSync(join(directory, "token"))) {
    return inCluster(
      directory,
      `https://${host.includes(":") ? `[${host}]` : host}:${wish.environment["KUBERNETES_SERVICE_PORT"] ?? "443"}`,
    );
  }
  const files = kubeconfigFiles(wish);
  const load = (): Chosen => chosen(files, wish.context);
  const { cluster, context } = load();
  if (cluster.proxyUrl !== undefined)
    throw new KubeconfigError(
      `Cluster ${cluster.name} in kubeconfig ${files.join(", ")} sets proxy-url, which is not supported.`,
    );
  const credentials = new KubeconfigCredentials(load);
  await credentials.headers();
  return { server: cluster.server, tls: credentials.tls(), credentials, description: `context ${context}` };
}

/** Token and CA are files that the kubelet rotates. */
function inCluster(directory: string, server: string): KubeConnection {
  const read = (name: string): string => {
    try {
      return readFileSync(join(directory, name), "utf8").trim();
    } catch (cause) {
      throw new KubeconfigError(
        `${join(directory, name)} cannot be read: mount the token of a service account into this pod (automountServiceAccountToken).`,
        { cause },
      );
    }
  };
  let cached: { readonly token: string; readonly ca: string; readonly until: number } | undefined;
  const current = (): { readonly token: string; readonly ca: string } => {
    if (cached === undefined || cached.until < Date.now())
      cached = { token: read("token"), ca: read("ca.crt"), until: Date.now() + credentialsMs };
    return cached;
  };
  return {
    server,
    tls: { ca: current().ca },
    credentials: {
      headers: async () => Promise.resolve({ authorization: `Bearer ${afterStart(current).token}` }),
      tls: () => ({ ca: afterStart(current).ca }),
      invalidate: () => {
        cached = undefined;
      },
    },
    description: "the service account of this pod",
  };
}

function kubeconfigFiles(wish: ConnectionWish): readonly string[] {
  const named = [wish.kubeconfig, wish.environment["KUBECONFIG"]].find((value) => value !== undefined && value !== "");
  if (named === undefined) {
    const file = join(wish.environment["HOME"] ?? homedir(), ".kube", "config");
    if (!existsSync(file)) throw new KubeconfigError(`No cluster is configured: ${file} does not exist; ${remedy}.`);
    return [file];
  }
  const files = named.split(delimiter).filter((file) => file !== "");
  const present = files.filter((file) => existsSync(file));
  // One of several may be missing, as for kubectl; the only one may not.
  if (present.length === 0) throw new KubeconfigError(`Kubeconfig ${files.join(", ")} does not exist; ${remedy}.`);
  return present;
}

/** What was well at the start and is not now may be well again: the file is being replaced. */
function afterStart<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof KubeconfigError)
      throw new TransientError("PermissionMissing", error.message, { cause: error });
    throw error;
  }
}

/** What the chosen context names. */
interface Chosen {
  readonly config: Kubeconfig;
  readonly context: string;
  readonly cluster: Cluster;
  readonly user: User | undefined;
}

function chosen(files: readonly string[], wanted: string | undefined): Chosen {
  const parts = files.map((file) => {
    try {
      return readKubeconfig(file);
    } catch (cause) {
      throw new KubeconfigError(`Kubeconfig ${file} cannot be read as one: ${messageOf(cause)}; ${remedy}.`, { cause });
    }
  });
  const merged = mergedKubeconfig(parts);
  const config = { ...merged, currentContext: wanted ?? merged.currentContext };
  const context = config.contexts.find(({ name }) => name === config.currentContext);
  if (wanted !== undefined && context === undefined)
    throw new KubeconfigError(`Kubeconfig ${files.join(", ")} has no context ${wanted}; ${choice(config)}`);
  const cluster = config.clusters.find(({ name }) => name === context?.cluster);
  if (context === undefined || cluster === undefined)
    throw new KubeconfigError(
      `Kubeconfig ${files.join(", ")} has no current context with a cluster; ${choice(config)}`,
    );
  const user = config.users.find(({ name }) => name === context.user);
  return { config, context: context.name, cluster, user };
}

function choice({ contexts }: Kubeconfig): string {
  const names = contexts.map((one) => one.name);
  return names.length === 0
    ? `it has no context at all: ${remedy}.`
    : `choose one with --context: ${names.join(", ")}.`;
}

/**
 * What a kubeconfig's user has: a token, a client certificate, a token file, OIDC, or an exec plug-in that gives one of them. Asked
 * once a minute, because it reads files each time, and anew from the files after a 401.
 */
class KubeconfigCredentials implements Credentials {
  readonly #load: () => Chosen;
  #loaded: Chosen | undefined;
  #fresh: { readonly headers: Promise<Readonly<Record<string, string>>>; readonly until: number } | undefined;
  #tls: TlsOptions = {};

  constructor(load: () => Chosen) {
    this.#load = load;
  }

  headers(): Promise<Readonly<Record<string, string>>> {
    if (this.#fresh === undefined || this.#fresh.until < Date.now()) {
      const headers = this.#read();
      this.#fresh = { headers, until: Date.now() + credentialsMs };
      // A plug-in that failed is asked again by the next request, not after a minute.
      headers.catch(() => {
        this.invalidate();
      });
    }
    return this.#fresh.headers;
  }

  tls(): TlsOptions {
    return this.#tls;
  }

  invalidate(): void {
    this.#fresh = undefined;
    this.#loaded = undefined;
  }

  async #read(): Promise<Readonly<Record<string, string>>> {
    const { config, cluster, user } = (this.#loaded ??= afterStart(this.#load));
    try {
      const given = { tls: tlsOf({ cluster, user }), headers: user === undefined ? {} : headersOf(user, config) };
      const asked = isPlugin(user) ? await askPlugin(config) : { tls: {}, headers: {} };
      this.#tls = { ...given.tls, ...asked.tls };
      return { ...asked.headers, ...given.headers };
    } catch (cause) {
      // A plug-in's own words may hold what it was given; its error stays in the cause.
      const why = isSystemError(cause) ? ` (${cause.code})` : "";
      throw new TransientError(
        "PermissionMissing",
        `The credentials of user ${user?.name ?? "of the context"} in the kubeconfig cannot be had${why}: check its files, or run its login command.`,
        { cause },
      );
    }
  }
}

/** What a user brings along itself. A token file wins over a token, as in client-go. */
function headersOf(user: User, { tokenFiles }: Kubeconfig): Readonly<Record<string, string>> {
  const file = tokenFiles.get(user.name);
  const token = file === undefined ? user.token : readFileSync(file, "utf8").trim();
  const impersonated = user.impersonateUser === undefined ? {} : { "impersonate-user": user.impersonateUser };
  if (token !== undefined) return { ...impersonated, authorization: `Bearer ${token}` };
  if (user.username === undefined) return impersonated;
  const pair = Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64");
  return { ...impersonated, authorization: `Basic ${pair}` };
}

function isPlugin(user: User | undefined): boolean {
  return user !== undefined && (user.exec !== undefined || user.authProvider !== undefined);
}

/**
 * Plug-ins and providers are too many to write again: the stock client asks them. It is loaded for them alone, because it takes 50 MB of
 * memory, which an operator in a pod must not pay for.
 */
async function askPlugin(
  config: Kubeconfig,
): Promise<{ readonly tls: TlsOptions; readonly headers: Readonly<Record<string, string>> }> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const client = new KubeConfig();
  client.loadFromOptions(config);
  const options: RequestOptions = {};
  await client.applyToHTTPSOptions(options);
  const text = (value: unknown): string | undefined =>
    typeof value === "string" || Buffer.isBuffer(value) ? value.toString() : undefined;
  const [cert, key] = [text(options.cert), text(options.key)];
  const headers = Object.entries(options.headers ?? {}).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" ? [[name.toLowerCase(), value]] : [],
  );
  return {
    tls: { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) },
    headers: Object.fromEntries(headers),
  };
}

function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
