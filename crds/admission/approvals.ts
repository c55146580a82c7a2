import { group, version } from "../group.ts";
import type { AdmissionPolicy } from "./policy.ts";
import { byServiceAccount, nameOf } from "./subjects.ts";

/** Longest life of an exception, in days. */
export const exceptionDays = 90;

// Without a namespace: the verb must be held across the cluster, so no RoleBinding inside a tenant's namespace can give it.
const mayApprove = `authorizer.group('${group}').resource('policyexceptions').check('approve').allowed()`;
const approves = "request.operation == 'UPDATE' && has(object.spec.approvedBy) && !has(oldObject.spec.approvedBy)";

/** An exception is asked for by one person, approved by another of the platform's security group, and ends. */
export const exceptionApproval: AdmissionPolicy = {
  topic: "exception-approval",
  why: "An exception that its author approves, that a program approves or that never ends is not an exception.",
  rules: [
    {
      apiGroups: [group],
      apiVersions: [version],
      resources: ["policyexceptions"],
      operations: ["CREATE", "UPDATE"],
    },
  ],
  validations: [
    {
      expression: "request.operation != 'CREATE' || !has(object.spec.approvedBy)",
      message: "An exception is created without approvedBy; approval is a second step by another person.",
      messageExpression: `'PolicyException ' + ${nameOf("object")} + ': leave spec.approvedBy out; a second person approves it by setting spec.approvedBy to their own user name.'`,
      reason: "Invalid",
    },
    {
      // The API server sets creationTimestamp before it asks; CEL has no clock of its own.
      expression: `request.operation != 'CREATE' || timestamp(object.spec.expiresAt) <= timestamp(object.metadata.creationTimestamp) + duration('${exceptionDays * 24}h')`,
      message: `spec.expiresAt is at most ${exceptionDays} days after creation.`,
      messageExpression: `'PolicyException ' + ${nameOf("object")} + ': spec.expiresAt may be at most ${exceptionDays} days after creation, on ' + string(timestamp(object.metadata.creationTimestamp) + duration('${exceptionDays * 24}h')) + '; choose an earlier date and file a new exception then.'`,
      reason: "Invalid",
    },
    {
      expression: `!(${approves}) || object.spec.approvedBy == request.userInfo.username`,
      message: "spec.approvedBy must be the user who sets it.",
      messageExpression: `'PolicyException ' + ${nameOf("object")} + ': spec.approvedBy is ' + object.spec.approvedBy + ', but the request comes from ' + request.userInfo.username + '; let that person set it.'`,
      reason: "Forbidden",
    },
    {
      expression: `!(${approves}) || !${byServiceAccount}`,
      message: "A ServiceAccount cannot approve an exception; a person does.",
      messageExpression: `'PolicyException ' + ${nameOf("object")} + ': spec.approvedBy cannot be set by ' + request.userInfo.username + ', a ServiceAccount; a person of the security group approves.'`,
      reason: "Forbidden",
    },
    {
      expression: `!(${approves}) || ${mayApprove}`,
      message: `Approval needs the verb approve on policyexceptions.${group} across the cluster.`,
      messageExpression: `'PolicyException ' + ${nameOf("object")} + ': spec.approvedBy needs the verb approve on policyexceptions.${group} across the cluster, which ' + request.userInfo.username + ' does not hold; ask the security group of the platform.'`,
      reason: "Forbidden",
    },
  ],
};

/** Who attests has the right to create attestations, puts their own name to it, and is no program. */
export const attestedInPerson: AdmissionPolicy = {
  topic: "attested-in-person",
  why: "What no object shows is believed because somebody answers for it by name.",
  rules: [{ apiGroups: [group], apiVersions: [version], resources: ["attestations"], operations: ["CREATE"] }],
  validations: [
    {
      expression: "object.spec.attestedBy == request.userInfo.username",
      message: "spec.attestedBy must be the user who creates the attestation.",
      messageExpression: `'Attestation ' + ${nameOf("object")} + ': spec.attestedBy is ' + object.spec.attestedBy + ', but the request comes from ' + request.userInfo.username + '; let that person create it.'`,
      reason: "Forbidden",
    },
    {
      expression: `!${byServiceAccount}`,
      message: "A ServiceAccount cannot attest; a person does.",
      messageExpression: `'Attestation ' + ${nameOf("object")} + ': ' + request.userInfo.username + ' is a ServiceAccount and cannot attest; a person of the security group creates it.'`,
      reason: "Forbidden",
    },
  ],
};

const known = "(request.operation == 'UPDATE' ? oldObject.spec.?qualifications.orValue([]) : [])";
/** Verified entries that are new or differ from what was verified: a date moved later is a new claim to have read the proof. */
const newlyVerified = `object.spec.?qualifications.orValue([]).filter(q, q.?verification.orValue('') == 'Verified' && !${known}.exists(o, o == q))`;

/** Who says that a proof was read has read it; and the address that every issuer contains stays while people log in with it. */
export const regionEvidence: AdmissionPolicy = {
  topic: "region-evidence",
  why: "Qualifications admit sensitive data to a region; a changed Keycloak address breaks every login in it.",
  rules: [
    {
      apiGroups: [group],
      apiVersions: [version],
      resources: ["sovereignregions"],
      operations: ["CREATE", "UPDATE"],
    },
  ],
  variables: {
    newlyVerified,
    // By others than the user, in whose name they cannot be set.
    misattributed: "variables.newlyVerified.filter(q, q.?verifiedBy.orValue('') != request.userInfo.username)",
  },
  validations: [
    {
      expression: "variables.misattributed.size() == 0",
      message: "verifiedBy must be the user who sets Verified.",
      messageExpression: `'SovereignRegion ' + object.metadata.name + ': spec.qualifications ' + variables.misattributed.map(q, q.scheme + ' ' + q.reference).join(', ') + ': verification becomes Verified, or a verified entry changes, only by the user named in verifiedBy; you are ' + request.userInfo.username + '. Set verifiedBy to yourself once you have read the document, or leave the entry Unverified.'`,
      reason: "Forbidden",
    },
    {
      expression: `!${byServiceAccount} || variables.newlyVerified.size() == 0`,
      message: "A ServiceAccount cannot verify a qualification; a person reads the document.",
      messageExpression: `'SovereignRegion ' + object.metadata.name + ': spec.qualifications[].verification cannot become Verified by ' + request.userInfo.username + ', a ServiceAccount; a person who has read the document sets it.'`,
      reason: "Forbidden",
    },
    {
      expression:
        "request.operation != 'UPDATE' || object.spec.keycloak.url == oldObject.spec.keycloak.url || oldObject.?status.?tenants.orValue(0) == 0",
      message: "spec.keycloak.url does not change while the region has tenants.",
      messageExpression:
        "'SovereignRegion ' + object.metadata.name + ': spec.keycloak.url is part of every issuer and stays ' + oldObject.spec.keycloak.url + ' while the region has tenants (' + string(oldObject.status.tenants) + ' now); make a new region for the new address.'",
      reason: "Forbidden",
    },
  ],
};
