import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { create } from "xmlbuilder";
import { selfSigned } from "../../operator/systems/self-signed.ts";

type Fields = Readonly<Record<string, unknown>>;
type Item = Fields & { readonly id: string; readonly name: string };

export interface FakeNumSpotOptions {
  /** Which of the two versions of the documented API it speaks. The older one tells nothing of the backups of a database. */
  readonly generation: "2026-02" | "2026-06";
  /** Milliseconds since the epoch. What takes time at NumSpot takes it by this clock. */
  readonly now: () => number;
  readonly tokenSeconds: number;
}

interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** What the groups of the route matched. */
  readonly ids: readonly string[];
}

interface Told {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of JSON. */
  readonly xml?: string;
}

type Route = readonly [method: string, path: RegExp, answer: (asked: Asked) => Told];

const id = "([0-9a-f-]{36})";
/** Without a wish of the client. */
const usualPage = 30;
const largestPage = 50;
const keysPerAccount = 2;

/** RFC 9457, as NumSpot fills it. */
const problem = (status: number, type: string, more: Fields = {}): Told => ({
  status,
  headers: { "content-type": "application/problem+json" },
  body: { type: `urn:numspot:errors#${type}`, title: type, detail: "told by a FAKE", ...more },
});

/**
 * A FAKE NumSpot: an HTTPS server of ours that answers as the documentation of its API says, and keeps everything in memory. It is no NumSpot: nobody has
 * compared the two. It checks tokens, pages its lists, lets things take their time, and refuses what NumSpot refuses. Of S3 it knows the list of buckets, and
 * looks at the name of the key and at no signature.
 */
export class FakeNumSpot {
  readonly account = { id: "11111111-1111-4111-8111-111111111111", secret: "secret of the service account" };
  readonly space = "22222222-2222-4222-8222-222222222222";
  readonly organisation = "33333333-3333-4333-8333-333333333333";
  readonly accessKey = "AKFAKE";
  zones = ["eu-west-2a", "eu-west-2b", "eu-west-2c"];
  versions = ["1.34"];
  readonly clusters: Item[] = [];
  readonly databases: Item[] = [];
  readonly loadBalancers: Fields[] = [];
  readonly securityGroups: Fields[] = [];
  readonly vpnConnections: Fields[] = [];
  readonly accounts: Fields[] = [];
  readonly buckets: string[] = [];
  /** Keys of each service account, by its identifier. */
  readonly accessKeys = new Map<string, string[]>();
  /** Method and path of each request, with its query. */
  readonly received: string[] = [];
  /** Set: what it says of a request that is otherwise right. */
  broken: ((method: string, path: string) => Told | undefined) | undefined;
  readonly #options: FakeNumSpotOptions;
  readonly #server: Server;
  /** When each token ends. */
  readonly #tokens = new Map<string, number>();
  /** When each thing was asked for. */
  readonly #since = new Map<string, number>();
  readonly #spaces: Item[] = [];
  #made = 0;
  /** PEM of who signed its certificate. */
  readonly authority: string;

