/** What a namespace of a tenant is for: what its administrators may touch, workloads, databases, and the one workload that cannot be restricted. */
export type Place = "home" | "apps" | "data" | "office";

export const places: readonly Place[] = ["home", "apps", "data", "office"];

/** The namespaces that a tenant has: that of the online office only where it has one. */
export function placesOf({ office }: { readonly office: boolean }): readonly Place[] {
  return office ? places : places.filter((place) => place !== "office");
}

/** Name of a tenant's namespace. A tenant name has at most 24 characters and no dash, so names neither clash nor need shortening. */
export function namespaceName(tenant: string, place: Place): string {
  return place === "home" ? `t-${tenant}` : `t-${tenant}-${place}`;
}

/** Secret with the key of a module's bucket (accessKeyID, secretAccessKey), in the namespace of applications. */
export function bucketSecretName(module: string): string {
  return `${module.toLowerCase()}-bucket`;
}

/** Secret with the account by which a module sends mail, in the namespace of applications. */
export function mailSecretName(module: string): string {
  return `${module.toLowerCase()}-mail`;
}

/** Secret with what people bought for a module, such as a token of its makers, in the namespace of applications. */
export function entitlementSecretName(module: string): string {
  return `${module.toLowerCase()}-entitlement`;
}

/** Keys of the bucket's Secret, and of the one that it is copied from. */
export const bucketKeys = ["accessKeyID", "secretAccessKey"] as const;

/** Secret by which nodes pull images, in every namespace with pods, where the region's registry asks who is there. */
export const pullSecretName = "image-pull";

/** Key of that Secret, and of the one that it is copied from: what `kubectl create secret docker-registry` makes. */
export const pullSecretKey = ".dockerconfigjson";

/** Keys of the account that sends mail, where the region has one. */
export const mailKeys = ["username", "password"] as const;

/** Secret of the certificate that people see, in a namespace of applications, where the region has one certificate for all. */
export const publicCertificateName = "public-certificate";
