import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import { builtinResourceTypes } from "../../operator/kube/builtin-resource-types.ts";
import { HttpKubeApi } from "../../operator/kube/http-kube-api.ts";
import type { KubeApi, KubeObject, ListOptions, ResourceType } from "../../operator/kube/kube-api.ts";
import { kubeConnection } from "../../operator/kube/kubeconfig.ts";
import { FieldConflictError, OperatorError } from "../../operator/runtime/errors.ts";
import { Transport } from "../../operator/runtime/transport.ts";
import { InMemoryKubeApi } from "../support/in-memory-kube-api.ts";
import { eventually, kubectl, testCluster, uniqueName } from "../support/test-cluster.ts";

const apiVersion = "contract.example/v1";
const widgetType: ResourceType = { apiVersion, kind: "Widget", plural: "widgets", namespaced: true };
const hold = "contract.example/hold";

interface Widget extends KubeObject {
  readonly spec: {
    readonly size?: number;
    readonly text?: string;
    readonly settings?: Readonly<Record<string, string>>;
    readonly parts?: readonly { readonly name: string; readonly count?: number }[];
    readonly steps?: readonly string[];
  };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { type: string; status: string }[] };
}

const text = { type: "string" };
const widgetSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        size: { type: "integer", default: 1 },
        text,
        settings: { type: "object", additionalProperties: text },
        parts: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: { type: "object", required: ["name"], properties: { name: text, count: { type: "integer" } } },
        },
        steps: { type: "array", "x-kubernetes-list-type": "atomic", items: text },
      },
    },
    status: {
      type: "object",
      properties: {
        phase: text,
        conditions: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["type"],
          items: { type: "object", required: ["type"], properties: { type: text, status: text } },
        },
      },
    },
  },
};
const widgetDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.contract.example" },
  spec: {
    group: "contract.example",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: widgetSchema },
        subresources: { status: {} },
        selectableFields: [{ jsonPath: ".spec.text" }],
      },
    ],
  },
};

/** What the definition above makes a real server do, for the one in memory. */
function inMemoryServer(): InMemoryKubeApi {
  const known = new Set(Object.keys(widgetSchema.properties.spec.properties));
  return new InMemoryKubeApi({
    types: [widgetType],
    keyedLists: { parts: ["name"] },
    rules: {
      Widget: {
        defaults: (object) => {
          const spec = (object as Widget).spec as Widget["spec"] | undefined;
          return spec === undefined ? object : { ...object, spec: { ...spec, size: spec.size ?? 1 } };
        },
        problems: (object) =>
          Object.keys(object["spec"] ?? {})
            .filter((field) => !known.has(field))
            .map((field) => `unknown field "spec.${field}"`),
      },
    },
  });
}

interface Server {
  readonly api: KubeApi;
  /** The same server, asked in small pages. */
  readonly paged: KubeApi;
  close(): Promise<void>;
}

const open: Readonly<Record<string, () => Promise<Server>>> = {
  "in memory": () => {
    const api = inMemoryServer();
    return Promise.resolve({ api, paged: api, close: () => Promise.resolve() });
  },
  "of Kubernetes": async () => {
    const transport = await connected(testCluster().kubeconfig);
    const types = [...builtinResourceTypes, widgetType];
    return {
      api: new HttpKubeApi(transport, types, Math.random),
      paged: new HttpKubeApi(transport, types, { random: Math.random, pageSize: 2 }),
      close: () => transport.close(),
    };
  },
};

async function connected(kubeconfig: string): Promise<Transport> {
  return new Transport({ ...(await kubeConnection({ kubeconfig, environment: {} })), userAgent: "socle-contract" });
}

/** The kind of error, its reason and its words; a call that succeeds fails the test. */
async function refusal(call: Promise<unknown>): Promise<{ kind: string; reason: string; message: string }> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OperatorError)) throw new Error(`No refusal but ${String(error)}`);
  return { kind: error.name, reason: error.reason, message: error.message };
}

beforeAll(async () => {
  const applied = await kubectl(["apply", "-f", "-"], { input: JSON.stringify(widgetDefinition) });
  if (applied.code !== 0) throw new Error(applied.stderr);
  await eventually(async () => {
    expect((await kubectl(["get", "widgets.contract.example", "-A"])).code).toBe(0);
  });
});

