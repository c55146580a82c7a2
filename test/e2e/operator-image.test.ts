import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { GenericContainer, getContainerRuntimeClient } from "testcontainers";
import { join } from "node:path";
import { type OperatorImage, operatorImage } from "../image/operator-image.ts";
import { nodeProblem } from "../support/node-platform.ts";

const problem = await nodeProblem();
const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

// Its reaper would be fetched from a registry of images; what is started here is stopped here.
process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
const engine = await getContainerRuntimeClient().then(
  () => true,
  () => false,
);
if (!engine)
  say("NOT RUN: the Dockerfile is not built by Docker: no engine answers on this machine. buildah builds it.");

/** How it runs is told by the suites that use it; here is what lies in it. */
describe.skipIf(problem !== undefined)("the operator's image, built by buildah", () => {
  let image: OperatorImage;
  let files: readonly string[];
  beforeAll(async () => {
    image = await operatorImage(say);
    files = filesIn(image.archive);
  });

  it("has at most 200 MB, unpacked", () => {
    expect(image.size).toBeLessThanOrEqual(200_000_000);
  });

  it("has what it runs, and no test of it", () => {
    expect(files).toEqual(expect.arrayContaining(["usr/local/bin/node", "opt/socle/operator/main.ts"]));
    expect(files.filter((file) => file.endsWith(".test.ts") && file.startsWith("opt/socle/operator"))).toEqual([]);
  });

  it("has no shell, no package manager and no compiler", () => {
    const programs = files.filter((file) => /(^|\/)s?bin\//.test(file)).map((file) => file.split("/").at(-1));
    for (const name of ["sh", "bash", "dash", "busybox", "npm", "npx", "apt", "dpkg", "gcc"])
      expect(programs).not.toContain(name);
  });

  it("has nobody's credentials", () => {
    expect(files.filter((file) => /(^|\/)(\.npmrc|\.npm|id_[a-z0-9]+|\.env)$/.test(file))).toEqual([]);
  });

  it("begins as an unprivileged user, with a read-only root in mind", () => {
    expect(configOf(image.archive)).toMatchObject({
      User: "65532:65532",
      Entrypoint: ["node", "operator/main.ts"],
      WorkingDir: "/opt/socle",
      ExposedPorts: { "8080/tcp": {} },
    });
  });
});

describe.skipIf(!engine)("the operator's image, built by Docker", () => {
  it("runs its command line on a read-only root", async () => {
    const built = await GenericContainer.fromDockerfile(join(import.meta.dirname, "..", "..")).build("socle:test", {
      deleteOnExit: true,
    });
    const container = await built
      .withEntrypoint(["node", "operator/cli/socle.ts", "version", "--help"])
      .withUser("65532:65532")
      .start();
    const lines: string[] = [];
    for await (const line of await container.logs()) lines.push(String(line));
    await container.stop();
    expect(lines.join("")).toContain("socle version");
  });
});

interface Descriptor {
  readonly digest: string;
}

const read = (archive: string, name: string): Buffer =>
  execFileSync("tar", ["-xOf", archive, name], { maxBuffer: 1 << 30 });
const blob = (archive: string, { digest }: Descriptor): Buffer => read(archive, `blobs/${digest.replace(":", "/")}`);

function manifestOf(archive: string): { readonly config: Descriptor; readonly layers: readonly Descriptor[] } {
  const index = JSON.parse(read(archive, "index.json").toString("utf8")) as { readonly manifests: [Descriptor] };
  return JSON.parse(blob(archive, index.manifests[0]).toString("utf8")) as ReturnType<typeof manifestOf>;
}

function configOf(archive: string): unknown {
  const text = blob(archive, manifestOf(archive).config).toString("utf8");
  return (JSON.parse(text) as { readonly config: unknown }).config;
}

function filesIn(archive: string): string[] {
  return manifestOf(archive).layers.flatMap((layer) =>
    execFileSync("tar", ["-tzf", "-"], { input: blob(archive, layer), encoding: "utf8", maxBuffer: 1 << 28 })
      .split("\n")
      .map((file) => file.replace(/^\.?\//, "")),
  );
}
