import { describe, expect, test } from "vitest";
import { refOf } from "../../constructs/manifest.ts";
import {
  mirrorManifest,
  tenantManifests,
  type TenantIsolationInput,
} from "../../constructs/tenant/tenant-manifests.ts";
import { expectGolden, yamlDocuments } from "./golden-file.ts";

/** A ministry on a region with a database server, in the first wave. */
const ministry: TenantIsolationInput = {
  name: "minagri",
  legalIdentifier: "SIREN:110070018",
  tier: "Large",
  administrators: [
    { kind: "Group", name: "minagri-admins", role: "TenantAdmin" },
    { kind: "Group", name: "minagri-iam", role: "IdentityAdmin" },
    { kind: "Group", name: "minagri-audit", role: "Auditor" },
  ],
  dataClasses: ["Internal", "Personal"],
  egressCIDRs: ["192.0.2.0/24"],
  ingressFrom: { namespaceLabels: { "kubernetes.io/metadata.name": "edge" }, podLabels: { app: "edge" } },
  operatorNamespace: "socle-system",
  operatorSubject: { kind: "ServiceAccount", name: "socle", namespace: "socle-system" },
  modules: ["PostgreSQL", "Keycloak", "Synapse", "Jitsi", "Nextcloud", "Collabora", "OpenProject", "OpenXchange"],
  office: true,
  rollout: { cohort: "pilot", ring: 10 },
  postgresql: { cidrs: ["198.51.100.0/28"], port: 5432 },
};

/** A commune with the least that a tenant may say, behind an ingress controller that is no pod. */
const commune: TenantIsolationInput = {
  name: "communepilote",
  legalIdentifier: "SIRET:21350000000017",
  tier: "Pilot",
  administrators: [{ kind: "Group", name: "commune-admins", role: "TenantAdmin" }],
  dataClasses: ["Internal"],
  egressCIDRs: [],
  ingressFrom: { cidrs: ["203.0.113.0/24"] },
  operatorNamespace: "socle-system",
  operatorSubject: { kind: "User", name: "socle-operator" },
  modules: ["PostgreSQL", "Synapse"],
  office: false,
};

const mirrorOf = ({ name }: TenantIsolationInput) =>
  mirrorManifest({
    tenant: name,
    data: { domain: `${name}.suite.example`, modules: "PostgreSQL: ready\nKeycloak: not ready" },
  });

const everything = (input: TenantIsolationInput) => {
  const { namespaces, isolation } = tenantManifests(input);
  return [...namespaces, ...isolation, mirrorOf(input)];
};

describe.each([
  { example: "ministry", input: ministry },
  { example: "commune", input: commune },
])("the isolation of a $example", ({ example, input }) => {
  test("is the reviewed one", () => {
    expectGolden(`tenant-${example}.yaml`, yamlDocuments(everything(input)));
  });

  test("is the same, byte for byte, when it is asked for twice", () => {
    expect(yamlDocuments(everything(structuredClone(input)))).toBe(yamlDocuments(everything(input)));
  });

  test("describes no object twice", () => {
    const references = everything(input).map((manifest) => JSON.stringify(refOf(manifest)));
    expect(new Set(references).size).toBe(references.length);
  });
});

test("two tenants share no object", () => {
  const keys = (input: TenantIsolationInput) => everything(input).map((manifest) => JSON.stringify(refOf(manifest)));
  const first = new Set(keys(ministry));
  expect(keys(commune).filter((key) => first.has(key))).toEqual([]);
});
