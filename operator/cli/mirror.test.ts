import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { type Ran, recorded } from "../../test/support/recorded-command.ts";
import { catalogueImages, imageReference } from "../modules/catalogue.ts";
import { programVersion } from "../version.ts";
import { type MirrorWish, runMirror } from "./mirror.ts";
import type { MirrorPlan } from "./mirror-plan.ts";

const examples = join(import.meta.dirname, "../../examples");
const to = "registry.example/suite";
const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

const run = (wish: Partial<MirrorWish>, input?: readonly string[]): Promise<Ran> =>
  recorded((streams) => runMirror({ to, dryRun: true, output: "text", ...wish }, streams), input);
const planned = async (wish: Partial<MirrorWish>, input?: readonly string[]): Promise<MirrorPlan> =>
  JSON.parse((await run({ ...wish, output: "json" }, input)).results) as MirrorPlan;

interface Region {
  readonly kind: string;
  readonly spec: object;
}
/** The region of the examples with these fields instead of its own, and tenants of the examples. */
const files = (spec: object, ...tenants: string[]): string => {
  const read = (name: string) => readFileSync(join(examples, `${name}.yaml`), "utf8");
  const region = parse(read("region")) as Region;
  const changed = stringify({ ...region, spec: { ...region.spec, images: {}, ...spec } });
  return [changed, ...tenants.map(read)].join("---\n");
};

describe("socle mirror", () => {
  it("lists where every image of this version goes, and the region that is told so pulls each from there", async () => {
    const { copies, builds, regions } = await planned({});
    const targets = [...copies, ...builds].map(({ target }) => target);
    const pulled = catalogueImages().map(({ name }) => imageReference(regions[0] ?? {}, name));
    expect(targets.sort()).toEqual([...pulled, `${to}/socle:${programVersion()}`].sort());
  });

  it("never copies a public image that lacks what the suite needs: it says how to build one", async () => {
    const { results } = await run({});
    expect(results).not.toMatch(/nextcloud.* -> /);
    expect(results).toContain("# nextcloud: its public image lacks");
    expect(results).toContain("docs/drive.md");
  });

  it("lists only what the tenants in files run, in the versions that they ask for", async () => {
    const tenant = files({}, "tenant-commune").replace("module: Synapse,", "module: Synapse, version: 1.160.0,");
    const { copies } = await planned({ filename: ["-"] }, [tenant]);
    const sources = copies.map(({ source }) => source);
    expect(sources).toContain("docker.io/matrixdotorg/synapse:v1.160.0");
    expect(sources).toContain("quay.io/keycloak/keycloak:26.7.5");
    expect(sources.filter((source) => /collabora|nextcloud|openproject/.test(source))).toEqual([]);
  });

  it("lists everything for a region without tenants, but what it has in the registry already", async () => {
    const overrides = [
      { name: "nextcloud", reference: `${to}/own/nextcloud:34.0.2@${digest}` },
      { name: "synapse", reference: `builds.example:5000/chat/synapse:1.1@${digest}` },
    ];
    const { copies, builds, regions } = await planned({ filename: ["-"] }, [files({ images: { overrides } })]);
    expect(builds).toEqual([]);
    expect(copies.filter(({ source }) => /nextcloud|synapse/.test(source))).toEqual([
      { source: overrides[1]?.reference, target: `${to}/chat/synapse:1.1@${digest}` },
    ]);
    expect(regions).toEqual([
      {
        name: "cloudgouv",
        images: {
          mirror: to,
          overrides: [overrides[0], { name: "synapse", reference: `${to}/chat/synapse:1.1@${digest}` }],
        },
      },
    ]);
  });

  it("prints a script of skopeo that fetches by digest where there is one, and stores under the tag", async () => {
    const overrides = [{ name: "synapse", reference: `builds.example:5000/chat/synapse:1.1@${digest}` }];
    const { results } = await run({ filename: ["-"], output: "skopeo" }, [files({ images: { overrides } })]);
    expect(results).toMatch(/^#!\/bin\/sh\nset -eu\n/);
    const words = `docker://builds.example:5000/chat/synapse@${digest} docker://${to}/chat/synapse:1.1`;
    expect(results).toContain(`\nskopeo copy --all --preserve-digests ${words}\n`);
    const version = programVersion();
    expect(results).toContain(` oci-archive:socle-image-${version}.tar docker://${to}/socle:${version}\n`);
    // What is no command is a comment, also the part in YAML.
    expect(
      results
        .split("\n")
        .slice(2, -1)
        .filter((line) => !/^(skopeo copy |#)/.test(line)),
    ).toEqual([]);
  });

  it("says in YAML what the region and the chart then say", async () => {
    const { results } = await run({});
    const block = results
      .split("\n")
      .filter((line) => line.startsWith("#   "))
      .map((line) => line.slice(4));
    const documents = parseAllDocuments(block.join("\n").replace("\nimage:", "\n---\nimage:"));
    expect(documents.map((document) => document.toJS() as unknown)).toEqual([
      { spec: { images: { mirror: to } } },
      { image: { repository: `${to}/socle`, tag: programVersion() } },
    ]);
  });

  it("refuses two images that would be one in the registry", async () => {
    const overrides = [{ name: "synapse", reference: "builds.example/keycloak/keycloak:26.7.5" }];
    expect(await run({ filename: ["-"] }, [files({ images: { overrides } })])).toEqual({
      code: 2,
      results: "",
      remarks: `builds.example/keycloak/keycloak:26.7.5 and quay.io/keycloak/keycloak:26.7.5 would both be ${to}/keycloak/keycloak:26.7.5; copy one of them elsewhere and name it there in spec.images.overrides of the region.\n`,
    });
  });

  it("exits 3 where a module cannot be made, and says whose images are missing", async () => {
    const keycloak = { url: "https://login.suite.example", managed: { driver: "External" } };
    const { code, remarks } = await run({ filename: ["-"] }, [files({ keycloak }, "tenant-commune")]);
    expect({ code, remarks }).toEqual({
      code: 3,
      remarks: expect.stringContaining("spec.postgresql.server") as string,
    });
  });

  it("copies nothing itself, and says what does", async () => {
    expect(await run({ dryRun: false })).toEqual({
      code: 2,
      results: "",
      remarks:
        "socle copies no image itself: give --dry-run to list the copies, and run the commands that -o skopeo prints.\n",
    });
  });

  it.each([
    ["a tenant without its region", [readFileSync(join(examples, "tenant-commune.yaml"), "utf8")], "spec.regionRef"],
    ["files without a region", ["apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n"], "No SovereignRegion is in -"],
    ["what is no YAML", ['password: "s3cret'], "is no YAML"],
  ])("exits 2 and lists nothing for %s", async (_what, input, told) => {
    const { code, results, remarks } = await run({ filename: ["-"] }, input);
    expect({ code, results, remarks }).toEqual({
      code: 2,
      results: "",
      remarks: expect.stringContaining(told) as string,
    });
    expect(remarks).not.toContain("s3cret");
  });
});
