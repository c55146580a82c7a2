import type { Manifest } from "../../../constructs/manifest.ts";
import { factsApiVersion, names } from "../../../crds/group.ts";
import { soundSpace, type SpaceContent } from "../numspot-worlds.ts";
import type { Fixture, Fixtures } from "./fixture.ts";

const { versions, ...space } = soundSpace;
const [cluster] = space.clusters;
const [database] = space.databases;
const [balancer] = space.loadBalancers;
const [group] = space.securityGroups;
const [tunnel] = space.vpnConnections;
const endsWell = { id: "1", name: "socle", tokenDuration: "PT1H", expirationDate: "2027-06-30T00:00:00Z" };

/** What NumSpot tells of a region where everything is well, with some of it otherwise; undefined: not known. */
function facts(other: Partial<Record<keyof SpaceContent | "kubernetesVersions" | "buckets", unknown>> = {}): Manifest {
  const told = { ...space, accounts: [endsWell], kubernetesVersions: versions, buckets: ["kept-drive"], ...other };
  return { apiVersion: factsApiVersion, kind: "NumSpotFacts", metadata: { name: "north" }, facts: told };
}

const keptNamespace = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "t-kept-apps", labels: { [names.tenantLabel]: "kept", [names.retainedLabel]: "true" } },
};
const meteo = { apiVersion: "socle.dev/v1alpha1", kind: "Tenant", metadata: { name: "meteo" }, spec: {} };
const of = (that: string, result: "pass" | "fail" | "error", other: Parameters<typeof facts>[0]) => ({
  that,
  subject: facts(other),
  result,
});

const visibility = (that: string, result: "pass" | "fail" | "error", databases: unknown) =>
  of(that, result, { databases });
const exposure: Fixture = {
  subject: facts(),
  rows: [
    visibility("has no database of the provider", "pass", []),
    visibility("has one of two in the open", "fail", [database, { ...database, visibility: "EXTERNAL" }]),
    visibility("has one seen in a way that is new", "error", [{ ...database, visibility: "HYBRID" }]),
  ],
};
const listening = (port: number, protocol: string, type?: string) => ({
  loadBalancers: [{ ...balancer, ...(type === undefined ? {} : { type }), listeners: [{ port, protocol }] }],
});
const inbound = (protocol: string, ports: object, ipRanges: readonly string[]) => ({
  securityGroups: [{ ...group, inbound: [{ protocol, ...ports, ipRanges }] }],
});
const outbound = (protocol: string, ports: object, ipRanges: readonly string[]) => ({
  securityGroups: [{ ...group, outbound: [{ protocol, ...ports, ipRanges }] }],
});
const ssh = { fromPort: 22, toPort: 22 };
const https = { fromPort: 443, toPort: 443 };
const agreeing = (phase2: object) => ({ vpnConnections: [{ ...tunnel, phase2: { ...tunnel?.phase2, ...phase2 } }] });
const account = (other: object) => ({ accounts: [endsWell, { ...endsWell, ...other }] });

