import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The root of the checkout. */
export const root = join(import.meta.dirname, "../..");

/** Every file of the tree that is, or is about to be, part of the repository; paths from its root. */
export const files: readonly string[] = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));

export const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

/** TypeScript that ships: no tests, no generators' output. */
export const shippedCode: readonly string[] = files.filter(
  (file) => /^(crds|constructs|operator)\/.*\.ts$/.test(file) && !file.endsWith(".test.ts"),
);

export const pages: readonly string[] = files.filter((file) => file.endsWith(".md"));

interface PackageJson {
  readonly scripts: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

export const packageJson = JSON.parse(textOf("package.json")) as PackageJson;

/** Lines of these files that match, as `file:line: text`; what a failing test shows. */
export function linesWith(pattern: RegExp, among: readonly string[]): string[] {
  return among.flatMap((file) =>
    textOf(file)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}
