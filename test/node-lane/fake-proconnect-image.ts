import { execFileSync } from "node:child_process";
import { globSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../servers/cache.ts";
import { contentDigest, copyTree, makeLayer } from "./layers.ts";
import { lockedPackages, withDependencies } from "./npm-packages.ts";
import type { Image } from "./oci.ts";

const checkout = join(import.meta.dirname, "..", "..");
/** Where it lies in the image, and what its container runs. */
const home = "opt/socle";
const program = "test/servers/fake-proconnect-main.ts";

/** What the FAKE ProConnect imports. */
const imported = ["jose", "oidc-provider", "zod"];

/** No registry of packages has ProConnect: this is what stands for it, on the runtime of the operator's image. */
export async function fakeProConnectImage(name: string, runtime: Image, progress: Progress): Promise<Image> {
  const locked = lockedPackages();
  const packages = withDependencies(imported, locked);
  const versions = packages.map((path) => `${path} ${locked[path]?.version ?? ""}`);
  const modules = await makeLayer({ name: "fake-proconnect-modules", ingredients: versions }, progress, (at) => {
    copyPackages(packages, join(at, home));
  });
  const files = ownFiles();
  const ingredients = [contentDigest(checkout, files)];
  const source = await makeLayer({ name: "fake-proconnect", ingredients }, progress, (at) => {
    copyOwnFiles(files, join(at, home));
  });
  return { ...runtime, name, layers: [...runtime.layers, modules, source], entrypoint: ["node", program] };
}

/** Lays the program with all that it needs below `directory`, as the image has it. Returns the program. */
export function stageFakeProConnect(directory: string): string {
  copyPackages(withDependencies(imported, lockedPackages()), directory);
  copyOwnFiles(ownFiles(), directory);
  return join(directory, program);
}

function ownFiles(): string[] {
  return ["package.json", ...globSync("test/servers/fake-proconnect*.ts", { cwd: checkout }).toSorted()];
}

function copyPackages(paths: readonly string[], target: string): void {
  for (const path of paths) copyTree([`${join(checkout, path)}/.`], join(target, path));
}

function copyOwnFiles(files: readonly string[], target: string): void {
  mkdirSync(target, { recursive: true });
  execFileSync("cp", ["--parents", "--preserve=mode", ...files, target], { cwd: checkout });
}
