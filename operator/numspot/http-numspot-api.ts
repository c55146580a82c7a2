import { rootCertificates } from "node:tls";
import type { z } from "zod";
import { TerminalError, TransientError } from "../runtime/errors.ts";
import { type Answer, type Call, Transport } from "../runtime/transport.ts";
import {
  accountsAnswer,
  clustersAnswer,
  databasesAnswer,
  kubernetesVersionsAnswer,
  loadBalancersAnswer,
  locationsAnswer,
  securityGroupsAnswer,
  tokenAnswer,
  vpnConnectionsAnswer,
} from "./answers.ts";
import type {
  AccountHolder,
  LoadBalancer,
  ManagedCluster,
  ManagedDatabase,
  NumSpotApi,
  NumSpotServer,
  ProviderAccount,
  SecurityGroup,
  VpnConnection,
} from "./numspot-api.ts";
import { numSpotError, shapeError } from "./numspot-errors.ts";

interface Token {
  readonly text: string;
  /** From then on a new one is asked for; the old one is still good for a while. */
  readonly renewAt: number;
}

interface List<T> {
  readonly path: string;
  /** E.g. `list load balancers`. */
  readonly doing: string;
  /** Items per page, where the service documents that one may be asked for. */
  readonly pageSize?: number;
  readonly shape: z.ZodType<{ readonly items: readonly T[]; readonly nextPageToken?: string | undefined }>;
}

const callTimeoutMs = 15_000;
/** Whoever asks comes rarely and asks for little; the space's own tools come first. */
const requestsAtATime = 2;
/** The provider's own tools renew this long before a token ends. */
const renewalMs = 5 * 60_000;
/** The largest that the services document. */
const largestPage = 50;
/** A server that never says that a page is the last would be asked for ever. */
const pagesPerList = 100;

/** NumSpot's API over verified TLS: OAuth client credentials, JSON, problem+json. It reads, and has no call that changes anything. */
export class HttpNumSpotApi implements NumSpotApi {
  readonly #server: NumSpotServer;
  readonly #host: string;
  readonly #now: () => number;
  readonly #transport: Transport;
  #token: Promise<Token> | undefined;

