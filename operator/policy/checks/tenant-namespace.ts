/** `t-<tenant>` is its home; admission keeps names of these forms to namespaces that the operator makes. */
const pattern = /^t-([a-z][a-z0-9]{2,23})(?:-(apps|data|office))?$/;

/** Whose namespace this is; undefined: no tenant's. */
export function tenantOfNamespace(namespace: string | undefined): string | undefined {
  return pattern.exec(namespace ?? "")?.[1];
}

/** The one in which a tenant's administrators hold their rights. */
export function homeNamespace(tenant: string): string {
  return `t-${tenant}`;
}

/** Is it one that databases of a tenant run in? */
export function isForData(namespace: string | undefined): boolean {
  return pattern.exec(namespace ?? "")?.[2] === "data";
}
