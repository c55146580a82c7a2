import { gatewayApi, type Publishing } from "../../constructs/public-route.ts";
import { names } from "../../crds/group.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { ClusterFacts } from "../reconcile/cluster-facts.ts";
import type { CapabilityGap } from "./driver.ts";

/** How a region publishes what people use. */
export function publishingOf({ spec }: Pick<SovereignRegion, "spec">): Publishing {
  const { className = "", clusterIssuer, gatewayRef } = spec.ingress;
  if (gatewayRef !== undefined) {
    const { name: gateway, listener } = gatewayRef;
    return { by: "gateway", gateway, namespace: names.operatorNamespace, listener };
  }
  return { by: "ingress", className, ...(clusterIssuer === undefined ? {} : { clusterIssuer }) };
}

/** The kinds of routes are somebody else's to install. */
export function publishingGap(
  { spec, metadata }: SovereignRegion,
  { kinds }: Pick<ClusterFacts, "kinds">,
): (CapabilityGap & { readonly reason: "CapabilityMissing" }) | undefined {
  const missing = gatewayApi.kinds.filter(({ kind }) => !kinds.has(kind)).map(({ kind }) => kind);
  if (spec.ingress.gatewayRef === undefined || missing.length === 0) return undefined;
  return {
    reason: "CapabilityMissing",
    message: `This cluster lacks ${missing.join(", ")} of ${gatewayApi.apiVersion}, by which region ${metadata.name} publishes (spec.ingress.gatewayRef): install the Gateway API, and this goes on by itself.`,
  };
}
