import { Document, visit } from "yaml";

/** Line breaks to some readers of YAML and characters to others, a mark that some drop, and what some refuse: written as escapes, they are the same to all. */
const ambiguous = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
/** One sign is a key of its own to readers of version 1.1; Python's takes no tab in a line without quotes; and a block of nothing but white space loses its first spaces. */
const neverPlain = /^=$|^.*\t.*$|^\s+$/;

/**
 * One object as YAML that readers of version 1.1, such as kubectl and Python's, and of version 1.2 understand alike. Keys are sorted: equal objects give
 * equal bytes.
 */
export function yamlText(object: unknown): string {
  const document = new Document(object, { aliasDuplicateObjects: false, sortMapEntries: true, compat: "yaml-1.1" });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value !== "string") return;
      if (neverPlain.test(node.value) || node.value.search(ambiguous) >= 0) node.type = "QUOTE_DOUBLE";
    },
  });
  // They stand in quoted scalars only, see above.
  return document.toString({ lineWidth: 0 }).replace(ambiguous, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
