import { beforeEach, describe, expect, it } from "vitest";
import { admissionParameter } from "../../crds/admission.ts";
import { group } from "../../crds/group.ts";
import { kinds } from "../../crds/kinds.ts";
import { socleResourceTypes } from "../../crds/resource-types.ts";
import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import { releasedPolicies } from "../policy/admission/policies.ts";
import { TransientError } from "../runtime/errors.ts";
import { InMemoryKubeApi } from "../../test/support/in-memory-kube-api.ts";
import type { Diagnosis } from "./doctor-check.ts";
import { runDoctor } from "./doctor.ts";
import { Terminal } from "./terminal.ts";

const now = Date.parse("2026-05-01T12:00:00Z");
const lease = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  namespace: "socle-system",
  name: "socle-operator",
};
const parameter = { apiVersion: "v1", kind: "ConfigMap", ...admissionParameter };
const region = { apiVersion: "socle.dev/v1alpha1", kind: "SovereignRegion", name: "home" };
const agent = { apiVersion: "apps/v1", kind: "DaemonSet", namespace: "net", name: "cilium" };

type Fields = Readonly<Record<string, unknown>>;
const made = ({ apiVersion, kind, namespace, name }: ObjectRef, fields: Fields = {}): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  ...fields,
});

/** A cluster in which all is well; a row of the tables below breaks one thing. */
class Clinic {
  readonly refused = new Set<string>();
  readonly kube = new InMemoryKubeApi({
    types: socleResourceTypes,
    now: () => now,
    allows: (spec) =>
      !this.refused.has(
        (spec as { readonly resourceAttributes: { readonly resource: string } }).resourceAttributes.resource,
      ),
  });
  serverVersion = "v1.34.4";

