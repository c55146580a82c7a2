import { describe, expect, it } from "vitest";
import { entryOf, packagesOfCheckout, runtimePackages } from "../../charts/release/runtime-packages.ts";
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

describe("what is installed with the operator", () => {
  const installed = packagesOfCheckout();
  /** Permit what Apache-2.0 permits, and ask for no more than to be named. */
  const permissive = new Set(["0BSD", "Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "PSF-2.0", "Unlicense"]);

  it("holds every package that package.json names for it, and none of those for development", () => {
    const names = new Set(installed.map(({ name }) => name));
    const { dependencies, optionalDependencies } = packageJson;
    expect(Object.keys(dependencies).filter((name) => !names.has(name))).toEqual([]);
    const others = [...Object.keys(optionalDependencies), "node", "typescript", "vitest"];
    expect(others.filter((name) => names.has(name))).toEqual([]);
  });

  it.each(installed)("$name $version is under a permissive licence: $licence", ({ licence }) => {
    expect(permissive).toContain(licence);
  });

  it("runs no program of its makers when it is installed", () => {
    expect(installed.filter(({ runsAtInstall }) => runsAtInstall)).toEqual([]);
  });

  it("would be found out: what runs at install, and what is there in two versions", () => {
    const packages = {
      "": {},
      "node_modules/a": {
        version: "1.0.0",
        license: "MIT",
        hasInstallScript: true,
        dependencies: { "@b/c": "2", d: "1" },
      },
      "node_modules/a/node_modules/@b/c": { version: "2.0.0", license: "AGPL-3.0-only" },
      "node_modules/@b/c": { version: "3.0.0", license: "MIT" },
      "node_modules/d": { version: "1.0.0", license: "MIT", dev: true },
      "node_modules/e": { version: "1.0.0", license: "MIT", optional: true },
    };
    expect(runtimePackages({ packages })).toEqual([
      { name: "@b/c", version: "2.0.0", licence: "AGPL-3.0-only", runsAtInstall: false, needs: [] },
      { name: "@b/c", version: "3.0.0", licence: "MIT", runsAtInstall: false, needs: [] },
      { name: "a", version: "1.0.0", licence: "MIT", runsAtInstall: true, needs: ["@b/c@2.0.0"] },
    ]);
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
