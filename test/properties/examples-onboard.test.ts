import { describe, expect, it } from "vitest";
import { exampleFiles } from "../support/examples.ts";
import { onboarded, unready } from "../support/onboarded-examples.ts";

const pilot = exampleFiles.filter((file) => /^pilot\/.*-wave\//.test(file));

describe("the examples, each in a cluster whose platform team has prepared it", () => {
  it.each([
    { what: "a pilot of five ministries, side by side", region: "pilot/region/region.yaml", tenants: pilot },
    {
      what: "a ministry with the whole suite, and a commune",
      region: "region.yaml",
      tenants: ["tenant-ministry.yaml", "tenant-commune.yaml"],
    },
    {
      what: "a commune on a Keycloak that is there already",
      region: "region-existing-keycloak.yaml",
      tenants: ["tenant-commune.yaml"],
    },
    {
      what: "a commune in a computing centre of the State",
      region: "region-on-premises.yaml",
      tenants: ["tenant-commune.yaml"],
    },
  ])("become Ready, with every module: $what", async ({ region, tenants }) => {
    const world = await onboarded(region, tenants);
    expect(unready(world)).toEqual([]);
    expect(world.kube.objects().filter(({ kind }) => kind === "Tenant")).toHaveLength(tenants.length);
    expect(world.sins).toEqual([]);
  });

  it("are five in the pilot", () => {
    expect(pilot).toHaveLength(5);
  });
});
