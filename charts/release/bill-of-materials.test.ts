import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { beforeAll, describe, expect, it } from "vitest";
import { billOfMaterials } from "./bill-of-materials.ts";
import { releaseImages } from "./images.ts";
import { packagesOfCheckout } from "./runtime-packages.ts";

interface Component {
  readonly "bom-ref": string;
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly purl: string;
  readonly scope: string;
  readonly licenses?: readonly { readonly license: { readonly id: string } }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}
interface Bill {
  readonly specVersion: string;
  readonly metadata: { readonly component: Component; readonly timestamp?: string };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const packages = packagesOfCheckout();
const write = (): string =>
  billOfMaterials({
    version: "1.2.3",
    packages,
    direct: ["zod@4.6.7", "pg@8.23.1"],
    images: releaseImages("1.2.3", digest),
  });

let text: string;
let bill: Bill;
beforeAll(() => {
  text = write();
  bill = JSON.parse(text) as Bill;
});
const component = (ref: string): Component | undefined => bill.components.find((one) => one["bom-ref"] === ref);
const needs = (ref: string): readonly string[] => bill.dependencies.find((one) => one.ref === ref)?.dependsOn ?? [];

describe("the bill of materials", () => {
  it("is valid CycloneDX 1.6", async () => {
    expect(bill.specVersion).toBe("1.6");
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
  });

  it("would be found out: a component of a type that CycloneDX does not know is invalid", async () => {
    const wrong = text.replace('"type": "container"', '"type": "box"');
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(wrong)).not.toBeNull();
  });

  it("is the same bytes each time", () => {
    expect(write()).toBe(text);
    expect(text).not.toMatch(/timestamp|serialNumber/);
  });

  it("has every package that is installed, with address, licence and digest", () => {
    const libraries = bill.components.filter(({ type }) => type === "library");
    expect(libraries.map((one) => one["bom-ref"]).sort()).toEqual(
      packages.map(({ name, version }) => `${name}@${version}`).sort(),
    );
    expect(libraries.filter(({ licenses = [] }) => licenses.length !== 1)).toEqual([]);
    expect(component("@kubernetes/client-node@2.0.1")).toMatchObject({
      group: "@kubernetes",
      name: "client-node",
      purl: "pkg:npm/%40kubernetes/client-node@2.0.1",
      licenses: [{ license: { id: "Apache-2.0" } }],
    });
    const integrity = packages.find(({ name }) => name === "zod")?.integrity ?? "";
    const hash = component("zod@4.6.7")?.hashes?.[0];
    expect(hash?.alg).toBe("SHA-512");
    expect(`sha512-${Buffer.from(hash?.content ?? "", "hex").toString("base64")}`).toBe(integrity);
  });

  it("says who needs what", () => {
    expect(needs("socle@1.2.3")).toEqual(["pg@8.23.1", "zod@4.6.7"]);
    expect(needs("pg@8.23.1")).toEqual(expect.arrayContaining([expect.stringMatching(/^pg-protocol@/)]));
  });

  it("has every image as a container, with the digest of the operator's", () => {
    const containers = bill.components.filter(({ type }) => type === "container");
    expect(containers).toHaveLength(releaseImages("1.2.3", digest).length);
    expect(component(`socle:1.2.3@${digest}`)?.purl).toBe(`pkg:oci/socle@${digest}?repository_url=socle&tag=1.2.3`);
    expect(component("quay.io/keycloak/keycloak:26.7.5")).toMatchObject({
      name: "quay.io/keycloak/keycloak",
      version: "26.7.5",
      scope: "optional",
      purl: "pkg:oci/keycloak?repository_url=quay.io%2Fkeycloak%2Fkeycloak&tag=26.7.5",
    });
  });
});
