import { describe, expect, it } from "vitest";
import { packageJson, textOf } from "./repository.ts";

interface Locked {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optional?: boolean;
  /** Comes inside of the package above it, whose digest covers it. */
  readonly inBundle?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
}
const locked = (JSON.parse(textOf("package-lock.json")) as { readonly packages: Readonly<Record<string, Locked>> })
  .packages;

/** Where Node finds a package that the one at `path` asks for: beside it, or in a folder above. */
function entryOf(path: string, name: string, among: Readonly<Record<string, unknown>>): string | undefined {
  for (let at = path; ; at = at.includes("/node_modules/") ? at.slice(0, at.lastIndexOf("/node_modules/")) : "") {
    const candidate = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    if (candidate in among) return candidate;
    if (at === "") return undefined;
  }
}

/** What `npm ci` would call "Missing: X from lock file". */
function missing(packages: Readonly<Record<string, Locked>>): string[] {
  return Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => entryOf(path, name, packages) === undefined)
      .map((name) => `${name}, wanted by ${path === "" ? "package.json" : path}`),
  );
}

describe("package-lock.json", () => {
  it("has an entry for every package, those of other platforms too: a lock written where the registry lacks one breaks npm ci", () => {
    expect(missing(locked)).toEqual([]);
  });

  it("would be found out: one entry of another platform taken out is named with who wants it", () => {
    const lost = Object.keys(locked).find((path) => path.includes("@biomejs/cli-darwin-arm64")) ?? "";
    const { [lost]: _lost, ...rest } = locked;
    expect(missing(rest)).toEqual(["@biomejs/cli-darwin-arm64, wanted by node_modules/@biomejs/biome"]);
  });

  it("agrees with package.json", () => {
    const { dependencies, devDependencies, optionalDependencies } = packageJson;
    expect(locked[""]).toMatchObject({ dependencies, devDependencies, optionalDependencies });
  });

  it("knows each package that is always installed by its digest, and takes none from a place that only one machine can reach", () => {
    const entries = Object.entries(locked).filter(([path]) => path !== "");
    const own = entries.filter(([, { optional, inBundle }]) => optional !== true && inBundle !== true);
    const loose = own.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ""));
    expect(loose.map(([path]) => path)).toEqual([]);
    const elsewhere = entries.filter(
      ([, { resolved }]) => resolved !== undefined && !resolved.startsWith("https://registry.npmjs.org/"),
    );
    expect(elsewhere.map(([path, { resolved }]) => `${path} from ${resolved ?? ""}`)).toEqual([]);
  });
});

describe("package.json", () => {
  const { dependencies, devDependencies, optionalDependencies } = packageJson;
  it.each(Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }))(
    "names one version of %s, not a range: %s",
    (_name, version) => {
      expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    },
  );

  it.each(Object.entries(packageJson.scripts))("runs a file that exists: %s", (_name, script) => {
    for (const [, file = ""] of script.matchAll(/\bnode (\S+\.ts)/g)) expect(() => textOf(file)).not.toThrow();
  });

  it.each(Object.entries(packageJson.bin))("has a program for %s that starts with Node", (_name, file) => {
    expect(textOf(file)).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});
