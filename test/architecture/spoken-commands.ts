import { existsSync } from "node:fs";
import { join } from "node:path";
import { CommanderError } from "commander";
import { idleCommandLine } from "../../operator/cli/command-line.ts";
import { wrongWithKubectl } from "./kubectl-words.ts";
import { packageJson, root, textOf } from "./repository.ts";

/** A command that is mentioned need not be complete; one that is shown to be run has to be. */
export type Manner = "shown" | "mentioned";

/** What is wrong with a command of a page; undefined where nothing is, or where the program is nobody's of ours. */
export async function wrongWith(words: readonly string[], manner: Manner): Promise<string | undefined> {
  const [program = "", ...args] = words[0] === "npx" ? words.slice(1) : words;
  if (program === "socle") return await wrongWithSocle(args, manner);
  if (program === "kubectl" && args[0] === "socle") return await wrongWithSocle(args.slice(1), manner);
  if (program === "kubectl") return wrongWithKubectl(args);
  if (program === "helm") return wrongWithHelm(args);
  if (program === "npm") return wrongWithNpm(args);
  return undefined;
}

/** What a mention may leave out. */
const incomplete = ["commander.missingArgument", "commander.missingMandatoryOptionValue", "commander.help"];
const asked = ["commander.helpDisplayed", "commander.version"];

/** Asks the program itself. */
async function wrongWithSocle(args: readonly string[], manner: Manner): Promise<string | undefined> {
  const program = idleCommandLine();
  for (const command of [program, ...program.commands.flatMap((one) => [one, ...one.commands])])
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  try {
    await program.parseAsync(args, { from: "user" });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const excused = [
      ...asked,
      ...(manner === "mentioned" ? incomplete : []),
      // What a shell puts there is not known.
      ...(args.some((word) => word.includes("$")) ? ["commander.invalidArgument"] : []),
    ];
    return excused.includes(error.code) ? undefined : error.message;
  }
}

const helmVerbs = [
  "get",
  "history",
  "lint",
  "install",
  "rollback",
  "status",
  "template",
  "test",
  "uninstall",
  "upgrade",
];
const charts = ["charts/socle", "charts/socle-crds"];

function wrongWithHelm(args: readonly string[]): string | undefined {
  const [verb = "", ...rest] = args;
  if (!helmVerbs.includes(verb)) return `helm has no verb ${verb}`;
  const chart = rest.find((arg) => arg.startsWith("charts/") && !charts.includes(arg));
  if (chart !== undefined) return `there is no chart ${chart}`;
  const unknown = rest
    .flatMap((arg, index) => (arg.startsWith("--set") ? [rest[index + 1] ?? ""] : []))
    .map((setting) => (setting.split("=")[0] ?? "").split("."))
    .find((path) => !isValue(path));
  return unknown === undefined ? undefined : `the chart has no value ${unknown.join(".")}`;
}

/** Paths in a file of values that the chart does not have; all of them where there is no chart to ask. */
export function strangeValues(values: unknown, path: readonly string[] = []): string[] {
  if (path.length > 0 && !isValue(path)) return [path.join(".")];
  if (values === null || typeof values !== "object" || Array.isArray(values)) return [];
  return Object.entries(values).flatMap(([name, value]) => strangeValues(value, [...path, name]));
}

interface ValuesNode {
  readonly properties?: Readonly<Record<string, ValuesNode>>;
}

function isValue(path: readonly string[]): boolean {
  const file = "charts/socle/values.schema.json";
  if (!existsSync(join(root, file))) return false;
  let node: ValuesNode | undefined = JSON.parse(textOf(file)) as ValuesNode;
  for (const name of path) {
    // What Kubernetes defines is passed on as it is.
    if (node !== undefined && node.properties === undefined) return true;
    node = node?.properties?.[name];
  }
  return node !== undefined;
}

function wrongWithNpm([verb = "", name = ""]: readonly string[]): string | undefined {
  if (["ci", "install", "test"].includes(verb)) return undefined;
  if (verb !== "run") return `npm ${verb} is no command of these pages`;
  return name in packageJson.scripts ? undefined : `package.json has no script ${name}`;
}
