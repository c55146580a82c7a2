import { describe, expect, it } from "vitest";
import type { Manifest } from "../../constructs/manifest.ts";
import { apiVersion } from "../../crds/group.ts";
import { catalogue } from "./catalogue/catalogue.ts";
import { evaluate } from "./evaluate.ts";
import { Evaluations } from "./evaluations.ts";

const day = "2026-06-15T12:00:00Z";
const service = (namespace: string, module?: string): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: "chat",
    namespace,
    labels: { "socle.dev/tenant": "meteo", ...(module === undefined ? {} : { "socle.dev/module": module }) },
  },
  spec: { type: "NodePort" },
});
const chat = service("t-meteo-apps", "Synapse");

const approved = {
  check: "13-06",
  target: { module: "Synapse" },
  justification: "The old phones of the mountain stations need the port until they are replaced.",
  compensatingMeasures: ["The port is open to their addresses alone."],
  risk: "Low",
  requestedBy: "alex",
  approvedBy: "camille",
  expiresAt: "2026-07-01T00:00:00Z",
};
const exception = (spec: object = {}, namespace = "t-meteo"): Manifest => ({
  apiVersion,
  kind: "PolicyException",
  metadata: { name: "old-phones", namespace },
  spec: { ...approved, ...spec },
});
const resultOf = (objects: readonly Manifest[], check = "13-06", now = day) =>
  evaluate(catalogue, objects, now).results.find((one) => one.check === check && one.object.name === "chat");

describe("an exception", () => {
  it("makes a skip of what fails, which names it and still tells what is wrong", () => {
    expect(resultOf([chat])).toMatchObject({ result: "fail" });
    expect(resultOf([chat, exception()])).toMatchObject({
      result: "skip",
      excusedBy: "old-phones",
      problems: [{ field: "spec.type" }],
    });
  });

  it.each([
    ["is not approved", { approvedBy: undefined }],
    ["was approved by who asked", { approvedBy: "alex" }],
    ["ends this moment", { expiresAt: day }],
    ["has an end that is no time", { expiresAt: "soon" }],
    ["is about another check", { check: "13-07" }],
    ["is about another module", { target: { module: "Jitsi" } }],
    ["is about another kind", { target: { module: "Synapse", kind: "Ingress" } }],
    ["is about another name", { target: { module: "Synapse", kind: "Service", name: "mail" } }],
    ["names no target", { target: undefined }],
  ])("that %s excuses nothing", (_that, spec) => {
    expect(resultOf([chat, exception(spec)])).toMatchObject({ result: "fail" });
  });

  it("excuses the one object that it names", () => {
    const target = { module: "Synapse", kind: "Service", name: "chat" };
    expect(resultOf([chat, exception({ target })])).toMatchObject({ result: "skip" });
  });

  it.each(["t-minagri", "t-meteo-apps", "socle-system", "default"])(
    "in %s excuses nothing of a tenant",
    (namespace) => {
      expect(resultOf([chat, exception({}, namespace)])).toMatchObject({ result: "fail" });
    },
  );

  it.each([
    ["lies with another tenant", service("t-minagri-apps", "Synapse")],
    ["belongs to no module", service("t-meteo-apps")],
  ])("does not excuse what %s", (_that, object) => {
    expect(resultOf([object, exception()])).toMatchObject({ result: "fail" });
  });

  it("excuses no check that the catalogue does not let it", () => {
    const open = catalogue.filter(({ id }) => id === "13-06").map((check) => ({ ...check, excusable: false }));
    expect(evaluate(open, [chat, exception()], day).results).toMatchObject([{ result: "fail" }]);
  });

  it("does not make an error a skip: what could not be judged may be anything", () => {
    const odd = { ...chat, spec: { type: 7 } };
    expect(resultOf([odd, exception()])).toMatchObject({ result: "error" });
  });

  it("ends by the clock alone, and when it is withdrawn", () => {
    const evaluations = new Evaluations(catalogue.filter(({ id }) => id === "13-06"));
    const said = (now: string) => evaluations.evaluated(now).results.map(({ result }) => result);
    evaluations.put(chat);
    evaluations.put(exception());
    expect(said("2026-06-30T23:59:59Z")).toEqual(["skip"]);
    expect(said("2026-07-01T00:00:00Z")).toEqual(["fail"]);
    expect(said(day)).toEqual(["skip"]);
    evaluations.remove({ apiVersion, kind: "PolicyException", namespace: "t-meteo", name: "old-phones" });
    expect(said(day)).toEqual(["fail"]);
  });
});

describe("the object of a result", () => {
  it("carries the uid of a live object, and none of one from a file", () => {
    const live = { ...chat, metadata: { ...chat.metadata, uid: "1-2-3" } } as Manifest;
    expect(resultOf([live])?.object.uid).toBe("1-2-3");
    expect(resultOf([chat])?.object).not.toHaveProperty("uid");
  });
});
