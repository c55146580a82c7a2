import { type Command, InvalidArgumentError, Option } from "commander";
import type { Examples } from "./help-text.ts";
import type { MirrorWish } from "./mirror.ts";

/** What the command does. */
export type MirrorAction = (wish: MirrorWish) => Promise<void>;

export const mirrorExamples: Examples = {
  mirror: [
    {
      line: "socle mirror --to registry.platform.example --dry-run",
      shows: "every image of this version and where it goes, and what regions and the chart then have to say",
    },
    {
      line: "socle mirror --to registry.platform.example --dry-run -f region.yaml tenants/",
      shows: "only what these tenants run, in their versions, with the images that their region overrides",
    },
    {
      line: "socle mirror --to registry.platform.example --dry-run -o skopeo > mirror.sh",
      shows: "the commands that copy, for a machine that reaches both registries",
    },
  ],
};

const mirrorCodes = `
Exit codes: 0 everything needed is listed, 3 a module of a tenant cannot be made and its images are missing, 2 a file is wrong or --dry-run is not given.`;

/** Adds the command; `command` makes it. */
export function addMirrorCommand(command: (name: string, description: string) => Command, action: MirrorAction): void {
  command("mirror", "lists the copies that fill the registry of a closed network; copies nothing and asks no registry")
    .requiredOption("--to <registry>", "registry of the closed network, with a path below it if need be", registry)
    .option("--dry-run", "list the copies; the program does nothing else", false)
    .option(
      "-f, --filename <path...>",
      "files with SovereignRegions and their Tenants; of a directory all *.yaml and *.yml below it; - is standard input",
    )
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json", "skopeo"]).default("text"))
    .addHelpText("after", mirrorCodes)
    .action(async (_options: unknown, self: Command) => {
      await action(self.opts<MirrorWish>());
    });
}

/** What spec.images.mirror of a SovereignRegion takes. */
function registry(text: string): string {
  if (text.length <= 253 && /^[a-z0-9][a-z0-9.:/_-]*$/.test(text) && !text.includes("://"))
    return text.replace(/\/+$/, "");
  throw new InvalidArgumentError("Give a registry as images name it, such as registry.platform.example/suite.");
}
