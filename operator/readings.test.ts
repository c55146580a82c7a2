import { describe, expect, it } from "vitest";
import { conditionTypes } from "../crds/v1alpha1/conditions.ts";
import { fc } from "../test/support/fast-check.ts";
import type { Watched } from "./caches.ts";
import type { KubeObject } from "./kube/kube-api.ts";
import { type Held, readings } from "./readings.ts";
import { LocalCache } from "./runtime/object-cache.ts";
import { selfSigned } from "./systems/self-signed.ts";

const now = Date.parse("2026-06-15T08:00:00Z");

/** What the operator holds when these objects are there. */
function held(objects: readonly object[], more: Partial<Held> = {}): Held {
  const listed = (kind: string) => {
    const own = (objects as readonly KubeObject[]).filter((object) => object.kind === kind);
    const get = ({ name }: { readonly name: string }) => own.find(({ metadata }) => metadata.name === name);
    return { cache: { list: () => own, get } } as never;
  };
  return {
    caches: {
      tenants: listed("Tenant"),
      modules: listed("ModuleDeployment"),
      regions: listed("SovereignRegion"),
      identityProviders: listed("TenantIdentityProvider"),
      exceptions: listed("PolicyException"),
      secrets: listed("Secret"),
      identitySecrets: listed("Secret"),
      reports: { cache: { isAbsent: false } },
    },
    operatorNamespace: "socle-system",
    controllers: [],
    heard: new Map(),
    leads: true,
    evidenceKept: new Map(),
    now,
    ...more,
  };
}

const of = (metric: string, seen: Held) =>
  readings(seen)
    .filter((reading) => reading.metric === metric)
    .map(({ labels, value }) => ({ ...labels, value }));
const condition = (type: string, status: string) => ({ type, status, reason: "Free text", message: "Free text" });
const tenant = (name: string, conditions: readonly object[], metadata: object = {}) => ({
  apiVersion: "socle.dev/v1alpha1",
  kind: "Tenant",
  metadata: { name, ...metadata },
  spec: { displayName: "Ministère" },
  status: { conditions },
});
const region = (spec: object = {}) => ({
  apiVersion: "socle.dev/v1alpha1",
  kind: "SovereignRegion",
  metadata: { name: "paris" },
  spec: { ingress: {}, storage: {}, keycloak: { mode: "External" }, ...spec },
});

describe("socle_condition", () => {
  it("tells Ready of each object, and another condition only once it was looked at and while it is not True", () => {
    const seen = held([
      tenant("fine", [condition("Ready", "True"), condition("IsolationReady", "True")]),
      tenant("odd", [condition("Ready", "Unknown"), condition("ModulesReady", "False")]),
      tenant("new", [{ ...condition("IsolationReady", "Unknown"), reason: "NotObserved" }]),
    ]);
    expect(of("condition", seen)).toEqual([
      { kind: "Tenant", tenant: "fine", name: "fine", type: "Ready", value: 1 },
      { kind: "Tenant", tenant: "odd", name: "odd", type: "Ready", value: -1 },
      { kind: "Tenant", tenant: "odd", name: "odd", type: "ModulesReady", value: 0 },
    ]);
  });

  it("tells nothing of what is being deleted: a notice of weeks is no outage", () => {
    const seen = held([tenant("going", [condition("Ready", "False")], { deletionTimestamp: "2026-06-14T08:00:00Z" })]);
    expect(of("condition", seen)).toEqual([]);
  });

  it("makes no more series than objects times types, and of nothing that people write", () => {
    const hostile = fc.string({ minLength: 1, maxLength: 40, unit: "binary" });
    const types = conditionTypes.Tenant;
    const most = 1 + types.feeding.length + types.shown.length;
    const statuses = fc.constantFrom("True", "False", "Unknown", "x");
    fc.assert(
      fc.property(fc.array(fc.tuple(hostile, statuses), { maxLength: 60 }), hostile, (conditions, text) => {
        const told = conditions.map(([type, status]) => ({
          type: `marked${type}`,
          status,
          reason: text,
          message: text,
        }));
        const known = types.feeding.map((type) => condition(type, "False"));
        const seen = held([tenant("minagri", [...told, ...known, condition("Ready", "False")])]);
        const series = readings(seen).filter(({ metric }) => metric === "condition");
        expect(series.length).toBeLessThanOrEqual(most);
        expect(JSON.stringify(series)).not.toContain("marked");
      }),
    );
  });
});

describe("the ends of what has an end", () => {
  const exception = (name: string, spec: object) => ({
    apiVersion: "socle.dev/v1alpha1",
    kind: "PolicyException",
    metadata: { name, namespace: "t-minagri" },
    spec: { requestedBy: "alice", approvedBy: "sam", expiresAt: "2026-06-20T08:00:00Z", ...spec },
  });

  it("are told of exceptions that are in force", () => {
    const seen = held([
      exception("in-force", {}),
      exception("not-approved", { approvedBy: undefined }),
      exception("over", { expiresAt: "2026-06-15T07:59:59Z" }),
    ]);
    const value = Date.parse("2026-06-20T08:00:00Z") / 1_000;
    expect(of("exceptionEnds", seen)).toEqual([{ tenant: "minagri", name: "in-force", value }]);
  });

  it("are told of the certificate of a region's hosts, and not of something that is none", async () => {
    const { certificate } = await selfSigned({ names: ["suite.example"], days: 30, now });
    const secret = (text: string) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "tls", namespace: "socle-system" },
      data: { "tls.crt": Buffer.from(text).toString("base64") },
    });
    const served = region({ ingress: { tlsSecretRef: { name: "tls" } } });
    const end = (now + 30 * 86_400_000) / 1_000;
    expect(of("certificateEnds", held([served, secret(certificate)]))).toEqual([
      { region: "paris", use: "public", value: end },
    ]);
    expect(of("certificateEnds", held([served, secret("none")]))).toEqual([]);
  });
});

describe("evidence", () => {
  it("is told of regions that are there: whether they have a store, and how the last try went", () => {
    const evidenceKept = new Map([
      ["paris", false],
      ["gone", false],
    ]);
    const seen = held([region({ storage: { objectStore: {} } })], { evidenceKept });
    expect(of("evidenceStore", seen)).toEqual([{ region: "paris", value: 1 }]);
    expect(of("evidenceKept", seen)).toEqual([{ region: "paris", value: 0 }]);
    expect(of("evidenceStore", held([region()]))).toEqual([{ region: "paris", value: 0 }]);
    expect(of("evidenceKept", held([region()]))).toEqual([]);
  });
});

describe("watches", () => {
  it("tell of a kind that is watched in two places the one that has been quiet longest", () => {
    const watch = (name: string): Watched => ({ name, cache: new LocalCache(), source: {} as Watched["source"] });
    const heard = new Map([
      [watch("Secret"), now - 9_000],
      [watch("Secret"), now - 400_000],
    ]);
    expect(of("watchHeard", held([], { heard }))).toEqual([{ kind: "Secret", value: (now - 400_000) / 1_000 }]);
  });
});
