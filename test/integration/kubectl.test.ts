import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kinds } from "../../crds/kinds.ts";
import { kubectl } from "../support/test-cluster.ts";
import { ApiServer, makeHome, removeHome, sentence, shipped } from "./api-rules/api-server.ts";
import { attestation, expiresAt as attestationEnd } from "./api-rules/attestation.ts";
import { moduleDeployment } from "./api-rules/module-deployment.ts";
import { nameClaim } from "./api-rules/name-claim.ts";
import { expiresAt, policyException } from "./api-rules/policy-exception.ts";
import { asker, home, type Manifest, tenantName } from "./api-rules/rule-row.ts";
import { region } from "./api-rules/sovereign-region.ts";
import { condition } from "./api-rules/status-rows.ts";
import { identityProvider } from "./api-rules/tenant-identity-provider.ts";
import { tenant } from "./api-rules/tenant.ts";

/** What the person at the terminal looks at: a tenant with two modules, of which one runs. */
const world: readonly { readonly kind: string; readonly object: Manifest; readonly status?: Manifest }[] = [
  {
    kind: "SovereignRegion",
    object: region(),
    status: {
      tenants: 1,
      earliestQualificationExpiry: "2029-01-14",
      conditions: [condition("Ready", "Open to tenants"), condition("QualificationsValid")],
    },
  },
  {
    kind: "Tenant",
    object: tenant(),
    status: { modulesReady: "1/2", conditions: [condition("Ready", "Serves its agents")] },
  },
  {
    kind: "ModuleDeployment",
    object: moduleDeployment({ module: "Synapse" }),
    status: {
      version: "v1.140.0",
      url: "https://chat.valbelle.suite.example",
      conditions: [condition("Ready", "Answers")],
    },
  },
  { kind: "ModuleDeployment", object: moduleDeployment({ module: "Jitsi" }) },
  {
    kind: "TenantIdentityProvider",
    object: identityProvider(),
    status: { conditions: [condition("Ready", "Agents log in")] },
  },
  { kind: "PolicyException", object: policyException(), status: { conditions: [condition("Active")] } },
  { kind: "Attestation", object: attestation() },
  { kind: "NameClaim", object: nameClaim() },
];

let api: ApiServer;
const servedOf = (kind: string) => shipped(kinds.find((meta) => meta.kind === kind)!);

beforeAll(async () => {
  api = await ApiServer.connect();
  await makeHome(api, tenantName);
  for (const { kind, object, status } of world) {
    expect(sentence(await api.create(servedOf(kind), object, { dryRun: false }))).toBe("201 ");
    if (status === undefined) continue;
    const answer = await api.writeStatus(servedOf(kind), object, { patch: { status }, unknownFields: "Strict" });
    expect(sentence(answer)).toBe("200 ");
  }
});

afterAll(async () => {
  for (const { kind, object } of world) await api.remove(servedOf(kind), object);
  await removeHome(api, tenantName);
  await api.close();
});

