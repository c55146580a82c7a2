import { fakeTitle } from "../servers/fake-proconnect-pages.ts";
import { type Browser, formAction, type Page } from "./browser-login.ts";

/** Who logs in, and by which identity provider of the realm. */
export interface BrokerWish {
  /** Where a browser begins: the realm's authorization endpoint, or whatever leads there. */
  readonly start: URL;
  /** Alias of the provider on the realm's login page. A realm that sends everybody to one provider shows no page. */
  readonly alias: string;
  /** E-mail address of the agent to choose at the FAKE ProConnect. */
  readonly agent: string;
  /** Where it should end. */
  readonly stopAt: string;
}

/** A page on which a person can go no further, as they see it. */
export interface DeadEnd {
  readonly url: URL;
  readonly status: number;
  readonly title: string;
  /** Visible words, in order. */
  readonly words: string;
}

/** Either the address that the login led to, or the page that stopped it; with the pages in between that were passed. */
export type BrokerEnd = { readonly passed: readonly string[] } & (
  | { readonly arrived: URL; readonly stopped?: never }
  | { readonly stopped: DeadEnd; readonly arrived?: never }
);

/** Goes through a login by an identity provider as a person would. A refusal is an end like another. */
export async function loginThroughBroker(browser: Browser, wish: BrokerWish): Promise<BrokerEnd> {
  const passed: string[] = [];
  let page = await browser.open(wish.start, undefined, wish.stopAt);
  for (;;) {
    if ("arrived" in page) return { arrived: page.arrived, passed };
    const next = nextOf(page, wish);
    // A realm that refuses shows its login page again, with a message: a person would not try the same twice.
    if (next === undefined || passed.includes(titleOf(page))) return { stopped: deadEnd(page), passed };
    passed.push(titleOf(page));
    page = await browser.open(next.url, next.form, wish.stopAt);
  }
}

function nextOf(page: Page, { alias, agent }: BrokerWish): { url: URL; form?: URLSearchParams } | undefined {
  if (titleOf(page) === fakeTitle && page.body.includes("<form"))
    return { url: formAction(page), form: new URLSearchParams({ agent }) };
  const link = [...page.body.matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)]
    .map(([, href = ""]) => new URL(plain(href), page.url))
    .find(({ pathname }) => pathname.endsWith(`/broker/${encodeURIComponent(alias)}/login`));
  return link === undefined ? undefined : { url: link };
}

function deadEnd(page: Page): DeadEnd {
  return { url: page.url, status: page.status, title: titleOf(page), words: wordsOf(page.body) };
}

function titleOf({ body }: Page): string {
  return wordsOf(/<title>([^]*?)<\/title>/.exec(body)?.[1] ?? "");
}

function wordsOf(body: string): string {
  const visible = body.replace(/<(script|style|head)\b[^]*?<\/\1>/g, " ").replace(/<[^>]*>/g, " ");
  return plain(visible).replace(/\s+/g, " ").trim();
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " " };

function plain(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string | undefined) =>
    code === undefined ? (entities[name ?? ""] ?? whole) : String.fromCodePoint(Number(code)),
  );
}
