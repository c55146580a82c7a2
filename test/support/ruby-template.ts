import { parse } from "yaml";

const tag = /<%= \[([^\]]*)\]\.join\.unpack\('U\*'\)\.map \{ \|one\| format\('\\\\U%08x', one\) \}\.join %>/g;

/**
 * What Ruby makes of a configuration.yml of OpenProject, for the one form of tag that is ours: the content of files and texts between them, put
 * together. Anything else that looks like a tag is an error, as it would be code in Ruby. The real Ruby is asked in a contract test.
 */
export function readConfiguration(text: string, files: Readonly<Record<string, string>>): unknown {
  if (text.replaceAll(tag, "").includes("<%")) throw new Error(`A tag that is none of ours: ${text}`);
  const rendered = text.replaceAll(tag, (_tag, list: string) => {
    const parts = [...list.matchAll(/File\.read\('((?:\\.|[^'\\])*)'\)|'((?:\\.|[^'\\])*)'/g)];
    const texts = parts.map(([, file, literal]) =>
      file === undefined ? unescaped(literal ?? "") : contentOf(unescaped(file), files),
    );
    return texts.join("").replace(/[^]/gu, escaped);
  });
  return parse(rendered, { version: "1.1" });
}

function escaped(character: string): string {
  return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`;
}

function contentOf(file: string, files: Readonly<Record<string, string>>): string {
  const content = files[file];
  if (content === undefined) throw new Error(`There is no file ${file}.`);
  return content;
}

function unescaped(text: string): string {
  return text.replace(/\\([\\'])/g, "$1");
}