/** Output of a kubectl command that works. */
async function shown(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, { as: asker, asGroups: ["system:masters"] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

/** A table as kubectl prints it, cell by cell; an age is a moment long. */
async function table(...args: string[]): Promise<string[][]> {
  const text = await shown("get", ...args);
  const lines = text.trimEnd().split("\n");
  return lines.map((line) =>
    line.split(/\s{2,}/).map((cell) => (/^\d+[smh](\d+s)?$/.test(cell) ? "AGE" : cell.trim())),
  );
}

describe("kubectl get", () => {
  test.each([
    { short: "sreg", prints: ["sovereignregion.socle.dev/apirules"] },
    { short: "tn", prints: ["tenant.socle.dev/apirules"] },
    { short: "mod", prints: ["moduledeployment.socle.dev/jitsi", "moduledeployment.socle.dev/synapse"] },
    { short: "tidp", prints: ["tenantidentityprovider.socle.dev/agents"] },
    { short: "pex", prints: ["policyexception.socle.dev/apirules"] },
    { short: "att", prints: ["attestation.socle.dev/apirules-policy"] },
    { short: "ncl", prints: ["nameclaim.socle.dev/domain-apirules"] },
  ])("knows the short name $short", async ({ short, prints }) => {
    const listed = (await shown("get", short, "-n", home, "-o", "name")).trimEnd().split("\n");
    expect(listed).toEqual(expect.arrayContaining(prints));
  });

  test("shows everything of ours under one word", async () => {
    const listed = (await shown("get", "socle", "-A", "-o", "name")).trimEnd().split("\n");
    const wanted = world.map(({ kind, object }) => {
      const { name } = object["metadata"] as { readonly name: string };
      return `${kind.toLowerCase()}.socle.dev/${name}`;
    });
    expect(listed).toEqual(expect.arrayContaining(wanted));
  });

  test.each([
    {
      args: ["sreg", "apirules"],
      columns: ["NAME", "READY", "REASON", "PROVIDER", "CODE", "EVIDENCE", "TENANTS", "AGE"],
      cells: ["apirules", "True", "Succeeded", "Other", "here", "True", "1", "AGE"],
      wide: { EXPIRES: "2029-01-14", MESSAGE: "Open to tenants" },
    },
    {
      args: ["tenant", "apirules"],
      columns: ["NAME", "READY", "REASON", "REGION", "MODULES", "AGE"],
      cells: ["apirules", "True", "Succeeded", "cloudgouv", "1/2", "AGE"],
      wide: { DOMAIN: "valbelle.suite.example", MESSAGE: "Serves its agents" },
    },
    {
      args: ["mod", "synapse", "-n", home],
      columns: ["NAME", "READY", "REASON", "MODULE", "VERSION", "TENANT", "AGE"],
      cells: ["synapse", "True", "Succeeded", "Synapse", "v1.140.0", tenantName, "AGE"],
      wide: { URL: "https://chat.valbelle.suite.example", MESSAGE: "Answers" },
    },
    {
      args: ["tidp", "agents", "-n", home],
      columns: ["NAME", "READY", "REASON", "PROTOCOL", "ALIAS", "AGE"],
      cells: ["agents", "True", "Succeeded", "ProConnect", "agents", "AGE"],
      wide: { MESSAGE: "Agents log in" },
    },
    {
      // A column of type date would say <invalid>: kubectl shows those as an age, which a day to come has none of.
      args: ["pex", "apirules", "-n", home],
      columns: ["NAME", "CHECK", "ACTIVE", "EXPIRES", "RISK", "AGE"],
      cells: ["apirules", "10-20", "True", expiresAt, "Low", "AGE"],
      wide: {},
    },
    {
      args: ["att", "apirules-policy"],
      columns: ["NAME", "CHECK", "KIND", "SUBJECT", "BY", "EXPIRES", "AGE"],
      cells: ["apirules-policy", "5-06", "SovereignRegion", "cloudgouv", asker, attestationEnd, "AGE"],
      wide: {},
    },
    {
      args: ["ncl", "domain-apirules"],
      columns: ["NAME", "KIND", "VALUE", "HOLDER", "STATE", "AGE"],
      cells: ["domain-apirules", "Domain", "apirules.example", "minagri", "Held", "AGE"],
      wide: {},
    },
  ])("shows $columns of $args.0, and more with -o wide", async ({ args, columns, cells, wide }) => {
    expect(await table(...args)).toEqual([columns, cells]);
    expect(await table(...args, "-o", "wide")).toEqual([
      [...columns, ...Object.keys(wide)],
      [...cells, ...Object.values(wide)],
    ]);
  });

  test.each([
    { kind: "moduledeployment", selector: "spec.module=Jitsi", finds: ["jitsi"] },
    { kind: "moduledeployment", selector: `spec.tenantRef.name=${tenantName}`, finds: ["jitsi", "synapse"] },
    { kind: "moduledeployment", selector: `spec.tenantRef.name=${tenantName},spec.module!=Jitsi`, finds: ["synapse"] },
    { kind: "moduledeployment", selector: "spec.tenantRef.name=nobody", finds: [] },
    { kind: "tenantidentityprovider", selector: `spec.tenantRef.name=${tenantName}`, finds: ["agents"] },
    { kind: "tenantidentityprovider", selector: "spec.tenantRef.name=nobody", finds: [] },
    { kind: "policyexception", selector: "spec.check=10-20", finds: ["apirules"] },
    { kind: "policyexception", selector: "spec.check=10-21", finds: [] },
  ])("selects $kind by $selector, on the server", async ({ kind, selector, finds }) => {
    const path = "jsonpath={.items[*].metadata.name}";
    const found = await shown("get", kind, "-n", home, "--field-selector", selector, "-o", path);
    expect(found.split(" ").filter((name) => name !== "")).toEqual(finds);
  });

  test("refuses to select by a field that is not meant for it", async () => {
    const { code, stderr } = await kubectl(["get", "mod", "-n", home, "--field-selector", "spec.size=M"]);
    expect(code).toBe(1);
    expect(stderr).toContain("field label not supported: spec.size");
  });
});

test.each([
  { what: "tenant/apirules", place: [] },
  { what: "moduledeployment/synapse", place: ["-n", home] },
])("kubectl wait sees that $what is Ready", async ({ what, place }) => {
  expect(await shown("wait", "--for=condition=Ready", "--timeout=5s", what, ...place)).toContain("condition met");
});

describe("kubectl explain", () => {
  test.each(kinds)("says what a $kind is", async ({ singular, description }) => {
    expect(unwrapped(await shown("explain", singular))).toContain(description);
  });

  test.each([
    {
      field: "tenant.spec.modules",
      says: [
        "The suite. Each entry becomes a ModuleDeployment in the home namespace",
        "Resources and replicas, from the catalogue; empty = S",
        "Managed = reconcile; Observe = report differences only; Paused = do nothing",
      ],
    },
    {
      field: "tenant.spec.lifecycle.deletionPolicy",
      says: ["ENUM: Retain Delete", "Data when the object is deleted: Retain keeps namespaces, volumes"],
    },
    { field: "mod.spec.postgresql.driver", says: ["ENUM: CloudNativePG StatefulSet External"] },
    { field: "sreg.spec.ingress", says: ["-required-", "the default-deny opens to it and to nothing else"] },
    { field: "tidp.status.registration", says: ["To paste into the provider's form, then to confirm"] },
  ])("explains $field", async ({ field, says }) => {
    const text = unwrapped(await shown("explain", field));
    for (const words of says) expect(text).toContain(words);
  });
});

/** kubectl breaks lines where the terminal ends. */
function unwrapped(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

test("kubectl create says which field is unknown, and creates nothing", async () => {
  const object = { apiVersion: "socle.dev/v1alpha1", kind: "Tenant", ...tenant({ colour: "blue" }, "kubectlonly") };
  const { code, stderr } = await kubectl(["create", "-f", "-"], { input: JSON.stringify(object) });
  expect(code).toBe(1);
  expect(stderr).toContain('unknown field "spec.colour"');
  expect((await kubectl(["get", "tenant", "kubectlonly"])).stderr).toContain("NotFound");
});

test("kubectl apply says which field a rule refuses, why, and what would do", async () => {
  const object = { apiVersion: "socle.dev/v1alpha1", kind: "Tenant", ...tenant({ seats: 20_001 }) };
  const { code, stderr } = await kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], {
    input: JSON.stringify(object),
  });
  expect(code).toBe(1);
  expect(stderr.trim()).toBe(
    'The Tenant "apirules" is invalid: spec: Invalid value: "object": more than 20000 seats need tier Large or Dedicated',
  );
});
