/** What a namespace of a tenant is for: what its administrators may touch, workloads, databases. */
export type Place = "home" | "apps" | "data";

export const places: readonly Place[] = ["home", "apps", "data"];

/** Name of a tenant's namespace. A tenant name has at most 24 characters and no dash, so names neither clash nor need shortening. */
export function namespaceName(tenant: string, place: Place): string {
  return place === "home" ? `t-${tenant}` : `t-${tenant}-${place}`;
}

/** Secret of the certificate that people see, in a namespace of applications, where the region has one certificate for all. */
export const publicCertificateName = "public-certificate";
