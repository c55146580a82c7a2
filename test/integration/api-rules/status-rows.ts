import { moduleDeployment } from "./module-deployment.ts";
import { policyException } from "./policy-exception.ts";
import type { Manifest } from "./rule-row.ts";
import { region } from "./sovereign-region.ts";
import { identityProvider } from "./tenant-identity-provider.ts";
import { tenant } from "./tenant.ts";

/** A kind with every field of its status. */
interface StatusRow {
  readonly kind: string;
  readonly object: Manifest;
  readonly status: Manifest;
}

/** A condition that says that all is well. */
export function condition(type: string, message = "All is well"): Manifest {
  return {
    type,
    status: "True",
    reason: "Succeeded",
    message,
    observedGeneration: 1,
    lastTransitionTime: "2026-01-15T08:00:00Z",
  };
}

const common = {
  observedGeneration: 1,
  conditions: [condition("Ready"), condition("IsolationReady")],
  lastHandledReconcileAt: "2026-01-15T08:00:00Z",
  inventory: [{ apiVersion: "v1", kind: "Secret", namespace: "t-valbelle", name: "one" }],
};

export const statuses: readonly StatusRow[] = [
  {
    kind: "SovereignRegion",
    object: region(),
    status: {
      ...common,
      tenants: 3,
      seats: 1200,
      earliestQualificationExpiry: "2029-01-14",
      provider: { kubernetesVersion: "v1.34.4", zones: ["room-1"] },
    },
  },
  {
    kind: "Tenant",
    object: tenant(),
    status: {
      ...common,
      modulesReady: "1/1",
      namespaces: ["t-valbelle"],
      modules: [{ module: "Synapse", ready: true, url: "https://chat.valbelle.suite.example", version: "v1.140.0" }],
      dnsRecords: [{ name: "chat.valbelle.suite.example", type: "CNAME", value: "edge.suite.example" }],
      publish: [{ host: "valbelle.example", path: "/.well-known/matrix/server", json: "{}" }],
    },
  },
  {
    kind: "ModuleDeployment",
    object: moduleDeployment({ module: "Synapse" }),
    status: {
      ...common,
      version: "v1.140.0",
      url: "https://chat.valbelle.suite.example",
      endpoints: [{ name: "homeserver", url: "https://matrix.valbelle.suite.example" }],
      external: [{ kind: "Database", name: "valbelle_synapse", server: "postgresql" }],
      resolved: { driver: "StatefulSet" },
      lastProbe: { time: "2026-01-15T08:00:00Z", succeeded: true, message: "200" },
    },
  },
  {
    kind: "TenantIdentityProvider",
    object: identityProvider(),
    status: {
      ...common,
      registration: {
        redirectURIs: ["https://login.suite.example/realms/valbelle/broker/agents/endpoint"],
        postLogoutRedirectURIs: ["https://login.suite.example/"],
        digest: "0".repeat(64),
      },
    },
  },
  {
    kind: "PolicyException",
    object: policyException(),
    status: { ...common, approvedAt: "2026-01-15T08:00:00Z" },
  },
];
