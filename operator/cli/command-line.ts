import { Command, Option } from "commander";
import type { ConnectionOptions } from "./connection.ts";

/** What the person asked for, whatever the command. */
export interface Wish extends ConnectionOptions {
  readonly color: boolean;
  readonly output: "text" | "json";
}

/** What each command does with what was asked for. */
export interface Actions {
  status(tenant: string | undefined, wish: Wish): Promise<void>;
  doctor(wish: Wish): Promise<void>;
  version(wish: Wish & { readonly client?: boolean }): Promise<void>;
}

interface Example {
  readonly line: string;
  readonly shows: string;
}

const examples: Readonly<Record<string, readonly Example[]>> = {
  status: [
    { line: "socle status", shows: "a line for each region and each tenant" },
    { line: "socle status minagri", shows: "the tree of one tenant, its first failure, and what to try" },
    { line: "socle status minagri -o json", shows: "the same for a program; .firstFailure.reason is what to look at" },
  ],
  doctor: [
    { line: "socle doctor", shows: "before the first tenant, after an upgrade, and when nothing moves" },
    { line: "socle doctor --context production", shows: "another cluster of the kubeconfig" },
  ],
  version: [{ line: "socle version --client", shows: "this program only, for a bug report without a cluster" }],
};

export const exitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [0, "all is well"],
  [1, "the command failed: no connection, no such object"],
  [2, "the command line is wrong"],
  [3, "the command worked, and something is not Ready (status) or wrong (doctor)"],
];

/** The command line: what can be asked, and how its help reads. Runs nothing before `parseAsync`. */
export function commandLine(invokedAs: string, version: string, actions: Actions): Command {
  const program = new Command(invokedAs)
    .description("Sovereign productivity suites on Kubernetes: what runs, what does not, and what to do.")
    .option("--kubeconfig <file>", "kubeconfig to use (default: KUBECONFIG, then ~/.kube/config)")
    .option("--context <name>", "context of the kubeconfig")
    .option("--no-color", "no colour (also: NO_COLOR; never in pipes)")
    .version(version, "-V, --version", "print the version of this program")
    .showHelpAfterError("(--help shows the commands and options)")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText(
      "after",
      ["", "Exit codes:", ...exitCodes.map(([code, meaning]) => `  ${code}  ${meaning}`)].join("\n"),
    );
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .addOption(output())
      .addHelpText("after", helpExamples(name, invokedAs));
  command("status", "what a tenant consists of, the first thing that is not Ready, and what to do about it")
    .argument("[tenant]", "name of a Tenant; all regions and tenants by default")
    .action(async (tenant: string | undefined, _options: unknown, self: Command) => {
      await actions.status(tenant, self.optsWithGlobals<Wish>());
    });
  command(
    "doctor",
    "checks the installation: kinds, policies, rights, the operator, classes and servers of each region",
  ).action(async (_options: unknown, self: Command) => {
    await actions.doctor(self.optsWithGlobals<Wish>());
  });
  command("version", "versions of this program, of the cluster and of the API")
    .option("--client", "this program only; asks no server")
    .action(async (_options: unknown, self: Command) => {
      await actions.version(self.optsWithGlobals<Wish & { readonly client?: boolean }>());
    });
  return program;
}

function output(): Option {
  return new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text");
}

function helpExamples(name: string, invokedAs: string): string {
  const lines = (examples[name] ?? []).map(
    ({ line, shows }) => `  ${line.replace(/^socle/, invokedAs)}\n      ${shows}`,
  );
  return `\nExamples:\n${lines.join("\n")}`;
}

export interface OptionDescription {
  readonly flags: string;
  readonly meaning: string;
  readonly byDefault: string;
}
export interface CommandDescription {
  readonly name: string;
  readonly usage: string;
  readonly meaning: string;
  readonly arguments: readonly (readonly [name: string, meaning: string])[];
  readonly options: readonly OptionDescription[];
  readonly examples: readonly Example[];
}

/** The whole command line as plain data, the program itself first; for the reference page. */
export function describeCommandLine(): CommandDescription[] {
  const nothing = (): Promise<void> => Promise.resolve();
  const program = commandLine("socle", "0", { status: nothing, doctor: nothing, version: nothing });
  return [describe(program, ""), ...program.commands.map((command) => describe(command, "socle "))];
}

function describe(command: Command, prefix: string): CommandDescription {
  return {
    name: `${prefix}${command.name()}`,
    usage: `${prefix}${command.name()} ${command.usage()}`,
    meaning: command.description(),
    arguments: command.registeredArguments.map((argument) => [argument.name(), argument.description]),
    options: command.createHelp().visibleOptions(command).map(describeOption),
    examples: examples[command.name()] ?? [],
  };
}

function describeOption(option: Option): OptionDescription {
  const choices = option.argChoices === undefined ? "" : ` (${option.argChoices.join(", ")})`;
  const byDefault = typeof option.defaultValue === "string" ? option.defaultValue : "";
  return { flags: option.flags, meaning: `${option.description}${choices}`, byDefault };
}
