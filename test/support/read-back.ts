import { parseXml, type XmlElement, type XmlText } from "@rgrove/parse-xml";
import { parse } from "yaml";
import { readConfiguration } from "./ruby-template.ts";
import type { Fields } from "./text-leaves.ts";

/** What mounted Secrets hold. */
const secrets = new Proxy({}, { get: () => "of a Secret" }) as Readonly<Record<string, string>>;

/** How its program reads a file that people have a word in, by the ConfigMap and the name of the file, or by that name alone. */
export const fileReaders: Readonly<Record<string, (text: string) => unknown>> = {
  "synapse-config/homeserver.yaml": readPython,
  "web-client-config/config.json": (text) => JSON.parse(text) as unknown,
  "nextcloud-config/settings.json": (text) => JSON.parse(text) as unknown,
  "openproject-config/configuration.yml": (text) => readConfiguration(text, secrets),
  "accessibilite.html": readPage,
};

/** What Python's reader of YAML takes for characters at all (yaml/reader.py of PyYAML); it reads version 1.1. */
const printable = /^[\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

function readPython(text: string): unknown {
  if (!printable.test(text)) throw new Error("Python's reader of YAML refuses a character of the file.");
  return parse(text, { version: "1.1" });
}

/** A page as its readers see it, with what they cannot see in place of its number. */
function readPage(text: string): unknown {
  const seen = (shown: string): string =>
    shown.replaceAll(/\\u\{([0-9a-f]+)\}/g, (_all, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
  const tree = ({ name, attributes, children }: XmlElement): unknown => ({
    name,
    attributes: { ...attributes, href: decodeURIComponent(attributes["href"] ?? "") },
    children: children.map((child) => ("attributes" in child ? tree(child) : seen((child as XmlText).text))),
  });
  return tree(parseXml(text).root as XmlElement);
}

/**
 * What Kubernetes makes of a variable's value, a command or an argument (API reference, EnvVar.value): `$(NAME)` is replaced, `$$` is one dollar
 * sign. Here every name has a value, since a pod has variables that nobody wrote into it.
 */
export function expanded(text: string): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (all, name: string | undefined) =>
    all === "$$" ? "$" : `<${name ?? ""}>`,
  );
}

/** Of annotations, and at the end of names of Jobs. */
const digests = /^([0-9a-f]{32}){1,2}$|(?<=^[a-z]+-(?:prepare|settings|migration)-)[0-9a-f]{10}$/;

/** The same tree as its readers see it: files of configuration parsed, variables and commands expanded, digests of the rest left out. */
export function readBack(value: unknown, key = ""): unknown {
  if (typeof value === "string") return value.replace(digests, "digest");
  if (Array.isArray(value))
    return value.map((item: unknown) =>
      typeof item === "string" && (key === "command" || key === "args") ? expanded(item) : readBack(item, key),
    );
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    readEntry(value as Fields, name, { inner, of: key }),
  ]);
  return Object.fromEntries(entries) as unknown;
}

function readEntry(
  holder: Fields,
  name: string,
  { inner, of }: { readonly inner: unknown; readonly of: string },
): unknown {
  if (of === "env" && name === "value") return expanded(String(inner));
  if (holder["kind"] !== "ConfigMap" || name !== "data") return readBack(inner, name);
  const { name: map } = holder["metadata"] as { readonly name: string };
  const files = Object.entries((inner ?? {}) as Readonly<Record<string, string>>);
  return Object.fromEntries(
    files.map(([file, text]) => [file, (fileReaders[`${map}/${file}`] ?? fileReaders[file])?.(text) ?? text]),
  );
}

/** The same tree with other words in the place of some, in one pass. */
export function renamed(value: unknown, words: ReadonlyMap<string, string>): unknown {
  const longestFirst = [...words.keys()].sort((left, right) => right.length - left.length);
  const sought = new RegExp(longestFirst.map(literally).join("|"), "g");
  const text = (from: string): string => from.replace(sought, (word) => words.get(word) ?? word);
  const walk = (inner: unknown): unknown => {
    if (typeof inner === "string") return text(inner);
    if (Array.isArray(inner)) return inner.map(walk);
    if (inner === null || typeof inner !== "object") return inner;
    return Object.fromEntries(Object.entries(inner).map(([name, item]) => [text(name), walk(item)]));
  };
  return walk(value);
}

/** A regular expression of that text. */
function literally(word: string): string {
  return word.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&");
}

/** The same tree with one line in each word of a command of Nextcloud's that sets what people see: a title has one, and no word has a NUL. */
export function titlesInOneLine(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isTitle = value[0] === "theming:config";
    return value.map((item: unknown) =>
      isTitle && typeof item === "string" ? item.replaceAll(/\p{Cc}+/gu, " ") : titlesInOneLine(item),
    );
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, titlesInOneLine(item)]));
}

const label = /^([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$/;
const objectName = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;

/** What Kubernetes would refuse in these objects: values of labels, and names of what is made or named. */
export function refusedByKubernetes(value: unknown, key = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => refusedByKubernetes(item, key));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    if (typeof inner !== "string") return refusedByKubernetes(inner, name);
    const isLabel = key === "labels" || key === "matchLabels";
    const isName =
      (key === "metadata" && name === "name") || /^(secretName|ingressClassName|storageClassName)$/.test(name);
    return (isLabel && !label.test(inner)) || (isName && !objectName.test(inner)) ? [`${key}.${name}: ${inner}`] : [];
  });
}

/** Every text in the tree that only Kubernetes or the system reads: variables, commands and files that nobody is known to parse. */
export function unparsedTexts(value: unknown, key = ""): string[] {
  if (Array.isArray(value))
    return value.flatMap((item: unknown) =>
      typeof item === "string" ? (key === "command" || key === "args" ? [item] : []) : unparsedTexts(item, key),
    );
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    if (typeof inner === "string") return (key === "env" && name === "value") || key === "data" ? [inner] : [];
    return unparsedTexts(inner, name);
  });
}
