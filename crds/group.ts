/** The API group and every name that objects of ours carry: labels, annotations, finalizers, roles. One place, so that none is misspelt. */
export const group = "socle.dev";
export const version = "v1alpha1";
export const apiVersion = `${group}/${version}`;
/** Of what is told by others than the API server. Objects of it are judged and never stored. */
export const factsApiVersion = `facts.${group}/${version}`;
/** What a provider tells of a region. */
export const factsKind = "NumSpotFacts";

export const names = {
  // Labels of the Kubernetes recommendation.
  managedByLabel: "app.kubernetes.io/managed-by",
  partOfLabel: "app.kubernetes.io/part-of",
  nameLabel: "app.kubernetes.io/name",
  instanceLabel: "app.kubernetes.io/instance",
  componentLabel: "app.kubernetes.io/component",
  versionLabel: "app.kubernetes.io/version",
  managedBy: "socle",
  partOf: "socle",
  // Labels of ours.
  tenantLabel: "socle.dev/tenant",
  moduleLabel: "socle.dev/module",
  /** On what a region runs by itself, in the identity namespace. */
  regionLabel: "socle.dev/region",
  /** Deleted by the operator and the namespace controller only. */
  protectLabel: "socle.dev/protect",
  /** What waits for the return of its tenant. */
  retainedLabel: "socle.dev/retained",
  /** A claim that was looked at again after it was made, and found without a rival. */
  confirmedLabel: "socle.dev/confirmed",
  /** Which of a tenant's namespaces it is: home, apps, data. */
  placeLabel: "socle.dev/place",
  dataClassLabel: "socle.dev/data-class",
  cohortLabel: "socle.dev/cohort",
  ringLabel: "socle.dev/ring",
  /** Where a generated role of the operator is bound: cluster, operator-namespace, tenant. */
  bindingLabel: "socle.dev/binding",
  // Annotations that we write.
  appliedHash: "socle.dev/applied-hash",
  legalIdentifier: "socle.dev/legal-identifier",
  /** On reports: last record of evidence of their scope. */
  evidenceHead: "socle.dev/evidence-head",
  /** Modules of the tenant, comma-separated, on its home namespace: admission cannot read the Tenant. */
  modules: "socle.dev/modules",
  /** On a ModuleDeployment, its uid: it is deleted because its tenant no longer asks for it, and by no slip. */
  removalRequested: "socle.dev/removal-requested",
  /** On Secrets of an export: how the operator makes what stands there as a placeholder. */
  placeholders: "socle.dev/placeholders",
  // Annotations that we read.
  reconcileRequestedAt: "socle.dev/reconcile-requested-at",
  confirmDelete: "socle.dev/confirm-delete",
  abandonExternal: "socle.dev/abandon-external",
  allowCrdDelete: "socle.dev/allow-crd-delete",
  /** Key of the marker on external objects. */
  ownerMarker: "socle.dev/owner",
  // Finalizers.
  tenantFinalizer: "socle.dev/tenant",
  moduleFinalizer: "socle.dev/module",
  regionFinalizer: "socle.dev/region",
  identityProviderFinalizer: "socle.dev/identity-provider",
  // Namespaces and roles.
  operatorNamespace: "socle-system",
  identityNamespace: "socle-identity",
  operatorRole: "socle:operator",
  operatorInTenantRole: "socle:operator-in-tenant",
  tenantAdminRole: "socle:tenant-admin",
  identityAdminRole: "socle:identity-admin",
  auditorRole: "socle:auditor",
  /** Of the platform: bound by who runs it, to a group, across the cluster. */
  securityOfficerRole: "socle:security-officer",
} as const;
