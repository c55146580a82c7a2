import type { BucketWanted } from "../../modules/driver.ts";
import { bucketPlan, eraseBucketPlan } from "../../objectstore/plan.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import type { Unseen } from "../../reconcile/workload.ts";
import { TerminalError } from "../../runtime/errors.ts";
import { provideBucket } from "../../systems/bucket.ts";
import type { ExternalReport, Mode } from "../../systems/database.ts";
import { writeCopy } from "./copies.ts";
import type { ModulePorts, ModuleScene } from "./scene.ts";
import { bucketKeyShell } from "./secrets.ts";

/** The bucket is there and the module's own. */
export async function provideOwnBucket(
  { desired, server }: BucketWanted,
  { scene, ports }: { readonly scene: ModuleScene; readonly ports: ModulePorts },
  mode: Mode,
): Promise<ExternalReport> {
  return await provideBucket({ desired, server, api: ports.systems.objectStore(scene.region) }, mode);
}

/** What is and what should be, and not one change. */
export async function observeBucket(
  { desired, server }: BucketWanted,
  { scene, ports }: { readonly scene: ModuleScene; readonly ports: ModulePorts },
  mode: Pick<Mode, "adopt" | "signal">,
): Promise<ExternalReport | undefined> {
  const api = ports.systems.objectStore(scene.region);
  const observed = await api.observe(desired.bucket, mode.signal);
  if (observed === undefined) return undefined;
  const plan = bucketPlan({ desired, observed, adopt: mode.adopt });
  if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
  const drift = plan.changes.map(({ kind, why }) => `${kind} (${why})`);
  const text = `Bucket ${desired.bucket} exists on ${server}.`;
  return { finding: succeeded(plan.lacks === "" ? text : `${text} ${plan.lacks}`), drift, corrected: false };
}

/** Kept as it is, or gone with everything in it. The key is not ours to take back: whoever made it is told. */
export async function endBucket(
  { desired, server }: BucketWanted,
  scene: ModuleScene,
  ending: { readonly ports: ModulePorts; readonly erasing: boolean; readonly signal: AbortSignal },
): Promise<Finding> {
  const { bucket } = desired;
  if (!ending.erasing)
    return succeeded(`Bucket ${bucket} of ${server} is kept; deactivate the key of Secret ${bucket}.`);
  const api = ending.ports.systems.objectStore(scene.region);
  const observed = await api.observe(bucket, ending.signal);
  for (const change of eraseBucketPlan({ desired, observed })) await api.execute(change, ending.signal);
  return succeeded(`Bucket ${bucket} is gone; deactivate the key of Secret ${bucket}.`);
}

/** The key lies where the module's pods can read it; copied again when the platform team renews it. It is never part of desired state. */
export async function copyBucketKey(
  { desired }: BucketWanted,
  { tenant, module, region }: ModuleScene,
  { ports, mode }: { readonly ports: ModulePorts; readonly mode: Unseen },
): Promise<Finding> {
  const data = ports.systems.bucketKey(region, desired.bucket);
  return succeeded(
    `Its key lies in ${await writeCopy(bucketKeyShell(tenant.metadata.name, module.spec.module), data, { ports, mode })}.`,
  );
}