  /** Opens no connection yet. @throws TerminalError where the address is not https: a secret would go over it in clear. */
  constructor(server: NumSpotServer, now: () => number) {
    const url = URL.parse(server.url);
    if (url?.protocol !== "https:" || url.username !== "" || url.password !== "")
      throw new TerminalError(
        "InvalidSpec",
        "spec.provider.apiURL is no https address without an account in it; write it as https://api.<region>.numspot.com.",
      );
    this.#server = server;
    this.#host = url.host;
    this.#now = now;
    this.#transport = new Transport({
      server: server.url,
      tls: server.ca === undefined ? {} : { ca: [...rootCertificates, server.ca].join("\n") },
      credentials: { headers: () => Promise.resolve({}), invalidate: () => undefined },
      userAgent: "socle",
      connections: requestsAtATime,
    });
  }

  async zones(space: string, signal: AbortSignal): Promise<readonly string[]> {
    const path = `/connectivity/${inSpace(space)}/readLocations`;
    const found = await this.#list({ path, doing: "list zones", shape: locationsAnswer }, signal);
    return [...new Set(found.map(({ subRegionName }) => subRegionName))].sort();
  }

  async kubernetesVersions(signal: AbortSignal): Promise<readonly string[]> {
    const doing = "list versions of Kubernetes";
    const answer = await this.#get("/kubernetes/versions", doing, signal);
    return this.#read(answer, kubernetesVersionsAnswer, doing).versions;
  }

  async clusters(space: string, signal: AbortSignal): Promise<readonly ManagedCluster[]> {
    const path = `/kubernetes/${inSpace(space)}/clusters`;
    const doing = "list clusters of Kubernetes";
    return await this.#list({ path, doing, pageSize: largestPage, shape: clustersAnswer }, signal);
  }

  async databases(space: string, signal: AbortSignal): Promise<readonly ManagedDatabase[]> {
    const path = `/postgresql/${inSpace(space)}/clusters`;
    return await this.#list({ path, doing: "list clusters of PostgreSQL", shape: databasesAnswer }, signal);
  }

  async loadBalancers(space: string, signal: AbortSignal): Promise<readonly LoadBalancer[]> {
    const path = `/compute/${inSpace(space)}/loadBalancers`;
    return await this.#list({ path, doing: "list load balancers", shape: loadBalancersAnswer }, signal);
  }

  async securityGroups(space: string, signal: AbortSignal): Promise<readonly SecurityGroup[]> {
    const path = `/compute/${inSpace(space)}/securityGroups`;
    return await this.#list({ path, doing: "list security groups", shape: securityGroupsAnswer }, signal);
  }

  async vpnConnections(space: string, signal: AbortSignal): Promise<readonly VpnConnection[]> {
    const path = `/connectivity/${inSpace(space)}/vpnConnections`;
    return await this.#list({ path, doing: "list VPN connections", shape: vpnConnectionsAnswer }, signal);
  }

  async accounts({ kind, id }: AccountHolder, signal: AbortSignal): Promise<readonly ProviderAccount[]> {
    const path = `/iam/${kind}s/${encodeURIComponent(id)}/serviceAccounts`;
    const doing = `list service accounts of the ${kind}`;
    return await this.#list({ path, doing, pageSize: largestPage, shape: accountsAnswer }, signal);
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** Every page. A list of which one page is missing would let what stands there pass. */
  async #list<T>({ path, doing, pageSize, shape }: List<T>, signal: AbortSignal): Promise<readonly T[]> {
    const items: T[] = [];
    let next: string | undefined;
    for (let page = 0; page < pagesPerList; page += 1) {
      const query = new URLSearchParams();
      if (pageSize !== undefined) query.set("page[size]", String(pageSize));
      if (next !== undefined) query.set("page[nextToken]", next);
      const asked = query.size === 0 ? path : `${path}?${query.toString()}`;
      const found = this.#read(await this.#get(asked, doing, signal), shape, doing);
      items.push(...found.items);
      if (found.nextPageToken === undefined || found.nextPageToken === "") return items;
      next = found.nextPageToken;
    }
    throw shapeError({ server: this.#host, doing }, [`no last page within ${pagesPerList}`]);
  }

  #read<T>(answer: Answer, shape: z.ZodType<T>, doing: string): T {
    const read = shape.safeParse(answer.json);
    if (read.success) return read.data;
    // Where, and never what: a value may be a secret.
    const fields = read.error.issues.map(({ path }) => (path.length === 0 ? "all of it" : path.map(String).join(".")));
    throw shapeError({ server: this.#host, doing }, fields);
  }

  async #get(path: string, doing: string, signal: AbortSignal): Promise<Answer> {
    const send = async (token: string): Promise<Answer> =>
      await this.#send({ method: "GET", path, headers: { authorization: `Bearer ${token}` }, signal }, doing);
    const token = await this.#accessToken(signal);
    let answer = await send(token);
    if (answer.status === 401) answer = await send(await this.#accessToken(signal, token));
    if (answer.status === 200) return answer;
    throw numSpotError(answer, { server: this.#host, doing }, this.#now());
  }

  /** One token for all who wait, and a new one before the old one ends; sooner where the server refuses it: revoked, or a clock is wrong. */
  async #accessToken(signal: AbortSignal, refused?: string): Promise<string> {
    const known = this.#token;
    if (known !== undefined) {
      const token = await known.catch(() => undefined);
      if (token !== undefined && token.renewAt > this.#now() && token.text !== refused) return token.text;
      if (this.#token === known) this.#token = undefined;
    }
    this.#token ??= this.#fetchToken(signal);
    return (await this.#token).text;
  }

  async #fetchToken(signal: AbortSignal): Promise<Token> {
    const { clientId, clientSecret } = this.#server;
    const doing = "get a token";
    const answer = await this.#send(
      {
        method: "POST",
        path: "/iam/token",
        text: new URLSearchParams({ grant_type: "client_credentials" }).toString(),
        contentType: "application/x-www-form-urlencoded",
        headers: { authorization: `Basic ${basic(clientId, clientSecret)}` },
        signal,
      },
      doing,
    );
    // RFC 6749, 5.2: a client that is refused may be told so by 400 too.
    if (answer.status === 400 || answer.status === 403)
      throw numSpotError({ ...answer, status: 401 }, { server: this.#host, doing }, this.#now());
    if (answer.status !== 200) throw numSpotError(answer, { server: this.#host, doing }, this.#now());
    const { access_token: text, expires_in: seconds } = this.#read(answer, tokenAnswer, doing);
    const lifeMs = seconds * 1000;
    return { text, renewAt: this.#now() + Math.max(lifeMs - renewalMs, lifeMs / 2) };
  }

  async #send(call: Call, doing: string): Promise<Answer> {
    try {
      return await this.#transport.call({ timeoutMs: callTimeoutMs, ...call });
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      throw new TransientError("ProviderUnreachable", `NumSpot: cannot ${doing}: ${error.message}`, { cause: error });
    }
  }
}

const inSpace = (space: string): string => `spaces/${encodeURIComponent(space)}`;

/** RFC 6749, 2.3.1: both are form-encoded before they are joined. */
function basic(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((text) => new URLSearchParams({ "": text }).toString().slice(1));
  return Buffer.from(encoded.join(":")).toString("base64");
}
