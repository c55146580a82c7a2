import { type Document, parseAllDocuments } from "yaml";

/** What a file holds, or standard input. */
export interface SourceText {
  /** As a person names it. */
  readonly name: string;
  readonly text: string;
}

/** An object as a file holds it, and where: file, document, and item where the document is a list. */
export interface Found {
  readonly place: string;
  readonly object: unknown;
}

export interface FileDocuments {
  readonly found: readonly Found[];
  /** A sentence for each document that is no YAML. */
  readonly broken: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** The objects of these files, in their order. */
export function documentsOf(sources: readonly SourceText[]): FileDocuments {
  const [found, broken]: [Found[], string[]] = [[], []];
  for (const { name, text } of sources) {
    for (const [index, document] of parseAllDocuments(text).entries()) {
      const place = `${name}, document ${index + 1}`;
      const content = contentOf(document);
      if ("problem" in content) broken.push(`${place} is no YAML: ${content.problem}`);
      else if (content.value !== null) found.push(...itemsOf({ place, object: content.value }));
    }
  }
  return { found, broken };
}

function contentOf(document: Document): { readonly value: unknown } | { readonly problem: string } {
  const [error] = document.errors;
  // The lines below the first show the text, which may be that of a Secret.
  if (error !== undefined) return { problem: `${error.message.split("\n")[0]?.replace(/:$/, "") ?? ""}.` };
  try {
    return { value: document.toJS() };
  } catch (error) {
    // An alias that leads nowhere, or so many that they stand for gigabytes.
    return { problem: `${error instanceof Error ? error.message : String(error)}.` };
  }
}

/** `kubectl get -o yaml` prints several objects as one list; the API server, as a list of their kind, whose items leave out what they are. */
function itemsOf(found: Found): Found[] {
  const { apiVersion, kind, items } = found.object as Fields;
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return [found];
  const implied = kind === "List" ? {} : { apiVersion, kind: kind.slice(0, -"List".length) };
  return items.map((item: unknown, index) => ({
    place: `${found.place}, item ${index + 1}`,
    object: item !== null && typeof item === "object" && !Array.isArray(item) ? { ...implied, ...item } : item,
  }));
}
