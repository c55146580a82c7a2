import { apiVersion } from "../../../crds/group.ts";
import type { AdmissionRule } from "../admission/rule.ts";
import type { Evaluation } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, Unknown } from "../seen.ts";
import { podAdmission, podOf, podReads } from "./pod-templates.ts";
import { tenantOfNamespace } from "./tenant-namespace.ts";

/** What the operator saw of the realm: that it is there, and as its ModuleDeployment asks. */
const conditions: readonly FieldRead[] = ["type", "status"].map((key) => ({
  path: `status.conditions[].${key}`,
  whenAbsent: "error",
  violations: [],
}));

const realms = (field: FieldRead): Read => ({
  apiVersion,
  kind: "ModuleDeployment",
  scope: "tenant",
  fields: [field, ...conditions],
});

const isOfRealm = (object: { readonly metadata: { readonly name: string } }): boolean =>
  object.metadata.name === "keycloak";

/** What a realm is asked to be says nothing of one that is not there, or that somebody changed. @throws Unknown */
function holdsAsAsked(realm: Seen): void {
  const types = realm.texts("status.conditions[].type");
  const stated = realm.texts("status.conditions[].status");
  for (const type of ["SSOReady", "DriftFree"]) {
    const at = types.findIndex(({ value }) => value === type);
    if (stated[at]?.value !== "True")
      throw new Unknown("status.conditions", `${type} is not True, so how the realm is set is not known.`);
  }
}

/** 9-18. Of accounts of the realm; those of an identity provider come with the level that TenantIdentityProvider asks for. */
export const secondFactor: Evaluation = {
  status: "implemented",
  subjects: [
    realms({ path: "spec.keycloak.mfa", whenAbsent: { default: "Required" }, violations: ["Optional", "None"] }),
  ],
  concerns: isOfRealm,
  judge: (realm) => {
    holdsAsAsked(realm);
    const { field, value } = realm.text("spec.keycloak.mfa");
    if (["Required", "RequiredForAdmins"].includes(value)) return [];
    const message = `With ${value}, administrators log in with a password alone; make it Required, or RequiredForAdmins.`;
    return [{ field, observed: value, message }];
  },
};

/** The longest single-sign-on session, in hours. */
export const longestSession = 10;

/** 9-22. The idle limits are the same in every realm; a realm that has others is one that drifted. */
export const sessionLife: Evaluation = {
  status: "implemented",
  subjects: [
    realms({
      path: "spec.keycloak.sessionMaxHours",
      whenAbsent: { default: 10 },
      violations: [longestSession + 1, 24],
    }),
  ],
  concerns: isOfRealm,
  judge: (realm) => {
    holdsAsAsked(realm);
    const { field, value } = realm.one("spec.keycloak.sessionMaxHours");
    if (typeof value !== "number") throw new Unknown(field, `${field} is no number.`);
    if (value <= longestSession) return [];
    const message = `A session of ${value} hours outlives a day's work; make it ${longestSession} hours or less.`;
    return [{ field, observed: String(value), message }];
  },
};

const token = "automountServiceAccountToken";
/** Jobs by which CloudNativePG makes an instance; they call the API. */
const instanceJob = "cnpg.io/jobRole";

/**
 * 9-24. https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting. Secrets with a token for
 * ever would show by their type alone, which nobody can read without reading Secrets.
 */
export const accountTokens: Evaluation = {
  status: "implemented",
  subjects: podReads((pod) => [{ path: `${pod}.${token}`, whenAbsent: { default: true }, violations: [true] }]),
  concerns: ({ metadata: { namespace, labels } }) =>
    tenantOfNamespace(namespace) !== undefined && labels?.[instanceJob] === undefined,
  judge: (workload) => {
    const { field, value } = workload.one(`${podOf(workload.object) ?? ""}.${token}`);
    if (value === false) return [];
    const message = "Its pods carry a token of the API that they do not use; set it to false.";
    return [{ field, observed: JSON.stringify(value), message }] satisfies Problem[];
  },
};

/** The same, before such a workload is there. */
export const tokenAdmission: readonly AdmissionRule[] = podAdmission({
  check: "9-24",
  field: token,
  concerns: `!object.metadata.?labels[?'${instanceJob}'].hasValue()`,
  keeps: (pod) => `!${pod}.?${token}.orValue(true)`,
  message: `${token} of its pods is not false, so they carry a token of the API; set it to false.`,
});
