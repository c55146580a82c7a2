import { describe, expect, test } from "vitest";
import { openModuleFields } from "./admission/tenant-roles.ts";
import { admissionManifests, admissionParameter, admissionPolicies } from "./admission.ts";
import { kinds } from "./kinds.ts";
import { moduleDeploymentSpec } from "./v1alpha1/module-deployment.ts";

interface Policy {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations: Record<string, string> };
  readonly spec: {
    readonly failurePolicy?: string;
    readonly paramKind?: object;
    readonly paramRef?: { readonly parameterNotFoundAction: string };
    readonly policyName?: string;
    readonly matchConstraints?: { readonly resourceRules: readonly { readonly resources: readonly string[] }[] };
  };
}

const manifests = admissionManifests() as Policy[];
const policies = manifests.filter((object) => object.kind === "ValidatingAdmissionPolicy");
const bindings = manifests.filter((object) => object.kind === "ValidatingAdmissionPolicyBinding");

describe("the manifests", () => {
  test("two calls give the same bytes", () => {
    expect(JSON.stringify(admissionManifests())).toBe(JSON.stringify(manifests));
  });

  test("every policy has exactly one binding of its own name", () => {
    const names = policies.map((policy) => policy.metadata.name);
    expect(new Set(names).size).toBe(names.length);
    expect(bindings.map((binding) => binding.spec.policyName)).toEqual(names);
    for (const name of names) expect(name).toMatch(/^socle-[a-z-]+\.socle\.dev$/);
  });

  test("a policy whose expression cannot be evaluated refuses", () => {
    for (const policy of policies) expect(policy.spec.failurePolicy).toBe("Fail");
  });

  test("a policy has a parameter exactly if its expressions read one", () => {
    for (const [index, policy] of policies.entries()) {
      const reads = JSON.stringify(policy.spec).includes("params.data.");
      expect([policy.metadata.name, policy.spec.paramKind !== undefined]).toEqual([policy.metadata.name, reads]);
      expect([policy.metadata.name, bindings[index]?.spec.paramRef !== undefined]).toEqual([
        policy.metadata.name,
        reads,
      ]);
    }
  });

  test("while the parameter is missing only the policies that look at everybody's writes let pass", () => {
    const open = bindings.filter((binding) => binding.spec.paramRef?.parameterNotFoundAction === "Allow");
    expect(open.map((binding) => binding.metadata.name)).toEqual([
      "socle-operator-reach.socle.dev",
      "socle-operator-namespaces.socle.dev",
    ]);
    expect(admissionParameter).toEqual({ namespace: "socle-system", name: "socle-admission", key: "operatorUsername" });
  });

  test("every refusal names the object and stays within a message of the API server", () => {
    for (const policy of admissionPolicies) {
      for (const { message, messageExpression } of policy.validations) {
        expect(messageExpression).toMatch(/\.metadata\.name|^'ConfigMap socle-system\/socle-admission/);
        expect(message).toMatch(/\.$/);
        expect(message.length).toBeLessThan(200);
      }
    }
  });
});

describe("what the policies cover", () => {
  test("the status of every kind is covered, so a kind that is added is covered too", () => {
    const status = policies.find((policy) => policy.metadata.name === "socle-observed-state.socle.dev");
    const covered = status?.spec.matchConstraints?.resourceRules.flatMap((rule) => rule.resources);
    expect(covered).toEqual(kinds.map((meta) => `${meta.plural}/status`));
    expect(covered).toHaveLength(7);
  });

  test("every field that is open to tenants exists in the schema of ModuleDeployment", () => {
    const accepted = {
      size: "S",
      jitsi: { maxParticipants: 50 },
      collabora: { maxDocuments: 50 },
      synapse: { maxUploadSize: "50Mi", mediaRetentionDays: 30 },
      nextcloud: { defaultQuota: "5Gi", apps: ["deck"], publicLinks: "WithPassword" },
      openXchange: { mailQuota: "1Gi" },
    };
    expect(Object.keys(openModuleFields.blocks)).toEqual(["synapse", "nextcloud", "openXchange"]);
    const parsed = moduleDeploymentSpec.parse({ tenantRef: { name: "minagri" }, module: "Nextcloud", ...accepted });
    for (const field of openModuleFields.fields) expect(parsed).toHaveProperty(field);
    for (const [block, parts] of Object.entries(openModuleFields.blocks)) {
      for (const part of parts) {
        const given = (accepted as unknown as Record<string, Record<string, unknown>>)[block]?.[part];
        expect(given).toBeDefined();
        expect(parsed).toHaveProperty([block, part], given);
      }
    }
  });

  test("a default that the schema fills in is not taken for a choice of the tenant", () => {
    const parsed = moduleDeploymentSpec.parse({ tenantRef: { name: "minagri" }, module: "Nextcloud", nextcloud: {} });
    const closed = Object.entries(parsed.nextcloud ?? {}).filter(
      ([part]) => !(openModuleFields.blocks.nextcloud as readonly string[]).includes(part),
    );
    expect(closed).toEqual(Object.entries(openModuleFields.defaults.nextcloud));
  });
});
