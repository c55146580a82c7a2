import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { catalogue } from "./catalogue/catalogue.ts";
import type { Check } from "./check.ts";
import { evaluate } from "./evaluate.ts";
import { Evaluations } from "./evaluations.ts";

const day = "2026-06-15T12:00:00Z";
const service = (name: string, type: string): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "t-meteo-apps", labels: { "socle.dev/tenant": "meteo" } },
  spec: { type },
});
const resultsOf = (evaluations: Evaluations, check: string): readonly string[] =>
  evaluations
    .evaluated(day)
    .results.filter((one) => one.check === check)
    .map(({ object, result }) => `${object.name} ${result}`);

/** A check that counts how often it judges, and perhaps asks for the day. */
function counting(kind: string, asksForTheDay: boolean): { readonly check: Check; readonly calls: () => number } {
  let calls = 0;
  const check: Check = {
    id: "1-01",
    version: 1,
    requirement: "1.1.a",
    title: { en: "", fr: "" },
    severity: "low",
    mode: "automated",
    layer: "tenant",
    mappings: {},
    excusable: true,
    evaluation: {
      status: "implemented",
      subjects: [
        {
          apiVersion: "v1",
          kind,
          scope: "tenant",
          fields: [{ path: "spec.type", whenAbsent: "error", violations: [] }],
        },
      ],
      judge: (_, surroundings) => {
        calls += 1;
        const asked = asksForTheDay ? surroundings.now : day;
        return asked === "" ? [{ field: "", observed: "", message: "There is no day." }] : [];
      },
    },
  };
  return { check, calls: () => calls };
}

describe("checks over objects that change", () => {
  it("say what they would say of the same objects at once", () => {
    const evaluations = new Evaluations(catalogue);
    const objects = [service("a", "ClusterIP"), service("b", "NodePort")];
    evaluations.put(service("b", "ClusterIP"));
    evaluations.evaluated(day);
    for (const object of objects) evaluations.put(object);
    const ordered = (told: ReturnType<typeof evaluate>) => ({
      results: told.results.toSorted((x, y) =>
        `${x.check} ${x.object.name}` < `${y.check} ${y.object.name}` ? -1 : 1,
      ),
      notEvaluated: told.notEvaluated,
    });
    expect(ordered(evaluations.evaluated(day))).toEqual(ordered(evaluate(catalogue, objects, day)));
  });

  it("follow an object that changes, comes and goes", () => {
    const evaluations = new Evaluations(catalogue);
    evaluations.put(service("a", "NodePort"));
    expect(resultsOf(evaluations, "13-06")).toEqual(["a fail"]);
    evaluations.put(service("a", "ClusterIP"));
    evaluations.put(service("b", "LoadBalancer"));
    expect(resultsOf(evaluations, "13-06")).toEqual(["a pass", "b fail"]);
    evaluations.remove({ apiVersion: "v1", kind: "Service", namespace: "t-meteo-apps", name: "b" });
    expect(resultsOf(evaluations, "13-06")).toEqual(["a pass"]);
    evaluations.remove({ apiVersion: "v1", kind: "Service", namespace: "t-meteo-apps", name: "a" });
    expect(resultsOf(evaluations, "13-06")).toEqual([]);
  });

  it("ask again those alone that read the kind of what changed", () => {
    const { check, calls } = counting("Service", false);
    const evaluations = new Evaluations([check]);
    evaluations.put(service("a", "ClusterIP"));
    evaluations.evaluated(day);
    evaluations.put({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "t-meteo-apps" } });
    evaluations.remove({ apiVersion: "v1", kind: "Service", namespace: "t-meteo-apps", name: "never there" });
    evaluations.evaluated(day);
    expect(calls()).toBe(1);
    evaluations.put(service("a", "NodePort"));
    evaluations.evaluated(day);
    expect(calls()).toBe(2);
  });

  it("do not ask again for what no check reads, such as a heartbeat in a status", () => {
    const { check, calls } = counting("Service", false);
    const evaluations = new Evaluations([check]);
    evaluations.put(service("a", "ClusterIP"));
    evaluations.evaluated(day);
    expect(evaluations.put({ ...service("a", "ClusterIP"), status: { heartbeat: 2 } })).toBe(false);
    evaluations.evaluated(day);
    expect(calls()).toBe(1);
  });

  it("lose nothing that changes while they are asked", () => {
    const { check } = counting("Service", false);
    const evaluations = new Evaluations([check, { ...check, id: "1-02" }]);
    evaluations.put(service("a", "ClusterIP"));
    const asking = evaluations.asking(day);
    asking.next();
    evaluations.put(service("b", "ClusterIP"));
    while (asking.next().done !== true);
    expect(resultsOf(evaluations, "1-01")).toEqual(["a pass", "b pass"]);
    expect(resultsOf(evaluations, "1-02")).toEqual(["a pass", "b pass"]);
  });

  it("ask those again that look at the clock", () => {
    const { check, calls } = counting("Service", true);
    const evaluations = new Evaluations([check]);
    evaluations.put(service("a", "ClusterIP"));
    evaluations.evaluated(day);
    evaluations.evaluated("2026-06-16T12:00:00Z");
    expect(calls()).toBe(2);
  });
});

describe("the digest of a result", () => {
  const digestOf = (object: Manifest): string | undefined =>
    evaluate(catalogue, [object], day).results.find(({ check }) => check === "13-06")?.digest;

  it("is the same whatever else of the object changes", () => {
    const { metadata, ...rest } = service("a", "ClusterIP");
    expect(digestOf({ ...rest, metadata: { ...metadata, annotations: { heartbeat: "2" } } })).toBe(
      digestOf(service("a", "ClusterIP")),
    );
  });

  it("is another where a field that the check reads changes", () => {
    expect(digestOf(service("a", "ExternalName"))).not.toBe(digestOf(service("a", "ClusterIP")));
  });
});
