import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { celRules } from "../../crds/cel-rules.ts";
import { kinds } from "../../crds/kinds.ts";
import type { Answer } from "../../operator/runtime/transport.ts";
import { ApiServer, makeHome, objections, removeHome, type Served, sentence, shipped } from "./api-rules/api-server.ts";
import { attestationRules } from "./api-rules/attestation.ts";
import { type Copy, copiesWithout, install, uninstall } from "./api-rules/copies.ts";
import { exampleTenant, examples, reader } from "./api-rules/examples.ts";
import { moduleDeploymentRules } from "./api-rules/module-deployment.ts";
import { nameClaimRules } from "./api-rules/name-claim.ts";
import { policyExceptionRules } from "./api-rules/policy-exception.ts";
import { type Manifest, merged, type RuleRow, tenantName } from "./api-rules/rule-row.ts";
import { defaults, schemaRefusals } from "./api-rules/schema-rows.ts";
import { regionRules } from "./api-rules/sovereign-region.ts";
import { statuses } from "./api-rules/status-rows.ts";
import { identityProviderRules } from "./api-rules/tenant-identity-provider.ts";
import { tenant, tenantRules } from "./api-rules/tenant.ts";

const rowsOf: Readonly<Record<string, readonly RuleRow[]>> = {
  SovereignRegion: regionRules,
  Tenant: tenantRules,
  ModuleDeployment: moduleDeploymentRules,
  TenantIdentityProvider: identityProviderRules,
  PolicyException: policyExceptionRules,
  Attestation: attestationRules,
  NameClaim: nameClaimRules,
};

const tables = kinds.map((meta) => {
  const rows = (rowsOf[meta.kind] ?? []).map((row) => ({ ...row, place: row.at === "" ? "the object" : row.at }));
  return { kind: meta.kind, meta, rows };
});

let api: ApiServer;

/** What the server says to an object in the place that the row gives it: new, or instead of what it was. Nothing changes. */
async function judge(of: Served, row: RuleRow, object: Manifest): Promise<Answer> {
  const { before } = row;
  if (before === undefined) return await api.create(of, object, { dryRun: true });
  return await api.withLive(of, before, (live) => api.replace(of, live, { to: object, dryRun: true }));
}

const accepted = (row: RuleRow) => (row.before === undefined ? 201 : 200);

const served = (kind: string): Served => {
  const meta = kinds.find((one) => one.kind === kind);
  if (meta === undefined) throw new Error(`no kind ${kind}`);
  return shipped(meta);
};

beforeAll(async () => {
  api = await ApiServer.connect();
  await makeHome(api, tenantName);
  await makeHome(api, exampleTenant);
});

afterAll(async () => {
  await removeHome(api, tenantName);
  await removeHome(api, exampleTenant);
  await api.close();
});

describe.each(tables)("the rules of $kind", ({ meta, rows }) => {
  test("have one row each, and no row names a rule that does not exist", () => {
    const named = rows.map(({ at, says }) => `${at}: ${says}`);
    const existing = celRules(meta).map(({ path, message }) => `${path}: ${message}`);
    expect([...named].sort()).toEqual([...existing].sort());
  });

  test.each(rows)("let pass what is just allowed, at $place: $says", async (row) => {
    const answer = await judge(shipped(meta), row, row.accepts);
    expect(sentence(answer)).toBe(`${accepted(row)} `);
  });

  test.each(rows)("refuse at $place, for this reason and no other: $says", async (row) => {
    const answer = await judge(shipped(meta), row, row.refuses);
    expect(sentence(answer)).toMatch(/^422 /);
    expect(objections(answer)).toEqual([
      // A rule on the whole object has no field: its sentence names what is meant.
      {
        field: row.at === "" ? "<nil>" : row.at.replaceAll("[]", "[0]"),
        message: expect.stringContaining(`: ${row.says}`) as string,
      },
    ]);
  });
});

