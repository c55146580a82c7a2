import { type CommandDescription, describeCommandLine, exitCodes } from "../operator/cli/command-line.ts";
import { page, table } from "./markdown.ts";

/** docs/reference/cli.md: every command of the program, with its options and examples. Pure. */
export function cliPage(): string {
  return page([
    "# The socle command",
    "Run as `npx socle` in a checkout, and as `kubectl socle` where a file `kubectl-socle` that leads to it is in the PATH. It connects as kubectl does, with the rights of whoever runs it, and changes nothing in a cluster but what `exception approve` says; `socle export` connects to none ([more](../export.md)).",
    ...describeCommandLine().flatMap(commandBlocks),
    "## Exit codes",
    table(
      ["Code", "Meaning"],
      exitCodes.map(([code, meaning]) => [String(code), meaning]),
    ),
  ]);
}

function commandBlocks(command: CommandDescription): string[] {
  const rows = [
    ...command.arguments.map(([name, meaning]) => [`\`${name}\``, "", meaning]),
    ...command.options.map(({ flags, byDefault, meaning }) => [
      `\`${flags}\``,
      byDefault === "" ? "" : `\`${byDefault}\``,
      meaning,
    ]),
  ];
  const examples = command.examples.map(({ line, shows }) => `# ${shows}\n${line}`);
  return [
    `## ${command.name}`,
    `\`${command.usage}\``,
    `${command.meaning.charAt(0).toUpperCase()}${command.meaning.slice(1).replace(/\.$/, "")}.`,
    table(["Argument or option", "Default", "Meaning"], rows),
    examples.length === 0 ? "" : `\`\`\`sh\n${examples.join("\n")}\n\`\`\``,
  ];
}
