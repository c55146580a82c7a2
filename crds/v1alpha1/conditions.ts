/** What a reason means, why it comes, and what to do: printed by `socle status` and in docs/conditions.md. */
export interface ReasonPage {
  readonly meaning: string;
  readonly causes: string;
  /** The command that shows more, or mends it. */
  readonly command: string;
}

/** The closed list of condition reasons. */
export const reasons = {
  Succeeded: { meaning: "What the condition says is so.", causes: "–", command: "–" },
  NotObserved: { meaning: "The operator has not looked yet.", causes: "The object is new, the operator is not running, or an earlier step has to succeed first.", command: "socle doctor" },
  Progressing: { meaning: "Work goes on.", causes: "The object is being made or changed.", command: "kubectl wait --for=condition=Ready --timeout=10m <object>" },
  ProgressingWithRetry: { meaning: "Work goes on after a failure.", causes: "A step failed and is tried again with growing pauses.", command: "kubectl events --for <object>" },
  DependencyNotReady: { meaning: "Something this needs exists and is not Ready.", causes: "The named module or tenant is still being made, or broke.", command: "socle status <tenant>" },
  DependencyMissing: { meaning: "Something this needs does not exist.", causes: "The named object, Secret or key was never made, or was removed.", command: "kubectl get <the named object>" },
  DependencyUnavailable: { meaning: "A server this needs does not answer.", causes: "Keycloak or PostgreSQL is down, slow, or cut off by the network.", command: "socle doctor" },
  CapabilityMissing: { meaning: "This cluster, region or version cannot do it.", causes: "A class or issuer is missing, or this version has no driver for what is asked.", command: "socle doctor" },
  ProviderUnreachable: { meaning: "The API server or the provider's API does not answer.", causes: "Network, overload, or a restart.", command: "kubectl get --raw /readyz" },
  InvalidSpec: { meaning: "A value is refused.", causes: "The named field does not fit the rules.", command: "kubectl explain <kind>.spec" },
  PolicyDenied: { meaning: "A rule forbids it.", causes: "The named policy or limit of the tenant.", command: "kubectl get validatingadmissionpolicies" },
  NotEntitled: { meaning: "The tenant may not have it.", causes: "The tier or contract of the tenant.", command: "kubectl get tenant <name> -o yaml" },
  NameTaken: { meaning: "The name belongs to somebody else.", causes: "Another tenant holds it, a parent or a child of it, or it was served in the past.", command: "kubectl get nameclaims" },
  NotOwned: { meaning: "An object of that name exists and is not ours.", causes: "Made by hand, or by another installation.", command: "kubectl get nameclaims; set adoptionPolicy Adopt if it is meant" },
  NotQualified: { meaning: "The region lacks a proof that the tenant requires.", causes: "A qualification is not verified, not valid today, or missing.", command: "kubectl get sovereignregion <name> -o yaml" },
  QuotaExceeded: { meaning: "A quota is used up.", causes: "The tier is too small for what is asked.", command: "kubectl describe quota -n t-<tenant>-apps" },
  LimitReached: { meaning: "The region takes no more.", causes: "It is cordoned, or limits.tenants, limits.seats or keycloak.maxRealms is reached.", command: "kubectl get sovereignregions -o wide" },
  FieldConflict: { meaning: "Somebody else set a field that the Tenant states too.", causes: "The named field manager applied it.", command: "kubectl get moduledeployment <name> -n t-<tenant> -o yaml --show-managed-fields" },
  DriftFound: { meaning: "Something outside was changed by hand and left.", causes: "driftPolicy is Report, or managementPolicy is Observe.", command: "set driftPolicy Correct" },
  DriftCorrected: { meaning: "Something outside was changed by hand and put back.", causes: "Somebody edited the realm or the database.", command: "kubectl events --for moduledeployment/<name> -n t-<tenant>" },
  Paused: { meaning: "Nothing is done, on request.", causes: "managementPolicy is Paused.", command: "set managementPolicy Managed" },
  AwaitingConfirmation: { meaning: "A person has to confirm something outside.", causes: "A registration or a file to publish changed.", command: "socle status <tenant>" },
  ProbeFailed: { meaning: "The application answered wrongly, or not at all.", causes: "A credential was changed by hand, or the application is broken.", command: "socle status <tenant>" },
  VersionUnsupported: { meaning: "The version cannot be used.", causes: "Too old, too new, or a step in between is missing.", command: "socle version" },
  CertificateExpiring: { meaning: "A certificate ends soon.", causes: "It was not renewed.", command: "kubectl get certificates -A" },
  Expired: { meaning: "It ended.", causes: "The date has passed.", command: "kubectl get policyexceptions -A" },
  NoticePeriod: { meaning: "Erasure waits for the end of the notice period.", causes: "21 days have to pass since erasureNoticeSentAt.", command: "kubectl get tenant <name> -o yaml" },
  ControlFailed: { meaning: "A check of the catalogue failed.", causes: "See the message.", command: "socle status <tenant>" },
  EvidenceStoreMissing: { meaning: "There is nowhere to write reports.", causes: "The CRD of reports is not installed.", command: "kubectl get crd reports.openreports.io" },
  Terminating: { meaning: "It is being removed.", causes: "Somebody deleted it and confirmed.", command: "socle status <tenant>" },
  RemovalBlocked: { meaning: "It was deleted, and nothing was touched.", causes: "Deletion protection, a missing confirmation, or something that still needs it.", command: "kubectl annotate tenant <name> socle.dev/confirm-delete=<name>" },
  PermissionMissing: { meaning: "A right is missing.", causes: "The named account lacks the named grant, or its credential is wrong.", command: "socle doctor" },
  Timeout: { meaning: "It took too long.", causes: "A server is overloaded or hangs.", command: "socle doctor" },
  InternalError: { meaning: "A bug of ours.", causes: "See the log of the operator.", command: "kubectl logs -n socle-system deploy/socle" },
} as const satisfies Readonly<Record<string, ReasonPage>>;

