import { describe, expect, test } from "vitest";
import { names } from "../../crds/group.ts";
import type { Manifest } from "../manifest.ts";
import { namespaceName, places } from "../names.ts";
import { mirrorManifest, tenantManifests, type TenantIsolationInput } from "./tenant-manifests.ts";

const input: TenantIsolationInput = {
  name: "minagri",
  legalIdentifier: "SIREN:110070018",
  tier: "Standard",
  administrators: [
    { kind: "Group", name: "minagri-admins", role: "TenantAdmin" },
    { kind: "User", name: "break-glass@agri.gouv.example", role: "TenantAdmin" },
    { kind: "Group", name: "minagri-audit", role: "Auditor" },
  ],
  dataClasses: ["Personal", "Internal"],
  egressCIDRs: [],
  ingressFrom: { namespaceLabels: { "kubernetes.io/metadata.name": "edge" }, podLabels: { app: "edge" } },
  operatorNamespace: "socle-system",
  operatorSubject: { kind: "ServiceAccount", name: "socle", namespace: "socle-system" },
  modules: ["Synapse", "PostgreSQL"],
  office: false,
};

interface Peer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly podSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: number; readonly protocol: string }[];
}
interface PolicySpec {
  readonly podSelector: object;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

const all = (from: TenantIsolationInput): Manifest[] => {
  const { namespaces, isolation } = tenantManifests(from);
  return [...namespaces, ...isolation];
};
const ofKind = (kind: string, from = input) => all(from).filter((manifest) => manifest.kind === kind);
const specOf = (manifest: Manifest) => manifest["spec"] as PolicySpec;
/** `namespace/name` of every policy that opens something. */
const opened = (from = input) =>
  ofKind("NetworkPolicy", from)
    .filter((policy) => [...(specOf(policy).ingress ?? []), ...(specOf(policy).egress ?? [])].length > 0)
    .map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`)
    .toSorted();
const policy = (address: string, from = input): PolicySpec => {
  const found = ofKind("NetworkPolicy", from).find(
    ({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}` === address,
  );
  expect(found, address).toBeDefined();
  return specOf(found!);
};
const hard = (namespace: string, from = input) => {
  const quota = ofKind("ResourceQuota", from).find((manifest) => manifest.metadata.namespace === namespace);
  return (quota?.["spec"] as { hard: Record<string, string> }).hard;
};

describe("namespaces", () => {
  test("a tenant has a home, a place for applications and a place for data, all of the restricted profile", () => {
    const { namespaces } = tenantManifests(input);
    expect(namespaces.map((namespace) => namespace.metadata.name)).toEqual([
      "t-minagri",
      "t-minagri-apps",
      "t-minagri-data",
    ]);
    for (const { metadata } of namespaces) {
      for (const mode of ["enforce", "audit", "warn"]) {
        expect(metadata.labels).toMatchObject({
          [`pod-security.kubernetes.io/${mode}`]: "restricted",
          [`pod-security.kubernetes.io/${mode}-version`]: "v1.34",
        });
      }
      expect(metadata.labels?.[names.protectLabel]).toBe("true");
      expect(metadata.annotations?.[names.legalIdentifier]).toBe("SIREN:110070018");
    }
    expect(namespaces.map(({ metadata }) => metadata.labels?.[names.placeLabel])).toEqual(["home", "apps", "data"]);
  });

  test("an online office has a place of its own, the only one that is not restricted, and that is told of", () => {
    const found = tenantManifests({ ...input, office: true }).namespaces.slice(3);
    expect(found.map(({ metadata }) => metadata.name)).toEqual(["t-minagri-office"]);
    expect(found[0]?.metadata.labels).toMatchObject({
      "pod-security.kubernetes.io/enforce": "baseline",
      "pod-security.kubernetes.io/audit": "restricted",
      "pod-security.kubernetes.io/warn": "restricted",
      [names.placeLabel]: "office",
      [names.protectLabel]: "true",
    });
  });

  test("an online office changes nothing of the other places", () => {
    const rest = all({ ...input, office: true }).filter(
      ({ metadata }) => !JSON.stringify(metadata).includes("-office"),
    );
    expect(rest).toEqual(all(input));
  });

  test("only the home namespace lists the modules, in an order of its own", () => {
    const { namespaces } = tenantManifests(input);
    expect(namespaces.map(({ metadata }) => metadata.annotations?.[names.modules])).toEqual([
      "PostgreSQL,Synapse",
      undefined,
      undefined,
    ]);
  });

  test("the label names the data class that needs most protection", () => {
    const classes = (dataClasses: TenantIsolationInput["dataClasses"]) =>
      tenantManifests({ ...input, dataClasses }).namespaces[0]?.metadata.labels?.[names.dataClassLabel];
    expect(classes(["Personal", "Internal"])).toBe("Personal");
    expect(classes(["Health", "Internal", "Sensitive"])).toBe("Health");
  });

  test("wave and ring become labels, and are absent when the tenant is in no wave", () => {
    const labelled = tenantManifests({ ...input, rollout: { cohort: "pilot", ring: 0 } }).namespaces[0]?.metadata
      .labels;
    expect(labelled).toMatchObject({ [names.cohortLabel]: "pilot", [names.ringLabel]: "0" });
    expect(Object.keys(tenantManifests(input).namespaces[0]?.metadata.labels ?? {})).not.toContain(names.cohortLabel);
  });
});

