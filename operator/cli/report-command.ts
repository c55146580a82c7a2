import { type Command, Option } from "commander";
import { languages } from "../report/language.ts";
import type { ConnectionOptions } from "./connection.ts";
import { type Examples, output } from "./help-text.ts";
import type { ReportWish } from "./report.ts";

/** What the command does. */
export type ReportAction = (tenant: string | undefined, wish: ConnectionOptions & ReportWish) => Promise<void>;

export const reportExamples: Examples = {
  report: [
    {
      line: "socle report minagri --html minagri.html",
      shows: "everything that an auditor asks about a tenant, as one page, and its SHA-256",
    },
    { line: "socle report --region cloudgouv -o json", shows: "what the platform answers for, for a program" },
    { line: "socle report minagri --since 30d --lang en", shows: "what changed in the last thirty days" },
    {
      line: "socle report minagri -f manifests",
      shows: "the same of objects in files, such as `socle export` writes; asks no cluster",
    },
  ],
};

const notes = `
Findings do not change the exit code. What the rights of the kubeconfig do not let it read is told in the report, and checks that look at it are not evaluated.`;

/** Adds the command, and returns it for those that belong to it; `command` makes it. */
export function addReportCommand(
  command: (name: string, description: string) => Command,
  action: ReportAction,
): Command {
  return (
    command(
      "report",
      "reports for an auditor, by requirement of SecNumCloud 3.2: what was checked, inherited, attested, excused, and is open",
    )
      // What comes after the name of one of its own commands is that command's.
      .enablePositionalOptions()
      .argument("[tenant]", "name of a Tenant; or --region")
      .option("--region <name>", "a SovereignRegion: what the platform answers for")
      .option("--since <moment>", "only what changed since: 30d, 12h, or a day such as 2026-09-01")
      .option("--html <file>", "write a page into this file, and its SHA-256 into <file>.sha256 beside it")
      .addOption(new Option("--lang <language>", "language of the report").choices([...languages]).default("fr"))
      .option(
        "-f, --filename <path...>",
        "objects of files instead of a cluster; of a directory all *.yaml and *.yml below it; - is standard input",
      )
      .addOption(output())
      .addHelpText("after", notes)
      .action(async (tenant: string | undefined, _options: unknown, self: Command) => {
        await action(tenant, self.optsWithGlobals<ConnectionOptions & ReportWish>());
      })
  );
}
