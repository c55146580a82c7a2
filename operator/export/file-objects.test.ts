import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { fileObjects } from "./file-objects.ts";

const example = (file: string): string => readFileSync(join(import.meta.dirname, "../../examples", file), "utf8");
const commune = example("tenant-commune.yaml");
const region = example("region.yaml");

interface Fields {
  [field: string]: unknown;
}
type Tenant = Fields & { metadata: Fields; spec: Fields & { modules: Fields[] } };

/** The commune of the examples after this change, as a file holds it. */
function changed(change: (tenant: Tenant) => void): string {
  const tenant = parse(commune) as Tenant;
  change(tenant);
  return stringify(tenant);
}

const read = (...texts: string[]) => fileObjects(texts.map((text, index) => ({ name: `file${index + 1}.yaml`, text })));

describe("fileObjects", () => {
  it("finds Tenants and SovereignRegions in files of one or more documents, and in lists", () => {
    const list = stringify({ apiVersion: "v1", kind: "List", items: [parse(region), parse(commune)] });
    for (const texts of [[`${region}---\n${commune}`], [region, commune], [list], [`---\n\n---\n${list}`]]) {
      const { tenants, regions, problems } = read(...texts);
      expect({ tenants: [...tenants.keys()], regions: [...regions.keys()], problems }).toEqual({
        tenants: ["valbelle"],
        regions: ["cloudgouv"],
        problems: [],
      });
    }
  });

  it("fills in what the API server would, and takes no status", () => {
    const text = changed((tenant) => {
      tenant["status"] = { modulesReady: "2/2" };
    });
    const tenant = read(text).tenants.get("valbelle");
    expect(tenant?.spec.lifecycle.deletionPolicy).toBe("Retain");
    expect(tenant?.status).toBe(undefined);
  });

  it("takes what a cluster prints of an object", () => {
    const text = changed((tenant) => {
      tenant.metadata = { ...tenant.metadata, uid: "u", resourceVersion: "7", managedFields: [], generation: 2 };
    });
    expect(read(text)).toMatchObject({ problems: [] });
  });

  it("lists objects of other kinds with their place", () => {
    expect(read(example("identity-provider.yaml")).others).toEqual([
      "TenantIdentityProvider proconnect (file1.yaml, document 1)",
    ]);
  });

  it.each([
    {
      what: "text that is no YAML",
      text: "a: 1\na: 2\n",
      says: "file1.yaml, document 1 is no YAML: Map keys must be unique at line 2, column 1.",
    },
    {
      what: "aliases that stand for gigabytes",
      text: `a: &a [${"x,".repeat(40)}]\nb: &b [${"*a,".repeat(40)}]\nc: [${"*b,".repeat(40)}]\n`,
      says: "is no YAML: Excessive alias count",
    },
    { what: "an alias that leads nowhere", text: "a: *b\n", says: "document 1 is no YAML: Unresolved alias" },
    { what: "a text", text: "hello\n", says: "is no Kubernetes object; give it apiVersion, kind and metadata.name." },
    {
      what: "an object without a name",
      text: changed((tenant) => {
        tenant.metadata = {};
      }),
      says: "document 1: this is no Kubernetes object",
    },
    {
      what: "another version of the API",
      text: changed((tenant) => {
        tenant["apiVersion"] = "socle.dev/v9";
      }),
      says: "Tenant valbelle has apiVersion socle.dev/v9; this program reads socle.dev/v1alpha1.",
    },
    {
      what: "a name that leads out of a directory",
      text: changed((tenant) => {
        tenant.metadata["name"] = "../valbelle";
      }),
      says: `Tenant "../valbelle": metadata.name has 3 to 24 characters a-z0-9 and starts with a letter; choose another name.`,
    },
    {
      what: "a value that the schema refuses",
      text: changed((tenant) => {
        tenant.spec["seats"] = 0;
      }),
      says: /^file1\.yaml, document 1: Tenant valbelle: spec\.seats: .+>=1; docs\/reference\/tenant\.md says what it takes\.$/,
    },
    {
      what: "a field that is not there",
      text: changed((tenant) => {
        delete tenant.spec["domain"];
      }),
      says: "Tenant valbelle: spec.domain: Invalid input: expected string, received undefined; docs/reference/tenant.md",
    },
    {
      what: "a field that no schema knows",
      text: changed((tenant) => {
        (tenant.spec.modules[1] as Fields)["sise"] = "XS";
      }),
      says: "Tenant valbelle: spec.modules[1].sise is no field of this kind; remove it or mend its name",
    },
    {
      what: "a field beside spec",
      text: changed((tenant) => {
        tenant["specs"] = {};
      }),
      says: "Tenant valbelle: specs is no field of this kind",
    },
    {
      what: "a region that the schema refuses",
      text: region.replace("country: FR", "country: fr"),
      says: /SovereignRegion cloudgouv: spec\.country: .+ docs\/reference\/sovereign-region\.md/,
    },
    {
      what: "the same object twice",
      text: `${commune}---\n${commune}`,
      says: "file1.yaml, document 2: Tenant valbelle is in file1.yaml, document 1 too; keep one of them.",
    },
  ])("refuses $what, and says where and what to do", ({ text, says }) => {
    const { tenants, regions, problems } = read(text);
    expect(problems).toHaveLength(1);
    if (typeof says === "string") expect(problems[0]).toContain(says);
    else expect(problems[0]).toMatch(says);
    expect([...tenants.keys(), ...regions.keys()].length).toBe(text.includes("---") ? 1 : 0);
  });

  it("names every place that is wrong", () => {
    const wrong = changed((tenant) => {
      tenant.spec["seats"] = 0;
      tenant.spec["tier"] = "Huge";
    });
    expect(read(wrong, "{").problems).toHaveLength(3);
  });

  it("shows no text of a file that is no YAML: it may be that of a Secret", () => {
    expect(read("password: 'hunter2\n").problems.join()).not.toContain("hunter2");
  });
});