describe("every object", () => {
  test("carries the labels by which it is found and pruned", () => {
    for (const { kind, metadata } of [...all(input), mirrorManifest({ tenant: "minagri", data: {} })]) {
      expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({
        "app.kubernetes.io/name": "tenant",
        "app.kubernetes.io/instance": "minagri",
        "app.kubernetes.io/part-of": "socle",
        "app.kubernetes.io/managed-by": "socle",
        "socle.dev/tenant": "minagri",
      });
      expect(metadata.labels?.["app.kubernetes.io/component"]).toMatch(/^[a-z]+$/);
    }
  });

  test("lies in a namespace of the tenant", () => {
    const own = new Set(places.map((place) => namespaceName("minagri", place)));
    for (const { kind, metadata } of tenantManifests(input).isolation) {
      expect(own.has(metadata.namespace ?? ""), `${kind} ${metadata.name}`).toBe(true);
    }
  });
});

describe("network", () => {
  test.each(["t-minagri", "t-minagri-apps", "t-minagri-data"])(
    "%s denies everything by default, both ways",
    (namespace) => {
      const spec = policy(`${namespace}/default-deny`);
      expect(spec).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    },
  );

  test("a tenant that declares nothing gets names, its own databases, the ingress controller and the operator's probes", () => {
    expect(opened()).toEqual([
      "t-minagri-apps/allow-databases",
      "t-minagri-apps/allow-dns",
      "t-minagri-apps/allow-ingress-controller",
      "t-minagri-apps/allow-operator-probes",
      "t-minagri-data/allow-applications",
      "t-minagri-data/allow-dns",
    ]);
  });

  test("an online office is reached by the ingress controller and the operator, reaches names, and nothing else", () => {
    const added = opened({ ...input, office: true }).filter((address) => address.includes("-office/"));
    expect(added).toEqual([
      "t-minagri-office/allow-dns",
      "t-minagri-office/allow-ingress-controller",
      "t-minagri-office/allow-operator-probes",
    ]);
    expect(policy("t-minagri-office/default-deny", { ...input, office: true })).toEqual({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
  });

  test("no rule is without peers, which would admit everybody", () => {
    const wide = { ...input, egressCIDRs: ["192.0.2.0/24"], postgresql: { cidrs: ["198.51.100.0/28"], port: 6432 } };
    for (const candidate of [
      input,
      wide,
      { ...input, ingressFrom: { cidrs: [] }, postgresql: { cidrs: [], port: 5432 } },
    ]) {
      for (const manifest of ofKind("NetworkPolicy", candidate)) {
        const { ingress = [], egress = [] } = specOf(manifest);
        for (const rule of ingress) expect(rule.from?.length, manifest.metadata.name).toBeGreaterThan(0);
        for (const rule of egress) expect(rule.to?.length, manifest.metadata.name).toBeGreaterThan(0);
      }
    }
  });

  test("databases are reached from the same tenant's applications, on the port of PostgreSQL, and from nowhere else", () => {
    const ports = [{ port: 5432, protocol: "TCP" }];
    const apps = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "t-minagri-apps" } } };
    const data = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "t-minagri-data" } } };
    expect(policy("t-minagri-data/allow-applications").ingress).toEqual([{ from: [apps], ports }]);
    expect(policy("t-minagri-apps/allow-databases").egress).toEqual([{ to: [data], ports }]);
  });

  test("names are resolved by the cluster's own DNS only", () => {
    const [rule] = policy("t-minagri-data/allow-dns").egress ?? [];
    expect(rule?.to).toEqual([
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
        podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
      },
    ]);
    expect(rule?.ports?.map(({ port, protocol }) => `${protocol} ${port}`).toSorted()).toEqual(["TCP 53", "UDP 53"]);
  });

  test("the ingress controller is chosen by its namespace and its pods together", () => {
    expect(policy("t-minagri-apps/allow-ingress-controller").ingress).toEqual([
      {
        from: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "edge" } },
            podSelector: { matchLabels: { app: "edge" } },
          },
        ],
        ports: [{ port: "http", protocol: "TCP" }],
      },
    ]);
  });

  test("the operator comes to the ports that it asks, and to no other", () => {
    expect(policy("t-minagri-apps/allow-operator-probes").ingress).toMatchObject([
      {
        ports: [
          { port: "http", protocol: "TCP" },
          { port: "bosh", protocol: "TCP" },
        ],
      },
    ]);
  });

  test("labels of pods without a namespace open nothing, because they would select the tenant's own pods", () => {
    const from = { ...input, ingressFrom: { podLabels: { app: "edge" }, cidrs: ["203.0.113.0/24"] } };
    expect(policy("t-minagri-apps/allow-ingress-controller", from).ingress).toEqual([
      { from: [{ ipBlock: { cidr: "203.0.113.0/24" } }], ports: [{ port: "http", protocol: "TCP" }] },
    ]);
    expect(opened({ ...input, ingressFrom: { podLabels: { app: "edge" } } })).not.toContain(
      "t-minagri-apps/allow-ingress-controller",
    );
  });

  test("the region's database server is reached on its port only", () => {
    const from = { ...input, postgresql: { cidrs: ["198.51.100.0/28"], port: 6432 } };
    expect(policy("t-minagri-apps/allow-region-database", from).egress).toEqual([
      { to: [{ ipBlock: { cidr: "198.51.100.0/28" } }], ports: [{ port: 6432, protocol: "TCP" }] },
    ]);
  });

  test("declared addresses are open to applications, never to databases", () => {
    const from = { ...input, egressCIDRs: ["192.0.2.0/24", "2001:db8::/32"] };
    const added = opened(from).filter((address) => !opened().includes(address));
    expect(added).toEqual(["t-minagri-apps/allow-declared-egress"]);
    expect(policy("t-minagri-apps/allow-declared-egress", from).egress).toEqual([
      { to: [{ ipBlock: { cidr: "192.0.2.0/24" } }, { ipBlock: { cidr: "2001:db8::/32" } }] },
    ]);
  });

  test.each([
    ["0.0.0.0/0", ["169.254.0.0/16"]],
    ["169.0.0.0/8", ["169.254.0.0/16"]],
    ["::/0", ["fe80::/10"]],
    ["10.0.0.0/8", undefined],
    ["169.254.0.0/16", undefined],
    ["fd00::/8", undefined],
  ])("the declared range %s leaves out the link-local addresses that it contains: %j", (cidr, except) => {
    const [rule] = policy("t-minagri-apps/allow-declared-egress", { ...input, egressCIDRs: [cidr] }).egress ?? [];
    expect(rule?.to?.[0]?.ipBlock).toEqual(except === undefined ? { cidr } : { cidr, except });
  });
});

