import type {
  LoadBalancer,
  ManagedCluster,
  ManagedDatabase,
  ProviderAccount,
  SecurityGroup,
  SecurityRule,
  VpnConnection,
} from "../../operator/numspot/numspot-api.ts";
import type { FakeNumSpot } from "../servers/fake-numspot.ts";

/** What lies in a space, as the port tells it. */
export interface SpaceContent {
  readonly zones: readonly string[];
  readonly versions: readonly string[];
  readonly clusters: readonly ManagedCluster[];
  readonly databases: readonly ManagedDatabase[];
  readonly loadBalancers: readonly LoadBalancer[];
  readonly securityGroups: readonly SecurityGroup[];
  readonly vpnConnections: readonly VpnConnection[];
  readonly accounts: readonly ProviderAccount[];
}

const numbered = (count: number) => `55555555-5555-4555-8555-${String(count).padStart(12, "0")}`;
const tunnel = { groups: [19], encryption: ["aes256"], integrity: ["sha2-256"] };

/** A space as its platform team would be proud of. */
export const soundSpace: SpaceContent = {
  zones: ["eu-west-2a", "eu-west-2b"],
  versions: ["1.34"],
  clusters: [
    {
      id: numbered(1),
      name: "suite",
      version: "1.34",
      fullVersion: "1.34.2",
      visibility: "INTERNAL",
      state: "RUNNING",
    },
  ],
  databases: [
    {
      id: numbered(2),
      name: "chat",
      visibility: "INTERNAL",
      state: "RUNNING",
      backups: { encryption: "AES256", walEncryption: "AES256" },
    },
  ],
  loadBalancers: [
    {
      name: "front",
      type: "internet-facing",
      securityGroups: ["sg-1"],
      listeners: [
        { port: 443, protocol: "TCP" },
        { port: 80, protocol: "TCP" },
      ],
    },
  ],
  securityGroups: [
    {
      id: "sg-1",
      name: "front",
      inbound: [{ protocol: "tcp", fromPort: 443, toPort: 443, ipRanges: ["0.0.0.0/0"] }],
      outbound: [{ protocol: "tcp", fromPort: 30_000, toPort: 32_767, ipRanges: ["10.0.0.0/16"] }],
    },
  ],
  vpnConnections: [
    { id: numbered(3), state: "available", phase1: { ...tunnel, ikeVersions: ["ikev2"] }, phase2: tunnel },
  ],
  accounts: [
    { id: numbered(4), name: "socle", tokenDuration: "PT1H", expirationDate: "2027-06-30T00:00:00Z" },
    { id: numbered(5), name: "packer", tokenDuration: "PT24H" },
  ],
};

/** The same, in the words that go over the wire, with fields that the operator does not read among them. */
export function fill(fake: FakeNumSpot, content: SpaceContent): void {
  const told = (state: string) => ({ state, message: "" });
  fake.zones = [...content.zones];
  fake.versions = [...content.versions];
  fake.clusters.push(
    ...content.clusters.map(({ state, ...cluster }) => ({ ...cluster, cidr: "10.0.0.0/16", status: told(state) })),
  );
  fake.databases.push(
    ...content.databases.map(({ state, backups, ...database }) => ({
      ...database,
      volume: { type: "PERFORMANCE", sizeGiB: 50 },
      status: told(state),
      ...(backups === undefined
        ? {}
        : {
            backupsConfiguration: {
              retentionDays: 7,
              backup: { compression: "GZIP", encryption: backups.encryption },
              walArchiving: { encryption: backups.walEncryption },
            },
          }),
    })),
  );
  fake.loadBalancers.push(
    ...content.loadBalancers.map(({ listeners, ...balancer }) => ({
      ...balancer,
      dnsName: "front.example",
      listeners: listeners?.map(({ port, protocol }) => ({
        loadBalancerPort: port,
        loadBalancerProtocol: protocol,
        backendPort: 30_443,
        backendProtocol: protocol,
      })),
    })),
  );
  fake.securityGroups.push(
    ...content.securityGroups.map(({ inbound, outbound, ...group }) => ({
      ...group,
      vpcId: "vpc-1",
      inboundRules: inbound?.map(wireRule),
      outboundRules: outbound?.map(wireRule),
    })),
  );
  fake.vpnConnections.push(...content.vpnConnections.map(wireConnection));
  fake.accounts.push(...content.accounts.map((account) => ({ ...account })));
}

const wireRule = ({ protocol, fromPort, toPort, ipRanges }: SecurityRule) => ({
  ipProtocol: protocol,
  fromPortRange: fromPort,
  toPortRange: toPort,
  ipRanges,
  securityGroupsMembers: [],
});

export const sharedKey = "pre-shared key of a tunnel";

const wireConnection = ({ phase1, phase2, ...connection }: VpnConnection) => ({
  ...connection,
  clientGatewayConfiguration: `psk ${sharedKey}`,
  vpnOptions: {
    phase1Options: {
      ikeVersions: phase1?.ikeVersions,
      phase1DhGroupNumbers: phase1?.groups,
      phase1EncryptionAlgorithms: phase1?.encryption,
      phase1IntegrityAlgorithms: phase1?.integrity,
    },
    phase2Options: {
      phase2DhGroupNumbers: phase2?.groups,
      phase2EncryptionAlgorithms: phase2?.encryption,
      phase2IntegrityAlgorithms: phase2?.integrity,
      preSharedKey: sharedKey,
    },
  },
});
