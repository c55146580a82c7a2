import type { Evaluation } from "../check.ts";
import type { Read } from "../read.ts";
import { Unknown } from "../seen.ts";

const module: Read = {
  apiVersion: "socle.dev/v1alpha1",
  kind: "ModuleDeployment",
  scope: "tenant",
  fields: [
    { path: "spec.managementPolicy", whenAbsent: { default: "Managed" }, violations: [] },
    { path: "status.conditions[].type", whenAbsent: "error", violations: [] },
    { path: "status.conditions[].status", whenAbsent: "error", violations: ["False"] },
  ],
};

/** 12-29. The operator compares each module with what it should be, and says so in DriftFree; what it is told to leave alone it does not look at. */
export const drift: Evaluation = {
  status: "implemented",
  subjects: [module],
  judge: (object) => {
    const policy = object.text("spec.managementPolicy");
    if (!["Managed", "Observe"].includes(policy.value))
      throw new Unknown(policy.field, `With ${policy.value} nobody compares the module with what it should be.`);
    const statuses = object.each("status.conditions[].status");
    const at = object.each("status.conditions[].type").findIndex(({ value }) => value === "DriftFree");
    const told = statuses[at];
    if (told?.value !== "True" && told?.value !== "False")
      throw new Unknown(
        "status.conditions",
        "Whether the module is as it should be is not known: it says no DriftFree.",
      );
    if (told.value === "True") return [];
    const message =
      "The module is not what it should be; read condition DriftFree, and put it back or change the Tenant.";
    return [{ field: told.field, observed: "DriftFree=False", message }];
  },
};
