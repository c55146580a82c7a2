import { beforeEach, describe, expect, it } from "vitest";
import { InMemoryKubeApi } from "../test/support/in-memory-kube-api.ts";
import { liveRegion, liveTenant } from "../test/support/live-objects.ts";
import { silent } from "../test/support/silent-logger.ts";
import { type Caches, createCaches } from "./caches.ts";
import { connectChecks } from "./check-wiring.ts";
import type { WrittenReport } from "./controllers/report/written-report.ts";
import { catalogue } from "./policy/catalogue/catalogue.ts";
import { CheckedWorld } from "./policy/checked-world.ts";

describe("who is judged again", () => {
  let caches: Caches;
  let told: string[];

  beforeEach(() => {
    caches = createCaches(new InMemoryKubeApi(), "socle-system", silent);
    told = [];
    const queue = (reports: string) => ({
      enqueue: ({ name }: { name: string }): void => {
        told.push(`${reports} ${name}`);
      },
    });
    connectChecks(caches, {
      world: new CheckedWorld(catalogue),
      tenants: queue("tenant"),
      tenantReports: queue("reports of tenant"),
      regionReports: queue("reports of region"),
    });
    caches.tenants.cache.observe(liveTenant("minagri"));
    caches.regions.cache.observe(liveRegion());
    told.length = 0;
  });

  const report = (resourceVersion: string, digest: string): WrittenReport => ({
    apiVersion: "openreports.io/v1alpha1",
    kind: "Report",
    metadata: {
      name: "socle-access",
      namespace: "t-minagri",
      uid: "of the report",
      resourceVersion,
      labels: { "socle.dev/tenant": "minagri" },
    },
    remembered: { digest, since: {} },
  });

  it("the report that somebody changed into something else, or removed, and none that the operator wrote", () => {
    const { cache } = caches.reports;
    cache.noteWrite(report("5", "as written"));
    cache.observe(report("6", "as written"));
    expect(told).toEqual([]);
    cache.observe(report("7", "as somebody likes it"));
    expect(told.splice(0)).toEqual(["reports of tenant minagri"]);
    cache.observeDelete(report("8", "as somebody likes it"));
    expect(told).toEqual(["reports of tenant minagri"]);
  });

  it("a tenant and the platform around it, when something of the tenant changes", () => {
    caches.tenants.cache.observe(
      liveTenant("minagri", { metadata: { resourceVersion: "2" }, spec: { compliance: { dataClasses: ["Health"] } } }),
    );
    expect(told).toEqual(expect.arrayContaining(["reports of tenant minagri", "reports of region region"]));
  });

  it("a region that is gone, whose reports would stay for ever: the list of regions has it no more", () => {
    caches.regions.cache.observeDelete(liveRegion({ metadata: { resourceVersion: "2" } }));
    expect(told).toContain("reports of region region");
  });
});
