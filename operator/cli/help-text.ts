import { Option } from "commander";

export interface Example {
  readonly line: string;
  readonly shows: string;
}

/** By the command's words after the program's name. */
export type Examples = Readonly<Record<string, readonly Example[]>>;

export function helpExamples(examples: readonly Example[], invokedAs: string): string {
  const lines = examples.map(({ line, shows }) => `  ${line.replace(/^socle/, invokedAs)}\n      ${shows}`);
  return `\nExamples:\n${lines.join("\n")}`;
}

export function output(): Option {
  return new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text");
}
