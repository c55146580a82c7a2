import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { imageDigest } from "./archives.ts";
import { makeRelease, type ReleaseWish } from "./release.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "release-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const put = (name: string, text: string): string => {
  const path = join(directory, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
};

/** A checkout with the least that a release is made of; its charts have this version. */
function checkout(version = "1.2.3"): string {
  const product = { name: "product", version: "1.2.3", dependencies: { a: "1.0.0" }, files: ["charts"] };
  put("checkout/package.json", JSON.stringify(product));
  const packages = { "": {}, "node_modules/a": { version: "1.0.0", license: "MIT" } };
  put("checkout/package-lock.json", JSON.stringify({ packages }));
  put("checkout/CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n- News.\n\n## 1.2.2\n\n- Old.\n");
  for (const name of ["socle-crds", "socle"]) {
    put(`checkout/charts/${name}/Chart.yaml`, stringify({ name, version, appVersion: version }));
    put(`checkout/charts/${name}/templates/b.yaml`, "b: {}\n");
    put(`checkout/charts/${name}/templates/a.yaml`, "a: {}\n");
  }
  return join(directory, "checkout");
}

/** An OCI archive with the index of these images and nothing else. */
function imageArchive(...digests: string[]): string {
  const index = put("image/index.json", JSON.stringify({ manifests: digests.map((one) => ({ digest: one })) }));
  const archive = join(directory, "image.tar");
  execFileSync("tar", ["-C", join(index, ".."), "-cf", archive, "index.json"]);
  return archive;
}

const release = (wish: Partial<ReleaseWish> = {}): string => {
  const output = join(directory, "out");
  makeRelease({ checkout: join(directory, "checkout"), output, origin: "commit 0123", ...wish }, () => undefined);
  return wish.output ?? output;
};
const text = (...path: string[]): string => readFileSync(join(...path), "utf8");

describe("a release", () => {
  it("holds charts, image, npm package, images, materials and notes, and their sums fit", () => {
    checkout();
    const made = release({ imageArchive: imageArchive(digest) });
    expect(readdirSync(made).sort()).toEqual([
      "NOTES-1.2.3.md",
      "SHA256SUMS",
      "images.txt",
      "socle-1.2.3.cdx.json",
      "socle-1.2.3.tgz",
      "socle-crds-1.2.3.tgz",
      "socle-image-1.2.3.tar",
      "socle-npm-1.2.3.tgz",
    ]);
    const told = execFileSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: made, encoding: "utf8" });
    expect(
      told
        .trim()
        .split("\n")
        .filter((line) => line.endsWith(": OK")),
    ).toHaveLength(7);
    expect(text(made, "images.txt")).toContain(`\nsocle:1.2.3@${digest}\n`);
    expect(text(made, "NOTES-1.2.3.md")).not.toContain("--without-image");
  });

  it("is the same bytes when it is made again of the same files, whenever they were written", () => {
    const made = checkout();
    const read = (output: string) => {
      release({ output });
      return readdirSync(output).map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(output, name)))
          .digest("hex"),
      ]);
    };
    const first = read(join(directory, "first"));
    for (const name of ["socle/templates/a.yaml", "socle-crds/Chart.yaml"])
      utimesSync(join(made, "charts", name), 1, 1);
    expect(read(join(directory, "second"))).toEqual(first);
  });

  it("has chart archives with one folder of the chart's name, which belong to nobody and to no time", () => {
    checkout();
    const list = (name: string) =>
      execFileSync("tar", ["--utc", "--full-time", "-tvzf", join(release(), name)], { encoding: "utf8" })
        .trim()
        .split("\n");
    const lines = list("socle-crds-1.2.3.tgz");
    expect(lines.map((line) => line.split(" ").at(-1))).toEqual([
      "socle-crds/",
      "socle-crds/Chart.yaml",
      "socle-crds/templates/",
      "socle-crds/templates/a.yaml",
      "socle-crds/templates/b.yaml",
    ]);
    for (const line of lines) expect(line).toMatch(/^(drwxr-xr-x|-rw-r--r--) 0\/0 +\d+ 1970-01-01 00:00:00 /);
  });

  it("says loudly that it has no image where it was made without", () => {
    checkout();
    const made = release();
    expect(text(made, "NOTES-1.2.3.md")).toMatch(/\*\*The operator's image is not part of this release:\*\*/);
    expect(text(made, "images.txt")).toContain("# operator; not part of this release\nsocle:1.2.3\n");
  });

  it("replaces an earlier release, and never what is none", () => {
    checkout();
    put("out/SHA256SUMS", "");
    put("out/left-over", "");
    expect(readdirSync(release())).not.toContain("left-over");
    put("mine/letter.txt", "dear");
    expect(() => release({ output: join(directory, "mine") })).toThrow(/holds files that are no release/);
    expect(readdirSync(join(directory, "mine"))).toEqual(["letter.txt"]);
  });

  it("is refused, and nothing of it is left, where a chart has another version than the product", () => {
    checkout("1.2.2");
    expect(() => release()).toThrow(
      'charts/socle-crds/Chart.yaml: version is "1.2.2" and has to be "1.2.3", as package.json has it; run `npm run generate`.',
    );
    rmSync(join(directory, "checkout/charts/socle"), { recursive: true });
    expect(() => release()).toThrow("charts/socle/Chart.yaml is missing");
    expect(readdirSync(directory)).toEqual(["checkout"]);
  });

  it("leaves nothing half made where a step of it fails", () => {
    const made = checkout();
    rmSync(join(made, "package.json"));
    put("checkout/package.json", JSON.stringify({ version: "1.2.3", dependencies: {} }));
    // npm packs nothing that has no name.
    expect(() => release()).toThrow(/npm pack/);
    expect(readdirSync(directory)).toEqual(["checkout"]);
  });

  it("takes an archive that holds one image, and no other", () => {
    expect(imageDigest(imageArchive(digest))).toBe(digest);
    expect(() => imageDigest(imageArchive(digest, digest))).toThrow(/holds 2 images/);
  });
});
