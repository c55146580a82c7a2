import { Document, visit } from "yaml";

/** Line breaks to some readers of YAML and characters to others, and a mark that some drop: written as escapes, they are the same to all. */
const ambiguous = /[\u007f-\u009f\u2028\u2029\ufeff]/g;

/**
 * One object as YAML that readers of version 1.1, such as kubectl, and of version 1.2 understand alike. Keys are sorted: equal objects give
 * equal bytes.
 */
export function yamlText(object: unknown): string {
  const document = new Document(object, { aliasDuplicateObjects: false, sortMapEntries: true, compat: "yaml-1.1" });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === "string" && node.value.search(ambiguous) >= 0) node.type = "QUOTE_DOUBLE";
    },
  });
  // They stand in quoted scalars only, see above.
  return document.toString({ lineWidth: 0 }).replace(ambiguous, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
