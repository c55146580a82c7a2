import { createHash, randomBytes } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import { fieldValue, formAction, hasField, type Page, sentOn } from "./html-page.ts";

interface Cookie {
  readonly host: string;
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

/** A browser as far as a login needs one: cookies, redirects, forms, and those forms that a page sends by itself. */
export class Browser {
  readonly #cookies = new Map<string, Cookie>();
  /** Decides whom it trusts and where names lead. */
  readonly fetch: typeof fetch;

  constructor(how: typeof fetch = fetch) {
    this.fetch = how;
  }

  /** Follows redirects, and forms that send themselves, until a page, or until a redirect leads to `stopAt`. */
  async open(url: URL, form?: URLSearchParams, stopAt?: string): Promise<Page | { readonly arrived: URL }> {
    let next = url;
    let body = form;
    for (let hops = 0; hops < 20; hops += 1) {
      const answer = await this.fetch(next, {
        method: body === undefined ? "GET" : "POST",
        redirect: "manual",
        headers: {
          cookie: this.#cookiesFor(next),
          "accept-language": "fr",
        },
        ...(body === undefined ? {} : { body }),
      });
      for (const cookie of answer.headers.getSetCookie()) this.#store(next, cookie);
      const location = answer.headers.get("location");
      if (location === null) {
        const page = { url: next, status: answer.status, body: await answer.text() };
        body = sentOn(page);
        if (body === undefined) return page;
        next = formAction(page);
        continue;
      }
      next = new URL(location, next);
      body = undefined;
      if (stopAt !== undefined && next.href.startsWith(stopAt)) return { arrived: next };
    }
    throw new Error("The login redirects without end.");
  }

  /** What one host sets is none of another's business, and two realms of one server tell their cookies apart by the path alone. */
  #cookiesFor({ hostname, pathname }: URL): string {
    return [...this.#cookies.values()]
      .filter(({ host, path }) => host === hostname && pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
  }

  #store({ hostname: host }: URL, cookie: string): void {
    const [pair = ""] = cookie.split(";");
    const at = pair.indexOf("=");
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const path = /;\s*path=([^;]*)/i.exec(cookie)?.[1] ?? "/";
    const key = JSON.stringify([host, path, name]);
    if (value === "" || /max-age=0/i.test(cookie)) this.#cookies.delete(key);
    else this.#cookies.set(key, { host, path, name, value });
  }
}

export interface LoginWish {
  readonly issuer: string;
  readonly username: string;
  readonly password: string;
  /** Of an earlier enrolment. */
  readonly totpSecret?: string;
  /** Stop where a second factor is asked for, as somebody would who has stolen the password only. */
  readonly passwordOnly?: boolean;
}

/** What a page of the login wanted to know. */
export type Asked = "password" | "new password" | "enrolment" | "code" | "profile";

/** The login came to no token. */
export class LoginStoppedError extends Error {
  readonly asked: readonly Asked[];

