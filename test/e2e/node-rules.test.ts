import { describe, expect, it } from "vitest";
import { type HostFacts, missingOn } from "../node-lane/host.ts";
import { provision, provisioner, type Volume } from "../node-lane/local-volumes.ts";
import { type LabelSelector, type Pod, type Policy, policyRules, selects } from "../node-lane/network-policy.ts";

/** What the node lane decides without a node. */
describe("a host that cannot run a node is told what it lacks", () => {
  const controllers = ["cpu", "cpuset", "memory", "devices", "pids"].map((name) => `${name}\t1\t1\t1`).join("\n");
  const host: HostFacts = { platform: "linux", uid: 0, filesystems: "nodev\ttmpfs\nnodev\toverlay\n", controllers };

  it.each([
    ["another system", { platform: "darwin" }, "It needs Linux, and this is darwin."],
    ["no root", { uid: 1000 }, "It needs root"],
    ["no overlayfs", { filesystems: "\text4\nnodev\toverlayish\n" }, "The kernel lacks overlayfs"],
    ["no pids controller", { controllers: controllers.replace(/pids.*/, "") }, "no cgroup controller pids"],
    [
      "a controller that is off",
      { controllers: controllers.replace(/memory.*/, "memory\t1\t1\t0") },
      "controller memory",
    ],
  ])("%s", (_case, difference, sentence) => {
    expect(missingOn({ ...host, ...difference })).toContain(sentence);
  });

  it.each([
    ["with several hierarchies of control groups", {}],
    ["with one, where devices are not listed", { controllers: controllers.replace(/devices.*\n/, "") }],
  ])("a host that can is told nothing: %s", (_case, difference) => {
    expect(missingOn({ ...host, ...difference })).toBeUndefined();
  });
});

describe("a label selector", () => {
  const expression = (
    key: string,
    operator: "In" | "NotIn" | "Exists" | "DoesNotExist",
    values?: string[],
  ): LabelSelector => ({
    matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }],
  });
  it.each<[string, LabelSelector, boolean]>([
    ["without requirements selects everything", {}, true],
    ["by equal labels", { matchLabels: { app: "web" } }, true],
    ["by other labels", { matchLabels: { app: "db" } }, false],
    ["In with the value", expression("app", "In", ["db", "web"]), true],
    ["In without the label", expression("tier", "In", ["x"]), false],
    ["NotIn without the label", expression("tier", "NotIn", ["x"]), true],
    ["NotIn with the value", expression("app", "NotIn", ["web"]), false],
    ["Exists", expression("app", "Exists"), true],
    ["DoesNotExist", expression("app", "DoesNotExist"), false],
  ])("%s", (_case, selector, expected) => {
    expect(selects(selector, { app: "web" })).toBe(expected);
  });
});

