import { fakeTitle } from "../servers/fake-proconnect-pages.ts";
import type { Browser } from "./browser-login.ts";
import { formAction, hasField, type Page, titleOf, unescaped, wordsIn } from "./html-page.ts";

/** Who logs in, and by which identity provider of the realm. */
export interface BrokerWish {
  /** Where a browser begins: the realm's authorization endpoint, or whatever leads there. */
  readonly start: URL;
  /** Alias of the provider on the realm's login page. A realm that sends everybody to one provider shows no page. */
  readonly alias: string;
  /** E-mail address of the agent, to choose at the FAKE ProConnect or to type elsewhere. */
  readonly agent: string;
  /** Of the agent, at a provider that asks for one. */
  readonly password?: string;
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

function nextOf(page: Page, wish: BrokerWish): { url: URL; form?: URLSearchParams } | undefined {
  const { alias, agent, password } = wish;
  if (titleOf(page) === fakeTitle && page.body.includes("<form"))
    return { url: formAction(page), form: new URLSearchParams({ agent }) };
  const link = [...page.body.matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)]
    .map(([, href = ""]) => new URL(unescaped(href), page.url))
    .find(({ pathname }) => pathname.endsWith(`/broker/${encodeURIComponent(alias)}/login`));
  if (link !== undefined) return { url: link };
  if (password === undefined || !hasField(page, "password")) return undefined;
  return { url: formAction(page), form: new URLSearchParams({ username: agent, password }) };
}

function deadEnd(page: Page): DeadEnd {
  return { url: page.url, status: page.status, title: titleOf(page), words: wordsIn(page.body) };
}
