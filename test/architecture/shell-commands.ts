import { type Command, forEachChild, parse, type SyntaxNode } from "unbash";

/** What a reader who pastes these lines would run. */
export interface ShellText {
  /** Each command as its words, also those within pipes, functions and substitutions. */
  readonly commands: readonly (readonly string[])[];
  readonly problems: readonly string[];
}

/** Reads lines as bash does, and runs nothing. */
export function shellText(text: string): ShellText {
  const script = parse(text);
  const found: Command[] = [];
  const visit = (node: SyntaxNode): void => {
    if (node.type === "Command") found.push(node);
    forEachChild(node, visit);
  };
  visit(script);
  return {
    commands: found.filter(({ name }) => name !== undefined).map(wordsOf),
    problems: [...(script.errors ?? []).map(({ message }) => message), ...found.flatMap(placeholders)],
  };
}

function wordsOf({ name, suffix }: Command): string[] {
  const given = suffix.flatMap((part) => (part.type === "Word" ? [part.value] : []));
  return [name?.value ?? "", ...given];
}

/** `<name>` is two redirections to a shell: it reads one file and empties another. */
function placeholders({ redirects, name }: Command): string[] {
  const operators = redirects.map(({ operator }) => operator);
  return operators.includes("<") && operators.includes(">")
    ? [`${name?.value ?? ""}: a name in angle brackets is a redirection here; write one that can be typed`]
    : [];
}
