/** How to reach NumSpot's API as a service account. Never logged. */
export interface NumSpotServer {
  /** E.g. `https://api.eu-west-2.numspot.com`; nothing but https is spoken. */
  readonly url: string;
  /** PEM certificate authorities beside the public ones. */
  readonly ca?: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Whose service accounts are listed. */
export type AccountHolder =
  | { readonly kind: "organisation"; readonly id: string }
  | { readonly kind: "space"; readonly id: string };

/** Words of the provider are kept as it writes them: a new one of its lists is no error here, but something that a check does not know. */
export interface ManagedCluster {
  readonly id: string;
  readonly name: string;
  /** Minor version, e.g. `1.34`. */
  readonly version: string;
  /** With its patch, e.g. `1.34.2`. */
  readonly fullVersion: string;
  /** `INTERNAL` or `EXTERNAL`. */
  readonly visibility: string;
  /** `RUNNING`, `CREATING`, … */
  readonly state: string;
}

export interface ManagedDatabase {
  readonly id: string;
  readonly name: string;
  /** `INTERNAL` or `EXTERNAL`. */
  readonly visibility: string;
  readonly state: string;
  /** Absent where the answer has none: older versions of the API do not tell of backups. */
  readonly backups?: DatabaseBackups;
}

/** `NONE` or `AES256`; absent where the answer does not say. */
export interface DatabaseBackups {
  readonly encryption?: string;
  /** Of the write-ahead log. */
  readonly walEncryption?: string;
}

export interface LoadBalancer {
  readonly name: string;
  /** `internal` or `internet-facing`; absent where the answer does not say. */
  readonly type?: string;
  /** Identifiers. */
  readonly securityGroups: readonly string[];
  /** Absent where the answer does not say. */
  readonly listeners?: readonly Listener[];
}

export interface Listener {
  readonly port: number;
  /** `HTTP`, `HTTPS`, `TCP` or `SSL`. */
  readonly protocol: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  /** Absent where the answer does not say; empty = nothing is let in. */
  readonly inbound?: readonly SecurityRule[];
  readonly outbound?: readonly SecurityRule[];
}

/** Absent ports: all of the protocol. */
export interface SecurityRule {
  /** `tcp`, `udp`, `icmp`, a number, or `-1` for all. */
  readonly protocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  /** Empty where the rule names other groups or services alone. */
  readonly ipRanges: readonly string[];
}

/** Without its shared key, which the answer carries and nobody here may see. */
export interface VpnConnection {
  readonly id: string;
  readonly state: string;
  /** Absent where the answer does not say what is allowed. */
  readonly phase1?: TunnelPhase & { readonly ikeVersions: readonly string[] };
  readonly phase2?: TunnelPhase;
}

/** What may be agreed on when the tunnel is set up. */
export interface TunnelPhase {
  readonly groups: readonly number[];
  readonly encryption: readonly string[];
  readonly integrity: readonly string[];
}

export interface ProviderAccount {
  readonly id: string;
  readonly name: string;
  /** ISO 8601, e.g. `PT24H`; absent where the answer does not say. */
  readonly tokenDuration?: string;
  /** RFC 3339; absent = the account does not end. */
  readonly expirationDate?: string;
}

/**
 * NumSpot's API as far as the operator reads it; nothing is ever changed. Each question is whole: every page of a list. Failures: unreachable, 5xx, too
 * many requests → TransientError("ProviderUnreachable"); the account refused or without a right → TransientError("PermissionMissing"); what the
 * region names is not there → TerminalError("InvalidSpec"); an answer that is of another shape than documented → TransientError("ProviderUnreachable").
 */
export interface NumSpotApi {
  /** Availability zones as the provider names them. */
  zones(space: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Minor versions of Kubernetes that a cluster can be made with today. */
  kubernetesVersions(signal: AbortSignal): Promise<readonly string[]>;
  clusters(space: string, signal: AbortSignal): Promise<readonly ManagedCluster[]>;
  databases(space: string, signal: AbortSignal): Promise<readonly ManagedDatabase[]>;
  loadBalancers(space: string, signal: AbortSignal): Promise<readonly LoadBalancer[]>;
  securityGroups(space: string, signal: AbortSignal): Promise<readonly SecurityGroup[]>;
  vpnConnections(space: string, signal: AbortSignal): Promise<readonly VpnConnection[]>;
  accounts(of: AccountHolder, signal: AbortSignal): Promise<readonly ProviderAccount[]>;
  close(): Promise<void>;
}

/** Opens connections lazily; the caller keeps one per server and closes it. */
export type ConnectNumSpot = (server: NumSpotServer) => NumSpotApi;
