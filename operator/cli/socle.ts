#!/usr/bin/env node
import { Command, CommanderError, Option } from "commander";
import { type ConnectionOptions, connect } from "./connection.ts";
import { runDoctor } from "./doctor.ts";
import { exitCode, Terminal } from "./terminal.ts";
import { runStatus } from "./status.ts";
import { clientVersion, runVersion } from "./version.ts";

interface GlobalOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly color: boolean;
}
interface OutputOptions {
  readonly output: "text" | "json";
}

/** `kubectl socle` starts this program under the name kubectl-socle; help shows what the person typed. */
const invokedAs = (process.argv[1] ?? "").includes("kubectl-socle") ? "kubectl socle" : "socle";
const stop = new AbortController();

const program = new Command(invokedAs)
  .description("Sovereign productivity suites on Kubernetes: what runs, what does not, and what to do.")
  .option("--kubeconfig <file>", "kubeconfig to use (default: KUBECONFIG, then ~/.kube/config)")
  .option("--context <name>", "context of the kubeconfig")
  .option("--no-color", "no colour (also: NO_COLOR; never in pipes)")
  .version(clientVersion(), "-V, --version", "print the version of this program")
  .showHelpAfterError("(--help shows the commands and options)")
  .exitOverride()
  .addHelpText(
    "after",
    `
Exit codes:
  0  all is well
  1  the command failed: no connection, no such object
  2  the command line is wrong
  3  the command worked, and something is not Ready (status) or wrong (doctor)`,
  );

const output = (): Option =>
  new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text");

/** Runs one command with a connection, and turns what it throws into one sentence. */
async function withConnection(
  wish: ConnectionOptions & OutputOptions,
  work: (at: { terminal: Terminal; connection: Awaited<ReturnType<typeof connect>> }) => Promise<number>,
): Promise<void> {
  const terminal = new Terminal({ output: wish.output, color: wish.color });
  const connection = await connect(wish, stop.signal);
  try {
    process.exitCode = await work({ terminal, connection });
  } finally {
    await connection.close();
  }
}

program
  .command("status")
  .argument("[tenant]", "name of a Tenant; all of them by default")
  .description("what a tenant consists of, the first thing that is not Ready, and what to do about it")
  .addOption(output())
  .action(async (tenant: string | undefined, options: OutputOptions) => {
    await withConnection({ ...program.opts<GlobalOptions>(), ...options }, ({ terminal, connection }) =>
      runStatus(tenant, connection.kube, terminal),
    );
  });

program
  .command("doctor")
  .description("checks the installation: kinds, policies, rights, the operator, classes and servers of each region")
  .addOption(output())
  .action(async (options: OutputOptions) => {
    await withConnection({ ...program.opts<GlobalOptions>(), ...options }, ({ terminal, connection }) =>
      runDoctor(connection, terminal),
    );
  });

program
  .command("version")
  .description("versions of this program, of the cluster and of the API")
  .option("--client", "this program only; asks no server")
  .addOption(output())
  .action(async (options: OutputOptions & { readonly client?: boolean }) => {
    const wish = { ...program.opts<GlobalOptions>(), ...options };
    if (options.client === true) {
      process.exitCode = await runVersion(undefined, new Terminal({ output: options.output, color: wish.color }));
      return;
    }
    await withConnection(wish, ({ terminal, connection }) => runVersion(connection, terminal));
  });

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stop.abort();
    process.exit(130);
  });
}
// `socle status | head` closes the pipe early: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? exitCode.done : exitCode.failed);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.usage;
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitCode.failed;
  }
}