describe("without one rule", () => {
  const copies = new Map<string, readonly Copy[]>();
  beforeAll(async () => {
    for (const { kind, meta, rows } of tables) copies.set(kind, copiesWithout(meta, rows));
    await install(api, [...copies.values()].flat());
  });
  afterAll(async () => {
    await uninstall(api);
  });

  describe.each(tables)("of $kind", ({ kind, rows }) => {
    const numbered = rows.map((row, index) => ({ ...row, index }));
    test.each(numbered)("what it refuses passes, at $place: $says", async ({ index, ...row }) => {
      const copy = copies.get(kind)![index]!;
      expect(sentence(await judge(copy.served, row, row.refuses))).toBe(`${accepted(row)} `);
    });
  });
});

describe("the schema", () => {
  test.each(schemaRefusals)("refuses a $kind with $what, and names $field", async ({ kind, object, field, says }) => {
    const answer = await api.create(served(kind), object, { dryRun: true });
    expect(sentence(answer)).toMatch(/^422 /);
    expect(objections(answer)).toContainEqual({ field, message: expect.stringContaining(says) as string });
  });

  test("refuses a field that it does not know, by its name", async () => {
    const answer = await api.create(served("Tenant"), tenant({ colour: "blue" }), { dryRun: true });
    expect(sentence(answer)).toMatch(/^400 .*unknown field "spec\.colour"$/);
  });

  test.each(defaults)("fills in what $what leaves open", async ({ kind, object, filled }) => {
    const answer = await api.create(served(kind), object, { dryRun: true });
    expect(sentence(answer)).toBe("201 ");
    const { spec } = answer.json as { readonly spec: Manifest };
    expect(spec).toEqual(merged(object["spec"] as Manifest, filled));
  });

  test.each(examples)("accepts the $kind of examples/$file", async ({ kind, object }) => {
    const answer = await api.create(served(kind), object, { dryRun: true, user: reader });
    expect(sentence(answer)).toBe("201 ");
  });
});

describe.each(statuses)("the status of a $kind", ({ kind, object, status }) => {
  const of = served(kind);
  const never = { observedGeneration: -1 };
  interface Live {
    readonly metadata: { readonly generation: number };
    readonly spec: Manifest;
    readonly status: Manifest;
  }
  const read = async (): Promise<Live> => (await api.read(of, object)).json as Live;

  test("is not taken from the person who creates the object: it starts as not observed yet", async () => {
    const answer = await api.create(of, { ...object, status }, { dryRun: true });
    expect((answer.json as Live).status).toEqual(never);
  });

  test("keeps every field that the schema has, and leaves the spec and its generation alone", async () => {
    await api.withLive(of, [object], async (live) => {
      const patch = { status, spec: { unread: true } };
      const answer = await api.writeStatus(of, object, { patch, unknownFields: "Ignore" });
      expect(sentence(answer)).toBe("200 ");
      const now = await read();
      expect(now.status).toEqual(status);
      expect(now.spec).toEqual(live["spec"]);
      expect(now.metadata.generation).toBe(1);
    });
  });

  test("leaves out what the schema does not know, and says so to who asks strictly", async () => {
    await api.withLive(of, [object], async () => {
      const patch = { status: { ...status, password: "hunter2" } };
      await api.writeStatus(of, object, { patch, unknownFields: "Ignore" });
      expect((await read()).status).toEqual(status);
      const answer = await api.writeStatus(of, object, { patch, unknownFields: "Strict" });
      expect(sentence(answer)).toMatch(/^4.*unknown field "status\.password"/);
    });
  });

  test("refuses a condition without a reason", async () => {
    await api.withLive(of, [object], async () => {
      const conditions = [{ type: "Ready", status: "True", message: "", lastTransitionTime: "2026-01-15T08:00:00Z" }];
      const answer = await api.writeStatus(of, object, { patch: { status: { conditions } }, unknownFields: "Strict" });
      expect(objections(answer)).toContainEqual({ field: "status.conditions[0].reason", message: "Required value" });
      expect((await read()).status).toEqual(never);
    });
  });

  test("is not changed through the object itself", async () => {
    await api.withLive(of, [object], async (live) => {
      const answer = await api.replace(of, live, { to: { ...object, status }, dryRun: false });
      expect(sentence(answer)).toBe("200 ");
      expect((await read()).status).toEqual(never);
    });
  });
});
