import { settingsRows } from "./module-settings.ts";
import { home, type Manifest, type RuleRow, tenantName } from "./rule-row.ts";

/** The deployment of a module, named as it must be. */
export function moduleDeployment(settings: Manifest): Manifest {
  return {
    metadata: { name: (settings["module"] as string).toLowerCase(), namespace: home },
    spec: { tenantRef: { name: tenantName }, ...settings },
  };
}

export const moduleDeploymentRules: readonly RuleRow[] = [
  {
    at: "",
    says: "the name of the object is spec.module in lower case: one of each per tenant, and it never changes",
    accepts: moduleDeployment({ module: "OpenXchange" }),
    refuses: { ...moduleDeployment({ module: "OpenXchange" }), metadata: { name: "open-xchange", namespace: home } },
  },
  ...settingsRows("spec", moduleDeployment),
  {
    at: "spec.tenantRef",
    says: "tenantRef cannot change",
    before: [moduleDeployment({ module: "Collabora" })],
    accepts: moduleDeployment({ module: "Collabora", size: "L" }),
    refuses: moduleDeployment({ module: "Collabora", tenantRef: { name: "minfin" } }),
  },
];
