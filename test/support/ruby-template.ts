import { parse } from "yaml";

/**
 * What Ruby makes of a configuration.yml of OpenProject, for the one form of tag that is ours: the content of files and texts between them, put
 * together. Anything else that looks like a tag is an error, as it would be code in Ruby.
 */
export function readConfiguration(text: string, files: Readonly<Record<string, string>>): unknown {
  const rendered = text.replace(/<%= JSON\.generate\(\[(.*?)\]\.join\) %>/g, (_tag, list: string) => {
    const parts = [...list.matchAll(/File\.read\('((?:\\.|[^'\\])*)'\)|'((?:\\.|[^'\\])*)'/g)];
    const texts = parts.map(([, file, literal]) =>
      file === undefined ? unescaped(literal ?? "") : contentOf(unescaped(file), files),
    );
    return JSON.stringify(texts.join(""));
  });
  if (rendered.includes("<%")) throw new Error(`A tag that is none of ours: ${rendered}`);
  return parse(rendered, { version: "1.1" });
}

function contentOf(file: string, files: Readonly<Record<string, string>>): string {
  const content = files[file];
  if (content === undefined) throw new Error(`There is no file ${file}.`);
  return content;
}

function unescaped(text: string): string {
  return text.replace(/\\([\\'])/g, "$1");
}
