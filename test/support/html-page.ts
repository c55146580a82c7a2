/** What a browser has before it when nothing leads on by itself. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly body: string;
}

export function hasField(page: Page, field: string): boolean {
  return new RegExp(`<input[^>]*name="${field}"`).test(page.body);
}

export function fieldValue(page: Page, field: string): string {
  const input = new RegExp(`<input[^>]*name="${field}"[^>]*>`, "i").exec(page.body)?.[0] ?? "";
  return unescaped(/value="([^"]*)"/i.exec(input)?.[1] ?? "");
}

/** Where the first form of a page goes. */
export function formAction(page: Page): URL {
  const action = /<form[^>]*action="([^"]*)"/i.exec(page.body)?.[1];
  if (action === undefined) throw new Error("The page has no form.");
  return new URL(unescaped(action), page.url);
}

/** What a page sends by itself as soon as it is shown: SAML carries its messages from server to server so (POST binding). */
export function sentOn(page: Page): URLSearchParams | undefined {
  const message = ["SAMLRequest", "SAMLResponse"].find((name) => hasField(page, name));
  if (message === undefined) return undefined;
  const fields = [message, "RelayState"].filter((name) => hasField(page, name));
  return new URLSearchParams(Object.fromEntries(fields.map((name) => [name, fieldValue(page, name)])));
}

export function titleOf({ body }: Page): string {
  return wordsIn(/<title>([^]*?)<\/title>/.exec(body)?.[1] ?? "");
}

/** Visible words, in order. */
export function wordsIn(body: string): string {
  const visible = body.replace(/<(script|style|head)\b[^]*?<\/\1>/g, " ").replace(/<[^>]*>/g, " ");
  return unescaped(visible).replace(/\s+/g, " ").trim();
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " " };

export function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string | undefined) =>
    code === undefined ? (entities[name ?? ""] ?? whole) : String.fromCodePoint(Number(code)),
  );
}
