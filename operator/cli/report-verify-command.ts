import { type Command, InvalidArgumentError } from "commander";
import { type Head, readHead } from "../policy/evidence/record.ts";
import { type Examples, output } from "./help-text.ts";
import type { VerifyWish } from "./report-verify.ts";

/** What the command does. */
export type VerifyAction = (wish: VerifyWish) => Promise<void>;

export const verifyExamples: Examples = {
  "report verify": [
    { line: "socle report verify evidence", shows: "every record of a copy of the bucket, in a directory" },
    {
      line: "socle report verify --log -",
      shows: "through a pipe, what the log of the operator holds, where the region has no object store",
    },
    {
      line: "socle report verify evidence/t-minagri --head 57:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
      shows: "whether the records are those that the head of a Report, noted by an auditor, ended with",
    },
  ],
};

const verifyCodes = `
Exit codes: 0 every record fits, 1 nothing could be read, 2 a record does not fit, and which.`;

/** Adds the command to the group; `command` makes one of it. */
export function addVerifyCommand(command: (name: string, description: string) => Command, action: VerifyAction): void {
  command(
    "verify",
    "recomputes the chain of evidence in files, and names the first record that does not fit; asks no cluster",
  )
    .argument(
      "<path...>",
      "files with records, in their order; of a directory all *.jsonl below it; - is standard input",
    )
    .option("--log", "the files are logs of the operator; other lines are passed over", false)
    .option("--scope <name>", "report on these records alone: t-<tenant>, or platform-<region>")
    .option("--head <sequence:hash>", "where the chain of that scope has to have been", head)
    .addOption(output())
    .addHelpText("after", verifyCodes)
    .action(async (paths: string[], _options: unknown, self: Command) => {
      // An option that `socle report` has too is taken there, wherever it stands.
      const { output: format } = self.optsWithGlobals<Pick<VerifyWish, "output">>();
      await action({ ...self.opts<Omit<VerifyWish, "paths">>(), output: format, paths });
    });
}

function head(text: string): Head {
  const read = readHead(text);
  if (read !== undefined) return read;
  throw new InvalidArgumentError(
    "Give what the annotation socle.dev/evidence-head of a Report says: a number, a colon and 64 digits.",
  );
}
