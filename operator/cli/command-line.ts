import { isIP } from "node:net";
import { Command, InvalidArgumentError, Option } from "commander";
import type { ConnectionOptions } from "./connection.ts";
import type { ApproveWish } from "./exception.ts";
import { type ExportWish, noCluster } from "./export.ts";
import { type Example, type Examples, helpExamples, output } from "./help-text.ts";
import { addMirrorCommand, type MirrorAction, mirrorExamples } from "./mirror-command.ts";
import { addPolicyCommands, type PolicyActions, policyExamples } from "./policy-commands.ts";
import { addReportCommand, type ReportAction, reportExamples } from "./report-command.ts";
import { addVerifyCommand, type VerifyAction, verifyExamples } from "./report-verify-command.ts";

/** What the person asked for, whatever the command. */
export interface Wish extends ConnectionOptions {
  readonly color: boolean;
  readonly output: "text" | "json";
}

/** What each command does with what was asked for. */
export interface Actions {
  status(tenant: string | undefined, wish: Wish): Promise<void>;
  doctor(wish: Wish): Promise<void>;
  export(wish: ExportWish): Promise<void>;
  readonly exception: {
    approve(name: string, wish: Wish & ApproveWish): Promise<void>;
  };
  readonly mirror: MirrorAction;
  readonly policy: PolicyActions;
  readonly report: { readonly write: ReportAction; readonly verify: VerifyAction };
  version(wish: Wish & { readonly client?: boolean }): Promise<void>;
}

const examples: Examples = {
  status: [
    { line: "socle status", shows: "a line for each region and each tenant" },
    { line: "socle status minagri", shows: "the tree of one tenant, its first failure, and what to try" },
    { line: "socle status minagri -o json", shows: "the same for a program; .firstFailure.reason is what to look at" },
  ],
  doctor: [
    { line: "socle doctor", shows: "before the first tenant, after an upgrade, and when nothing moves" },
    { line: "socle doctor --context production", shows: "another cluster of the kubeconfig" },
  ],
  export: [
    { line: "socle export -f examples", shows: "what the operator would make for every tenant of these files" },
    {
      line: "socle export -f region.yaml tenants/ --tenant minagri -o manifests",
      shows: "a file for each object of one tenant, below manifests/minagri",
    },
    {
      line: "socle export -f - --no-secrets",
      shows: "what `kubectl get sovereignregions,tenants -o yaml` prints, through a pipe",
    },
  ],
  "exception approve": [
    {
      line: "socle exception approve nextcloud-password -n t-minagri",
      shows: "what it excuses and what limits the risk meanwhile, approved in your name",
    },
  ],
  ...mirrorExamples,
  ...policyExamples,
  ...reportExamples,
  ...verifyExamples,
  version: [{ line: "socle version --client", shows: "this program only, for a bug report without a cluster" }],
};

export const exitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [0, "all is well"],
  [
    1,
    "the command failed: no connection, no such object, nothing to evaluate (policy), nothing to verify (report verify)",
  ],
  [
    2,
    "the command line is wrong, or a file that it names (export, mirror, policy, report), or a record does not fit (report verify)",
  ],
  [3, "the command worked, and something is not Ready (status), wrong (doctor) or left out (export, mirror)"],
];

/** Adds the command by which a person approves; `command` makes it in its group. */
function approval(command: (name: string, description: string) => Command, actions: Actions["exception"]): void {
  command(
    "approve",
    "approves an exception that somebody else asked for; needs the verb approve on policyexceptions across the cluster",
  )
    .argument("<name>", "name of a PolicyException")
    .requiredOption("-n, --namespace <name>", "home namespace of its tenant, t-<tenant>")
    .action(async (name: string, _options: unknown, self: Command) => {
      await actions.approve(name, self.optsWithGlobals<Wish & ApproveWish>());
    });
}

function versions(command: (name: string, description: string) => Command, actions: Pick<Actions, "version">): void {
  command("version", "versions of this program, of the cluster and of the API")
    .addOption(output())
    .option("--client", "this program only; asks no server")
    .action(async (_options: unknown, self: Command) => {
      await actions.version(self.optsWithGlobals<Wish & { readonly client?: boolean }>());
    });
}

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
  const commandsOf =
    (group: Command, words: string) =>
    (name: string, description: string): Command =>
      group
        .command(name)
        .description(description)
        .addHelpText("after", helpExamples(examples[`${words}${name}`] ?? [], invokedAs));
  const command = commandsOf(program, "");
  command("status", "what a tenant consists of, the first thing that is not Ready, and what to do about it")
    .argument("[tenant]", "name of a Tenant; all regions and tenants by default")
    .addOption(output())
    .action(async (tenant: string | undefined, _options: unknown, self: Command) => {
      await actions.status(tenant, self.optsWithGlobals<Wish>());
    });
  command(
    "doctor",
    "checks the installation: kinds, policies, rights, the operator, classes and servers of each region",
  )
    .addOption(output())
    .action(async (_options: unknown, self: Command) => {
      await actions.doctor(self.optsWithGlobals<Wish>());
    });
  exportOptions(
    command(
      "export",
      "prints the manifests of the tenants in files, as the operator would make them for new tenants; asks no cluster",
    ),
  ).action(async (_options: unknown, self: Command) => {
    await actions.export(self.opts<ExportWish>());
  });
  approval(
    commandsOf(program.command("exception").description("PolicyExceptions: what is excused for a while"), "exception "),
    actions.exception,
  );
  addMirrorCommand(command, actions.mirror);
  const policy = program.command("policy").description("judges manifests by their policies; asks no cluster");
  addPolicyCommands(commandsOf(policy, "policy "), actions.policy);
  const report = addReportCommand(command, actions.report.write);
  addVerifyCommand(commandsOf(report, "report "), actions.report.verify);
  versions(command, actions);
  return program;
}

