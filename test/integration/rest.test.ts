import { afterAll, beforeAll, expect, test } from "vitest";
import { operatorUser } from "../support/installation.ts";
import { type OwnPlatform, ownPlatform, type Platform } from "../support/platform.ts";
import { auditEvents, type AuditEvent, eventually, uniqueName } from "../support/test-cluster.ts";

const tenants = 20;
const restSeconds = 60;

let own: OwnPlatform;
let platform: Platform;

beforeAll(async () => {
  own = await ownPlatform("rest");
  ({ platform } = own);
  await own.startOperator();
});
afterAll(async () => {
  await own.stop();
});

/** Requests that hold no watch open and are not about the lease. */
function isWork({ verb, requestURI }: AuditEvent): boolean {
  return verb !== "watch" && !requestURI.includes("/leases/");
}

test(`with ${tenants} tenants that are Ready, the operator sends nothing but watches and its lease for ${restSeconds} s`, async () => {
  const region = await platform.region("home");
  await platform.ready("sovereignregion", region);
  const manifests = Array.from({ length: tenants }, () =>
    platform.tenantManifest(uniqueName("t"), region, { modules: [{ module: "PostgreSQL" }] }),
  );
  await platform.kubectl.apply(manifests);
  await platform.kubectl.ok(["wait", "--for=condition=Ready", "tenants", "--all", "--timeout=120s"]);
  // Those who are refused wait as quietly: a tenant under another's domain once claimed and gave back its name for ever.
  const { domain } = (await platform.list(["tenants"]))[0]?.spec as { readonly domain: string };
  const refused = await platform.tenant(region, { domain: `sub.${domain}` });
  await platform.until(["tenant", refused], { status: "False", reason: "NameTaken" });
  const homeless = await platform.tenant(platform.name("absent"));
  await platform.until(["tenant", homeless], { status: "False", reason: "DependencyMissing" });
  const finished = (): readonly AuditEvent[] => auditEvents(own.controlPlane.auditLog, operatorUser).filter(isWork);
  // What came in the wake of becoming Ready (the region's count, the mirrors, and seconds later what the checks say) ends first.
  await eventually(() => {
    const last = finished().at(-1);
    const quietMs = Date.now() - Date.parse(last?.requestReceivedTimestamp ?? "");
    if (!(quietMs > 12_000)) throw new Error(`still at work: ${last?.verb ?? ""} ${last?.requestURI ?? ""}`);
  }, 60_000);
  const before = finished().length;
  await new Promise((resolve) => setTimeout(resolve, restSeconds * 1_000));
  expect(
    finished()
      .slice(before)
      .map(({ verb, requestURI }) => `${verb} ${requestURI}`),
  ).toEqual([]);
  const leases = auditEvents(own.controlPlane.auditLog, operatorUser).filter(({ requestURI }) =>
    requestURI.includes("/leases/"),
  );
  expect(leases.length).toBeGreaterThan(restSeconds / 10);
}, 300_000);