afterAll(async () => {
  await kubectl(["delete", "crd", "widgets.contract.example", "--wait=false"]);
});

describe.each(Object.keys(open))("The API server %s", (name) => {
  let server: Server;
  let api: KubeApi;
  const namespace = uniqueName("contract");
  const namespaceRef = (of: string): ObjectRef => ({ apiVersion: "v1", kind: "Namespace", name: of });

  const makeNamespace = async (of: string): Promise<KubeObject> =>
    await api.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: of } });

  beforeAll(async () => {
    server = await open[name]!();
    api = server.api;
    await makeNamespace(namespace);
    // A namespace can be written to a moment after it was made.
    await eventually(async () => {
      const probe = await api.create(widget(uniqueName("probe"), {}));
      await api.delete(ref(probe.metadata.name), { uid: probe.metadata.uid });
    });
  });
  afterAll(async () => {
    const made = await api.get(namespaceRef(namespace));
    if (made !== undefined) await api.delete(namespaceRef(namespace), { uid: made.metadata.uid });
    await server.close();
  });

  const widget = (of: string, spec: Widget["spec"] | object, metadata: object = {}): Manifest => ({
    apiVersion,
    kind: "Widget",
    metadata: { name: of, namespace, ...metadata },
    spec,
  });
  const ref = (of: string): ObjectRef => ({ apiVersion, kind: "Widget", namespace, name: of });
  const apply = async (of: string, spec: Widget["spec"] | object, manager = "a", force = false): Promise<Widget> =>
    await api.apply<Widget>(widget(of, spec), { fieldManager: manager, force });
  const statusOf = (of: string, status: Widget["status"]): Manifest => ({
    apiVersion,
    kind: "Widget",
    metadata: { name: of, namespace },
    status,
  });
  const seen = async (of: string): Promise<Widget> => {
    const object = await api.get<Widget>(ref(of));
    if (object === undefined) throw new Error(`${of} does not exist.`);
    return object;
  };
  const nameOf = (): string => uniqueName("w");

  describe("get and create", () => {
    it("gets nothing where nothing is", async () => {
      expect(await api.get(ref(nameOf()))).toBeUndefined();
    });

    it("completes what is created with uid, version, time and defaults, and keeps managedFields to itself", async () => {
      const of = nameOf();
      const made = await api.create<Widget>(widget(of, { text: "x" }, { labels: { a: "1" } }));
      expect(made.metadata.uid).not.toBe("");
      expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(made.spec).toEqual({ size: 1, text: "x" });
      expect(Object.keys(made.metadata).sort()).toEqual(
        "creationTimestamp generation labels name namespace resourceVersion uid".split(" "),
      );
      expect(await seen(of)).toEqual(made);
    });

    it("does not create twice", async () => {
      const of = nameOf();
      await api.create(widget(of, {}));
      expect(await refusal(api.create(widget(of, {})))).toMatchObject({ kind: "AlreadyExistsError" });
    });

    it("gives an object that is made again another uid", async () => {
      const of = nameOf();
      const first = await api.create(widget(of, {}));
      await api.delete(ref(of), { uid: first.metadata.uid });
      expect((await api.create(widget(of, {}))).metadata.uid).not.toBe(first.metadata.uid);
    });

    it("ignores a status that comes with a create", async () => {
      const made = await api.create<Widget>({ ...widget(nameOf(), {}), status: { phase: "Done" } });
      expect(made.status).toBeUndefined();
    });

    it("asks for the namespace first", async () => {
      const homeless = { ...widget(nameOf(), {}), metadata: { name: "w", namespace: "no-such-namespace" } };
      for (const call of [() => api.create(homeless), () => api.apply(homeless, { fieldManager: "a" })])
        expect(await refusal(call())).toMatchObject({ kind: "WaitingError", reason: "DependencyMissing" });
    });

    it.each(["create", "apply"])("refuses a field that the schema does not know (%s)", async (verb) => {
      const of = nameOf();
      const wrong = widget(of, { colour: "red" });
      const call = verb === "create" ? api.create(wrong) : api.apply(wrong, { fieldManager: "a" });
      const { kind, reason, message } = await refusal(call);
      expect([kind, reason]).toEqual(["TerminalError", "InvalidSpec"]);
      expect(message).toContain("colour");
      expect(await api.get(ref(of))).toBeUndefined();
    });

    it("answers whether something is allowed, and keeps no record of the question", async () => {
      const review = await api.create({
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        metadata: {},
        spec: { resourceAttributes: { verb: "get", resource: "pods" } },
      } as unknown as Manifest);
      expect(review["status"]).toMatchObject({ allowed: true });
    });
  });

  describe("apply", () => {
    it("makes what is not there, and changes what is", async () => {
      const of = nameOf();
      const made = await apply(of, { text: "x" });
      const changed = await apply(of, { text: "y" });
      expect([made.spec.text, changed.spec.text]).toEqual(["x", "y"]);
      expect(changed.metadata.uid).toBe(made.metadata.uid);
      expect(changed.metadata.resourceVersion).not.toBe(made.metadata.resourceVersion);
      expect(await seen(of)).toEqual(changed);
    });

    it("leaves version and generation alone when nothing changes", async () => {
      const of = nameOf();
      const spec = { text: "x", parts: [{ name: "one", count: 1 }], steps: ["a"], settings: { k: "v" } };
      const made = await apply(of, spec);
      expect(await apply(of, spec)).toEqual(made);
    });

    it("changes nothing in a dry run, and shows what would be", async () => {
      const of = nameOf();
      const made = await apply(of, { text: "x" });
      const shown = await api.apply<Widget>(widget(of, { text: "y" }), { fieldManager: "a", dryRun: true });
      expect(shown.spec.text).toBe("y");
      expect(await seen(of)).toEqual(made);
    });

    it("names field and manager of a conflict, changes nothing, and takes the field by force", async () => {
      const of = nameOf();
      const before = await apply(of, { text: "x", parts: [{ name: "one", count: 1 }] }, "a");
      const wish = { text: "y", parts: [{ name: "one", count: 2 }] };
      const error: unknown = await apply(of, wish, "b").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(FieldConflictError);
      expect([...(error as FieldConflictError).conflicts].sort((x, y) => x.field.localeCompare(y.field))).toEqual([
        { manager: "a", field: '.spec.parts[name="one"].count' },
        { manager: "a", field: ".spec.text" },
      ]);
      expect(await seen(of)).toEqual(before);
      expect((await apply(of, wish, "b", true)).spec).toEqual({ size: 1, ...wish });
      // Now it is b's: the first may no longer change it without a word.
      expect(await refusal(apply(of, { text: "x" }, "a"))).toMatchObject({ kind: "FieldConflictError" });
    });

    it("meets a conflict with what a create or a patch set", async () => {
      const of = nameOf();
      await api.create(widget(of, { text: "x" }));
      const error: unknown = await apply(of, { text: "y" }, "b").catch((thrown: unknown) => thrown);
      expect((error as FieldConflictError).conflicts).toEqual([{ manager: "socle", field: ".spec.text" }]);
    });

    it("shares a field that two managers set alike; it stays until both let it go", async () => {
      const of = nameOf();
      await apply(of, { text: "x" }, "a");
      await apply(of, { text: "x" }, "b");
      expect((await apply(of, {}, "a")).spec).toEqual({ size: 1, text: "x" });
      expect((await apply(of, {}, "b")).spec).toEqual({ size: 1 });
    });

    it("removes what the manager applied before and now leaves out, and nothing of others", async () => {
      const of = nameOf();
      await apply(of, { settings: { a: "1", both: "1" }, parts: [{ name: "one" }, { name: "two" }] }, "a");
      await apply(of, { settings: { b: "1", both: "1" }, parts: [{ name: "three", count: 3 }] }, "b");
      expect((await apply(of, { parts: [{ name: "two" }] }, "a")).spec).toEqual({
        size: 1,
        settings: { b: "1", both: "1" },
        parts: [{ name: "two" }, { name: "three", count: 3 }],
      });
    });

    it("removes labels, annotations and finalizers that are left out", async () => {
      const of = nameOf();
      const full = { labels: { a: "1", b: "2" }, annotations: { n: "1" }, finalizers: [hold] };
      await api.apply(widget(of, {}, full), { fieldManager: "a" });
      const left = await api.apply(widget(of, {}, { labels: { b: "2" } }), { fieldManager: "a" });
      expect(left.metadata.labels).toEqual({ b: "2" });
      expect([left.metadata.annotations, left.metadata.finalizers]).toEqual([undefined, undefined]);
    });

    it("takes an atomic list as a whole", async () => {
      const of = nameOf();
      await apply(of, { steps: ["a", "b"] });
      expect((await apply(of, { steps: ["b", "c"] })).spec.steps).toEqual(["b", "c"]);
      expect(await refusal(apply(of, { steps: ["d"] }, "b"))).toMatchObject({ kind: "FieldConflictError" });
    });

    it("fills in a default where a field was let go", async () => {
      const of = nameOf();
      expect((await apply(of, { text: "x", size: 7 })).spec.size).toBe(7);
      expect((await apply(of, { text: "x" })).spec.size).toBe(1);
    });

    it("counts the generation by spec, not by labels or status", async () => {
      const of = nameOf();
      const generations = [
        (await apply(of, { text: "x" })).metadata.generation,
        (await api.apply(widget(of, { text: "x" }, { labels: { a: "1" } }), { fieldManager: "a" })).metadata.generation,
        (await api.apply(statusOf(of, { phase: "P" }), { fieldManager: "s", subresource: "status" })).metadata
          .generation,
        (await apply(of, { text: "y" })).metadata.generation,
      ];
      expect(generations).toEqual([1, 1, 1, 2]);
    });

    it("is held to the uid and the version that it names", async () => {
      const of = nameOf();
      const { uid, resourceVersion } = (await apply(of, { text: "x" })).metadata;
      const stated = (metadata: object) =>
        api.apply<Widget>(widget(of, { text: "y" }, metadata), { fieldManager: "a", force: true });
      const other = "11111111-1111-4111-8111-111111111111";
      expect(await refusal(stated({ uid: other }))).toMatchObject({ kind: "ConflictError" });
      expect(await refusal(stated({ resourceVersion: "1" }))).toMatchObject({ kind: "ConflictError" });
      expect((await seen(of)).spec.text).toBe("x");
      expect((await stated({ uid, resourceVersion })).spec.text).toBe("y");
      const absent = nameOf();
      const call = api.apply(widget(absent, {}, { uid }), { fieldManager: "a" });
      expect(await refusal(call)).toMatchObject({ kind: "ConflictError" });
      expect(await api.get(ref(absent))).toBeUndefined();
    });

    it("with a version that no object ever has makes what is not there, and takes over nothing that is", async () => {
      const namespace = (name: string, text: string): Manifest =>
        ({
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name, labels: { [hold]: text }, resourceVersion: "1" },
        }) as Manifest;
      const make = (name: string, text: string, fieldManager = "a") =>
        api.apply<KubeObject>(namespace(name, text), { fieldManager, force: true });
      const name = nameOf();
      const rivals = await Promise.allSettled(["b", "c", "d"].map((manager) => make(name, manager, manager)));
      expect(rivals.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const made = await api.get<KubeObject>({ apiVersion: "v1", kind: "Namespace", name });
      expect(await refusal(make(name, "other"))).toMatchObject({ kind: "ConflictError" });
      expect(await refusal(make("default", "other"))).toMatchObject({ kind: "ConflictError" });
      const now = await api.get<KubeObject>({ apiVersion: "v1", kind: "Namespace", name });
      expect(now?.metadata.labels?.[hold]).toBe(made?.metadata.labels?.[hold]);
      await api.delete({ apiVersion: "v1", kind: "Namespace", name }, { uid: made?.metadata.uid ?? "" });
    });
  });

  describe("status", () => {
    const applyStatus = (of: string, status: Widget["status"], more: object = {}): Promise<Widget> =>
      api.apply<Widget>({ ...statusOf(of, status), ...more }, { fieldManager: "s", subresource: "status" });

    it("waits for an object that is not there", async () => {
      const of = nameOf();
      expect(await refusal(applyStatus(of, { phase: "P" }))).toMatchObject({
        kind: "WaitingError",
        reason: "NotObserved",
      });
      expect(await api.get(ref(of))).toBeUndefined();
    });

    it("is changed by a status apply alone, which changes nothing else", async () => {
      const of = nameOf();
      const before = await apply(of, { text: "x" });
      const written = await applyStatus(of, { phase: "P", conditions: [{ type: "Ready", status: "True" }] });
      expect(written.status).toEqual({ phase: "P", conditions: [{ type: "Ready", status: "True" }] });
      expect(written.spec).toEqual(before.spec);
      const after = await api.apply<Widget>(
        { ...widget(of, { text: "y" }), status: { phase: "Q" } },
        { fieldManager: "a" },
      );
      expect([after.spec.text, after.status?.phase]).toEqual(["y", "P"]);
      const again = await applyStatus(of, { phase: "R" }, { spec: { text: "z" } });
      expect([again.spec.text, again.status]).toEqual(["y", { phase: "R" }]);
    });

    it("rests when nothing changes", async () => {
      const of = nameOf();
      await apply(of, {});
      const written = await applyStatus(of, { phase: "P" });
      expect(await applyStatus(of, { phase: "P" })).toEqual(written);
    });

    it("is held to the version that it names, but not to the uid: a newcomer is hit by whoever relies on that", async () => {
      const of = nameOf();
      const made = await apply(of, {});
      const stated = (metadata: object) =>
        applyStatus(of, { phase: "P" }, { metadata: { name: of, namespace, ...metadata } });
      expect(await refusal(stated({ resourceVersion: "1" }))).toMatchObject({ kind: "ConflictError" });
      expect((await seen(of)).status).toBeUndefined();
      const written = await stated({ uid: "11111111-1111-4111-8111-111111111111" });
      expect([written.metadata.uid, written.status]).toEqual([made.metadata.uid, { phase: "P" }]);
    });
  });

  describe("patch", () => {
    it("does nothing where nothing is", async () => {
      expect(await api.patch(ref(nameOf()), [{ op: "add", path: "/spec/text", value: "x" }])).toBeUndefined();
    });

    it("carries out all operations, or none when a test fails or a path is missing", async () => {
      const of = nameOf();
      const before = await apply(of, { text: "x", steps: ["a"] });
      const conflicting = [
        [
          { op: "replace", path: "/spec/text", value: "y" },
          { op: "test", path: "/metadata/uid", value: "other" },
        ],
        [
          { op: "replace", path: "/spec/text", value: "y" },
          { op: "remove", path: "/spec/settings/a" },
        ],
        [{ op: "add", path: "/metadata/labels/a", value: "1" }],
      ] as const;
      for (const operations of conflicting)
        expect(await refusal(api.patch(ref(of), operations))).toMatchObject({ kind: "ConflictError" });
      expect(await seen(of)).toEqual(before);
      const patched = await api.patch<Widget>(ref(of), [
        { op: "test", path: "/metadata/resourceVersion", value: before.metadata.resourceVersion },
        { op: "add", path: "/metadata/labels", value: { "a/b": "1" } },
        { op: "replace", path: "/metadata/labels/a~1b", value: "2" },
        { op: "add", path: "/spec/steps/-", value: "b" },
        { op: "add", path: "/spec/steps/0", value: "0" },
        { op: "remove", path: "/spec/text" },
      ]);
      expect(patched?.metadata.labels).toEqual({ "a/b": "2" });
      expect(patched?.spec).toEqual({ size: 1, steps: ["0", "a", "b"] });
      expect(await seen(of)).toEqual(patched);
    });

    it("refuses what the schema does not know, and changes no status", async () => {
      const of = nameOf();
      await apply(of, {});
      expect(await refusal(api.patch(ref(of), [{ op: "add", path: "/spec/colour", value: "red" }]))).toMatchObject({
        kind: "TerminalError",
        reason: "InvalidSpec",
      });
      await api.patch(ref(of), [{ op: "add", path: "/status", value: { phase: "P" } }]);
      expect((await seen(of)).status).toBeUndefined();
    });
  });

  describe("delete", () => {
    it("says whether there was anything", async () => {
      const of = nameOf();
      const { uid } = (await apply(of, {})).metadata;
      expect(await api.delete(ref(of), { uid })).toBe("deleted");
      expect(await api.get(ref(of))).toBeUndefined();
      expect(await api.delete(ref(of), { uid })).toBe("absent");
    });

    it("never hits a newcomer of that name, nor what changed since it was looked at", async () => {
      const of = nameOf();
      const first = await apply(of, { text: "x" });
      const second = await apply(of, { text: "y" });
      const { uid } = first.metadata;
      const stale = api.delete(ref(of), { uid, resourceVersion: first.metadata.resourceVersion });
      expect(await refusal(stale)).toMatchObject({ kind: "ConflictError" });
      await api.delete(ref(of), { uid, resourceVersion: second.metadata.resourceVersion });
      const newcomer = await apply(of, {});
      expect(await refusal(api.delete(ref(of), { uid }))).toMatchObject({ kind: "ConflictError" });
      expect((await seen(of)).metadata.uid).toBe(newcomer.metadata.uid);
    });

    it("waits for the last finalizer, and lets none be added meanwhile", async () => {
      const of = nameOf();
      const made = await api.create<Widget>(widget(of, { text: "x" }, { finalizers: [hold, `${hold}-too`] }));
      const { uid } = made.metadata;
      expect(made.metadata.generation).toBe(1);
      expect(await api.delete(ref(of), { uid })).toBe("deleted");
      const held = await seen(of);
      expect(held.metadata.deletionTimestamp).toMatch(/Z$/);
      expect(held.metadata.generation).toBe(2);
      expect(await api.delete(ref(of), { uid })).toBe("deleted");
      expect(await seen(of)).toEqual(held);
      const added = api.patch(ref(of), [{ op: "add", path: "/metadata/finalizers/-", value: `${hold}-new` }]);
      expect(await refusal(added)).toMatchObject({ kind: "TerminalError", reason: "InvalidSpec" });
      await api.patch(ref(of), [{ op: "remove", path: "/metadata/finalizers/0" }]);
      expect((await seen(of)).metadata.finalizers).toEqual([`${hold}-too`]);
      expect((await apply(of, { settings: { still: "writable" } })).spec.settings).toEqual({ still: "writable" });
      const last = await api.patch(ref(of), [{ op: "add", path: "/metadata/finalizers", value: [] }]);
      expect(last?.metadata.uid).toBe(uid);
      expect(await api.get(ref(of))).toBeUndefined();
    });

    it("takes along what the object owned", async () => {
      const configMap = (of: string, metadata: object = {}): Manifest => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: of, namespace, ...metadata },
      });
      const [owner, owned] = [await api.create(configMap(nameOf())), nameOf()];
      const { name: ownerName, uid } = owner.metadata;
      const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: ownerName, uid }];
      await api.create(configMap(owned, { ownerReferences }));
      await api.delete({ apiVersion: "v1", kind: "ConfigMap", namespace, name: ownerName }, { uid });
      await eventually(async () => {
        expect(await api.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name: owned })).toBeUndefined();
      });
    });

    it("of a namespace takes its objects along, waits for those that are held, and lets nothing new in", async () => {
      const doomed = uniqueName("doomed");
      const { uid } = (await makeNamespace(doomed)).metadata;
      const inside = (of: string, finalizers: string[]): Manifest => widget(of, {}, { namespace: doomed, finalizers });
      const refInside = (of: string): ObjectRef => ({ ...ref(of), namespace: doomed });
      await eventually(async () => {
        await api.apply(inside("free", []), { fieldManager: "a" });
        await api.apply(inside("held", [hold]), { fieldManager: "a" });
      });
      expect(await api.delete(namespaceRef(doomed), { uid })).toBe("deleted");
      await eventually(async () => {
        expect(await api.get(refInside("free"))).toBeUndefined();
        expect((await api.get(refInside("held")))?.metadata.deletionTimestamp).toBeDefined();
      });
      expect((await api.get(namespaceRef(doomed)))?.metadata.deletionTimestamp).toBeDefined();
      for (const call of [
        () => api.create(inside("new", [])),
        () => api.apply(inside("new", []), { fieldManager: "a" }),
      ])
        expect(await refusal(call())).toMatchObject({ kind: "WaitingError", reason: "Terminating" });
      await api.patch(refInside("held"), [{ op: "remove", path: "/metadata/finalizers" }]);
      await eventually(async () => {
        expect(await api.get(namespaceRef(doomed))).toBeUndefined();
      });
    });
  });

  describe("list", () => {
    it("chooses by namespace, labels and fields", async () => {
      const set = nameOf();
      const [one, two, three] = [nameOf(), nameOf(), nameOf()];
      await api.create(widget(one, { text: "red" }, { labels: { set, tier: "a" } }));
      await api.create(widget(two, { text: "blue" }, { labels: { set, tier: "b" } }));
      await api.create(widget(three, { text: "red" }, { labels: { set } }));
      const rows: [ListOptions, string[]][] = [
        [{ labelSelector: `set=${set}` }, [one, two, three]],
        [{ labelSelector: `set=${set},tier` }, [one, two]],
        [{ labelSelector: `set=${set},!tier` }, [three]],
        [{ labelSelector: `set=${set},tier!=a` }, [two, three]],
        [{ labelSelector: `set=${set},tier in (a,c)` }, [one]],
        [{ labelSelector: `set=${set},tier notin (a)` }, [two, three]],
        [{ labelSelector: `set=${set}`, fieldSelector: "spec.text=red" }, [one, three]],
        [{ labelSelector: `set=${set}`, fieldSelector: `metadata.name!=${one}` }, [two, three]],
        [{ fieldSelector: `metadata.name=${two},metadata.namespace=${namespace}` }, [two]],
        [{ labelSelector: `set=${set}`, namespace }, [one, two, three]],
        [{ labelSelector: `set=${set}`, namespace: "default" }, []],
      ];
      for (const [options, names] of rows) {
        const { items } = await api.list<Widget>(widgetType, options);
        expect([options, items.map((item) => item.metadata.name).sort()]).toEqual([options, names.sort()]);
      }
    });

    it("says of every item what it is, and shows it as get does", async () => {
      const of = nameOf();
      await apply(of, { text: "x" });
      const { items } = await api.list(widgetType, { fieldSelector: `metadata.name=${of}` });
      expect(items).toEqual([await seen(of)]);
    });

    it("reads all pages as one", async () => {
      const set = nameOf();
      const names = Array.from({ length: 5 }, nameOf);
      for (const of of names) await api.create(widget(of, {}, { labels: { set } }));
      const { items } = await server.paged.list(widgetType, { labelSelector: `set=${set}` });
      expect(items.map((item) => item.metadata.name).sort()).toEqual(names.sort());
    });
  });

  describe("watch", () => {
    /** What a watch tells, without bookmarks, until it has told `count` events. */
    const told = async (from: string, options: ListOptions, count: number): Promise<string[]> => {
      const stop = AbortSignal.timeout(20_000);
      const end = new AbortController();
      const events: string[] = [];
      const signal = AbortSignal.any([stop, end.signal]);
      for await (const event of api.watch<Widget>(widgetType, { ...options, resourceVersion: from, signal })) {
        if (event.type === "BOOKMARK") continue;
        const { metadata, spec } = event.object;
        events.push(`${event.type} ${metadata.name} ${spec.text ?? ""}`);
        if (events.length >= count) end.abort();
      }
      return events;
    };
    const now = async (): Promise<string> => (await api.list(widgetType)).resourceVersion;

    it("tells what happened since a version, in order, and what happens next", async () => {
      const of = nameOf();
      const from = await now();
      await apply(of, { text: "1" });
      await apply(of, { text: "2" });
      const events = told(from, { namespace }, 4);
      const { uid } = (await apply(of, { text: "3" })).metadata;
      await api.delete(ref(of), { uid });
      expect(await events).toEqual([`ADDED ${of} 1`, `MODIFIED ${of} 2`, `MODIFIED ${of} 3`, `DELETED ${of} 3`]);
    });

    it("tells with growing versions, those of deletions included", async () => {
      const of = nameOf();
      const from = await now();
      const made = await apply(of, { text: "1" });
      await api.delete(ref(of), { uid: made.metadata.uid });
      const end = new AbortController();
      const versions = [Number(from)];
      for await (const event of api.watch(widgetType, { resourceVersion: from, signal: end.signal })) {
        if (event.type === "BOOKMARK") continue;
        versions.push(Number(event.object.metadata.resourceVersion));
        if (event.type === "DELETED") end.abort();
      }
      expect(versions).toHaveLength(3);
      expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right));
    });

    it("tells that an object came or went when a selector begins or ceases to choose it", async () => {
      const [of, set] = [nameOf(), nameOf()];
      const from = await now();
      const label = (value: string) =>
        api.apply(widget(of, { text: value }, { labels: { set: value } }), { fieldManager: "a" });
      await label("other");
      await label(set);
      await api.patch(ref(of), [{ op: "replace", path: "/spec/text", value: "more" }]);
      await api.patch(ref(of), [{ op: "remove", path: "/metadata/labels/set" }]);
      expect(await told(from, { labelSelector: `set=${set}` }, 3)).toEqual([
        `ADDED ${of} ${set}`,
        `MODIFIED ${of} more`,
        `DELETED ${of} more`,
      ]);
    });

    it("tells of a deletion that waits as a change first", async () => {
      const of = nameOf();
      const made = await api.create<Widget>(widget(of, { text: "x" }, { finalizers: [hold] }));
      const from = made.metadata.resourceVersion;
      await api.delete(ref(of), { uid: made.metadata.uid });
      await api.patch(ref(of), [{ op: "remove", path: "/metadata/finalizers" }]);
      const events = await told(from, { fieldSelector: `metadata.name=${of}` }, 2);
      expect(events).toEqual([`MODIFIED ${of} x`, `DELETED ${of} x`]);
    });

    it("refuses a version that is gone, as expired", async () => {
      const watch = api.watch(widgetType, { resourceVersion: "1", signal: AbortSignal.timeout(20_000) });
      const first = watch[Symbol.asyncIterator]().next();
      expect(await refusal(first)).toMatchObject({ kind: "ExpiredError" });
    });

    it("ends without an error when its signal aborts, before, at once and while it waits", async () => {
      const from = await now();
      const ended = async (signal: AbortSignal): Promise<number> => {
        let events = 0;
        for await (const _event of api.watch(widgetType, { resourceVersion: from, namespace: "default", signal }))
          events += 1;
        return events;
      };
      const soon = new AbortController();
      const waiting = ended(soon.signal);
      soon.abort();
      expect(await Promise.all([ended(AbortSignal.abort()), waiting, ended(AbortSignal.timeout(200))])).toEqual([
        0, 0, 0,
      ]);
    });
  });

  it("takes a kind that is not on the list for a bug of ours, not for an absent object", async () => {
    const unknown = { apiVersion: "v1", kind: "PodTemplate", namespace, name: "x" };
    expect(await refusal(api.get(unknown))).toMatchObject({ kind: "InternalError" });
    expect(await refusal(api.get({ apiVersion, kind: "Widget", name: "x" }))).toMatchObject({ kind: "InternalError" });
  });
});

