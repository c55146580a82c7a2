import { describe, expect, it } from "vitest";
import { InMemoryKubeApi } from "../../../test/support/in-memory-kube-api.ts";
import { liveRegion } from "../../../test/support/live-objects.ts";
import { silent } from "../../../test/support/silent-logger.ts";
import { CheckedWorld } from "../../policy/checked-world.ts";
import { catalogue } from "../../policy/catalogue/catalogue.ts";
import { EvidenceKeeper } from "../../policy/evidence/keeper.ts";
import { LocalCache } from "../../runtime/object-cache.ts";
import { Evidence } from "./evidence.ts";
import { RegionReportReconciler } from "./reconciler.ts";
import type { WrittenReport } from "./written-report.ts";

describe("the checks of the platform", () => {
  it("wait twenty times as long as their last run took, so that they take a twentieth of a core at most", async () => {
    const clock = { ms: Date.UTC(2026, 5, 15) };
    const regions = new LocalCache<ReturnType<typeof liveRegion>>();
    regions.replace([liveRegion()], "1");
    const reports = new LocalCache<WrittenReport>({ indexes: { owner: () => ["region"] } });
    reports.replace([], "1");
    const kube = new InMemoryKubeApi({
      types: [
        { apiVersion: "openreports.io/v1alpha1", kind: "ClusterReport", plural: "clusterreports", namespaced: false },
      ],
    });
    const breaths = { count: 0 };
    const reconciler = new RegionReportReconciler({
      kube,
      reports: Object.assign(reports, { isAbsent: false }),
      regions,
      catalogue,
      world: new CheckedWorld(catalogue),
      clock: { now: () => clock.ms },
      // Each check takes a hundredth of a second.
      breathe: () => {
        breaths.count += 1;
        clock.ms += 10;
        return Promise.resolve();
      },
      evidence: new Evidence({
        kube,
        keeper: new EvidenceKeeper({ catalogue: "1", redact: (text) => text }),
        sinkOf: () => ({
          head: () => Promise.resolve(undefined),
          note: () => Promise.resolve(),
          checkpoint: () => Promise.resolve(),
        }),
        onKept: () => undefined,
      }),
    });
    const look = () => reconciler.reconcile({ name: "region" }, { log: silent, signal: new AbortController().signal });

    await look();
    const took = breaths.count * 10;
    expect(took).toBeGreaterThan(250);
    expect(await look()).toMatchObject({ afterMs: 20 * took });
    clock.ms += 20 * took - 1;
    expect(await look()).toMatchObject({ afterMs: 1 });
    clock.ms += 1;
    expect(await look()).toMatchObject({ afterMs: 3_600_000 });
  });
});