/** The last five stand for what only a cluster knows. */
function exportOptions(command: Command): Command {
  return command
    .requiredOption(
      "-f, --filename <path...>",
      "files with Tenants and their SovereignRegions; of a directory all *.yaml and *.yml below it; - is standard input",
    )
    .option("--tenant <name>", "one Tenant of the files")
    .option(
      "-o, --output <directory>",
      "write a file for each object into a directory for each tenant; replaces and removes only files that an export wrote",
    )
    .option("--no-secrets", "leave out Secrets, for a cluster in which they exist")
    .addOption(
      new Option("--api-server <address:port>", "where the API server is behind its Service; may be given again")
        .argParser(apiServer)
        .default([], "none, and no way to it is opened"),
    )
    .option("--no-cloudnative-pg", "the cluster lacks CloudNativePG: modules that need it are left out")
    .option(
      "--installation <uid>",
      "UID of namespace kube-system; marks of ownership carry it",
      installation,
      noCluster.installation,
    )
    .option(
      "--operator-username <name>",
      "user name of the operator, for its role bindings",
      noCluster.operatorUsername,
    )
    .option("--trust-bundle <file>", "certificates (PEM) that the regions name in spec.trustBundle");
}

/** One more of the form 192.0.2.10:6443 or [2001:db8::10]:6443. */
function apiServer(text: string, known: ExportWish["apiServer"]): ExportWish["apiServer"] {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? "";
  if (isIP(address) !== (bracketed === undefined ? 4 : 6) || Number(port) < 1 || Number(port) > 65_535)
    throw new InvalidArgumentError("Give an address and a port, such as 192.0.2.10:6443 or [2001:db8::10]:6443.");
  return [...known, { address, port: Number(port) }];
}

function installation(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return text;
  throw new InvalidArgumentError("Give the UID that `kubectl get namespace kube-system -o yaml` shows.");
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

/** The program with commands that do nothing: for who asks what it understands. */
export function idleCommandLine(invokedAs = "socle"): Command {
  const nothing = (): Promise<void> => Promise.resolve();
  const policy = { catalog: nothing, check: nothing, connectivity: nothing };
  const exception = { approve: nothing };
  const report = { write: nothing, verify: nothing };
  const [status, doctor, mirror, version] = [nothing, nothing, nothing, nothing];
  const actions = { status, doctor, export: nothing, exception, mirror, policy, report, version };
  return commandLine(invokedAs, "0", actions);
}

/** The whole command line as plain data, the program itself first; for the reference page. */
export function describeCommandLine(): CommandDescription[] {
  const program = idleCommandLine();
  return [describe(program, ""), ...program.commands.flatMap((command) => describeAll(command, ""))];
}

/** A group does nothing by itself, and its commands stand for it; one that takes arguments does, and has commands beside. */
function describeAll(command: Command, words: string): CommandDescription[] {
  const isGroup = command.commands.length > 0 && command.registeredArguments.length === 0;
  const own = isGroup ? [] : [describe(command, `socle ${words}`)];
  return [...own, ...command.commands.flatMap((one) => describeAll(one, `${words}${command.name()} `))];
}

function describe(command: Command, prefix: string): CommandDescription {
  const name = `${prefix}${command.name()}`;
  return {
    name,
    usage: `${name} ${command.usage()}`,
    meaning: command.description(),
    arguments: command.registeredArguments.map((argument) => [argument.name(), argument.description]),
    options: command.createHelp().visibleOptions(command).map(describeOption),
    examples: examples[name.replace(/^socle /, "")] ?? [],
  };
}

function describeOption(option: Option): OptionDescription {
  const choices = option.argChoices === undefined ? "" : ` (${option.argChoices.join(", ")})`;
  const known: unknown = option.defaultValueDescription ?? option.defaultValue;
  const byDefault = typeof known === "string" ? known : "";
  return { flags: option.flags, meaning: `${option.description}${choices}`, byDefault };
}
