import { k8s } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { names } from "../../crds/group.ts";
import { labels } from "../labels.ts";
import { namespaceName, type Place, placesOf } from "../names.ts";
import type { DataClass, TenantIsolationInput } from "./tenant-input.ts";

/** Pod Security is pinned: an upgrade of the cluster must not tighten the profile under running workloads. */
const podSecurityVersion = "v1.34";

/** From the least to the most protected. */
const protection: readonly DataClass[] = ["Internal", "Personal", "Sensitive", "Health"];

/** The namespaces of a tenant. They are protected: admission lets nobody but the operator delete them or take the label away. */
export class TenantNamespaces extends Construct {
  constructor(scope: Construct, id: string, input: TenantIsolationInput) {
    super(scope, id);
    for (const place of placesOf(input)) {
      new k8s.KubeNamespace(this, place, {
        metadata: {
          name: namespaceName(input.name, place),
          labels: { ...labels({ tenant: input.name, component: "namespace" }), ...namespaceLabels(input, place) },
          annotations: namespaceAnnotations(input, place),
        },
      });
    }
  }
}

function namespaceLabels(input: TenantIsolationInput, place: Place): Record<string, string> {
  const dataClass = protection.findLast((candidate) => input.dataClasses.includes(candidate));
  return {
    [names.placeLabel]: place,
    [names.protectLabel]: "true",
    ...(dataClass === undefined ? {} : { [names.dataClassLabel]: dataClass }),
    ...(input.rollout === undefined
      ? {}
      : { [names.cohortLabel]: input.rollout.cohort, [names.ringLabel]: String(input.rollout.ring) }),
    ...podSecurityLabels(place),
  };
}

/** What the online office does beyond `restricted` is let through and told of, so that nothing else slips in beside it unseen. */
function podSecurityLabels(place: Place): Record<string, string> {
  const modes = ["enforce", "audit", "warn"];
  return Object.fromEntries(
    modes.flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, place === "office" && mode === "enforce" ? "baseline" : "restricted"],
      [`pod-security.kubernetes.io/${mode}-version`, podSecurityVersion],
    ]),
  );
}

function namespaceAnnotations(input: TenantIsolationInput, place: Place): Record<string, string> {
  return {
    [names.legalIdentifier]: input.legalIdentifier,
    ...(place === "home" ? { [names.modules]: input.modules.toSorted().join(",") } : {}),
  };
}