  constructor(message: string, asked: readonly Asked[]) {
    super(`${message} Asked so far: ${asked.join(", ")}.`);
    this.name = "LoginStoppedError";
    this.asked = asked;
  }
}

export interface Session {
  readonly subject: string;
  readonly expiresIn: number;
  /** The password that holds from now on. */
  readonly password: string;
  /** Base32; from the enrolment or as given. */
  readonly totpSecret: string;
  /** Pages of the login, in order. */
  readonly asked: readonly Asked[];
}

/**
 * Authorization code flow with PKCE for the realm's account console: password, and whatever the realm asks for next.
 * @throws LoginStoppedError where the realm refuses, or where `passwordOnly` has nothing more to give.
 */
export async function loginWithTotp(browser: Browser, wish: LoginWish): Promise<Session> {
  const verifier = randomBytes(32).toString("base64url");
  const redirectUri = `${wish.issuer}/account/`;
  const query = new URLSearchParams({
    client_id: "account-console",
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid",
    state: randomBytes(16).toString("hex"),
    nonce: randomBytes(16).toString("hex"),
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const start = new URL(`${wish.issuer}/protocol/openid-connect/auth?${query.toString()}`);
  const { arrived, password, totpSecret, asked } = await passLoginPages(browser, wish, { start, stopAt: redirectUri });
  const code = arrived.searchParams.get("code");
  if (code === null)
    throw new LoginStoppedError(`The login was refused: ${arrived.searchParams.get("error") ?? "no code"}.`, asked);
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    client_id: "account-console",
    code_verifier: verifier,
  });
  const answer = await browser.fetch(`${wish.issuer}/protocol/openid-connect/token`, { method: "POST", body: form });
  if (!answer.ok) throw new Error(`The code was not exchanged for a token (HTTP ${answer.status}).`);
  const tokens = (await answer.json()) as { access_token: string; expires_in: number };
  const claims = JSON.parse(Buffer.from(tokens.access_token.split(".")[1] ?? "", "base64url").toString("utf8")) as {
    sub?: string;
  };
  return { subject: claims.sub ?? "", expiresIn: tokens.expires_in, password, totpSecret, asked };
}

/** Where a walk through the pages of a realm ended, and what its user knows from now on. */
export interface Passed {
  readonly arrived: URL;
  readonly password: string;
  readonly totpSecret: string;
  readonly asked: readonly Asked[];
}

/**
 * Answers every page of a login that begins at `start`, until a redirect leads to `stopAt`.
 * @throws LoginStoppedError where the realm refuses, or where `passwordOnly` has nothing more to give.
 */
export async function passLoginPages(
  browser: Browser,
  wish: Omit<LoginWish, "issuer">,
  { start, stopAt }: { readonly start: URL; readonly stopAt: string },
): Promise<Passed> {
  let password = wish.password;
  let totpSecret = wish.totpSecret ?? "";
  let used: readonly string[] = [];
  const asked: Asked[] = [];
  let page = await browser.open(start, undefined, stopAt);
  for (let steps = 0; steps < 10 && !("arrived" in page); steps += 1) {
    const question = questionOf(page);
    if (question === undefined) throw new LoginStoppedError(wordsOf(page), asked);
    asked.push(question);
    if (wish.passwordOnly === true && (question === "code" || question === "enrolment"))
      throw new LoginStoppedError("A second factor is asked for.", asked);
    const answers = await answerForm(page, question, { wish, state: { password, totpSecret, used } });
    ({ password, totpSecret, used } = answers.state);
    page = await browser.open(formAction(page), answers.form, stopAt);
  }
  if (!("arrived" in page)) throw new LoginStoppedError("The login did not come to an end after ten pages.", asked);
  return { arrived: page.arrived, password, totpSecret, asked };
}

interface FormState {
  readonly password: string;
  readonly totpSecret: string;
  /** Codes that were sent: each counts once. */
  readonly used: readonly string[];
}

function questionOf(page: Page): Asked | undefined {
  if (hasField(page, "password-new")) return "new password";
  if (hasField(page, "totpSecret")) return "enrolment";
  if (hasField(page, "otp")) return "code";
  if (hasField(page, "password")) return "password";
  if (hasField(page, "email")) return "profile";
  return undefined;
}

async function answerForm(
  page: Page,
  question: Asked,
  at: { wish: Omit<LoginWish, "issuer">; state: FormState },
): Promise<{ form: URLSearchParams; state: FormState }> {
  const { state, wish } = at;
  switch (question) {
    case "new password": {
      const password = `${randomBytes(15).toString("base64url")}-9aA`;
      return {
        form: new URLSearchParams({ username: wish.username, "password-new": password, "password-confirm": password }),
        state: { ...state, password },
      };
    }
    case "enrolment": {
      const raw = fieldValue(page, "totpSecret");
      const secret = Secret.fromUTF8(raw).base32;
      const code = await freshCode(secret, state.used);
      return {
        form: new URLSearchParams({ totp: code, totpSecret: raw, userLabel: "demo" }),
        state: { ...state, totpSecret: secret, used: [...state.used, code] },
      };
    }
    case "code": {
      const code = await freshCode(state.totpSecret, state.used);
      return { form: new URLSearchParams({ otp: code }), state: { ...state, used: [...state.used, code] } };
    }
    case "password":
      return {
        form: new URLSearchParams({ username: wish.username, password: state.password, credentialId: "" }),
        state,
      };
    case "profile":
      return {
        form: new URLSearchParams({
          username: wish.username,
          email: fieldValue(page, "email"),
          firstName: "Camille",
          lastName: "Martin",
        }),
        state,
      };
  }
}

function wordsOf(page: Page): string {
  const words = page.body
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .slice(0, 200);
  return `The login stopped at a page that is no form we know (HTTP ${page.status}): ${words}.`;
}

/** A code of this moment, or of the next half minute, which the server takes as well, that was not sent before: it refuses the same code twice. */
async function freshCode(secret: string, used: readonly string[]): Promise<string> {
  const totp = new TOTP({ secret: Secret.fromBase32(secret), algorithm: "SHA1", digits: 6, period: 30 });
  for (;;) {
    const now = Date.now();
    const code = [now, now + 30_000]
      .map((timestamp) => totp.generate({ timestamp }))
      .find((one) => !used.includes(one));
    if (code !== undefined) return code;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
