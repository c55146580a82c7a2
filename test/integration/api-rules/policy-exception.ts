import { inDays } from "../../support/days.ts";
import { asker, home, type Manifest, merged, type RuleRow } from "./rule-row.ts";

/** When the exceptions of the tables end, unless they say otherwise. */
export const expiresAt = inDays(30);

/** An exception that nobody approved yet, changed. */
export function policyException(spec: Manifest = {}): Manifest {
  const base = {
    metadata: { name: "apirules", namespace: home },
    spec: {
      check: "10-20",
      target: { module: "Nextcloud", kind: "StatefulSet" },
      justification: "The image reads the password from the environment only; a fix is announced",
      compensatingMeasures: ["The password is replaced every month"],
      risk: "Low",
      requestedBy: "camille",
      expiresAt,
    },
  };
  return merged(base, { spec });
}

/** Admission lets nobody else be named by the one who asks. */
const approved = { approvedBy: asker };

export const policyExceptionRules: readonly RuleRow[] = [
  {
    at: "spec",
    says: "approvedBy must be another person than requestedBy",
    before: [policyException()],
    accepts: policyException(approved),
    refuses: policyException({ approvedBy: "camille" }),
  },
  {
    at: "spec",
    says: "what was approved cannot change; only expiresAt may come closer",
    before: [policyException(), policyException(approved)],
    accepts: policyException({ ...approved, expiresAt: inDays(20) }),
    refuses: policyException({ ...approved, risk: "Medium" }),
  },
  {
    at: "spec.check",
    says: "check cannot change",
    before: [policyException()],
    accepts: policyException({ risk: "Medium" }),
    refuses: policyException({ check: "10-21" }),
  },
  {
    at: "spec.target",
    says: "a target with name needs kind",
    accepts: policyException({ target: { name: "nextcloud" } }),
    refuses: policyException({ target: { name: "nextcloud", kind: null } }),
  },
  {
    at: "spec.target",
    says: "target cannot change",
    before: [policyException()],
    accepts: policyException({ compensatingMeasures: ["Nobody may open a shell in the pod"] }),
    refuses: policyException({ target: { name: "nextcloud" } }),
  },
  {
    at: "spec.requestedBy",
    says: "requestedBy cannot change",
    before: [policyException()],
    accepts: policyException({
      justification: "The image reads the password from the environment; its next version does not",
    }),
    refuses: policyException({ requestedBy: "dominique" }),
  },
  {
    at: "spec.expiresAt",
    says: "an exception can be shortened, not prolonged; file a new one",
    before: [policyException()],
    accepts: policyException({ expiresAt: inDays(29) }),
    refuses: policyException({ expiresAt: inDays(31) }),
  },
];
