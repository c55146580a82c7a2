import { visible } from "./visible-text.ts";

/** A piece of a page: text as it is, or an element. Only `markup` turns either into HTML, so no value can become a tag. */
export type Content = string | Element | readonly Content[];

interface Element {
  readonly tag: Tag;
  readonly attributes: Attributes;
  readonly content: Content;
}

/** The elements that a page of ours is made of; none of them loads or runs anything. */
type Tag =
  | ("html" | "head" | "meta" | "title" | "style" | "body" | "header" | "nav" | "main" | "section" | "footer")
  | ("h1" | "h2" | "h3" | "p" | "a" | "ul" | "li" | "dl" | "dt" | "dd" | "div" | "span" | "code" | "time" | "strong")
  | ("table" | "caption" | "thead" | "tbody" | "tr" | "th" | "td");
type Attributes = Readonly<Partial<Record<Attribute, string>>>;
type Attribute =
  | ("id" | "class" | "lang" | "href" | "scope" | "tabindex" | "role" | "datetime" | "charset" | "name" | "content")
  | ("http-equiv" | "aria-label" | "aria-labelledby");

/** `meta` is empty in HTML and has no end. */
const empty: readonly Tag[] = ["meta"];

export function element(tag: Tag, attributes: Attributes, ...content: readonly Content[]): Element {
  return { tag, attributes, content };
}

/** HTML that is well-formed XML too, so that any parser of either reads the same. */
export function markup(content: Content): string {
  if (typeof content === "string") return escaped(content);
  if (!("tag" in content)) return content.map(markup).join("");
  const { tag, attributes } = content;
  const opened = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  if (empty.includes(tag)) return `<${tag}${opened.join("")} />`;
  return `<${tag}${opened.join("")}>${markup(content.content)}</${tag}>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as a reader sees it: nothing of it is markup, and what cannot be seen is shown by its number. */
function escaped(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}
