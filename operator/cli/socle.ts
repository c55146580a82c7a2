#!/usr/bin/env node
import { CommanderError } from "commander";
import { catalogue } from "../policy/catalogue/catalogue.ts";
import { type Actions, commandLine, type Wish } from "./command-line.ts";
import { type Connection, connect } from "./connection.ts";
import { runConnectivity } from "./connectivity.ts";
import { runDoctor } from "./doctor.ts";
import { runApprove } from "./exception.ts";
import { runExport } from "./export.ts";
import { runMirror } from "./mirror.ts";
import { runCatalog } from "./policy-catalog.ts";
import { runCheck } from "./policy-check.ts";
import { runVerify } from "./report-verify.ts";
import { exitCode, type FileStreams, Terminal } from "./terminal.ts";
import { runReport } from "./report.ts";
import { seeCluster } from "./report-objects.ts";
import { runStatus } from "./status.ts";
import { programVersion } from "../version.ts";
import { runVersion } from "./version.ts";

/** `kubectl socle` starts this program under the name kubectl-socle; help shows what the person typed. */
const invokedAs = (process.argv[1] ?? "").includes("kubectl-socle") ? "kubectl socle" : "socle";
const stop = new AbortController();

const terminalOf = ({ output, color }: Wish): Terminal =>
  new Terminal({ output, color, environment: process.env, sink: process.stdout });

const fileStreams = (): FileStreams => ({ input: process.stdin, results: process.stdout, remarks: process.stderr });

/** Runs one command with a connection; its result is the exit code. */
async function withConnection(
  wish: Wish,
  work: (connection: Connection, terminal: Terminal) => Promise<number> | number,
): Promise<void> {
  const connection = await connect(wish, stop.signal);
  try {
    process.exitCode = await work(connection, terminalOf(wish));
  } finally {
    await connection.close();
  }
}

const actions: Actions = {
  status: async (tenant, wish) => {
    await withConnection(wish, ({ kube }, terminal) => runStatus(tenant, kube, terminal));
  },
  doctor: async (wish) => {
    await withConnection(wish, (connection, terminal) => runDoctor({ ...connection, now: Date.now() }, terminal));
  },
  export: async (wish) => {
    process.exitCode = await runExport(wish, fileStreams());
  },
  exception: {
    approve: async (name, wish) => {
      await withConnection({ ...wish, output: "text" }, ({ kube }, terminal) =>
        runApprove(name, wish, { kube, terminal, now: Date.now() }),
      );
    },
  },
  mirror: async (wish) => {
    process.exitCode = await runMirror(wish, fileStreams());
  },
  policy: {
    catalog: (wish) => {
      process.exitCode = runCatalog(wish, process.stdout);
    },
    check: async (wish) => {
      process.exitCode = await runCheck(wish, fileStreams(), new Date(Date.now()).toISOString());
    },
    connectivity: async (wish) => {
      process.exitCode = await runConnectivity(wish, fileStreams());
    },
  },
  report: {
    write: async (tenant, wish) => {
      process.exitCode = await runReport(tenant, wish, {
        streams: fileStreams(),
        now: new Date(Date.now()).toISOString(),
        see: async (subject) => {
          const connection = await connect(wish, stop.signal);
          return await seeCluster(connection.kube, subject, catalogue).finally(() => connection.close());
        },
      });
    },
    verify: async (wish) => {
      process.exitCode = await runVerify(wish, fileStreams());
    },
  },
  version: async (wish) => {
    if (wish.client === true) process.exitCode = runVersion(undefined, terminalOf(wish));
    else await withConnection(wish, runVersion);
  },
};

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => {
    stop.abort();
    process.exit(code);
  });
}
// `socle status | head -1` closes the pipe early. That is no failure: the command goes on, and its exit code still tells what it found.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") process.exit(exitCode.failed);
});

try {
  await commandLine(invokedAs, programVersion(), actions).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.usage;
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    // Waits for no connection that is still open, or still being made.
    process.exit(exitCode.failed);
  }
}