  async fill(): Promise<void> {
    const definition = (plural: string): Manifest =>
      made({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", name: `${plural}.${group}` });
    const namespace = { apiVersion: "v1", kind: "Namespace", name: "socle-system" };
    const condition = (type: string): Fields => ({
      type,
      status: "True",
      reason: "Succeeded",
      message: `${type} holds.`,
    });
    const objects: readonly Manifest[] = [
      made(namespace),
      ...kinds.map(({ plural }) => definition(plural)),
      ...releasedPolicies(),
      made(parameter, { data: { operatorUsername: "system:serviceaccount:socle-system:socle" } }),
      made(lease, {
        spec: { holderIdentity: "pod-1_uid", renewTime: new Date(now - 3_000).toISOString(), leaseDurationSeconds: 15 },
      }),
      made({ apiVersion: "v1", kind: "Node", name: "n1" }),
      made({ apiVersion: "v1", kind: "Namespace", name: "net" }),
      made(agent),
      made({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", name: "fast" }),
      made({ apiVersion: "networking.k8s.io/v1", kind: "IngressClass", name: "edge" }),
      made(region, { spec: { storage: { className: "fast" }, ingress: { className: "edge" } } }),
    ];
    for (const object of objects) await this.kube.create(object);
    for (const { plural } of kinds) {
      const { apiVersion, kind, metadata } = definition(plural);
      await this.status({ apiVersion, kind, name: metadata.name }, { conditions: [{ ...condition("Established") }] });
    }
    const conditions = ["Reachable", "CapabilitiesVerified", "IdentityReady", "QualificationsValid"].map(condition);
    await this.status(region, { observedGeneration: 1, conditions });
  }

  async status(ref: ObjectRef, status: Fields): Promise<void> {
    await this.kube.apply(made(ref, { status }), { fieldManager: "test", force: true, subresource: "status" });
  }

  async remove(ref: ObjectRef): Promise<void> {
    const live = await this.kube.get(ref);
    if (live !== undefined) await this.kube.delete(ref, { uid: live.metadata.uid });
  }

  async examine(): Promise<{ readonly code: number; readonly checks: readonly Diagnosis[] }> {
    const { code, text } = await this.run("json");
    return { code, ...(JSON.parse(text) as { readonly checks: readonly Diagnosis[] }) };
  }

  async run(output: "text" | "json"): Promise<{ readonly code: number; readonly text: string }> {
    let text = "";
    const sink = { write: (more: string) => (text += more) };
    const terminal = new Terminal({ output, color: false, environment: {}, sink });
    const { kube, serverVersion } = this;
    const code = await runDoctor({ kube, now, serverVersion, description: "https://here" }, terminal);
    return { code, text };
  }
}

let clinic: Clinic;
beforeEach(async () => {
  clinic = new Clinic();
  await clinic.fill();
});

describe("doctor", () => {
  it("finds nothing where all is well", async () => {
    const { code, checks } = await clinic.examine();
    expect(checks.filter(({ result }) => result !== "ok")).toEqual([]);
    expect(new Set(checks.map(({ check }) => check))).toEqual(
      new Set([
        "API server",
        "Kinds",
        "Admission policies",
        "Operator",
        "Rights of the operator",
        "Network policies",
        "Classes and issuers",
        "Servers of the regions",
      ]),
    );
    expect(code).toBe(0);
  });

  const policies = releasedPolicies();
  const binding = policies.find(({ kind }) => kind === "ValidatingAdmissionPolicyBinding") as Manifest;
  const bindingRef = { apiVersion: binding.apiVersion, kind: binding.kind, name: binding.metadata.name };
  const editLease = (spec: Fields): void => {
    clinic.kube.edit(lease, (object) => ({ ...object, spec: { ...(object["spec"] as Fields), ...spec } }));
  };

  const problems: readonly {
    readonly when: string;
    readonly breaks: () => Promise<void> | void;
    readonly check: string;
    readonly says: string;
    readonly remedy: string;
  }[] = [
    {
      when: "the server is too old",
      breaks: () => void (clinic.serverVersion = "v1.31.9"),
      check: "API server",
      says: "v1.31.9",
      remedy: "1.32 or newer",
    },
    {
      when: "a kind is missing",
      breaks: () =>
        clinic.remove({
          apiVersion: "apiextensions.k8s.io/v1",
          kind: "CustomResourceDefinition",
          name: `tenants.${group}`,
        }),
      check: "Kinds",
      says: "tenants.socle.dev",
      remedy: "crd-*.yaml",
    },
    {
      when: "a binding of a policy is missing",
      breaks: () => clinic.remove(bindingRef),
      check: "Admission policies",
      says: `Missing: ValidatingAdmissionPolicyBinding ${binding.metadata.name}`,
      remedy: "admission*.yaml",
    },
    {
      when: "a policy only warns",
      breaks: () =>
        void clinic.kube.edit(bindingRef, (object) => ({
          ...object,
          spec: { ...(object["spec"] as Fields), validationActions: ["Warn"] },
        })),
      check: "Admission policies",
      says: `without the action Deny: ${binding.metadata.name}`,
      remedy: "admission*.yaml",
    },
    {
      when: "the policies do not know the operator",
      breaks: () => clinic.remove(parameter),
      check: "Admission policies",
      says: "ConfigMap socle-system/socle-admission is missing",
      remedy: "data.operatorUsername",
    },
    {
      when: "no operator ever ran",
      breaks: () => clinic.remove(lease),
      check: "Operator",
      says: "No operator holds the lease",
      remedy: "get pods",
    },
    {
      when: "the operator gave its lease back",
      breaks: () => {
        editLease({ holderIdentity: "" });
      },
      check: "Operator",
      says: "No operator holds the lease",
      remedy: "get pods",
    },
    {
      when: "the operator hangs",
      breaks: () => {
        editLease({ renewTime: new Date(now - 31_000).toISOString() });
      },
      check: "Operator",
      says: "pod-1_uid last renewed its lease 31 s ago",
      remedy: "get pods",
    },
    {
      when: "the operator lacks rights",
      breaks: () => void clinic.refused.add("networkpolicies"),
      check: "Rights of the operator",
      says: "may not: list networkpolicies, watch networkpolicies",
      remedy: "rbac.yaml",
    },
    {
      when: "the network plugin is one that refuses nothing",
      breaks: async () => {
        await clinic.remove(agent);
        await clinic.kube.create(made({ ...agent, name: "kube-flannel-ds" }));
      },
      check: "Network policies",
      says: "DaemonSet net/kube-flannel-ds does not enforce them",
      remedy: "network plugin",
    },
    {
      when: "a storage class is missing",
      breaks: () => clinic.remove({ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", name: "fast" }),
      check: "Classes and issuers",
      says: "home: StorageClass fast does not exist",
      remedy: "kubectl edit sovereignregion home",
    },
    {
      when: "the Gateway of a region is missing",
      breaks: () => {
        clinic.kube.edit(region, (object) => ({
          ...object,
          spec: { ...(object["spec"] as Fields), ingress: { gatewayRef: { name: "public", listener: "https" } } },
        }));
      },
      check: "Classes and issuers",
      says: "home: Gateway public does not exist",
      remedy: "kubectl edit sovereignregion home",
    },
    {
      when: "a server of a region does not answer",
      breaks: () =>
        clinic.status(region, {
          observedGeneration: 1,
          conditions: [{ type: "Reachable", status: "False", reason: "DependencyUnavailable", message: "It is down." }],
        }),
      check: "Servers of the regions",
      says: "home: Reachable: DependencyUnavailable: It is down.",
      remedy: "kubectl describe sovereignregion home",
    },
  ];
  it.each(problems)("says what is wrong and what to do when $when", async ({ breaks, check, says, remedy }) => {
    await breaks();
    const { code, checks } = await clinic.examine();
    const found = checks.filter(({ result }) => result === "problem");
    expect(found.map((one) => one.check)).toEqual([check]);
    expect(found[0]?.message).toContain(says);
    expect(found[0]?.remedy).toContain(remedy);
    expect(code).toBe(3);
  });

  const unknowns: readonly {
    readonly when: string;
    readonly breaks: () => Promise<void> | void;
    readonly check: string;
    readonly says: string;
  }[] = [
    {
      when: "no agent of a known name enforces network policies: one of the node lane, which is no DaemonSet, once counted as none",
      breaks: () => clinic.remove(agent),
      check: "Network policies",
      says: "may be without effect",
    },
    {
      when: "the cluster has no node",
      breaks: () => clinic.remove({ apiVersion: "v1", kind: "Node", name: "n1" }),
      check: "Network policies",
      says: "no node",
    },
    {
      when: "the operator has not looked at a region since it changed",
      breaks: () => clinic.status(region, { observedGeneration: 0 }),
      check: "Servers of the regions",
      says: "has not looked at it yet",
    },
    {
      when: "the operator could not tell how a server is",
      breaks: () =>
        clinic.status(region, {
          observedGeneration: 1,
          conditions: [{ type: "Reachable", status: "Unknown", reason: "NotObserved", message: "Not looked at yet." }],
        }),
      check: "Servers of the regions",
      says: "Not looked at yet.",
    },
  ];
  it.each(unknowns)("counts as no failure, and explains, that $when", async ({ breaks, check, says }) => {
    await breaks();
    const { code, checks } = await clinic.examine();
    const found = checks.filter(({ result }) => result !== "ok");
    expect(found.map((one) => [one.check, one.result])).toEqual([[check, "unknown"]]);
    expect(found[0]?.message).toContain(says);
    expect(found[0]?.remedy ?? "").not.toBe("");
    expect(code).toBe(0);
  });

  it("points to the example where no region is described yet", async () => {
    await clinic.remove(region);
    const { checks } = await clinic.examine();
    const found = checks.filter(({ result }) => result !== "ok");
    expect(found.map(({ remedy }) => remedy)).toEqual(Array(2).fill("See examples/region.yaml."));
  });

  it("tells a person who may not read something to ask as another, and makes the other checks", async () => {
    const list = clinic.kube.list.bind(clinic.kube);
    clinic.kube.list = (type, options) =>
      type.kind === "Node"
        ? Promise.reject(new TransientError("PermissionMissing", "list Node: nodes is forbidden"))
        : list(type, options);
    const { code, checks } = await clinic.examine();
    const found = checks.filter(({ result }) => result !== "ok");
    expect(found).toMatchObject([
      {
        check: "Network policies",
        result: "unknown",
        message: expect.stringContaining("nodes is forbidden"),
        remedy: expect.stringContaining("administrator"),
      },
    ]);
    expect(code).toBe(0);
  });

  it("ends with a line of counts, and says what unknown means where something is", async () => {
    await clinic.remove({ apiVersion: "v1", kind: "Node", name: "n1" });
    await clinic.remove(lease);
    const { text } = await clinic.run("text");
    expect(text).toContain("problem  Operator: No operator holds the lease.");
    expect(text.trimEnd().split("\n").slice(-2)).toEqual([
      expect.stringMatching(/^\d+ ok, 1 problem, 1 unknown$/),
      "Unknown is what cannot be seen from here; it is counted as no failure.",
    ]);
  });
});
