import type { ObjectRef } from "../../constructs/manifest.ts";
import { gatewayApi } from "../../constructs/public-route.ts";
import { apiVersion, names } from "../../crds/group.ts";
import type { SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { KubeApi } from "../kube/kube-api.ts";
import type { DoctorCheck, Finding, Patient } from "./doctor-check.ts";

/** What each region names must exist, and its servers must answer. */
export const regionChecks: readonly DoctorCheck[] = [
  { name: "Classes and issuers", run: (patient) => ofEach(patient, checkClasses) },
  { name: "Servers of the regions", run: (patient) => ofEach(patient, checkConditions) },
];

async function ofEach(
  { kube }: Patient,
  check: (region: SovereignRegion, kube: KubeApi) => Promise<Finding[]>,
): Promise<Finding[]> {
  const { items } = await kube.list<SovereignRegion>({ apiVersion, kind: "SovereignRegion" });
  if (items.length === 0) {
    return [{ result: "unknown", message: "There is no SovereignRegion yet.", remedy: "See examples/region.yaml." }];
  }
  return (await Promise.all(items.map((region) => check(region, kube)))).flat();
}

/** Looked at directly, so that the answer holds also while the operator is down. */
async function checkClasses(region: SovereignRegion, kube: KubeApi): Promise<Finding[]> {
  const { storage, ingress } = region.spec;
  const wanted: readonly ObjectRef[] = [
    { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", name: storage.className },
    ...(ingress.className === undefined
      ? []
      : [{ apiVersion: "networking.k8s.io/v1", kind: "IngressClass", name: ingress.className }]),
    ...(ingress.gatewayRef === undefined ? [] : [gatewayOf(ingress.gatewayRef.name)]),
    ...(ingress.clusterIssuer === undefined
      ? []
      : [{ apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", name: ingress.clusterIssuer }]),
  ];
  const { name } = region.metadata;
  const live = await Promise.all(wanted.map((ref) => kube.get(ref)));
  const missing = wanted.filter((_ref, index) => live[index] === undefined);
  if (missing.length === 0) {
    return [{ result: "ok", message: `${name}: ${wanted.map((ref) => `${ref.kind} ${ref.name}`).join(", ")} exist.` }];
  }
  return missing.map((ref) => ({
    result: "problem",
    message: `${name}: ${ref.kind} ${ref.name} does not exist.`,
    remedy: `Create it, or name another in the SovereignRegion (kubectl edit sovereignregion ${name}).`,
  }));
}

function gatewayOf(name: string): ObjectRef {
  return { apiVersion: gatewayApi.apiVersion, kind: "Gateway", namespace: names.operatorNamespace, name };
}

/** CapabilitiesVerified too: certificates and bundles lie in Secrets and ConfigMaps that a person need not be able to read. */
const shownConditions = new Set(["Reachable", "CapabilitiesVerified", "IdentityReady", "QualificationsValid"]);

/** As the operator saw them: it is the operator that has to reach these servers, not the machine of whoever asks. */
function checkConditions(region: SovereignRegion): Promise<Finding[]> {
  const { name, generation } = region.metadata;
  if (region.status?.observedGeneration !== generation) {
    const remedy = "A running operator looks within seconds: see what is said of it above.";
    return Promise.resolve([{ result: "unknown", message: `${name}: the operator has not looked at it yet.`, remedy }]);
  }
  const found = (region.status?.conditions ?? [])
    .filter(({ type }) => shownConditions.has(type))
    .map(({ type, status, reason, message }): Finding => {
      if (status === "True") return { result: "ok", message: `${name}: ${message}` };
      const remedy = `kubectl describe sovereignregion ${name}`;
      return {
        result: status === "False" ? "problem" : "unknown",
        message: `${name}: ${type}: ${reason}: ${message}`,
        remedy,
      };
    });
  return Promise.resolve(found);
}
