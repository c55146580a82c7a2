/** Where a right is held. Rights in tenant namespaces come from RoleBindings that onboarding makes. */
export type AccessScope = "cluster" | "tenant" | "operatorNamespace" | "identityNamespace";

/** One right of the operator, declared beside the code that needs it. */
export interface AccessRule {
  readonly scope: AccessScope;
  readonly apiGroup: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  /** Why; shown in docs/reference/rbac.md. */
  readonly why: string;
}