export type Reason = keyof typeof reasons;

/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number | undefined;
  readonly lastTransitionTime: string;
}

/** Condition types per kind: those that feed Ready, in reading order, and those that are shown only. */
export const conditionTypes = {
  Tenant: { feeding: ["NamesClaimed", "RegionAdmitted", "IsolationReady", "ModulesReady"], shown: ["ControlsSatisfied"] },
  ModuleDeployment: {
    feeding: ["DependenciesReady", "Owned", "CredentialsReady", "DatabaseReady", "SSOReady", "WorkloadAvailable", "EndpointReachable"],
    shown: ["UpToDate", "DriftFree", "Published"],
  },
  SovereignRegion: { feeding: ["Reachable", "CapabilitiesVerified", "IdentityReady"], shown: ["QualificationsValid", "CapacityAvailable"] },
  TenantIdentityProvider: { feeding: ["DomainsAdmitted", "Configured", "RegistrationConfirmed"], shown: [] },
  PolicyException: { feeding: ["Active"], shown: [] },
} as const satisfies Readonly<Record<string, { readonly feeding: readonly string[]; readonly shown: readonly string[] }>>;

/** What each condition type says when it is True. */
export const conditionMeanings: Readonly<Record<string, string>> = {
  Ready: "Everything that feeds it is True for the spec of now, and the application answered.",
  Reconciling: "Work goes on. Absent otherwise.",
  Stalled: "Nothing goes on until a person changes something. Absent otherwise.",
  NamesClaimed: "The domain, the mail domains and the legal identifier belong to this tenant and to no other.",
  RegionAdmitted: "The region exists, lies where the tenant's data may lie, holds the proofs that it requires, and has room.",
  IsolationReady: "The namespaces exist with Pod Security, quota, rights and a default deny. Nothing runs before.",
  ModulesReady: "Every module is Ready.",
  ControlsSatisfied: "The checks of the catalogue pass or are excused.",
  DependenciesReady: "The tenant is isolated and every module that this one needs is Ready.",
  Owned: "The names outside of Kubernetes are claimed for this tenant.",
  CredentialsReady: "The generated Secrets exist with all their keys.",
  DatabaseReady: "Role and database exist, are ours and are as declared.",
  SSOReady: "The realm exists, is ours and is as declared.",
  WorkloadAvailable: "The pods of the module are available.",
  EndpointReachable: "The application answered a functional probe.",
  UpToDate: "The version is the newest of the catalogue.",
  DriftFree: "Nothing outside differs from what is declared.",
  Published: "The route is in place.",
  Reachable: "Keycloak and PostgreSQL of the region answer, and the platform's role has its rights.",
  CapabilitiesVerified: "Every class, issuer, certificate and bundle that the region names exists.",
  IdentityReady: "The platform credential of Keycloak creates realms and holds nothing more.",
  QualificationsValid: "Every proof that tenants of the region require is verified and valid today.",
  CapacityAvailable: "There is room for one more tenant.",
  DomainsAdmitted: "The e-mail domains belong to the tenant.",
  Configured: "The broker in the realm is as declared.",
  RegistrationConfirmed: "The URIs at the provider are confirmed.",
  Active: "The exception is approved and has not ended.",
};
