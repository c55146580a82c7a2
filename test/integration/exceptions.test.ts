import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inDays } from "../support/days.ts";
import { operatorUser } from "../support/installation.ts";
import type { Live } from "../support/platform.ts";
import { type Caller, eventually, kubectl, uniqueName } from "../support/test-cluster.ts";

/** People with the roles that Socle ships, and with no others until a test says so. */
const tenant = uniqueName("exc");
const home = `t-${tenant}`;
const region = `${tenant}-region`;
const alice: Caller = { as: `alice-${tenant}` };
const bob: Caller = { as: `bob-${tenant}` };
const account: Caller = {
  as: `system:serviceaccount:${home}:alice`,
  asGroups: ["system:serviceaccounts", `system:serviceaccounts:${home}`],
};
/** Of the group to which the platform bound the role of security officers. */
const officer: Caller = { as: `sam-${tenant}`, asGroups: [`${tenant}-security`] };
const anybody: Caller = {};
const operator: Caller = { as: operatorUser };

type Manifest = Readonly<Record<string, unknown>>;
const rbac = "rbac.authorization.k8s.io";
const api = "socle.dev/v1alpha1";
const user = ({ as = "" }: Caller): Manifest => ({ apiGroup: rbac, kind: "User", name: as });

const asked = {
  apiVersion: api,
  kind: "PolicyException",
  metadata: { name: "old-phones", namespace: home },
  spec: {
    check: "10-20",
    target: { module: "Synapse" },
    justification: "The old phones of the mountain stations need it until they are replaced.",
    compensatingMeasures: ["The port is open to their addresses alone."],
    risk: "Low",
    requestedBy: alice.as,
    expiresAt: inDays(30),
  },
};

const said = (who: Caller, more: Manifest = {}): Manifest => ({
  apiVersion: api,
  kind: "Attestation",
  metadata: { name: `${tenant}-policy` },
  spec: {
    check: "5-06",
    subject: { kind: "SovereignRegion", name: region },
    statement: "The security policy is in force and was reviewed this year.",
    evidence: { uri: "https://documents.platform.example/policy.pdf", sha256: "a".repeat(64) },
    attestedBy: who.as,
    validFrom: inDays(-1),
    expiresAt: inDays(300),
    ...more,
  },
});

const create = (who: Caller, ...objects: readonly Manifest[]) =>
  kubectl(["create", "-f", "-"], {
    ...who,
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  });
const edit = (who: Caller, target: readonly string[], spec: Manifest) =>
  kubectl(["patch", ...target, "--type=merge", "-p", JSON.stringify({ spec })], who);
const exception = ["policyexception", "old-phones", "-n", home];
const approve = (who: Caller) => edit(who, exception, { approvedBy: who.as });
const policy = ["attestation", `${tenant}-policy`];

async function liveException(): Promise<Live> {
  return JSON.parse((await kubectl(["get", ...exception, "-o", "json"])).stdout) as Live;
}

const binding = (kind: "ClusterRoleBinding" | "RoleBinding", name: string, more: Manifest): Manifest => ({
  apiVersion: `${rbac}/v1`,
  kind,
  metadata: kind === "RoleBinding" ? { name, namespace: home } : { name },
  ...more,
});
const shipped = (name: string): Manifest => ({ apiGroup: rbac, kind: "ClusterRole", name });

