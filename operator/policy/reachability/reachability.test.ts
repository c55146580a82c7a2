import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { connectivityLines } from "./connectivity.ts";
import { Reachability, reaches } from "./reachability.ts";
import { readWorld } from "./read-world.ts";

const worldOf = (text: string): ReturnType<typeof readWorld>["world"] => {
  const { world, problems } = readWorld(
    parseAllDocuments(text).map((document) => ({ place: "file", object: document.toJS() as unknown })),
  );
  expect(problems).toEqual([]);
  return world;
};

const pod = (place: string, ports = ""): string => {
  const [namespace, name] = place.split("/");
  const metadata = `{ namespace: ${namespace ?? ""}, name: ${name ?? ""}, labels: { app: ${name ?? ""} } }`;
  return `{ apiVersion: v1, kind: Pod, metadata: ${metadata}, spec: { containers: [{ ports: [${ports}] }] } }`;
};
const policy = (namespace: string, name: string, spec: string): string =>
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { namespace: ${namespace}, name: ${name} }, spec: ${spec} }`;

/** Two pods in one namespace, one in another, and these policies; the lines between pods, without the namespaces' and kinds' names. */
const between = (...policies: readonly string[]): string[] => {
  const pods = [
    pod("one/a", "{ name: web, containerPort: 8080 }"),
    pod("one/b", "{ name: web, containerPort: 9090 }"),
    pod("two/c"),
  ];
  return connectivityLines(reaches(worldOf([...pods, ...policies].join("\n---\n"))))
    .filter((line) => !/\/0|\/8/.test(line))
    .map((line) => line.replaceAll(/(?:one|two)\/Pod\//g, ""));
};

const everyPair = ["a => b", "a => c", "b => a", "b => c", "c => a", "c => b"];
const allPortsOf = (...pairs: readonly string[]): string[] => pairs.map((pair) => `${pair} : all ports`);

describe("pods", () => {
  it.each([
    { world: "no policy: everybody reaches everybody", policies: [], lines: allPortsOf(...everyPair) },
    {
      world: "deny all of a namespace: the others still talk among themselves, which are none here",
      policies: [policy("one", "deny", "{ podSelector: {}, policyTypes: [Ingress, Egress] }")],
      lines: [],
    },
    {
      world: "a policy without policyTypes and egress rules isolates ingress alone",
      policies: [policy("one", "deny", "{ podSelector: {} }")],
      lines: allPortsOf("a => c", "b => c"),
    },
    {
      world: "a policy without policyTypes and with an egress rule isolates both directions",
      policies: [policy("one", "p", "{ podSelector: {}, egress: [{}] }")],
      lines: allPortsOf("a => c", "b => c"),
    },
    {
      world: "a policy without policyTypes and with an empty list of egress rules isolates ingress alone",
      policies: [policy("one", "p", "{ podSelector: {}, ingress: [{}], egress: [] }")],
      lines: allPortsOf(...everyPair),
    },
    {
      world: "ingress rules of a policy that means Egress alone say nothing",
      policies: [policy("one", "p", "{ podSelector: {}, policyTypes: [Egress], ingress: [{}] }")],
      lines: allPortsOf("c => a", "c => b"),
    },
    {
      world: "egress only: who is let out has to be let in by the other end too",
      policies: [
        policy("one", "out", "{ podSelector: { matchLabels: { app: a } }, policyTypes: [Egress], egress: [{}] }"),
        policy("two", "in", "{ podSelector: {}, policyTypes: [Ingress] }"),
      ],
      lines: allPortsOf("a => b", "b => a", "c => a", "c => b"),
    },
    {
      world: "an empty rule lets everybody in, an empty list of rules nobody",
      policies: [
        policy("one", "a", "{ podSelector: { matchLabels: { app: a } }, ingress: [{}] }"),
        policy("one", "b", "{ podSelector: { matchLabels: { app: b } }, ingress: [] }"),
      ],
      lines: allPortsOf("a => c", "b => a", "b => c", "c => a"),
    },
    {
      world: "an empty list of peers or ports is as none: everybody, every port",
      policies: [policy("one", "a", "{ podSelector: {}, ingress: [{ from: [], ports: [] }] }")],
      lines: allPortsOf(...everyPair),
    },
    {
      world: "policies add up, and none takes back what another opens",
      policies: [
        policy("one", "deny", "{ podSelector: {} }"),
        policy("one", "web", "{ podSelector: { matchLabels: { app: a } }, ingress: [{ ports: [{ port: 80 }] }] }"),
        policy(
          "one",
          "more",
          "{ podSelector: {}, ingress: [{ ports: [{ port: 81, endPort: 89 }, { protocol: UDP }] }] }",
        ),
      ],
      lines: [
        ...["a => b : TCP 81-89; UDP 1-65535", "a => c : all ports", "b => a : TCP 80-89; UDP 1-65535"],
        ...["b => c : all ports", "c => a : TCP 80-89; UDP 1-65535", "c => b : TCP 81-89; UDP 1-65535"],
      ],
    },
    {
      world: "a port by its name is another number on each pod that has it, and none on one that has not",
      policies: [
        policy("two", "out", "{ podSelector: {}, policyTypes: [Egress], egress: [{ ports: [{ port: web }] }] }"),
      ],
      lines: ["a => b : all ports", "a => c : all ports", "b => a : all ports", "b => c : all ports"].concat([
        "c => a : TCP 8080",
        "c => b : TCP 9090",
      ]),
    },
    {
      world: "a port by its name is one of its protocol",
      policies: [policy("one", "in", "{ podSelector: {}, ingress: [{ ports: [{ port: web, protocol: UDP }] }] }")],
      lines: allPortsOf("a => c", "b => c"),
    },
    {
      world: "pods alone are those of the policy's own namespace",
      policies: [policy("one", "in", "{ podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] }")],
      lines: allPortsOf("a => b", "a => c", "b => a", "b => c"),
    },
    {
      world: "a namespace and pods in one peer: pods of these labels in that namespace",
      policies: [
        policy(
          "one",
          "in",
          "{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: two } }, podSelector: { matchLabels: { app: a } } }] }] }",
        ),
      ],
      lines: allPortsOf("a => c", "b => c"),
    },
    {
      world: "a namespace and pods in two peers: either",
      policies: [
        policy(
          "one",
          "in",
          "{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: two } } }, { podSelector: { matchLabels: { app: a } } }] }] }",
        ),
      ],
      lines: allPortsOf("a => b", "a => c", "b => c", "c => a", "c => b"),
    },
    {
      world: "an empty namespaceSelector: pods of every namespace, and no address",
      policies: [policy("one", "in", "{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }] }] }")],
      lines: allPortsOf(...everyPair),
    },
    {
      world: "an ipBlock opens no way between pods, whose addresses no manifest says",
      policies: [policy("one", "in", "{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }] }")],
      lines: allPortsOf("a => c", "b => c"),
    },
  ])("$world", ({ policies, lines }) => {
    expect(between(...policies)).toEqual(lines);
  });
});

describe("addresses outside", () => {
  const outside = (spec: string): string[] =>
    connectivityLines(
      reaches(worldOf(`${pod("one/a", "{ name: web, containerPort: 8080 }")}\n---\n${policy("one", "p", spec)}`)),
    );

  it("are told as the policies write them, with the ports of all rules that name them", () => {
    const block = "{ ipBlock: { cidr: 10.0.0.0/8, except: [10.2.0.0/16, 10.1.0.0/16] } }";
    expect(
      outside(
        `{ podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ from: [${block}], ports: [{ port: web }] }], egress: [{ to: [${block}], ports: [{ port: 443 }] }, { to: [${block}], ports: [{ port: 53, protocol: UDP }, { port: web }] }] }`,
      ),
    ).toEqual([
      "one/Pod/a => 10.0.0.0/8 except 10.1.0.0/16,10.2.0.0/16 : TCP 443; UDP 53",
      "10.0.0.0/8 except 10.1.0.0/16,10.2.0.0/16 => one/Pod/a : TCP 8080",
    ]);
  });

  it("are all of both families where nothing isolates a pod, or a rule names nobody", () => {
    expect(outside("{ podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] }")).toEqual([
      "one/Pod/a => 0.0.0.0/0 : all ports",
      "one/Pod/a => ::/0 : all ports",
      "0.0.0.0/0 => one/Pod/a : TCP 80",
      "::/0 => one/Pod/a : TCP 80",
    ]);
  });
});

describe("workloads", () => {
  it("of one template are a class, and each has its lines, one with itself too", () => {
    const deployment = (name: string): string =>
      `{ apiVersion: apps/v1, kind: Deployment, metadata: { name: ${name} }, spec: { template: { metadata: { labels: { app: x } }, spec: { containers: [{ name: x }] } } } }`;
    const allowed = policy(
      "default",
      "p",
      "{ podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ from: [{ podSelector: {} }] }], egress: [{ to: [{ podSelector: {} }] }] }",
    );
    const world = worldOf([deployment("a"), deployment("b"), allowed].join("\n---\n"));
    expect([...reaches(world)]).toHaveLength(1);
    expect(connectivityLines(reaches(world))).toEqual(
      allPortsOf(
        "default/Deployment/a => default/Deployment/a",
        "default/Deployment/a => default/Deployment/b",
        "default/Deployment/b => default/Deployment/a",
        "default/Deployment/b => default/Deployment/b",
      ),
    );
  });
});

describe("many namespaces", () => {
  const count = 80;
  const names = Array.from({ length: count }, (_, index) => `n${index}`);
  const open = "matchExpressions: [{ key: kubernetes.io/metadata.name, operator: NotIn, values: [n0] }]";
  const world = (ingress: string, egress: string) =>
    worldOf(
      names
        .flatMap((name) => [
          pod(`${name}/a`),
          policy(name, "in", `{ podSelector: {}, policyTypes: [Ingress], ingress: [${ingress}] }`),
          policy(name, "out", `{ podSelector: {}, policyTypes: [Egress], egress: [${egress}] }`),
        ])
        .join("\n---\n"),
    );
  const own = "{ from: [{ podSelector: {} }] }";
  const groups = new Map(names.map((name) => [name, name]));

  it.each([
    {
      ends: "both name all but one",
      ingress: `{ from: [{ namespaceSelector: { ${open} } }] }`,
      egress: `{ to: [{ namespaceSelector: { ${open} } }] }`,
      flows: (count - 1) * (count - 2),
    },
    {
      ends: "who calls names all but one",
      ingress: "{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: n7 } } }] }",
      egress: `{ to: [{ namespaceSelector: { ${open} } }] }`,
      flows: count - 2,
    },
    {
      ends: "who is called names all but one",
      ingress: `{ from: [{ namespaceSelector: { ${open} } }] }`,
      egress: "{ to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: n7 } } }] }",
      flows: count - 2,
    },
    {
      ends: "who is called names its own",
      ingress: own,
      egress: `{ to: [{ namespaceSelector: { ${open} } }] }`,
      flows: 0,
    },
  ])("have the same flows from whichever end they are looked for: $ends", ({ ingress, egress, flows }) => {
    const reachability = new Reachability(world(ingress, egress));
    expect([...reachability.crossings(groups)]).toHaveLength(flows);
  });
});
