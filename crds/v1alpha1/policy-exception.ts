import { z } from "zod";
import { moduleNames } from "./modules.ts";
import { objectParser } from "./parse.ts";
import { dateTime, described, immutable, rules } from "./schema.ts";
import { ageColumn, column, commonStatus, type KindMeta, type LiveObject } from "./status.ts";

/** Shape, defaults and rules of spec. */
export const policyExceptionSpec = rules(
  z.object({
    check: described(immutable(z.string().min(3).max(64), "check"), "Check of the catalogue, e.g. 10-20"),
    target: described(
      immutable(
        rules(
          z.object({
            module: described(z.enum(moduleNames), "Module"),
            kind: described(z.string().min(1).max(63), "Only objects of this kind").optional(),
            name: described(z.string().min(1).max(253), "Only the object of this name").optional(),
          }),
          { rule: "!has(self.name) || has(self.kind)", message: "a target with name needs kind" },
        ),
        "target",
      ),
      "What is excused: objects of a module of this tenant, in whichever of its namespaces",
    ),
    justification: described(z.string().min(30).max(2000), "Why"),
    compensatingMeasures: described(
      z.array(z.string().min(5).max(512)).min(1).max(16),
      "What limits the risk meanwhile",
    ),
    risk: described(z.enum(["Low", "Medium", "High"]), "Residual risk"),
    requestedBy: described(immutable(z.string().min(1).max(253), "requestedBy"), "Who asks"),
    approvedBy: described(z.string().max(253), "Who approves: set by that person, to their own user name").optional(),
    expiresAt: described(
      rules(dateTime(), {
        rule: "self <= oldSelf",
        message: "an exception can be shortened, not prolonged; file a new one",
      }),
      "End, at most 90 days after creation; may only come closer",
    ),
  }),
  {
    rule: "!has(self.approvedBy) || self.approvedBy != self.requestedBy",
    message: "approvedBy must be another person than requestedBy",
  },
  {
    rule: "!has(oldSelf.approvedBy) || (has(self.approvedBy) && self.approvedBy == oldSelf.approvedBy && self.justification == oldSelf.justification && self.compensatingMeasures == oldSelf.compensatingMeasures && self.risk == oldSelf.risk)",
    message: "what was approved cannot change; only expiresAt may come closer",
  },
);

export const policyExceptionStatus = z.object({
  ...commonStatus,
  approvedAt: described(dateTime(), "When the approval was seen").optional(),
});

export type PolicyExceptionSpec = z.infer<typeof policyExceptionSpec>;
export type PolicyExceptionStatus = z.infer<typeof policyExceptionStatus>;
export type PolicyException = LiveObject<PolicyExceptionSpec, PolicyExceptionStatus>;

/** The guard at the cache's edge: a typed PolicyException, or what is wrong with it. */
export const parsePolicyException = objectParser<PolicyExceptionSpec, PolicyExceptionStatus>({
  kind: "PolicyException",
  spec: policyExceptionSpec,
  status: policyExceptionStatus,
});

export const policyExceptionKind: KindMeta = {
  kind: "PolicyException",
  plural: "policyexceptions",
  singular: "policyexception",
  shortNames: ["pex"],
  scope: "Namespaced",
  description: "A check that is excused for a time, with a reason, an owner and an end.",
  columns: [
    column("Check", ".spec.check"),
    column("Active", '.status.conditions[?(@.type=="Active")].status'),
    // Not of type date: kubectl shows those as an age, and a day to come as <invalid>.
    column("Expires", ".spec.expiresAt"),
    column("Risk", ".spec.risk"),
    ageColumn,
  ],
  selectableFields: [".spec.check"],
  objectRules: [],
  spec: policyExceptionSpec,
  status: policyExceptionStatus,
};
