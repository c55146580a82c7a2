/** Text whose value is only known inside of the pod: files with what stands before and after each. */
export interface FromFiles {
  readonly parts: readonly (string | { readonly file: string })[];
}

export type Setting = string | number | boolean | FromFiles | readonly string[] | { readonly [name: string]: Setting };

export function fromFile(file: string): FromFiles {
  return { parts: [{ file }] };
}

/**
 * configuration.yml of OpenProject, for every environment of Rails. It is read twice: as a template of Ruby's (ERB), then as YAML. So a template's
 * tag stands where a file's content belongs, which writes it as YAML whatever it is; and nothing else can look like a tag.
 * Unlike in variables, which OpenProject reads as YAML without quotes, every text stays the text that it is.
 */
export function settingsFile(settings: Readonly<Record<string, Setting>>): string {
  return `"default":\n${block(settings, "  ")}`;
}

function block(settings: Readonly<Record<string, Setting>>, indent: string): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      const key = `${indent}${quoted(name)}:`;
      return isBlock(value) ? `${key}\n${block(value, `${indent}  `)}` : `${key} ${scalar(value)}\n`;
    })
    .join("");
}

type Block = { readonly [name: string]: Setting };

function isBlock(value: Setting): value is Block {
  return typeof value === "object" && !Array.isArray(value) && !isFromFiles(value);
}

function isFromFiles(value: object): value is FromFiles {
  return "parts" in value;
}

function scalar(value: Exclude<Setting, Block>): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return String(value);
  if (!isFromFiles(value)) return `[${value.map(quoted).join(", ")}]`;
  const parts = value.parts.map((part) =>
    typeof part === "string" ? rubyText(part) : `File.read(${rubyText(part.file)})`,
  );
  return `"<%= [${parts.join(", ")}].join${inRuby} %>"`;
}

/** Each character as YAML's escape of its number, whatever it is: nothing in it can end the text, break the line, or be no character of YAML. */
const inRuby = ".unpack('U*').map { |one| format('\\\\U%08x', one) }.join";

/** A YAML text in double quotes, of printable ASCII alone and without the sign that a tag begins with. Half a character is none. */
function quoted(text: string): string {
  const escaped = text.toWellFormed().replace(/["\\<]|[^ -~]/gu, (character) => {
    if (character === '"' || character === "\\") return `\\${character}`;
    return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`;
  });
  return `"${escaped}"`;
}

/** A text of Ruby in single quotes, which knows two signs that need a backslash. */
function rubyText(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text) || text.includes("%>"))
    throw new Error("A name of a file holds what no tag may hold.");
  return `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`;
}
