import { existsSync, readFileSync } from "node:fs";
import type { OutgoingHttpHeaders } from "node:http";
import type { RequestOptions } from "node:https";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";
import { TransientError } from "../runtime/errors.ts";
import type { Credentials, TlsOptions } from "../runtime/transport.ts";

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
  const { KubeConfig } = await import("@kubernetes/client-node");
  const load = (): Loaded => loaded(files, wish.context, () => new KubeConfig());
  const { config } = load();
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new KubeconfigError(
      `Kubeconfig ${files.join(", ")} has no current context with a cluster; ${choice(config)}`,
    );
  if (cluster.proxyUrl !== undefined)
    throw new KubeconfigError(
      `Cluster ${cluster.name} in kubeconfig ${files.join(", ")} sets proxy-url, which is not supported.`,
    );
  const credentials = new KubeconfigCredentials(load);
  await credentials.headers();
  return {
    server: cluster.server,
    tls: credentials.tls(),
    credentials,
    description: `context ${config.getCurrentContext()}`,
  };
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

interface Loaded {
  readonly config: KubeConfig;
  /** User → file of its token. The stock client looks for these under another name than kubectl does. */
  readonly tokenFiles: ReadonlyMap<string, string>;
}

/** Several files as kubectl merges them: the first that names something wins. */
function loaded(files: readonly string[], context: string | undefined, empty: () => KubeConfig): Loaded {
  const tokenFiles = new Map<string, string>();
  const named = new Set<string>();
  const parts = files.map((file) => {
    const part = empty();
    try {
      part.loadFromFile(file);
      for (const [user, tokenFile] of tokenFilesOf(file)) if (!named.has(user)) tokenFiles.set(user, tokenFile);
    } catch (cause) {
      throw new KubeconfigError(`Kubeconfig ${file} cannot be read as one: ${messageOf(cause)}; ${remedy}.`, { cause });
    }
    for (const user of part.getUsers()) named.add(user.name);
    return part;
  });
  const config = empty();
  config.loadFromOptions({
    clusters: firstOfEachName(parts.flatMap((part) => part.getClusters())),
    users: firstOfEachName(parts.flatMap((part) => part.getUsers())),
    contexts: firstOfEachName(parts.flatMap((part) => part.getContexts())),
    currentContext:
      context ??
      parts.map((part) => part.getCurrentContext()).find((name) => ((name as string | undefined) ?? "") !== "") ??
      "",
  });
  if (context !== undefined && config.getContextObject(context) === null) {
    throw new KubeconfigError(`Kubeconfig ${files.join(", ")} has no context ${context}; ${choice(config)}`);
  }
  return { config, tokenFiles };
}

/** Relative paths count from the kubeconfig, as for kubectl. */
function tokenFilesOf(file: string): [string, string][] {
  const { users } = parse(readFileSync(file, "utf8")) as {
    readonly users?:
      | readonly { readonly name: string; readonly user?: { readonly tokenFile?: string } | null }[]
      | null;
  };
  return (users ?? []).flatMap(({ name, user }): [string, string][] => {
    const tokenFile = user?.tokenFile ?? "";
    return tokenFile === "" ? [] : [[name, resolve(dirname(file), tokenFile)]];
  });
}

function firstOfEachName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  return entries.filter((entry, index) => entries.findIndex((other) => other.name === entry.name) === index);
}

function choice(config: KubeConfig): string {
  const names = config.getContexts().map((one) => one.name);
  return names.length === 0
    ? `it has no context at all: ${remedy}.`
    : `choose one with --context: ${names.join(", ")}.`;
}

/**
 * What a kubeconfig's user has: a token, a client certificate, a token file, OIDC, or an exec plug-in that gives one of them. The
 * stock client knows how; asked once a minute, because it reads files each time, and anew from the files after a 401.
 */
class KubeconfigCredentials implements Credentials {
  readonly #load: () => Loaded;
  #loaded: Loaded | undefined;
  #fresh: { readonly headers: Promise<Readonly<Record<string, string>>>; readonly until: number } | undefined;
  #tls: TlsOptions = {};

  constructor(load: () => Loaded) {
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
    const { config, tokenFiles } = (this.#loaded ??= afterStart(this.#load));
    const name = config.getCurrentUser()?.name ?? "of the context";
    const tokenFile = tokenFiles.get(name);
    const options: RequestOptions & { servername?: string } = {};
    try {
      await config.applyToHTTPSOptions(options);
      // A token file wins over a token, as in client-go.
      if (tokenFile !== undefined)
        options.headers = {
          ...(options.headers as OutgoingHttpHeaders | undefined),
          Authorization: `Bearer ${readFileSync(tokenFile, "utf8").trim()}`,
        };
    } catch (cause) {
      // A plug-in's own words may hold what it was given; its error stays in the cause.
      const why = isSystemError(cause) ? ` (${cause.code})` : "";
      throw new TransientError(
        "PermissionMissing",
        `The credentials of user ${name} in the kubeconfig cannot be had${why}: check its files, or run its login command.`,
        { cause },
      );
    }
    this.#tls = tlsOf(options);
    return headersOf(options);
  }
}

function tlsOf(options: RequestOptions & { servername?: string }): TlsOptions {
  const text = (value: unknown): string | undefined =>
    typeof value === "string" || Buffer.isBuffer(value) ? value.toString() : undefined;
  const [ca, cert, key] = [text(options.ca), text(options.cert), text(options.key)];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(options.servername === undefined ? {} : { servername: options.servername }),
    ...(options.rejectUnauthorized === false ? { rejectUnauthorized: false } : {}),
  };
}

function headersOf(options: RequestOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === "string") headers[name.toLowerCase()] = value;
  }
  if (typeof options.auth === "string")
    headers["authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  return headers;
}

function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
