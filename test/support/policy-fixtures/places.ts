import type { Manifest } from "../../../constructs/manifest.ts";
import { apiVersion, factsApiVersion, names } from "../../../crds/group.ts";
import type { Fixtures } from "./fixture.ts";

const zoneLabel = "topology.kubernetes.io/zone";
const labels = { [names.tenantLabel]: "meteo", [names.moduleLabel]: "Nextcloud" };

export const region = (spec: object = {}): Manifest => ({
  apiVersion,
  kind: "SovereignRegion",
  metadata: { name: "cloudgouv" },
  spec: {
    country: "FR",
    zones: ["eu-west-2a", "eu-west-2b"],
    provider: { regionCode: "eu-west-2" },
    keycloak: { url: "https://login.suite.example" },
    storage: { objectStore: { url: "https://objects.suite.example" } },
    postgresql: { server: { host: "db.suite.example" } },
    openXchange: { url: "https://appsuite.suite.example/webservices" },
    ...spec,
  },
});
export const tenant = (countries?: readonly string[]): Manifest => ({
  apiVersion,
  kind: "Tenant",
  metadata: { name: "meteo" },
  spec: { regionRef: { name: "cloudgouv" }, ...(countries === undefined ? {} : { compliance: { countries } }) },
});
export const attestation = (check: string, spec: object = {}): Manifest => ({
  apiVersion,
  kind: "Attestation",
  metadata: { name: `location-${check}` },
  spec: {
    check,
    subject: { kind: "SovereignRegion", name: "cloudgouv" },
    statement: "The contract names the places, and I have read it.",
    evidence: { uri: "urn:example:places:1", sha256: "a".repeat(64) },
    attestedBy: "camille",
    validFrom: "2026-01-01T00:00:00Z",
    expiresAt: "2026-12-31T00:00:00Z",
    ...spec,
  },
});

export const claim = (spec: object, more: object = {}): Manifest => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "files", namespace: "t-meteo-apps", labels, ...more },
  spec,
});
export const cluster: Manifest = {
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  metadata: { name: "postgresql", namespace: "t-meteo-data", labels },
  spec: { storage: { storageClass: "zonal" } },
};
export const module = (...external: readonly object[]): Manifest => ({
  apiVersion,
  kind: "ModuleDeployment",
  metadata: { name: "nextcloud", namespace: "t-meteo" },
  spec: { tenantRef: { name: "meteo" }, module: "Nextcloud" },
  status: { external },
});
const external = (kind: string, server: string): object => ({ kind, name: "meteo", server });

const inZones = (key: string, values: readonly string[]) => ({
  matchExpressions: [
    { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
    { key, operator: "In", values },
  ],
});
export const volume = (...nodeSelectorTerms: readonly object[]): Manifest => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "pv-1" },
  spec: { nodeAffinity: { required: { nodeSelectorTerms } } },
});
export const zonal: Manifest = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "zonal" },
  allowedTopologies: [{ matchLabelExpressions: [{ key: zoneLabel, values: ["eu-west-2a", "eu-west-2b"] }] }],
};
export const node = (zone: string, code = "eu-west-2"): Manifest => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "worker-1", labels: { [zoneLabel]: zone, "topology.kubernetes.io/region": code } },
});
const unlabelled: Manifest = { apiVersion: "v1", kind: "Node", metadata: { name: "worker-1" } };

const clusterID = "0f3c1f6e-8d35-4a5e-9d3f-1f1f2a2b3c4d";
/** A region of NumSpot, whose services are asked at its own hosts. */
export const numSpotRegion = (api = "https://api.eu-west-2.numspot.com"): Manifest =>
  region({
    provider: { regionCode: "eu-west-2", clusterID, apiURL: api },
    storage: { objectStore: { url: "https://objectstorage.eu-west-2.numspot.com/spaces/a" } },
  });
export const told: Manifest = {
  apiVersion: factsApiVersion,
  kind: "NumSpotFacts",
  metadata: { name: "cloudgouv" },
  facts: { clusters: [{ id: clusterID }], buckets: ["meteo"] },
};
export const bucket = external("Bucket", "objectstorage.eu-west-2.numspot.com");
const ofProvider = module(bucket, external("Database", "postgresql-rw.t-meteo-data.svc:5432"));

const bound = { volumeName: "pv-1", storageClassName: "plain" };
export const inZone = volume(inZones(zoneLabel, ["eu-west-2a"]));
const local = volume(inZones("kubernetes.io/hostname", ["worker-1"]));
const elsewhere = volume(inZones("topology.bsu.csi.outscale.com/zone", ["eu-west-2a", "eu-west-9a"]));
const home = [tenant(), region()];
const databaseVolume = claim(bound, { namespace: "t-meteo-data", name: "postgresql-1" });
const everywhere = module(
  external("Database", "postgresql-rw.t-meteo-data.svc:5432"),
  external("Realm", "login.suite.example"),
  external("Bucket", "objects.suite.example"),
  external("Database", "db.suite.example:5432"),
  external("Context", "appsuite.suite.example"),
);
const attested = [...home, attestation("19-05")];

