import { SaxesParser, type SaxesTagNS } from "saxes";
import { create, type XMLElement as Builder } from "xmlbuilder";

/** An element with text or with elements in it; SOAP messages mix the two nowhere, and say nothing in attributes that is asked for here. */
export interface XmlElement {
  /** Empty = none. */
  readonly namespace: string;
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** Deeper than any message of these services; without a limit, a hostile answer costs a quadratic time. */
const deepest = 32;

/** The text holds a character that XML knows no way to write, such as a NUL. The message names no text: it may be a password. */
export class UnwritableTextError extends Error {}

/** The text is no XML document, or one that no SOAP message may be. */
export class UnreadableXmlError extends Error {}

/** An element to write, with elements or text in it. */
export function element(namespace: string, name: string, content: string | readonly XmlElement[]): XmlElement {
  return typeof content === "string"
    ? { namespace, name, text: content, children: [] }
    : { namespace, name, text: "", children: content };
}

/** The document of an element, in UTF-8. Throws UnwritableTextError. */
export function writeXml(root: XmlElement): string {
  try {
    const document = create(root.name, { encoding: "UTF-8" });
    fill(document, root, "");
    return document.end();
  } catch {
    // The library repeats the text in its message.
    throw new UnwritableTextError("A value holds a character that XML cannot carry.");
  }
}

function fill(into: Builder, { namespace, text, children }: XmlElement, outer: string): void {
  if (namespace !== outer) into.att("xmlns", namespace);
  if (text !== "") into.txt(text);
  for (const child of children) fill(into.ele(child.name), child, namespace);
}

interface Open {
  readonly namespace: string;
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** The root of a document. A document type, and with it every entity of somebody's own, is refused unread. Throws UnreadableXmlError. */
export function readXml(text: string): XmlElement {
  const path: Open[] = [{ namespace: "", name: "", children: [], text: "" }];
  const parser = new SaxesParser({ xmlns: true });
  parser.on("error", () => {
    throw new UnreadableXmlError("The answer is no XML.");
  });
  parser.on("doctype", () => {
    throw new UnreadableXmlError("The answer has a document type, which SOAP forbids.");
  });
  parser.on("opentag", ({ uri, local }: SaxesTagNS) => {
    if (path.length > deepest) throw new UnreadableXmlError(`The answer is deeper than ${deepest} elements.`);
    path.push({ namespace: uri, name: local, children: [], text: "" });
  });
  const say = (more: string): void => {
    const open = path.at(-1);
    if (open !== undefined) open.text += more;
  };
  parser.on("text", say);
  parser.on("cdata", say);
  parser.on("closetag", () => {
    const closed = path.pop();
    if (closed !== undefined) path.at(-1)?.children.push(closed);
  });
  parser.write(text).close();
  const root = path[0]?.children[0];
  if (root === undefined) throw new UnreadableXmlError("The answer is empty.");
  return root;
}

/** The first element of that local name in another. */
export function child(of: XmlElement | undefined, name: string): XmlElement | undefined {
  return of?.children.find((inner) => inner.name === name);
}