describe("The API server of Kubernetes alone", () => {
  it("says which right the operator lacks, as something that may pass", async () => {
    const transport = await connected(testCluster().operatorKubeconfig);
    const api = new HttpKubeApi(transport, [...builtinResourceTypes, widgetType], Math.random);
    const { kind, reason, message } = await refusal(api.list(widgetType));
    expect([kind, reason]).toEqual(["TransientError", "PermissionMissing"]);
    expect(message).toContain("widgets.contract.example");
    expect(message).toContain("socle-operator");
    await transport.close();
  });

  it("does not repeat the value of a Secret that it refuses", async () => {
    const transport = await connected(testCluster().kubeconfig);
    const api = new HttpKubeApi(transport, builtinResourceTypes, Math.random);
    const value = "n0t-base64-but-s3cret!";
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "x", namespace: "default" }, data: { value } };
    const calls = [() => api.create(secret), () => api.apply(secret, { fieldManager: "a" })];
    for (const call of calls) expect((await refusal(call())).message).not.toContain("s3cret");
    await transport.close();
  });

  it("ends a watch in its own time without an error", async () => {
    const transport = await connected(testCluster().kubeconfig);
    const api = new HttpKubeApi(transport, builtinResourceTypes, { random: Math.random, watchSeconds: 1 });
    const type = { apiVersion: "v1", kind: "ConfigMap" };
    const { resourceVersion } = await api.list(type, { namespace: "default" });
    const { signal } = new AbortController();
    for await (const event of api.watch(type, { namespace: "default", resourceVersion, signal }))
      expect(event.type).toBe("BOOKMARK");
    expect(signal.aborted).toBe(false);
    await transport.close();
  });
});
