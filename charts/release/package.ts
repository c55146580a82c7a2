import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { programVersion } from "../../operator/version.ts";
import { makeRelease } from "./release.ts";

const help = `npm run package -- (--image FILE | --without-image) [--output DIR]

Makes the files of a release: both charts, the operator's image, the npm package, the list of images,
the bill of materials, the notes and SHA256SUMS.

  --output DIR      where they go (default: .socle/release/VERSION); an earlier release there is replaced
  --image FILE      OCI archive of the operator's image that was built elsewhere
  --without-image   leave the image out, on a host that cannot build it; the notes say so
  --help            this text
`;

const checkout = join(import.meta.dirname, "../..");

/** The commit, and whether that is all that the release is made of. */
function origin(): string {
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: checkout, encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain") === "" ? "" : ", with changes that no commit holds";
  return `commit ${git("rev-parse", "HEAD")}${changed}`;
}

function main(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: {
      output: { type: "string" },
      image: { type: "string" },
      "without-image": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  if ((values.image === undefined) !== values["without-image"])
    throw new Error("Give either --image FILE, the OCI archive of the operator's image, or --without-image.");
  const output = resolve(values.output ?? join(checkout, ".socle/release", programVersion()));
  makeRelease(
    { checkout, output, origin: origin(), ...(values.image === undefined ? {} : { imageArchive: values.image }) },
    (line) => process.stderr.write(`  ${line}\n`),
  );
  process.stdout.write(`${output}\n`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
