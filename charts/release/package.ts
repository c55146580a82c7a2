import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { programVersion } from "../../operator/version.ts";
import { operatorImage } from "../../test/image/operator-image.ts";
import { makeRelease } from "./release.ts";

const help = `npm run package -- [--image FILE | --without-image] [--output DIR]

Makes the files of a release: both charts, the operator's image, the npm package, the list of images,
the bill of materials, the notes and SHA256SUMS.

  --output DIR      where they go (default: .socle/release/VERSION); an earlier release there is replaced
  --image FILE      OCI archive of the operator's image that was built elsewhere (default: it is built here)
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

function progress(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

async function main(args: readonly string[]): Promise<void> {
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
  const given = values.image;
  if (given !== undefined && values["without-image"])
    throw new Error("Give --image FILE or --without-image, not both.");
  const output = resolve(values.output ?? join(checkout, ".socle/release", programVersion()));
  const from = { checkout, output, origin: origin() };
  if (values["without-image"]) makeRelease(from, progress);
  else makeRelease({ ...from, imageArchive: given ?? (await operatorImage(progress)).archive }, progress);
  process.stdout.write(`${output}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
