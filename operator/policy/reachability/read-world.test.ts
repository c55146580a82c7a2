import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readWorld } from "./read-world.ts";

const read = (...texts: readonly string[]) =>
  readWorld(texts.map((text, index) => ({ place: `file, document ${index + 1}`, object: parse(text) as unknown })));

const policy = (spec: string): string =>
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { namespace: shop, name: web }, spec: ${spec} }`;
const ingress = (peer: string): string => policy(`{ podSelector: {}, ingress: [{ from: [${peer}] }] }`);
const port = (fields: string): string => policy(`{ podSelector: {}, egress: [{ ports: [${fields}] }] }`);
const rest = "`kubectl explain networkpolicy` says what it takes.";

describe("a NetworkPolicy that the API server would refuse, or read otherwise than it is meant,", () => {
  it.each([
    [policy("{ podSelektor: {} }"), "spec.podSelektor is no field of this kind; remove it or mend its name"],
    [
      policy("{ podSelector: { app: web } }"),
      "spec.podSelector.app is no field of this kind; remove it or mend its name",
    ],
    [
      policy("{ podSelector: { matchLabels: { app: 1 } } }"),
      "spec.podSelector.matchLabels.app: the value of a label is text; put it in quotes;",
    ],
    [
      policy("{ podSelector: { matchExpressions: [{ key: app, operator: In, values: [] }] } }"),
      "spec.podSelector.matchExpressions[0].values: In needs values; list one at least;",
    ],
    [
      policy("{ podSelector: { matchExpressions: [{ key: app, operator: Exists, values: [a] }] } }"),
      "spec.podSelector.matchExpressions[0].values: Exists takes no values; remove them;",
    ],
    [policy("{ podSelector: {}, policyTypes: [ingress] }"), "spec.policyTypes[0]: "],
    [policy("{ podSelector: {}, ingress: {} }"), "spec.ingress: "],
    [
      ingress("{}"),
      "spec.ingress[0].from[0]: a peer without anything selects nobody; give it a selector or an ipBlock;",
    ],
    [ingress("null"), "spec.ingress[0].from[0]: "],
    [
      ingress("{ podSelector: {}, ipBlock: { cidr: 10.0.0.0/8 } }"),
      "spec.ingress[0].from[0]: an ipBlock stands alone; put the selectors into a peer of their own;",
    ],
    [ingress("{ ipBlock: { cidr: 10.0.0.0 } }"), "spec.ingress[0].from[0].ipBlock.cidr: this is no range of addresses"],
    [ingress("{ ipBlock: { cidr: 10.0.0.0/33 } }"), "spec.ingress[0].from[0].ipBlock.cidr: this is no range"],
    [ingress('{ ipBlock: { cidr: "fe80::1%eth0/64" } }'), "spec.ingress[0].from[0].ipBlock.cidr: this is no range"],
    [
      ingress("{ ipBlock: { cidr: 10.0.0.0/8, except: [11.0.0.0/16] } }"),
      "spec.ingress[0].from[0].ipBlock.except[0]: 11.0.0.0/16 is no smaller range within 10.0.0.0/8; name one, or remove it;",
    ],
    [ingress("{ ipBlock: { cidr: 10.0.0.0/8, except: [10.0.0.0/8] } }"), "except[0]: 10.0.0.0/8 is no smaller range"],
    [ingress('{ ipBlock: { cidr: 0.0.0.0/0, except: ["2001:db8::/32"] } }'), "except[0]: 2001:db8::/32 is no smaller"],
    [port("{ port: 0 }"), "spec.egress[0].ports[0].port: give a number from 1 to 65535 without quotes"],
    [port('{ port: "80" }'), "spec.egress[0].ports[0].port: give a number from 1 to 65535 without quotes"],
    [port("{ protocol: ICMP }"), "spec.egress[0].ports[0].protocol: "],
    [port("{ port: 80, endPort: 79 }"), "spec.egress[0].ports[0].endPort: the end of a range needs a number in port"],
    [port("{ port: web, endPort: 79 }"), "spec.egress[0].ports[0].endPort: the end of a range needs a number in port"],
    [port("{ endPort: 79 }"), "spec.egress[0].ports[0].endPort: the end of a range needs a number in port"],
  ])("%s is told with its place, field and remedy", (text, told) => {
    const { problems } = read(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("file, document 1: NetworkPolicy shop/web: ");
    expect(problems[0]).toContain(told);
    expect(problems[0]?.endsWith(rest)).toBe(true);
  });

  it("has each of its faults told", () => {
    expect(read(port("{ port: 0, endPort: 1 }, { port: 70000 }")).problems.length).toBeGreaterThan(1);
  });
});

describe("a NetworkPolicy", () => {
  it("reads null where a field may be absent as if it were", () => {
    const nothing = "podSelector: null, policyTypes: null, ingress: [{ from: null, ports: null }], egress: null";
    const { world, problems } = read(policy(`{ ${nothing} }`));
    expect(problems).toEqual([]);
    expect(world.policies).toEqual([{ namespace: "shop", pods: [], ingress: [{}] }]);
  });

  it("without a namespace is one of default, without a spec denies ingress to all", () => {
    const { world, problems } = read(
      "{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: a } }",
    );
    expect(problems).toEqual([]);
    expect(world.policies).toEqual([{ namespace: "default", pods: [], ingress: [] }]);
  });
});

describe("another kind of policy", () => {
  it.each([
    ["cilium.io/v2", "CiliumNetworkPolicy"],
    ["cilium.io/v2", "CiliumClusterwideNetworkPolicy"],
    ["projectcalico.org/v3", "NetworkPolicy"],
    ["projectcalico.org/v3", "GlobalNetworkPolicy"],
    ["crd.projectcalico.org/v1", "NetworkPolicy"],
    ["crd.projectcalico.org/v1", "GlobalNetworkPolicy"],
    ["policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"],
    ["policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy"],
    ["policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"],
    ["crd.antrea.io/v1beta1", "ClusterNetworkPolicy"],
    ["network.openshift.io/v1", "EgressNetworkPolicy"],
    ["k8s.ovn.org/v1", "EgressFirewall"],
    ["k8s.cni.cncf.io/v1beta1", "MultiNetworkPolicy"],
    ["security.istio.io/v1", "AuthorizationPolicy"],
    ["networking.k8s.io/v2", "NetworkPolicy"],
    ["extensions/v1beta1", "NetworkPolicy"],
  ])("%s %s is refused by name", (apiVersion, kind) => {
    const { problems } = read(`{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: { namespace: shop, name: web } }`);
    expect(problems).toEqual([
      `file, document 1: ${kind} shop/web is of ${apiVersion}, which this program cannot evaluate; say it with NetworkPolicies of networking.k8s.io/v1, or leave it out and judge it apart.`,
    ]);
  });

  it("that is of the whole cluster is called by its name alone", () => {
    const kind = "{ apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: { name: web } }";
    expect(read(kind).problems[0]).toContain("GlobalNetworkPolicy web is of projectcalico.org/v3");
  });
});

describe("a workload", () => {
  const template =
    "{ metadata: { labels: { app: web } }, spec: { containers: [{ ports: [{ name: http, containerPort: 80 }] }] } }";
  const object = (type: string, spec: string): string =>
    `{ apiVersion: ${type.slice(0, type.lastIndexOf("/"))}, kind: ${type.slice(type.lastIndexOf("/") + 1)}, metadata: { namespace: shop, name: web }, spec: ${spec} }`;
  const http = [{ name: "http", protocol: "TCP", port: 80 }];

  it.each([
    ["apps/v1/Deployment", `{ template: ${template} }`],
    ["apps/v1/StatefulSet", `{ template: ${template} }`],
    ["apps/v1/DaemonSet", `{ template: ${template} }`],
    ["apps/v1/ReplicaSet", `{ template: ${template} }`],
    ["v1/ReplicationController", `{ template: ${template} }`],
    ["batch/v1/CronJob", `{ jobTemplate: { spec: { template: ${template} } } }`],
    ["argoproj.io/v1alpha1/Rollout", `{ template: ${template} }`],
  ])("%s is known by the labels and named ports of its pods", (type, spec) => {
    const { world, problems } = read(object(type, spec));
    expect(problems).toEqual([]);
    expect(world.workloads).toMatchObject([
      { namespace: "shop", name: "web", labels: new Map([["app", "web"]]), ports: http },
    ]);
  });

  it("of kind Job has the labels by which the API server calls its pods", () => {
    const { world } = read(object("batch/v1/Job", `{ template: ${template} }`));
    expect([...(world.workloads[0]?.labels ?? [])]).toEqual([
      ["app", "web"],
      ["job-name", "web"],
      ["batch.kubernetes.io/job-name", "web"],
    ]);
  });

  it("of CloudNativePG has the labels and ports that its operator gives to instances", () => {
    const labels = "{ inheritedMetadata: { labels: { team: data } } }";
    const { world } = read(object("postgresql.cnpg.io/v1/Cluster", labels));
    expect([...(world.workloads[0]?.labels ?? [])]).toEqual([
      ["team", "data"],
      ["cnpg.io/cluster", "web"],
      ["cnpg.io/podRole", "instance"],
    ]);
    expect(world.workloads[0]?.ports).toContainEqual({ name: "postgresql", protocol: "TCP", port: 5432 });
  });

  it("has the ports of its sidecars too, and not those of containers that end before it starts", () => {
    const containers = (restart: string): string =>
      `{ initContainers: [{ ${restart} ports: [{ name: probe, containerPort: 81 }] }], containers: [{ name: web }] }`;
    expect(read(object("v1/Pod", containers("restartPolicy: Always,"))).world.workloads[0]?.ports).toHaveLength(1);
    expect(read(object("v1/Pod", containers(""))).world.workloads[0]?.ports).toHaveLength(0);
  });

  it("in the network of its node is left out, and said so", () => {
    const { world, leftOut } = read(object("v1/Pod", "{ hostNetwork: true, containers: [{ name: web }] }"));
    expect(world.workloads).toEqual([]);
    expect(leftOut).toEqual(["Pod shop/web is left out: no NetworkPolicy holds in the network of a node."]);
  });

  it.each([
    ["{ template: { spec: {} } }", "spec.template.spec.containers: "],
    ["{}", "spec.template: "],
    [
      "{ template: { metadata: { labels: { app: true } }, spec: { containers: [{}] } } }",
      "spec.template.metadata.labels.app: ",
    ],
    [
      "{ template: { spec: { containers: [{ ports: [{ containerPort: '80' }] }] } } }",
      "containers[0].ports[0].containerPort: ",
    ],
  ])("that cannot be read is told with its field: %s", (spec, told) => {
    const { problems } = read(object("apps/v1/Deployment", spec));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`file, document 1: Deployment shop/web: spec.template`);
    expect(problems[0]).toContain(told);
  });
});

describe("the objects of files", () => {
  it("are told where they are none, or the same twice", () => {
    expect(read("hello", "{ kind: Pod }").problems).toEqual([
      "file, document 1: this is no Kubernetes object; give it apiVersion, kind and metadata.name.",
      "file, document 2: this is no Kubernetes object; give it apiVersion, kind and metadata.name.",
    ]);
    expect(read(policy("{}"), policy("{}")).problems).toEqual([
      "file, document 2: NetworkPolicy shop/web is in file, document 1 too; keep one of them.",
    ]);
  });

  it("name namespaces by the label that nobody else can set, whether they are in the files or not", () => {
    const label = "kubernetes.io/metadata.name";
    const { world } = read(
      `{ apiVersion: v1, kind: Namespace, metadata: { name: lab, labels: { team: a, ${label}: other } } }`,
      policy("{}"),
    );
    expect(world.namespaces).toEqual(
      new Map([
        [
          "lab",
          new Map([
            ["team", "a"],
            [label, "lab"],
          ]),
        ],
        ["shop", new Map([[label, "shop"]])],
      ]),
    );
  });

  it("of other kinds decide nothing", () => {
    const { world, problems } = read("{ apiVersion: v1, kind: Service, metadata: { name: web } }");
    expect(problems).toEqual([]);
    expect(world.workloads).toEqual([]);
  });
});