describe("rights", () => {
  const bindings = (from = input) =>
    ofKind("RoleBinding", from).map((manifest) => ({
      namespace: manifest.metadata.namespace,
      role: (manifest["roleRef"] as { name: string }).name,
      subjects: (manifest["subjects"] as { kind: string; name: string }[]).map(({ kind, name }) => `${kind} ${name}`),
    }));

  test("people have rights in the home namespace only, each role with its own subjects", () => {
    const people = bindings().filter(({ role }) => role !== names.operatorInTenantRole);
    expect(people).toEqual([
      {
        namespace: "t-minagri",
        role: names.tenantAdminRole,
        subjects: ["Group minagri-admins", "User break-glass@agri.gouv.example"],
      },
      { namespace: "t-minagri", role: names.auditorRole, subjects: ["Group minagri-audit"] },
    ]);
  });

  test("the operator is bound in every namespace, as a service account or as a user", () => {
    const operators = (from: TenantIsolationInput) =>
      bindings(from).filter(({ role }) => role === names.operatorInTenantRole);
    expect(operators(input).map(({ namespace }) => namespace)).toEqual([
      "t-minagri",
      "t-minagri-apps",
      "t-minagri-data",
    ]);
    expect(operators({ ...input, operatorSubject: { kind: "User", name: "socle-dev" } })[0]?.subjects).toEqual([
      "User socle-dev",
    ]);
  });
});