  private constructor(options: FakeNumSpotOptions, tls: { certificate: string; key: string; authority: string }) {
    this.#options = options;
    this.authority = tls.authority;
    this.#server = createServer({ cert: tls.certificate, key: tls.key }, (request, response) => {
      void this.#serve(request, response);
    });
  }

  static async start(options: Partial<FakeNumSpotOptions> = {}): Promise<FakeNumSpot> {
    const now = options.now ?? (() => Date.now());
    const tls = await selfSigned({ names: ["localhost"], days: 2, now: Date.now() });
    const fake = new FakeNumSpot({ generation: "2026-06", tokenSeconds: 86_400, ...options, now }, tls);
    await new Promise<void>((resolve) => fake.#server.listen(0, "localhost", resolve));
    return fake;
  }

  get origin(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** As an administrator who takes them back. */
  revokeTokens(): void {
    this.#tokens.clear();
  }

  /** Requests to that path. */
  asked(path: string): number {
    return this.received.filter((line) => line.split(/[ ?]/)[1] === path).length;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
    const url = new URL(request.url ?? "/", this.origin);
    const method = request.method ?? "GET";
    this.received.push(`${method} ${decodeURI(`${url.pathname}${url.search}`)}`);
    const { status, body: json, headers, xml } = this.#answer({ method, url, headers: request.headers, body, ids: [] });
    const type = xml === undefined ? "application/json" : "application/xml";
    response.writeHead(status, { "content-type": type, ...headers });
    response.end(xml ?? (json === undefined ? "" : JSON.stringify(json)));
  }

  #answer(asked: Asked): Told {
    const { method, url } = asked;
    const told = this.broken?.(method, url.pathname);
    if (told !== undefined) return told;
    if (method === "POST" && url.pathname === "/iam/token") return this.#token(asked);
    // The object store is another host at NumSpot, with keys of its own.
    if (/^\/spaces\//.test(url.pathname)) return this.#listBuckets(asked);
    if (!this.#isKnown(asked.headers.authorization)) return problem(401, "unauthenticated_access");
    const paths = this.#routes.filter(([, path]) => path.test(url.pathname));
    const route = paths.find(([wanted]) => wanted === method);
    if (route === undefined)
      return paths.length === 0 ? problem(404, "resource_not_found") : problem(405, "invalid_request");
    return route[2]({ ...asked, ids: (route[1].exec(url.pathname) ?? []).slice(1) });
  }

  #token({ headers, body }: Asked): Told {
    const [, encoded = ""] = /^Basic (.+)$/.exec(headers.authorization ?? "") ?? [];
    const [name = "", secret = ""] = Buffer.from(encoded, "base64").toString().split(":");
    const plain = (text: string): string => new URLSearchParams(`x=${text}`).get("x") ?? "";
    if (plain(name) !== this.account.id || plain(secret) !== this.account.secret)
      return { status: 401, body: { error: "invalid_client", error_description: `not ${secret}` } };
    if (new URLSearchParams(body).get("grant_type") !== "client_credentials")
      return { status: 400, body: { error: "unsupported_grant_type" } };
    this.#made += 1;
    const token = `token ${this.#made} of a FAKE`.replaceAll(" ", "-");
    this.#tokens.set(token, this.#options.now() + this.#options.tokenSeconds * 1000);
    return {
      status: 200,
      body: { access_token: token, expires_in: this.#options.tokenSeconds, token_type: "bearer" },
    };
  }

  #isKnown(authorization = ""): boolean {
    return (this.#tokens.get(authorization.replace(/^Bearer /, "")) ?? 0) > this.#options.now();
  }

  /** Each list pages. */
  #page(items: readonly unknown[], { url }: Asked): Told {
    const size = Math.min(Number(url.searchParams.get("page[size]") ?? usualPage), largestPage);
    const from = Number(Buffer.from(url.searchParams.get("page[nextToken]") ?? "", "base64url").toString() || 0);
    const next = from + size < items.length ? Buffer.from(String(from + size)).toString("base64url") : undefined;
    const nextPageToken = next === undefined ? {} : { nextPageToken: next };
    return { status: 200, body: { items: items.slice(from, from + size), ...nextPageToken } };
  }

  readonly #ofSpace = (asked: Asked, items: readonly unknown[]): Told =>
    asked.ids[0] === this.space ? this.#page(items, asked) : problem(404, "resource_not_found");

  readonly #routes: readonly Route[] = [
    ["GET", /^\/kubernetes\/versions$/, () => ({ status: 200, body: { versions: this.versions } })],
    [
      "GET",
      new RegExp(`^/connectivity/spaces/${id}/readLocations$`),
      (asked) => this.#ofSpace(asked, this.zones.map(location)),
    ],
    [
      "GET",
      new RegExp(`^/kubernetes/spaces/${id}/clusters$`),
      (asked) => this.#ofSpace(asked, this.clusters.map(this.#aging)),
    ],
    ["POST", new RegExp(`^/kubernetes/spaces/${id}/clusters$`), (asked) => this.#makeCluster(asked)],
    // There is no PATCH: a cluster is made and deleted, and nothing else.
    [
      "GET",
      new RegExp(`^/kubernetes/spaces/${id}/clusters/${id}$`),
      ({ ids }) => found(this.clusters.map(this.#aging), ids[1]),
    ],
    [
      "GET",
      new RegExp(`^/postgresql/spaces/${id}/clusters$`),
      (asked) => this.#ofSpace(asked, this.databases.map(this.#inGeneration)),
    ],
    ["PATCH", new RegExp(`^/postgresql/spaces/${id}/clusters/${id}$`), (asked) => this.#growVolume(asked)],
    ["GET", new RegExp(`^/compute/spaces/${id}/loadBalancers$`), (asked) => this.#ofSpace(asked, this.loadBalancers)],
    ["GET", new RegExp(`^/compute/spaces/${id}/securityGroups$`), (asked) => this.#ofSpace(asked, this.securityGroups)],
    [
      "GET",
      new RegExp(`^/connectivity/spaces/${id}/vpnConnections$`),
      (asked) => this.#ofSpace(asked, this.vpnConnections),
    ],
    ["GET", new RegExp(`^/iam/spaces/${id}/serviceAccounts$`), (asked) => this.#ofSpace(asked, this.accounts)],
    [
      "GET",
      new RegExp(`^/iam/organisations/${id}/serviceAccounts$`),
      (asked) =>
        asked.ids[0] === this.organisation ? this.#page(this.accounts, asked) : problem(404, "resource_not_found"),
    ],
    [
      "POST",
      new RegExp(`^/iam/organisations/${id}/serviceAccounts/${id}/aksk$`),
      ({ ids }) => this.#makeKey(ids[1] ?? ""),
    ],
    ["POST", new RegExp(`^/organisations/${id}/spaces$`), (asked) => this.#makeSpace(asked)],
    [
      "GET",
      new RegExp(`^/organisations/${id}/spaces/${id}$`),
      ({ ids }) => found(this.#spaces.map(this.#queueing), ids[1]),
    ],
  ];

  /** Two minutes until it runs, in the states that are documented. */
  readonly #aging = (cluster: Item): Item => {
    const since = this.#since.get(cluster.id);
    if (since === undefined) return cluster;
    const ageMs = this.#options.now() - since;
    const state = ageMs < 10_000 ? "PENDING" : ageMs < 120_000 ? "CREATING" : "RUNNING";
    return { ...cluster, status: { state, message: "" } };
  };

  /** Here RUNNING is not the good one. */
  readonly #queueing = (space: Item): Item => {
    const ageMs = this.#options.now() - (this.#since.get(space.id) ?? 0);
    return { ...space, status: ageMs < 5_000 ? "QUEUED" : ageMs < 30_000 ? "RUNNING" : "READY" };
  };

  readonly #inGeneration = (database: Item): Fields => {
    if (this.#options.generation === "2026-06") return database;
    const { backupsConfiguration: _backups, ...older } = database;
    return older;
  };

  #makeCluster({ ids, body }: Asked): Told {
    if (ids[0] !== this.space) return problem(404, "resource_not_found");
    const { name = "", version = "", visibility = "EXTERNAL" } = JSON.parse(body) as Record<string, string>;
    if (!this.versions.includes(version))
      return problem(400, "invalid_request", { violations: [{ field: "version", description: "not supported" }] });
    const taken = this.clusters.find((cluster) => cluster.name === name);
    if (taken !== undefined)
      return problem(409, "conflict", { dependencies: [{ resourceId: taken.id, resourceType: "kubernetesCluster" }] });
    const made = { id: this.#newId(), name, version, fullVersion: `${version}.1`, visibility, profile: "small" };
    this.clusters.push({ ...made, cidr: "10.0.0.0/16", status: { state: "PENDING", message: "" } });
    return { status: 201, body: this.#aging(this.clusters.at(-1) ?? made) };
  }

  #growVolume({ ids, body }: Asked): Told {
    const at = this.databases.findIndex((database) => database.id === ids[1]);
    const before = this.databases[at];
    if (before === undefined) return problem(404, "resource_not_found");
    const wanted = (JSON.parse(body) as { volume: { sizeGiB: number } }).volume;
    if (wanted.sizeGiB < (before["volume"] as { sizeGiB: number }).sizeGiB)
      return problem(400, "invalid_request", { violations: [{ field: "volume.sizeGiB", description: "shrinks" }] });
    this.databases[at] = { ...before, volume: { ...(before["volume"] as object), ...wanted } };
    return { status: 200, body: this.databases[at] };
  }

  #makeKey(account: string): Told {
    const keys = this.accessKeys.get(account) ?? [];
    if (keys.length >= keysPerAccount)
      return problem(409, "conflict", { dependencies: keys.map((key) => ({ resourceId: key })) });
    const key = `AKFAKE${keys.length + 1}`;
    this.accessKeys.set(account, [...keys, key]);
    return { status: 201, body: { accessKey: key, secretKey: "shown once", status: "ACTIVE" } };
  }

  #makeSpace({ ids, body }: Asked): Told {
    const { name } = JSON.parse(body) as { name: string };
    const made = { id: this.#newId(), name, organisationId: ids[0] };
    this.#spaces.push(made);
    return { status: 202, body: this.#queueing(made) };
  }

  #newId(): string {
    this.#made += 1;
    const made = `44444444-4444-4444-8444-${String(this.#made).padStart(12, "0")}`;
    this.#since.set(made, this.#options.now());
    return made;
  }

  #listBuckets({ url, headers }: Asked): Told {
    const [, key = ""] = /Credential=([^/]+)\//.exec(headers.authorization ?? "") ?? [];
    if (key !== this.accessKey) return s3Error(403, "InvalidAccessKeyId");
    if (url.pathname.replace(/\/$/, "") !== `/spaces/${this.space}`) return s3Error(404, "NoSuchBucket");
    const list = create("ListAllMyBucketsResult", { encoding: "UTF-8" }).att(
      "xmlns",
      "http://s3.amazonaws.com/doc/2006-03-01/",
    );
    list.ele("Owner").ele("ID", "fake");
    const buckets = list.ele("Buckets");
    for (const name of this.buckets) buckets.ele("Bucket").ele("Name", name);
    return { status: 200, xml: list.end() };
  }
}

function s3Error(status: number, code: string): Told {
  const xml = create("Error", { encoding: "UTF-8" }).ele("Code", code).up().ele("Message", "told by a FAKE").end();
  return { status, xml };
}

const location = (zone: string): Fields => ({
  region: zone.slice(0, -1),
  subRegionName: zone,
  locationCode: zone.toUpperCase(),
  locationName: `Somewhere in ${zone}`,
});

function found(items: readonly Item[], wanted: string | undefined): Told {
  const item = items.find((one) => one.id === wanted);
  return item === undefined ? problem(404, "resource_not_found") : { status: 200, body: item };
}

/** What it says when a quota is used up. */
export const tooManyRequests = (reset: string): Told => ({
  ...problem(429, "too_many_requests", {
    quota: [{ resourceId: "space", resourceType: "requests", rateLimit: { limit: 100, remaining: 0, reset } }],
  }),
});

export const refusal = problem;
