import { describe, expect, it } from "vitest";
import { labels } from "../labels.ts";
import type { Manifest } from "../manifest.ts";
import { clusterManifests } from "./cloudnative-pg.ts";
import type { PostgresClusterInput } from "./cluster-input.ts";

const input: PostgresClusterInput = {
  namespace: "t-minagri-data",
  name: "postgresql",
  labels: labels({ tenant: "minagri", component: "database", module: "PostgreSQL" }),
  image: "registry.example/postgresql:18.6",
  instances: 2,
  storageClass: "encrypted",
  storage: "10Gi",
  resources: { cpu: "250m", memoryMi: 1024 },
  zones: false,
  database: "minagri",
  connectionLimit: 50,
  marker: "made for minagri",
  credentialsSecret: "postgresql-credentials",
  certificateSecret: "postgresql-certificate",
  operatorNamespace: "socle-system",
  apiServers: [
    { address: "10.0.0.1", port: 6443 },
    { address: "fd00::1", port: 6443 },
  ],
};

const all = (over: Partial<PostgresClusterInput> = {}): Manifest[] => clusterManifests({ ...input, ...over });
const one = (kind: string, over?: Partial<PostgresClusterInput>): Manifest =>
  all(over).find((manifest) => manifest.kind === kind) as Manifest;
const spec = (kind: string, over?: Partial<PostgresClusterInput>): Record<string, unknown> =>
  one(kind, over)["spec"] as Record<string, unknown>;
const policy = (name: string): Record<string, unknown> =>
  all().find(({ metadata }) => metadata.name === `postgresql-${name}`)?.["spec"] as Record<string, unknown>;

describe("a PostgreSQL Cluster", () => {
  it("opens its doors first, and declares the role before the database that it owns", () => {
    expect(all().map(({ kind }) => kind)).toEqual([
      ...Array<string>(4).fill("NetworkPolicy"),
      "Cluster",
      "DatabaseRole",
      "Database",
    ]);
  });

  it("has no superuser that could log in, and a role that owns one database and may do nothing else", () => {
    expect(spec("Cluster")["enableSuperuserAccess"]).toBe(false);
    expect(spec("DatabaseRole")).toMatchObject({
      name: "minagri",
      login: true,
      superuser: false,
      createdb: false,
      createrole: false,
      replication: false,
      bypassrls: false,
      connectionLimit: 50,
      passwordSecret: { name: "postgresql-credentials" },
    });
  });

  it("keeps role and database when only their objects are deleted", () => {
    expect(spec("DatabaseRole")["databaseRoleReclaimPolicy"]).toBe("retain");
    expect(spec("Database")["databaseReclaimPolicy"]).toBe("retain");
  });

  it("makes the database in UTF8 with C collation, and closes it to other roles", () => {
    expect(spec("Cluster")["bootstrap"]).toMatchObject({
      initdb: {
        database: "minagri",
        owner: "minagri",
        encoding: "UTF8",
        localeCollate: "C",
        localeCType: "C",
        postInitApplicationSQL: ['REVOKE CONNECT, TEMPORARY ON DATABASE "minagri" FROM PUBLIC'],
      },
    });
  });

  it("quotes what it writes into SQL", () => {
    const sql = JSON.stringify(spec("Cluster", { database: 'a" FROM x; --' })["bootstrap"]);
    expect(sql).toContain(JSON.stringify('"a"" FROM x; --"').slice(1, -1));
  });

  it("takes no login without TLS", () => {
    expect(spec("Cluster")["postgresql"]).toMatchObject({
      pg_hba: ["hostssl all all all scram-sha-256", "hostnossl all all all reject"],
    });
  });

  it.each<[number, unknown]>([
    [1, undefined],
    [2, { method: "any", number: 1, dataDurability: "preferred" }],
    [3, { method: "any", number: 1, dataDurability: "required" }],
  ])("with %i instances waits for a second one before it answers a commit, where there is one", (instances, wanted) => {
    const { synchronous } = spec("Cluster", { instances })["postgresql"] as { readonly synchronous?: unknown };
    expect(synchronous).toEqual(wanted);
    expect(spec("Cluster", { instances })["enablePDB"]).toBe(instances > 1);
  });

  it("protects what holds data, and does not hand that label to volumes that CloudNativePG replaces", () => {
    const isProtected = ({ metadata }: Manifest): boolean => metadata.labels?.["socle.dev/protect"] === "true";
    expect(
      all()
        .filter(isProtected)
        .map(({ kind }) => kind),
    ).toEqual(["Cluster", "Database"]);
    expect(spec("Cluster")["inheritedMetadata"]).toEqual({
      labels: {
        "app.kubernetes.io/part-of": "socle",
        "socle.dev/tenant": "minagri",
        "socle.dev/module": "PostgreSQL",
      },
    });
  });
});

describe("the doors of a PostgreSQL Cluster", () => {
  it("let Socle's operator in to the database, and to nothing else", () => {
    expect(policy("allow-operator")["ingress"]).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "socle-system" } } }],
        ports: [{ port: 5432, protocol: "TCP" }],
      },
    ]);
  });

  it("let CloudNativePG's operator in by the name of its namespace, which no pod can borrow", () => {
    expect(policy("allow-cloudnative-pg")["ingress"]).toMatchObject([
      {
        from: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "cnpg-system" } },
            podSelector: { matchLabels: { "app.kubernetes.io/name": "cloudnative-pg" } },
          },
        ],
        ports: [{ port: 5432 }, { port: 8000 }],
      },
    ]);
  });

  it("let instances reach each other and the API server, and no other address", () => {
    expect(policy("allow-instances")).toMatchObject({ policyTypes: ["Ingress", "Egress"] });
    expect(policy("allow-api-server")["egress"]).toEqual([
      { to: [{ ipBlock: { cidr: "10.0.0.1/32" } }], ports: [{ port: 6443, protocol: "TCP" }] },
      { to: [{ ipBlock: { cidr: "fd00::1/128" } }], ports: [{ port: 6443, protocol: "TCP" }] },
    ]);
  });

  it("stay shut where no address of the API server is known: a rule without peers would open all", () => {
    const names = all({ apiServers: [] }).map(({ metadata }) => metadata.name);
    expect(names).not.toContain("postgresql-allow-api-server");
  });
});