export const places: Fixtures = {
  "19-05": [
    {
      subject: claim(bound),
      related: [inZone],
      beside: home,
      rows: [
        {
          that: "lies in another zone of the region",
          subject: claim(bound),
          related: [volume(inZones(zoneLabel, ["eu-west-2b"]))],
          result: "pass",
        },
        { that: "may lie in a zone of nobody too", subject: claim(bound), related: [elsewhere], result: "fail" },
        {
          that: "may lie anywhere by one of its terms",
          subject: claim(bound),
          related: [volume(inZones(zoneLabel, ["eu-west-2a"]), inZones("disk", ["fast"]))],
          result: "fail",
        },
        { that: "has a volume that names no zone", subject: claim(bound), related: [volume()], result: "fail" },
        {
          that: "is of a tenant that is not here",
          subject: claim(bound, { labels: { [names.tenantLabel]: "gone" } }),
          related: [inZone],
          result: "error",
        },
      ],
    },
    {
      subject: claim(bound, { name: "local" }),
      related: [local, node("eu-west-2a")],
      beside: home,
      rows: [
        { that: "lies on a node without labels", subject: claim(bound), related: [local, unlabelled], result: "fail" },
      ],
    },
    {
      subject: claim({ storageClassName: "zonal" }, { name: "unbound" }),
      related: [zonal],
      beside: home,
      rows: [
        { that: "has no class", subject: claim({}), result: "fail" },
        { that: "somebody answers for", subject: claim({}), related: [attestation("19-05")], result: "pass" },
        {
          that: "somebody answers for by another check",
          subject: claim({}),
          related: [attestation("19-07")],
          result: "fail",
        },
        {
          that: "somebody answers for in another region",
          subject: claim({}),
          related: [attestation("19-05", { subject: { kind: "SovereignRegion", name: "north" } })],
          result: "fail",
        },
      ],
    },
    {
      subject: cluster,
      related: [zonal],
      beside: home,
      rows: [
        {
          that: "has volumes, which are judged instead",
          subject: { ...cluster, spec: { storage: {} } },
          related: [claim(bound, { namespace: "t-meteo-data", name: "postgresql-1" })],
          result: "pass",
        },
      ],
    },
    {
      subject: everywhere,
      related: [...attested, inZone],
      beside: [databaseVolume],
      rows: [
        { that: "keeps nothing outside", subject: module(), result: "pass" },
        { that: "nobody answers for", subject: everywhere, related: [...home, inZone], result: "fail" },
        {
          that: "somebody answered for until today",
          subject: everywhere,
          related: [...home, inZone, attestation("19-05", { expiresAt: "2026-06-15T12:00:00Z" })],
          result: "fail",
        },
        {
          that: "keeps a bucket on a server of nobody",
          subject: module(external("Bucket", "objects.elsewhere.example")),
          related: attested,
          result: "error",
        },
        {
          that: "keeps something of a kind that is not known",
          subject: module(external("Tape", "objects.suite.example")),
          related: attested,
          result: "error",
        },
        {
          that: "has a database in the cluster whose volume lies in no zone of the region",
          subject: module(external("Database", "postgresql-rw.t-meteo-data.svc:5432")),
          related: [...attested, elsewhere],
          result: "fail",
        },
        {
          that: "has a database in the cluster whose volume names no zone",
          subject: module(external("Database", "postgresql-rw.t-meteo-data.svc:5432")),
          related: home,
          result: "fail",
        },
        {
          that: "is of a tenant of another country",
          subject: everywhere,
          related: [tenant(["DE", "BE"]), region(), inZone, attestation("19-05")],
          result: "fail",
        },
      ],
    },
    {
      subject: { ...ofProvider, metadata: { ...ofProvider.metadata, name: "openproject" } },
      related: [told],
      beside: [tenant(), numSpotRegion()],
      rows: [
        {
          that: "has a bucket that the provider does not list",
          subject: ofProvider,
          related: [{ ...told, facts: { clusters: [{ id: clusterID }], buckets: [] } }],
          result: "fail",
        },
        {
          that: "is told of by hosts of another region",
          subject: module(external("Database", "postgresql-rw.t-meteo-data.svc:5432")),
          related: [tenant(), numSpotRegion("https://api.cloudgouv-eu-west-1.numspot.com"), told],
          result: "fail",
        },
        { that: "is told of by nobody", subject: ofProvider, related: [], result: "fail" },
      ],
    },
  ],
  "19-07": [
    {
      subject: node("eu-west-2a"),
      related: [region()],
      rows: [
        { that: "lies in another zone of the region", subject: node("eu-west-2b"), result: "pass" },
        { that: "only begins like a zone of it", subject: node("eu-west-2ab"), result: "fail" },
        { that: "has a zone of that name elsewhere", subject: node("eu-west-2a", "eu-west-1"), result: "fail" },
        { that: "has no labels", subject: unlabelled, result: "fail" },
        {
          that: "has no labels, and somebody answers for the region",
          subject: unlabelled,
          related: [region(), attestation("19-07")],
          result: "pass",
        },
        {
          that: "has no labels, and somebody answers for another region",
          subject: unlabelled,
          related: [region(), attestation("19-07", { subject: { kind: "SovereignRegion", name: "north" } })],
          result: "fail",
        },
        {
          that: "has another zone, whoever answers for the region",
          subject: node("eu-west-9a"),
          related: [region(), attestation("19-07")],
          result: "fail",
        },
      ],
    },
    {
      subject: inZone,
      related: [region()],
      rows: [
        {
          that: "lies on a node of the region",
          subject: local,
          related: [region(), node("eu-west-2a")],
          result: "pass",
        },
        { that: "may lie elsewhere too", subject: elsewhere, result: "fail" },
      ],
    },
    {
      subject: volume(),
      related: [attestation("19-07")],
      beside: [region()],
      rows: [
        {
          that: "somebody answers for by another check",
          subject: volume(),
          related: [region(), attestation("19-05")],
          result: "fail",
        },
      ],
    },
  ],
};