describe("capacity", () => {
  test("nothing can run in the home namespace", () => {
    expect(hard("t-minagri")).toMatchObject({ pods: "0", services: "0", persistentvolumeclaims: "0" });
  });

  test("a greater tier never holds less of anything", () => {
    const tiers = ["Pilot", "Standard", "Large", "Dedicated"] as const;
    const factors: Record<string, number> = { "": 1, Gi: 1, Ti: 1024 };
    const amount = (text: string) => Number.parseInt(text, 10) * (factors[text.replace(/^[0-9]+/, "")] ?? Number.NaN);
    for (const namespace of ["t-minagri-apps", "t-minagri-data"]) {
      for (const [index, tier] of tiers.slice(1).entries()) {
        const smaller = hard(namespace, { ...input, tier: tiers[index]! });
        for (const [resource, text] of Object.entries(hard(namespace, { ...input, tier }))) {
          expect(amount(text), `${tier} ${namespace} ${resource}`).toBeGreaterThanOrEqual(amount(smaller[resource]!));
        }
      }
    }
  });

  test("an online office keeps nothing: it has pods, bounded, and no volumes", () => {
    expect(hard("t-minagri-office", { ...input, office: true })).toMatchObject({
      pods: "24",
      persistentvolumeclaims: "0",
      "requests.storage": "0",
      "services.loadbalancers": "0",
    });
  });

  test("no tenant publishes a service past the ingress controller", () => {
    expect(hard("t-minagri-apps")).toMatchObject({ "services.loadbalancers": "0", "services.nodeports": "0" });
  });

  test.each([
    ["LoadBalancer", "32", "32"],
    ["NodePort", "0", "32"],
  ] as const)(
    "videobridges may be published as %s, one Service each, where applications run alone",
    (media, balancers, ports) => {
      const quota = { "services.loadbalancers": balancers, "services.nodeports": ports };
      expect(hard("t-minagri-apps", { ...input, media })).toMatchObject(quota);
      expect(hard("t-minagri-data", { ...input, media })).toMatchObject({
        "services.loadbalancers": "0",
        "services.nodeports": "0",
      });
    },
  );

  test("containers that state no memory get some where containers run", () => {
    const limits = ofKind("LimitRange").map(({ metadata }) => metadata.namespace);
    expect(limits).toEqual(["t-minagri-apps", "t-minagri-data"]);
  });
});

test("the mirror lies in the home namespace and holds exactly the given data", () => {
  const mirror = mirrorManifest({ tenant: "minagri", data: { domain: "agri.suite.example" } });
  expect(mirror).toMatchObject({ kind: "ConfigMap", metadata: { name: "socle-tenant", namespace: "t-minagri" } });
  expect(mirror["data"]).toEqual({ domain: "agri.suite.example" });
});
