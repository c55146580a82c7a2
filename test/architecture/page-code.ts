import { textOf } from "./repository.ts";

/** A fenced block of a page. */
export interface CodeBlock {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

const fence = /^( *)```(\w*)\n([\s\S]*?)^ *```$/gm;

/** The fenced blocks of a page, without the indentation of the list that they stand in. */
export function blocksOf(page: string): CodeBlock[] {
  const text = textOf(page);
  return [...text.matchAll(fence)].map((match) => {
    const [, indentation = "", language = "", body = ""] = match;
    const line = text.slice(0, match.index).split("\n").length;
    return { page, line, language, text: body.replaceAll(new RegExp(`^${indentation}`, "gm"), "") };
  });
}

/** What stands for a word of the reader's in a command that a sentence mentions. */
export const anyWord = "any-word";

/** What stands in backticks within the sentences of a page, with {@link anyWord} for `<tenant>` and without `[options]`. */
export function codeSpansOf(page: string): string[] {
  return [
    ...textOf(page)
      .replaceAll(fence, "")
      .matchAll(/`([^`\n]+)`/g),
  ].map(([, code = ""]) =>
    code
      .replaceAll("\\|", "|")
      .replaceAll(/<[^<>]+>/g, anyWord)
      .replaceAll(/ \[\w+\]/g, ""),
  );
}

/** A page without its code. */
export function proseOf(page: string): string {
  return textOf(page)
    .replaceAll(fence, "")
    .replaceAll(/`[^`\n]*`/g, "");
}