describe("the packet filter of a policy", () => {
  const pod = (name: string, namespace: string, podIP: string, more: Partial<Pod> = {}): Pod => ({
    metadata: { name, namespace, uid: name, resourceVersion: "1", labels: { app: name } },
    spec: { containers: [{ ports: [{ name: "http", containerPort: 8080 }] }] },
    status: { podIP, phase: "Running" },
    ...more,
  });
  const web = pod("web", "a", "10.244.0.2");
  const pods = [
    web,
    pod("near", "a", "10.244.0.3"),
    pod("far", "b", "10.244.0.4"),
    pod("ended", "b", "10.244.0.5", { status: { podIP: "10.244.0.5", phase: "Succeeded" } }),
  ];
  const named = (name: string, labels: Record<string, string>) => ({
    metadata: { name, uid: name, resourceVersion: "1", labels },
  });
  const namespaces = [named("a", { room: "a" }), named("b", { room: "b" })];
  const rulesOf = (spec: Policy["spec"]): string => {
    const metadata = { name: "p", namespace: "a", uid: "p", resourceVersion: "1" };
    return policyRules({
      pods,
      namespaces,
      policies: [{ metadata, spec: { podSelector: { matchLabels: { app: "web" } }, ...spec } }],
    });
  };
  /** What the chain of pod web admits in that direction; undefined when it is not isolated. */
  const admitted = (rules: string, direction: "ingress" | "egress"): string[] | undefined =>
    new RegExp(`chain ${direction}-web \\{\\n([^]*?)counter drop`)
      .exec(rules)?.[1]
      ?.split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");

  it.each<[string, Policy["spec"], string[] | undefined]>([
    ["no rule admits nothing", { policyTypes: ["Ingress"] }, []],
    ["a policy for the other direction does not isolate", { policyTypes: ["Egress"] }, undefined],
    ["an empty rule admits everything", { ingress: [{}] }, ["return"]],
    [
      "pods of the same namespace",
      { ingress: [{ from: [{ podSelector: {} }] }] },
      ["ip saddr 10.244.0.2 return", "ip saddr 10.244.0.3 return"],
    ],
    [
      "pods of another, ended ones left out",
      { ingress: [{ from: [{ namespaceSelector: { matchLabels: { room: "b" } } }] }] },
      ["ip saddr 10.244.0.4 return"],
    ],
    [
      "both selectors together",
      { ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: "far" } } }] }] },
      ["ip saddr 10.244.0.4 return"],
    ],
    [
      "a block with holes",
      { ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }] }] },
      ["ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16 return"],
    ],
    ["a block of IPv6 admits nothing here", { ingress: [{ from: [{ ipBlock: { cidr: "::/0" } }] }] }, []],
    ["a port", { ingress: [{ ports: [{ port: 80 }] }] }, ["tcp dport 80 return"]],
    [
      "a range of another protocol",
      { ingress: [{ ports: [{ protocol: "UDP", port: 5, endPort: 9 }] }] },
      ["udp dport 5-9 return"],
    ],
    ["a protocol without port", { ingress: [{ ports: [{ protocol: "UDP" }] }] }, ["meta l4proto udp return"]],
    [
      "a port by the name that the pod gives it",
      { ingress: [{ ports: [{ port: "http" }] }] },
      ["tcp dport 8080 return"],
    ],
    ["a name that the pod does not have admits nothing", { ingress: [{ ports: [{ port: "metrics" }] }] }, []],
  ])("for what comes in: %s", (_case, spec, expected) => {
    expect(admitted(rulesOf(spec), "ingress")).toEqual(expected);
  });

  it("for what goes out: a named port is that of the pod it goes to", () => {
    const rules = rulesOf({
      policyTypes: ["Egress"],
      egress: [{ to: [{ podSelector: { matchLabels: { app: "near" } } }], ports: [{ port: "http" }] }],
    });
    expect(admitted(rules, "egress")).toEqual(["ip daddr 10.244.0.3 tcp dport 8080 return"]);
    expect(admitted(rules, "ingress")).toBeUndefined();
  });

  it("egress rules alone isolate both ways, as the API says when no type is named", () => {
    const rules = rulesOf({ egress: [{}] });
    expect(admitted(rules, "egress")).toEqual(["return"]);
    expect(admitted(rules, "ingress")).toEqual([]);
  });

  it("sends packets of isolated pods only to chains, those to the node itself by sender only, and of those from it the ingress's", () => {
    const rules = rulesOf({ policyTypes: ["Ingress", "Egress"] });
    const hook = (name: string): string => new RegExp(`chain ${name} \\{[^]*?\\n\\}`).exec(rules)?.[0] ?? "";
    expect(hook("forward")).toContain("ip saddr vmap { 10.244.0.2 : jump egress-web }");
    expect(hook("forward")).toContain("ip daddr vmap { 10.244.0.2 : jump ingress-web }");
    expect(hook("input")).toContain("ip saddr vmap { 10.244.0.2 : jump egress-web }");
    expect(hook("input")).not.toContain("ip daddr");
    expect(hook("output")).toContain("ip saddr 198.18.0.11 ip daddr vmap { 10.244.0.2 : jump ingress-web }");
  });
});

describe("volumes whose claims are gone", () => {
  const volume = (name: string, status: { readonly phase: string }): Volume => ({
    metadata: {
      name: `rule-${name}`,
      uid: name,
      resourceVersion: "1",
      annotations: { "pv.kubernetes.io/provisioned-by": provisioner },
    },
    spec: { persistentVolumeReclaimPolicy: "Delete" },
    status,
  });
  const released = { phase: "Released" };
  const volumes = [volume("a", released), volume("b", released), volume("c", { phase: "Bound" })];

  it("are removed, each, and a removal that was refused is an error, so that it is tried again", async () => {
    const asked: string[] = [];
    const api = {
      call: (method: string, path: string) => {
        asked.push(`${method} ${path}`);
        return Promise.resolve(path.endsWith("rule-a") ? { status: 429, text: "too many" } : { status: 200, text: "" });
      },
    };
    const world = { classes: [], claims: [], volumes };
    await expect(provision(api, world)).rejects.toThrow("rule-a was not removed: too many");
    expect(asked).toEqual(["a", "b"].map((name) => `DELETE /api/v1/persistentvolumes/rule-${name}`));
  });
});
