import type { IngressSource } from "../network-peers.ts";
export type Tier = "Pilot" | "Standard" | "Large" | "Dedicated";
export type DataClass = "Internal" | "Personal" | "Sensitive" | "Health";
export type TenantRole = "TenantAdmin" | "IdentityAdmin" | "Auditor";

/** Who the operator is for role bindings. */
export interface OperatorSubject {
  readonly kind: "ServiceAccount" | "User";
  readonly name: string;
  /** Of a ServiceAccount. */
  readonly namespace?: string | undefined;
}

/** Everything that the isolation of one tenant is made from. Values have passed the schema of the Tenant and of its region. */
export interface TenantIsolationInput {
  readonly name: string;
  /** `scheme:value`, e.g. `SIREN:110070018`. */
  readonly legalIdentifier: string;
  readonly tier: Tier;
  readonly administrators: readonly {
    readonly kind: "Group" | "User";
    readonly name: string;
    readonly role: TenantRole;
  }[];
  readonly dataClasses: readonly DataClass[];
  /** Addresses that the tenant declares beyond the platform. */
  readonly egressCIDRs: readonly string[];
  readonly ingressFrom: IngressSource;
  readonly operatorNamespace: string;
  readonly operatorSubject: OperatorSubject;
  /** Modules that the tenant may have, with those that they need. */
  readonly modules: readonly string[];
  /** A namespace for the online office, whose documents lie in jails that Pod Security `restricted` forbids. */
  readonly office: boolean;
  readonly rollout?: { readonly cohort: string; readonly ring: number } | undefined;
  /** The region's own PostgreSQL server, where it has one. */
  readonly postgresql?: { readonly cidrs: readonly string[]; readonly port: number } | undefined;
  /** How videobridges are opened, where the tenant has any. */
  readonly media?: "LoadBalancer" | "NodePort" | undefined;
}
