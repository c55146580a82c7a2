import { isDeepStrictEqual } from "node:util";
import { releasedPolicies } from "../admission/policies.ts";
import type { Evaluation } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { Seen } from "../seen.ts";

const apiVersion = "admissionregistration.k8s.io/v1";
const notOurs = { matchLabels: { "kubernetes.io/metadata.name": "elsewhere" } };
const field = (path: string, whenAbsent: FieldRead["whenAbsent"], ...violations: unknown[]): FieldRead => ({
  path,
  whenAbsent,
  violations,
});

const policies: Read = {
  apiVersion,
  kind: "ValidatingAdmissionPolicy",
  scope: "cluster",
  fields: [
    field("spec.failurePolicy", { default: "Fail" }, "Ignore"),
    field("spec.validations[].expression", "fail", "true"),
    field("spec.matchConditions[].expression", "fail", "false"),
    field("spec.matchConstraints.resourceRules", "fail", []),
    field("spec.matchConstraints.excludeResourceRules", { default: [] }, [{ resources: ["*"] }]),
    field("spec.matchConstraints.namespaceSelector", { default: {} }, notOurs),
    field("spec.matchConstraints.objectSelector", { default: {} }, notOurs),
  ],
};
const bindings: Read = {
  apiVersion,
  kind: "ValidatingAdmissionPolicyBinding",
  scope: "cluster",
  fields: [
    field("spec.policyName", "fail", "another.example"),
    field("spec.validationActions", "fail", ["Audit"], ["Warn"], []),
    field("spec.paramRef", { default: {} }, { name: "another", namespace: "default" }),
    field("spec.matchResources", { default: {} }, { namespaceSelector: notOurs }),
  ],
};
// Nothing of the region itself is read: it stands for the cluster, which is judged as a whole, so that a policy that is gone is missed.
const region: Read = { apiVersion: "socle.dev/v1alpha1", kind: "SovereignRegion", scope: "cluster", fields: [] };

/** 12-30. https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/: each policy of this release is there, and as it was released. */
export const admission: Evaluation = {
  status: "implemented",
  subjects: [region],
  related: [policies, bindings],
  judge: (_region, { of }) =>
    [policies, bindings].flatMap((read) =>
      released(read).flatMap((ours) => {
        const live = of(read.kind).find(({ name }) => name === ours.name);
        return live === undefined ? [missing(ours)] : differences(ours, live, read);
      }),
    ),
};

function released(read: Read): readonly Seen[] {
  return releasedPolicies()
    .filter(({ kind }) => kind === read.kind)
    .map((manifest) => new Seen(manifest, read));
}

function missing({ object: { kind, metadata } }: Seen): Problem {
  const message = `${kind} ${metadata.name} is not there; install the chart of this release again.`;
  return { field: `${kind} ${metadata.name}`, observed: "absent", message };
}

function differences(ours: Seen, live: Seen, { kind, fields }: Read): readonly Problem[] {
  return fields.flatMap(({ path }): Problem[] => {
    const [wanted, found] = [ours, live].map((seen) => seen.each(path).map(({ value }) => value));
    if (isDeepStrictEqual(wanted, found)) return [];
    const message = `${kind} ${ours.name} is not as this release has it; install the chart of this release again.`;
    return [{ field: `${kind} ${ours.name} ${path}`, observed: "changed", message }];
  });
}
