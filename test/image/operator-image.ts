import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { installFromDebian } from "../node-lane/host.ts";
import { contentDigest } from "../node-lane/layers.ts";
import { lockedPackages } from "../node-lane/npm-packages.ts";
import { markUsed } from "../node-lane/stale-entries.ts";
import { cached, cacheKey, type Progress } from "../servers/cache.ts";
import { runCommand } from "../servers/run-command.ts";

const root = join(import.meta.dirname, "..", "..");
const sources = "/etc/apt/sources.list.d/debian.sources";
const suite = "bookworm";

/** The operator's image as its Dockerfile makes it. */
export interface OperatorImage {
  /** An OCI archive: `ctr images import`, `skopeo copy oci-archive:…` and `docker load` read it. */
  readonly archive: string;
  /** Repository and tag: "socle:0.1.0". */
  readonly reference: string;
  /** Of its manifest, as a registry will name it: "sha256:…". */
  readonly digest: string;
  /** Bytes of its files, unpacked. */
  readonly size: number;
}

/**
 * Builds the Dockerfile with Debian's buildah, which needs no daemon, on bases that Debian's mmdebstrap makes: the registries of images
 * that the Dockerfile names are not asked. Once per content of the checkout.
 * @throws LaneUnavailable where there is no apt-get.
 */
export async function operatorImage(progress: Progress): Promise<OperatorImage> {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };
  const reference = `socle:${version}`;
  const key = cacheKey("operator-image", [process.arch, suite, contentDigest(root, buildContext()), lockedNode()]);
  const entry = await cached(key, progress, async (making) => {
    await build(making, reference, progress);
  });
  markUsed(entry);
  const facts = JSON.parse(readFileSync(join(entry, "facts.json"), "utf8")) as Pick<OperatorImage, "digest" | "size">;
  return { archive: join(entry, "image.tar"), reference, ...facts };
}

/** What the Dockerfile copies, as .dockerignore lets it through. */
function buildContext(): string[] {
  const files = globSync("{crds,constructs,operator}/**", { cwd: root }).filter((file) =>
    statSync(join(root, file)).isFile(),
  );
  return [".dockerignore", "Dockerfile", "package.json", "package-lock.json", ...files].toSorted();
}

function lockedNode(): string {
  return lockedPackages()["node_modules/node"]?.version ?? "";
}

async function build(directory: string, reference: string, progress: Progress): Promise<void> {
  const missing = ["buildah", "mmdebstrap"].filter((name) => !existsSync(`/usr/bin/${name}`));
  if (missing.length > 0) await installFromDebian(missing, progress);
  const { base, buildBase } = await bases(progress);
  const storage = [
    "--root",
    join(directory, "store"),
    "--runroot",
    join(directory, "run"),
    "--storage-driver",
    "overlay",
  ];
  const buildah = (...args: string[]): Promise<string> =>
    runCommand({ command: "buildah", args: [...storage, ...args], cwd: root });
  const image = async (name: string, tar: string, settings: readonly string[]): Promise<string> => {
    await buildah("from", "--name", name, "scratch");
    await buildah("add", "--quiet", name, tar, "/");
    await buildah("config", ...settings.flatMap((one) => ["--env", one]), name);
    await buildah("commit", "--quiet", "--rm", name, `localhost/${name}`);
    return `localhost/${name}`;
  };
  const path = "PATH=/usr/local/bin:/usr/bin:/bin";
  const names = [
    await image("build-base", buildBase, [path, "NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt"]),
    await image("base", base, [path]),
  ];
  const npmrc = join(homedir(), ".npmrc");
  progress("building the operator's image with buildah");
  await buildah(
    ...["build", "--isolation", "chroot", "--format", "oci", "--timestamp", "0", "--tag", `localhost/${reference}`],
    ...["BUILD_BASE", "BASE"].flatMap((argument, index) => ["--build-arg", `${argument}=${names[index] ?? ""}`]),
    ...(existsSync(npmrc) ? ["--secret", `id=npmrc,src=${npmrc}`] : []),
    root,
  );
  const archive = join(directory, "image.tar");
  await buildah("push", "--quiet", `localhost/${reference}`, `oci-archive:${archive}:${reference.split(":")[1] ?? ""}`);
  writeFileSync(join(directory, "facts.json"), JSON.stringify(factsOf(archive)));
  for (const name of ["store", "run"]) rmSync(join(directory, name), { recursive: true, force: true });
}

/** Root directories as tar files: what an image of distroless has, and what one with Node and npm has. */
async function bases(progress: Progress): Promise<{ readonly base: string; readonly buildBase: string }> {
  const key = cacheKey("operator-image-bases", [
    process.arch,
    suite,
    lockedNode(),
    readFileSync(import.meta.filename, "utf8"),
  ]);
  const entry = await cached(key, progress, async (making) => {
    progress("making base images with mmdebstrap");
    const bootstrap = async (file: string, options: readonly string[]): Promise<void> => {
      const args = ["--mode=root", "--quiet", ...options, suite, join(making, file), sources];
      await runCommand({ command: "mmdebstrap", args, cwd: making });
    };
    // Extracted and not configured: there is no shell that could.
    await bootstrap("base.tar", ["--variant=extract", "--include=base-files,libc6,libstdc++6,libgcc-s1"]);
    await bootstrap("build-base.tar", ["--variant=essential", "--include=libstdc++6,binutils"]);
    addNode(join(making, "build-base.tar"), join(making, "node"));
  });
  markUsed(entry);
  return { base: join(entry, "base.tar"), buildBase: join(entry, "build-base.tar") };
}

/** Node of the checkout and npm of this host, where the official image has them, and the authorities that this host trusts. */
function addNode(tar: string, staging: string): void {
  const npm = dirname(dirname(realpathSync(execFileSync("which", ["npm"], { encoding: "utf8" }).trim())));
  const at = (path: string): string => {
    mkdirSync(join(staging, path), { recursive: true });
    return join(staging, path);
  };
  execFileSync("cp", ["--preserve=mode", join(root, "node_modules", "node", "bin", "node"), at("usr/local/bin")]);
  execFileSync("cp", ["-R", "--dereference", npm, join(at("usr/local/lib/node_modules"), "npm")]);
  execFileSync("ln", ["-s", "../lib/node_modules/npm/bin/npm-cli.js", join(at("usr/local/bin"), "npm")]);
  execFileSync("cp", ["--dereference", "/etc/ssl/certs/ca-certificates.crt", at("etc/ssl/certs")]);
  const owner = ["--owner=0", "--group=0", "--numeric-owner"];
  execFileSync("tar", ["-C", staging, ...owner, "-rf", tar, "./usr", "./etc"]);
  rmSync(staging, { recursive: true });
}

interface Descriptor {
  readonly digest: string;
}

function factsOf(archive: string): Pick<OperatorImage, "digest" | "size"> {
  const read = (name: string): Buffer => execFileSync("tar", ["-xOf", archive, name], { maxBuffer: 1 << 30 });
  const blob = (digest: string): Buffer => read(`blobs/${digest.replace(":", "/")}`);
  const index = JSON.parse(read("index.json").toString("utf8")) as { readonly manifests: readonly Descriptor[] };
  const digest = index.manifests[0]?.digest ?? "";
  const manifest = JSON.parse(blob(digest).toString("utf8")) as { readonly layers: readonly Descriptor[] };
  return { digest, size: manifest.layers.reduce((sum, layer) => sum + gunzipSync(blob(layer.digest)).length, 0) };
}
