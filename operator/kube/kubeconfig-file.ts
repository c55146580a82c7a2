import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import type { Cluster, Context, User } from "@kubernetes/client-node";
import { parse } from "yaml";
import type { TlsOptions } from "../runtime/transport.ts";

/** Several kubeconfig files as one, in the words of the stock client, which is given them where a plug-in is asked. */
export interface Kubeconfig {
  readonly clusters: Cluster[];
  readonly users: User[];
  readonly contexts: Context[];
  readonly currentContext: string;
  /** User → file of its token. The stock client looks for these under another name than kubectl does. */
  readonly tokenFiles: ReadonlyMap<string, string>;
}

type Fields = Readonly<Record<string, unknown>>;
interface Entry {
  readonly name: string;
  readonly fields: Fields;
}

/** One file. Relative paths count from it. Throws an Error that says what is wrong with it. */
export function readKubeconfig(file: string): Kubeconfig {
  const content = parse(readFileSync(file, "utf8")) as Fields | null;
  if (content === null || typeof content !== "object") throw new Error("it is no map");
  const beside = (path: string | undefined): { readonly path: string } | undefined =>
    path === undefined ? undefined : { path: isAbsolute(path) ? path : join(dirname(file), path) };
  const users = entries(content, "users", "user");
  return {
    clusters: entries(content, "clusters", "cluster").map((entry) => cluster(entry, beside)),
    users: users.map((entry) => user(entry, beside)),
    contexts: entries(content, "contexts", "context").map(({ name, fields }) => ({
      name,
      cluster: text(fields["cluster"]) ?? "",
      user: text(fields["user"]) ?? "",
    })),
    currentContext: text(content["current-context"]) ?? "",
    tokenFiles: new Map(
      users.flatMap(({ name, fields }) => {
        const found = beside(text(fields["tokenFile"]));
        return found === undefined ? [] : [[name, found.path]];
      }),
    ),
  };
}

/** As kubectl merges them: the first that names something wins. */
export function mergedKubeconfig(parts: readonly Kubeconfig[]): Kubeconfig {
  const users = new Set<string>();
  const tokenFiles = new Map<string, string>();
  for (const part of parts) {
    for (const [name, file] of part.tokenFiles) if (!users.has(name)) tokenFiles.set(name, file);
    for (const { name } of part.users) users.add(name);
  }
  return {
    clusters: firstOfEachName(parts.flatMap((part) => part.clusters)),
    users: firstOfEachName(parts.flatMap((part) => part.users)),
    contexts: firstOfEachName(parts.flatMap((part) => part.contexts)),
    currentContext: parts.map((part) => part.currentContext).find((name) => name !== "") ?? "",
    tokenFiles,
  };
}

/** How a connection to the cluster as that user is secured. Reads the files that they name. */
export function tlsOf(of: { readonly cluster: Cluster; readonly user: User | undefined }): TlsOptions {
  const { cluster, user } = of;
  const ca = content(cluster.caData, cluster.caFile);
  const [cert, key] = [content(user?.certData, user?.certFile), content(user?.keyData, user?.keyFile)];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
    ...(cluster.skipTLSVerify ? { rejectUnauthorized: false } : {}),
  };
}

/** What is written into a kubeconfig wins over a file that it names, as for kubectl. */
function content(data: string | undefined, file: string | undefined): string | undefined {
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
  return file === undefined ? undefined : readFileSync(file, "utf8");
}

function entries(content: Fields, list: string, field: string): Entry[] {
  const found = content[list] ?? [];
  if (!Array.isArray(found)) throw new Error(`${list} is no list`);
  return (found as readonly (Fields | null)[]).map((entry, index) => {
    const name = text(entry?.["name"]);
    if (name === undefined) throw new Error(`${list}[${index}].name is missing`);
    const fields = entry?.[field] ?? {};
    if (typeof fields !== "object") throw new Error(`${list}[${index}].${field} is no map`);
    return { name, fields: fields as Fields };
  });
}

type Beside = (path: string | undefined) => { readonly path: string } | undefined;

function cluster({ name, fields }: Entry, beside: Beside): Cluster {
  const server = text(fields["server"]);
  if (server === undefined) throw new Error(`cluster ${name} has no server`);
  const caFile = beside(text(fields["certificate-authority"]))?.path;
  return {
    name,
    server: server.replace(/\/$/, ""),
    skipTLSVerify: fields["insecure-skip-tls-verify"] === true,
    ...optional({
      caData: text(fields["certificate-authority-data"]),
      caFile,
      tlsServerName: text(fields["tls-server-name"]),
      proxyUrl: text(fields["proxy-url"]),
    }),
  };
}

function user({ name, fields }: Entry, beside: Beside): User {
  return {
    name,
    ...optional({
      certData: text(fields["client-certificate-data"]),
      certFile: beside(text(fields["client-certificate"]))?.path,
      keyData: text(fields["client-key-data"]),
      keyFile: beside(text(fields["client-key"]))?.path,
      token: text(fields["token"]),
      username: text(fields["username"]),
      password: text(fields["password"]),
      impersonateUser: text(fields["as"]),
      exec: fields["exec"] ?? undefined,
      authProvider: fields["auth-provider"] ?? undefined,
    }),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What is undefined is left out. */
function optional<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}

function firstOfEachName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  return entries.filter((entry, index) => entries.findIndex((other) => other.name === entry.name) === index);
}
