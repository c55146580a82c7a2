import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { type Ran, recorded } from "../../test/support/recorded-command.ts";
import { type ExportWish, runExport } from "./export.ts";

const examples = join(import.meta.dirname, "../../examples");
const [region, commune, ministry] = ["region", "tenant-commune", "tenant-ministry"].map((name) =>
  join(examples, `${name}.yaml`),
) as [string, string, string];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "export-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const defaults: ExportWish = {
  filename: [region, commune],
  secrets: true,
  apiServer: [],
  cloudnativePg: true,
  installation: "00000000-0000-0000-0000-000000000000",
  operatorUsername: "socle",
};
const run = (wish: Partial<ExportWish>, input?: readonly string[]): Promise<Ran> =>
  recorded((streams) => runExport({ ...defaults, ...wish }, streams), input);

interface Printed {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
}
const objectsIn = (text: string): Printed[] => parseAllDocuments(text).map((document) => document.toJS() as Printed);
const tenantsIn = (text: string) => [
  ...new Set(objectsIn(text).map(({ metadata }) => metadata.labels["socle.dev/tenant"])),
];
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
};

describe("socle export", () => {
  it("prints the objects of a tenant, namespaces first, and exits 0", async () => {
    const { code, results } = await run({});
    expect(code).toBe(0);
    const objects = objectsIn(results);
    expect(objects.length).toBeGreaterThan(30);
    expect(objects[0]).toMatchObject({ kind: "Namespace", metadata: { name: "t-valbelle" } });
    expect(results).toContain("# Secrets hold REPLACE-ME for what the operator would generate");
  });

  it("prints the same bytes whatever the order of files", async () => {
    const one = await run({ filename: [region, commune, ministry] });
    expect(await run({ filename: [ministry, commune, region] })).toEqual(one);
    expect(tenantsIn(one.results)).toEqual(["minagri", "valbelle"]);
  });

  it("takes whole directories, and a file that is named twice once", async () => {
    const { code, results, remarks } = await run({ filename: [examples, commune] });
    expect(code).toBe(0);
    const pilot = ["culture", "ecologie", "education", "justice", "travail"];
    expect(tenantsIn(results)).toEqual([...pilot, "minagri", "valbelle"].toSorted());
    expect(remarks).toMatch(/No part of an export: Attestation .+, TenantIdentityProvider proconnect \(/);
  });

  it("takes standard input, in however many pieces it comes", async () => {
    const text = `${readFileSync(region, "utf8")}---\n${readFileSync(commune, "utf8")}`;
    const pieces = text.match(/[^]{1,1000}/g) ?? [];
    expect(await run({ filename: ["-"] }, pieces)).toEqual(await run({}));
  });

  it("exports one tenant of several", async () => {
    const { results } = await run({ filename: [examples], tenant: "valbelle" });
    expect(tenantsIn(results)).toEqual(["valbelle"]);
  });

  it("exits 3 where a module is left out, names it, and prints the rest", async () => {
    const { code, results, remarks } = await run({ filename: [region, ministry], cloudnativePg: false });
    expect(code).toBe(3);
    expect(remarks).toContain("Tenant minagri: Module PostgreSQL is left out. This cluster lacks Cluster");
    expect(results).toContain("kind: NetworkPolicy");
  });

  it("leaves out Secrets when it is asked to", async () => {
    const { results } = await run({ secrets: false });
    expect(objectsIn(results).filter(({ kind }) => kind === "Secret")).toEqual([]);
    expect(results).not.toContain("REPLACE-ME for what");
  });

  it("binds the rights of the operator to the user that it is told", async () => {
    expect((await run({ operatorUsername: "system:serviceaccount:a:b" })).results).toContain("kind: ServiceAccount");
    expect((await run({ operatorUsername: "somebody" })).results).toContain("name: somebody");
  });
});

describe("socle export of what is wrong", () => {
  const wrong = (): string => file("wrong.yaml", readFileSync(commune, "utf8").replace("seats: 40", "seats: -1"));

  it.each<{ what: string; wish: () => Partial<ExportWish>; says: string }>([
    {
      what: "a file that is not there",
      wish: () => ({ filename: ["nowhere.yaml"] }),
      says: "nowhere.yaml cannot be read",
    },
    {
      what: "a value that is wrong",
      wish: () => ({ filename: [region, wrong()] }),
      says: "Tenant valbelle: spec.seats: ",
    },
    { what: "no Tenant", wish: () => ({ filename: [region] }), says: "No Tenant is in " },
    {
      what: "a tenant that is not in the files",
      wish: () => ({ tenant: "minagri" }),
      says: "Tenant minagri is not in ",
    },
    {
      what: "a tenant without its region",
      wish: () => ({ filename: [commune] }),
      says: "Tenant valbelle lives in SovereignRegion cloudgouv (spec.regionRef), which is not in ",
    },
    {
      what: "certificates that are none",
      wish: () => ({ trustBundle: commune }),
      says: "tenant-commune.yaml holds no certificate in PEM (--trust-bundle)",
    },
    {
      what: "certificates with a key beside them",
      wish: () => ({ trustBundle: file("both.pem", "-----BEGIN PRIVATE KEY-----\n") }),
      says: "both.pem holds a private key; give certificates only.",
    },
  ])("exits 2 for $what, says what to do, and writes nothing at all", async ({ wish, says }) => {
    const output = join(directory, "out");
    for (const where of [{}, { output }]) {
      const { code, results, remarks } = await run({ ...wish(), ...where });
      expect({ code, results }).toEqual({ code: 2, results: "" });
      expect(remarks).toContain(says);
    }
    expect(existsSync(output)).toBe(false);
  });

  it("speaks of the file that cannot be read, not of the tenant that it hides", async () => {
    const { remarks } = await run({ filename: [region, "nowhere.yaml"] });
    expect(remarks).not.toContain("No Tenant");
  });

  it("says what an address has to be in words, and not in signs alone", async () => {
    const text = readFileSync(region, "utf8").replace("https://login.suite.example", "https://");
    const { remarks } = await run({ filename: [file("region.yaml", text), commune] });
    expect(remarks).toContain("SovereignRegion cloudgouv: spec.keycloak.url: write http:// or https://, a host");
  });

  it("names tenant and region where only the API server would have refused a value", async () => {
    const text = readFileSync(region, "utf8").replace(/from:\n/, () => 'from:\n      cidrs: ["198.51.100.64/99"]\n');
    await expect(run({ filename: [file("region.yaml", text), commune] })).rejects.toThrow(
      "Tenant valbelle of SovereignRegion cloudgouv cannot be made as the files say: ",
    );
  });
});

describe("socle export -o", () => {
  const files = (below = ""): string[] => readdirSync(join(directory, "out", below)).sort();
  const to = (wish: Partial<ExportWish> = {}): Promise<Ran> => run({ output: join(directory, "out"), ...wish });

  it("writes each object into a file of its own, which sorts as it is printed", async () => {
    const { results } = await run({});
    const { code, results: summary } = await to();
    expect(code).toBe(0);
    const texts = files("valbelle").map((name) => readFileSync(join(directory, "out", "valbelle", name), "utf8"));
    const refs = (objects: readonly Printed[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const kinds = texts.flatMap(objectsIn);
    expect(refs(kinds).sort()).toEqual(refs(objectsIn(results)).sort());
    expect(kinds[0]?.kind).toBe("Namespace");
    expect(kinds.at(-1)?.kind).toBe("Ingress");
    expect(summary).toContain(`out: ${texts.length} files written, 0 as they were, 0 removed.`);
  });

  it("changes nothing the second time", async () => {
    await to();
    expect((await to()).results).toMatch(/out: 0 files written, \d+ as they were, 0 removed\./);
  });

  it("removes what it wrote and no longer wants, and leaves everybody else's files", async () => {
    await to({ filename: [region, commune, ministry] });
    const kept = [file("out/minagri/notes.yaml", "a: 1\n"), file("out/README.md", "x")];
    await to({ secrets: false });
    expect(files()).toEqual(["README.md", "minagri", "valbelle"]);
    expect(files("minagri")).toEqual(["notes.yaml"]);
    expect(files("valbelle").filter((name) => name.includes(".secret."))).toEqual([]);
    for (const path of kept) expect(existsSync(path)).toBe(true);
  });

  it("removes the directory of a tenant that is gone, once nothing else is in it", async () => {
    await to({ filename: [region, commune, ministry] });
    await to();
    expect(files()).toEqual(["valbelle"]);
  });

  it("touches no other tenant when it is asked for one", async () => {
    await to({ filename: [region, commune, ministry] });
    const before = files("minagri");
    await to({ filename: [region, commune, ministry], tenant: "valbelle", secrets: false });
    expect(files("minagri")).toEqual(before);
  });

  it("refuses to overwrite what it did not write, names it, and writes nothing", async () => {
    const name = "out/valbelle/1-namespaces.namespace.t-valbelle.yaml";
    const path = file(name, "mine: true\n");
    await expect(to()).rejects.toThrow(`in the way: ${path}. Move it away, or choose another directory (-o).`);
    expect(files("valbelle")).toHaveLength(1);
    expect(readFileSync(path, "utf8")).toBe("mine: true\n");
  });

  it("follows no link that stands where a file of its own would", async () => {
    const elsewhere = file("elsewhere", "mine\n");
    mkdirSync(join(directory, "out", "valbelle"), { recursive: true });
    symlinkSync(elsewhere, join(directory, "out/valbelle/1-namespaces.namespace.t-valbelle.yaml"));
    await expect(to()).rejects.toThrow("in the way");
    expect(readFileSync(elsewhere, "utf8")).toBe("mine\n");
  });

  it("follows no link that leads nowhere either", async () => {
    const nowhere = join(directory, "nowhere");
    mkdirSync(join(directory, "out", "valbelle"), { recursive: true });
    symlinkSync(nowhere, join(directory, "out/valbelle/1-namespaces.namespace.t-valbelle.yaml"));
    await expect(to()).rejects.toThrow("in the way");
    expect(existsSync(nowhere)).toBe(false);
  });

  it("refuses a directory that is a file", async () => {
    await expect(to({ output: commune })).rejects.toThrow("tenant-commune.yaml");
  });

  it("is not misled by its own files below the directory that it reads", async () => {
    for (const path of [region, commune]) file(path.split("/").at(-1) ?? "", readFileSync(path, "utf8"));
    await to({ filename: [directory] });
    const { code, remarks } = await to({ filename: [directory] });
    expect(code).toBe(0);
    expect(remarks).not.toContain("No part of an export");
  });
});
