import type { Manifest } from "../../../constructs/manifest.ts";
import { admissionManifests } from "../../../crds/admission.ts";
import { type AdmissionPolicy, policyManifests } from "../../../crds/admission/policy.ts";
import { names } from "../../../crds/group.ts";
import type { AdmissionRule } from "./rule.ts";
import { admissionRules } from "./rules.ts";

/** The policies of the checks with their bindings, as plain JSON. Pure: the same bytes on every call. */
export function checkAdmissionManifests(): readonly Manifest[] {
  return admissionRules.flatMap((rule) => policyManifests(policyOf(rule)) as Manifest[]);
}

/** Every policy of this release: those of our kinds, and those of the checks. */
export function releasedPolicies(): readonly Manifest[] {
  return [...(admissionManifests() as Manifest[]), ...checkAdmissionManifests()];
}

/** One for each check and kind: somebody who is refused reads the number of the check in its name. */
export const topicOf = ({ check, plural }: AdmissionRule): string => `check-${check}-${plural}`;

function policyOf(rule: AdmissionRule): AdmissionPolicy {
  const [group, version] = rule.apiVersion.includes("/") ? rule.apiVersion.split("/") : ["", rule.apiVersion];
  return {
    topic: topicOf(rule),
    why: `Check ${rule.check} of the catalogue, which nothing excuses: ${rule.message}`,
    onlyNamespacesLabelled: names.tenantLabel,
    rules: [
      {
        apiGroups: [group ?? ""],
        apiVersions: [version ?? ""],
        resources: [rule.plural],
        operations: ["CREATE", "UPDATE"],
      },
    ],
    conditions: {
      // What is being deleted must be able to lose its finalizers, whatever it says.
      "not-being-deleted": "!has(object.metadata.deletionTimestamp)",
      ...(rule.concerns === undefined ? {} : { concerned: rule.concerns }),
    },
    validations: [
      {
        expression: rule.keeps,
        message: rule.message,
        messageExpression: `request.kind.kind + ' ' + request.namespace + '/' + object.metadata.name + ': ${rule.message} (check ${rule.check})'`,
      },
    ],
  };
}