/** By check; where the check judges objects of the cluster too, beside those. */
const ofNumSpot: Readonly<Record<string, Fixture>> = {
  "5-02": {
    subject: facts(),
    rows: [
      of("has a cluster of a version that is supported and made no more", "fail", { kubernetesVersions: ["1.35"] }),
      of("has a cluster of a version that is new", "error", { clusters: [{ ...cluster, version: "1.99" }] }),
      of("does not know what is offered", "error", { kubernetesVersions: undefined }),
    ],
  },
  "8-01": {
    subject: facts(),
    related: [keptNamespace],
    rows: [
      {
        ...of("has the bucket of a tenant", "pass", { buckets: ["meteo-drive"] }),
        related: [keptNamespace, meteo],
      },
      {
        ...of("has a bucket whose name only begins like a tenant's", "fail", { buckets: ["meteorology-drive"] }),
        related: [keptNamespace, meteo],
      },
      of("has no bucket", "pass", { buckets: [] }),
    ],
  },
  "9-21": exposure,
  "9-25": {
    subject: facts(),
    rows: [
      of("has an account that never ends", "fail", account({ expirationDate: undefined })),
      of("has an account with the tokens that all get", "fail", account({ tokenDuration: undefined })),
      of("has an account with shorter tokens", "pass", account({ tokenDuration: "PT15M" })),
      of("has an account that ends on no day", "error", account({ expirationDate: "soon" })),
      of("has an account whose tokens last for nobody knows how long", "error", account({ tokenDuration: "P1M" })),
      of("has an account whose tokens last for nothing that is said", "error", account({ tokenDuration: "PT" })),
    ],
  },
  "9-28": {
    subject: facts(),
    rows: [
      of("has one of two clusters in the open", "fail", {
        clusters: [cluster, { ...cluster, visibility: "EXTERNAL" }],
      }),
      of("has a cluster seen in a way that is new", "error", { clusters: [{ ...cluster, visibility: "HYBRID" }] }),
    ],
  },
  "9-29": exposure,
  "10-03": {
    subject: facts(),
    rows: [
      visibility("is told by an older version of the API", "error", [{ ...database, backups: undefined }]),
      visibility("has backups that nothing is said of", "fail", [{ ...database, backups: {} }]),
      visibility("has a log in clear beside encrypted backups", "fail", [
        { ...database, backups: { encryption: "AES256", walEncryption: "NONE" } },
      ]),
      visibility("has an encryption that is new", "error", [
        { ...database, backups: { encryption: "KYBER", walEncryption: "AES256" } },
      ]),
    ],
  },
  "10-11": {
    subject: facts(),
    rows: [
      of("ends TLS on another port", "pass", listening(8443, "HTTPS")),
      of("passes something on that nobody knows to be encrypted", "fail", listening(5432, "TCP")),
      of("redirects", "pass", listening(80, "HTTP")),
      of("listens in clear inside", "pass", listening(5432, "TCP", "internal")),
      of("speaks a protocol that is new", "error", listening(443, "QUIC")),
      of("has a balancer of a sort that is new", "error", listening(443, "HTTPS", "partly")),
      of("does not say what a balancer listens to", "error", {
        loadBalancers: [{ ...balancer, listeners: undefined }],
      }),
    ],
  },
  "10-15": {
    subject: facts(),
    rows: [
      of("has no tunnel", "pass", { vpnConnections: [] }),
      of(
        "writes the same in other words",
        "pass",
        agreeing({ encryption: ["AES-256-CBC"], integrity: ["HMAC-SHA2-256"] }),
      ),
      of("may agree on SHA-1 in its second phase alone", "fail", agreeing({ integrity: ["sha2-256", "sha1"] })),
      of("may agree on a group of 1024 bits", "fail", agreeing({ groups: [19, 2] })),
      of("may agree on something that is new", "error", agreeing({ encryption: ["aegis256"] })),
      of("does not say what it may agree on", "error", agreeing({ groups: [] })),
      of("says nothing of a phase", "error", { vpnConnections: [{ ...tunnel, phase2: undefined }] }),
    ],
  },
  "13-04": {
    subject: facts(outbound("-1", {}, ["10.0.0.0/16"])),
    rows: [
      of("lets everybody in by SSH", "fail", inbound("tcp", ssh, ["0.0.0.0/0"])),
      of("lets an office in by SSH", "pass", inbound("tcp", ssh, ["198.51.100.0/28"])),
      of("lets everybody in to every port", "fail", inbound("-1", {}, ["::/0"])),
      of("lets two halves of the internet in", "fail", inbound("tcp", ssh, ["0.0.0.0/1", "128.0.0.0/1"])),
      of("lets groups in, and no addresses", "pass", inbound("-1", {}, [])),
      of("lets everything out, as it was made", "fail", outbound("-1", {}, ["0.0.0.0/0"])),
      of("lets all of TCP out", "fail", outbound("tcp", { fromPort: 1, toPort: 65_535 }, ["0.0.0.0/0"])),
      of("lets out what was named", "pass", outbound("tcp", https, ["0.0.0.0/0"])),
      of("lets nothing out", "pass", { securityGroups: [{ ...group, outbound: [] }] }),
      of("does not say what it lets out", "error", { securityGroups: [{ ...group, outbound: undefined }] }),
      of("lets in what is no range", "error", inbound("tcp", ssh, ["everybody"])),
    ],
  },
};

/** The same with an object that a provider tells, for each check that judges one. */
export function withNumSpot(written: Fixtures): Fixtures {
  const told = Object.entries(ofNumSpot).map(([id, fixture]) => [id, [written[id] ?? [], fixture].flat()] as const);
  return { ...written, ...Object.fromEntries(told) };
}
