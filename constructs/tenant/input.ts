import type { Tier } from "./tiers.ts";

/** Which of a tenant's namespaces: where its people look, where workloads run, where databases lie. */
export type Place = "home" | "apps" | "data";

/** What the isolation of one tenant is made from. Plain values, so that the same input gives the same objects. */
export interface TenantIsolationInput {
  readonly name: string;
  /** `scheme:value`. */
  readonly legalIdentifier: string;
  readonly tier: Tier;
  readonly administrators: readonly {
    readonly kind: "Group" | "User";
    readonly name: string;
    readonly role: "TenantAdmin" | "IdentityAdmin" | "Auditor";
  }[];
  readonly dataClasses: readonly string[];
  readonly egressCIDRs: readonly string[];
  readonly ingressFrom: {
    readonly namespaceLabels?: Readonly<Record<string, string>> | undefined;
    readonly podLabels?: Readonly<Record<string, string>> | undefined;
    readonly cidrs?: readonly string[] | undefined;
  };
  readonly operatorNamespace: string;
  /** Who the operator is, for its own binding in each namespace. */
  readonly operatorSubject:
    | { readonly kind: "User"; readonly name: string }
    | { readonly kind: "ServiceAccount"; readonly name: string; readonly namespace: string };
  readonly modules: readonly string[];
  readonly rollout?: { readonly cohort: string; readonly ring: number };
  /** External PostgreSQL of the region. */
  readonly postgresql?: { readonly cidrs: readonly string[]; readonly port: number };
}

/** Namespace of a tenant. */
export function tenantNamespace(tenant: string, place: Place): string {
  return place === "home" ? `t-${tenant}` : `t-${tenant}-${place}`;
}