async function done(answer: Promise<{ readonly code: number; readonly stderr: string }>): Promise<void> {
  const { code, stderr } = await answer;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

async function isRefused(
  answer: Promise<{ readonly code: number; readonly stderr: string }>,
  says: string,
): Promise<void> {
  const { code, stderr } = await answer;
  expect(stderr).toContain(says);
  expect(code).not.toBe(0);
}

beforeAll(async () => {
  const metadata = { name: home, labels: { "socle.dev/tenant": tenant } };
  await done(create(operator, { apiVersion: "v1", kind: "Namespace", metadata }));
  const administrators = { roleRef: shipped("socle:tenant-admin"), subjects: [user(alice), user(bob)] };
  const officers = {
    roleRef: shipped("socle:security-officer"),
    subjects: [{ apiGroup: rbac, kind: "Group", name: `${tenant}-security` }],
  };
  await done(
    create(
      anybody,
      binding("RoleBinding", "administrators", administrators),
      binding("ClusterRoleBinding", `${tenant}-officers`, officers),
    ),
  );
});

afterAll(async () => {
  await kubectl(["delete", "namespace", home, "--wait=false"], operator);
  await kubectl(["delete", ...policy, "--ignore-not-found"]);
  await kubectl(["delete", "clusterrolebinding", `${tenant}-officers`, `${tenant}-more`, "--ignore-not-found"]);
});

describe("the story of an exception", () => {
  test("alice, who administers the tenant, asks for it", async () => {
    await done(create(alice, asked));
  });

  test("she, her ServiceAccount and a second administrator have no right to approve it", async () => {
    for (const who of [alice, account, bob]) await isRefused(approve(who), "is forbidden: User");
  });

  test("they are refused by admission too, with every right that their namespace can give them", async () => {
    const everything = [{ apiGroups: ["socle.dev"], resources: ["policyexceptions"], verbs: ["*"] }];
    const subjects = [user(alice), user(bob), user(account)];
    const more = { roleRef: { apiGroup: rbac, kind: "Role", name: "more" }, subjects };
    const role = { apiVersion: `${rbac}/v1`, kind: "Role", metadata: { name: "more", namespace: home } };
    await done(create(anybody, { ...role, rules: everything }, binding("RoleBinding", "more", more)));
    await eventually(() => isRefused(approve(alice), "approvedBy must be another person than requestedBy"));
    await eventually(() => isRefused(approve(account), "ServiceAccount"));
    await eventually(() => isRefused(approve(bob), "verb approve on policyexceptions.socle.dev across the cluster"));
    expect((await liveException()).spec).not.toHaveProperty("approvedBy");
  });

  test("nobody approves in the name of the security officer", async () => {
    await isRefused(edit(bob, exception, { approvedBy: officer.as }), `the request comes from ${bob.as}`);
  });

  test("the security officer approves it", async () => {
    await done(approve(officer));
    expect((await liveException()).spec["approvedBy"]).toBe(officer.as);
  });

  test("its justification stays as it was approved, whoever edits it", async () => {
    const other = { justification: "Something else that nobody approved, in as many words." };
    for (const who of [alice, bob, officer, anybody])
      await isRefused(edit(who, exception, other), "what was approved cannot change; only expiresAt may come closer");
    await isRefused(edit(anybody, exception, { approvedBy: null }), "what was approved cannot change");
  });

  test("restored, it comes back unapproved, or not at all", async () => {
    const { spec } = await liveException();
    await done(kubectl(["delete", ...exception]));
    await isRefused(create(anybody, { ...asked, spec }), "leave spec.approvedBy out");
    await done(create(anybody, asked));
    const restored = await liveException();
    expect(restored.spec).not.toHaveProperty("approvedBy");
    expect(restored.status).not.toHaveProperty("approvedAt");
  });
});

describe("an attestation", () => {
  test("is nobody's to create who is no security officer", async () => {
    await isRefused(create(alice, said(alice)), "is forbidden: User");
  });

  test("is made in one's own name, and by no program", async () => {
    const more = { roleRef: shipped("socle:security-officer"), subjects: [user(account)] };
    await done(create(anybody, binding("ClusterRoleBinding", `${tenant}-more`, more)));
    await isRefused(create(officer, said(alice)), `the request comes from ${officer.as}`);
    await eventually(() => isRefused(create(account, said(account)), "is a ServiceAccount and cannot attest"));
    await done(create(officer, said(officer)));
  });

  test("is ended, and neither prolonged nor reworded", async () => {
    await isRefused(edit(officer, policy, { expiresAt: inDays(301) }), "ended, not prolonged");
    await isRefused(
      edit(officer, policy, { statement: "The security policy was read by everybody." }),
      "cannot change",
    );
    await done(edit(officer, policy, { expiresAt: inDays(1) }));
  });
});
