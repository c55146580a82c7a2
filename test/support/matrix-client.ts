import { randomUUID } from "node:crypto";
import { Browser, type LoginWish, passLoginPages } from "./browser-login.ts";

/** An answer of a homeserver. */
export interface MatrixAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One person's device at a homeserver, as far as stories need it. Nothing is encrypted here: that is the business of real clients. */
export class MatrixClient {
  readonly userId: string;
  readonly #home: Homeserver;
  readonly #token: string;

  constructor(home: Homeserver, login: { readonly userId: string; readonly token: string }) {
    this.#home = home;
    this.userId = login.userId;
    this.#token = login.token;
  }

  async ask(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<MatrixAnswer> {
    return await this.#home.ask(method, path, { body, token: this.#token });
  }

  /** Makes a room and returns its identifier. */
  async createRoom(wish: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { status, body } = await this.ask("POST", "/_matrix/client/v3/createRoom", wish);
    if (status !== 200) throw new Error(`No room was made (HTTP ${status} ${JSON.stringify(body)}).`);
    return body["room_id"] as string;
  }

  async state(room: string, type: string): Promise<MatrixAnswer> {
    return await this.ask("GET", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/state/${type}`);
  }

  async send(room: string, type: string, content: unknown): Promise<MatrixAnswer> {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/${type}/${randomUUID()}`;
    return await this.ask("PUT", path, content);
  }

  async setState(room: string, type: string, content: unknown): Promise<MatrixAnswer> {
    return await this.ask("PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/state/${type}`, content);
  }
}

/** A homeserver under its public address. */
export class Homeserver {
  readonly url: string;
  readonly #fetch: typeof fetch;

  constructor(url: string, how: typeof fetch) {
    this.url = url;
    this.#fetch = how;
  }

  async ask(
    method: string,
    path: string,
    { body, token }: { readonly body?: unknown; readonly token?: string } = {},
  ): Promise<MatrixAnswer> {
    const answer = await this.#fetch(`${this.url}${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: jsonOf(text) };
  }

  /** Logs in through the realm, as the web client at `client` would: to the realm's pages and back with a token for one login. A browser that has a session there already is asked nothing. */
  async login(
    wish: Omit<LoginWish, "issuer">,
    at: { readonly client: string; readonly provider: string; readonly browser?: Browser },
  ): Promise<{ readonly device: MatrixClient; readonly totpSecret: string; readonly password: string }> {
    const start = this.loginAddress(at);
    const browser = at.browser ?? new Browser(this.#fetch);
    const { arrived, totpSecret, password } = await passLoginPages(browser, wish, { start, stopAt: at.client });
    return { device: await this.open(arrived), totpSecret, password };
  }

  /** Where a login of this homeserver begins for the web client at `client`. */
  loginAddress(at: { readonly client: string; readonly provider: string }): URL {
    const start = new URL(`${this.url}/_matrix/client/v3/login/sso/redirect/${at.provider}`);
    start.searchParams.set("redirectUrl", at.client);
    return start;
  }

  /** A session for whoever came back to the web client with a token for one login. */
  async open(arrived: URL): Promise<MatrixClient> {
    const token = arrived.searchParams.get("loginToken") ?? "";
    const { status, body } = await this.ask("POST", "/_matrix/client/v3/login", {
      body: { type: "m.login.token", token },
    });
    if (status !== 200) throw new Error(`The homeserver gave no session (HTTP ${status} ${JSON.stringify(body)}).`);
    return new MatrixClient(this, { userId: body["user_id"] as string, token: body["access_token"] as string });
  }
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return { text };
  }
}
