import { App, Chart } from "cdk8s";
import type { Construct } from "constructs";
import type { Manifest } from "./manifest.ts";

/**
 * The manifests of the constructs that `build` makes in the given scope, in the order in which they were made, with sorted keys: the same
 * input gives the same bytes. Nothing is written to disk. The one place that makes an App and a Chart.
 * Throws if two manifests name the same object: the second apply would silently win.
 */
export function synthesize(build: (scope: Construct) => void): Manifest[] {
  // Names are explicit everywhere; a name derived from the construct path would change when a construct is renamed.
  const chart = new Chart(new App(), "socle", { disableResourceNameHashes: true });
  build(chart);
  const manifests = (chart.toJson() as unknown[]).map((manifest) => sorted(manifest) as Manifest);
  refuseDuplicates(manifests);
  return manifests;
}

function refuseDuplicates(manifests: readonly Manifest[]): void {
  const seen = new Set<string>();
  for (const { apiVersion, kind, metadata } of manifests) {
    const key = [apiVersion, kind, metadata.namespace ?? "", metadata.name].join(" ");
    if (seen.has(key)) throw new Error(`Two constructs describe ${key}`);
    seen.add(key);
  }
}

/** cdk8s sorts keys unless an environment variable says otherwise; desired state depends on its input alone. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
