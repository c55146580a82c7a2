import type { Surroundings } from "../check.ts";
import { policySchema } from "../reachability/network-policy.ts";
import type { Policy } from "../reachability/world.ts";
import type { FieldRead, Read } from "../read.ts";
import { Unknown } from "../seen.ts";

const specFields = ["podSelector", "policyTypes", "ingress", "egress"] as const;
/** What the server takes for a field that is not there. */
const unsaid: Readonly<Record<(typeof specFields)[number], unknown>> = {
  podSelector: {},
  policyTypes: [],
  ingress: [],
  egress: [],
};

type SpecViolations = Readonly<Record<(typeof specFields)[number], readonly unknown[]>>;

/** NetworkPolicies, with values that must not pass. */
export function networkPolicies(scope: "tenant" | "platform", violations: SpecViolations): Read {
  const fields = specFields.map(
    (key): FieldRead => ({ path: `spec.${key}`, whenAbsent: { default: unsaid[key] }, violations: violations[key] }),
  );
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", scope, fields };
}

/** The policies of a namespace, as the API server means them. */
export function policiesOf(namespace: string, { within }: Surroundings): readonly Policy[] {
  return within(namespace, "NetworkPolicy").map((policy) => {
    const spec = Object.fromEntries(specFields.map((key) => [key, policy.one(`spec.${key}`).value]));
    const { apiVersion, kind } = policy.object;
    const parsed = policySchema.safeParse({ apiVersion, kind, metadata: { namespace }, spec });
    if (!parsed.success) throw new Unknown("spec", `NetworkPolicy ${policy.name} is of no shape that is known.`);
    return parsed.data;
  });
}

/** Those of a tenant, where one has to close a namespace both ways. */
export const closedPolicies = networkPolicies("tenant", {
  podSelector: [{ matchLabels: { app: "drive" } }],
  policyTypes: [[], ["Ingress"], ["Egress"]],
  ingress: [[{}]],
  egress: [[{}]],
});
