import { join } from "node:path";
import { policyName } from "../../crds/admission/policy.ts";
import type { Kubectl } from "./installation.ts";

const generated = join(import.meta.dirname, "..", "..", "crds", "generated", "admission.yaml");

/**
 * Runs `work` while one policy is not bound, as on a cluster whose policies were removed or never installed: what is refused there
 * otherwise must do no harm either. API servers learn of it a moment later, so `work` has to try again.
 */
export async function withoutPolicy(kubectl: Kubectl, topic: string, work: () => Promise<void>): Promise<void> {
  await kubectl.ok(["delete", "validatingadmissionpolicybinding", policyName(topic)]);
  try {
    await work();
  } finally {
    await kubectl.ok(["apply", "--server-side", "--force-conflicts", "-f", generated]);
  }
}
