/** What a reason means, why it comes, and what to do: a runbook, printed by `socle status` and in docs/conditions.md. */
export interface ReasonPage {
  readonly meaning: string;
  readonly causes: string;
  /** What a person does about it. */
  readonly remedy: string;
  /** The command to begin with. It shows more; what would lose or take over something is never begun with. */
  readonly command: string;
}

/** The closed list of condition reasons. A reason that the operator writes and that is not here does not compile. */
export const reasons = {
  Succeeded: {
    meaning: "What the condition says is so.",
    causes: "The last look found nothing left to do.",
    remedy: "Nothing.",
    command: "kubectl get socle -A",
  },
  NotObserved: {
    meaning: "The operator has not looked yet.",
    causes: "The object is new, the operator is not running, or an earlier step has to succeed first.",
    remedy: "Wait some seconds. If it stays, see whether an operator leads and what comes before this condition.",
    command: "socle doctor",
  },
  Progressing: {
    meaning: "Work goes on, and nothing has gone wrong.",
    causes: "The object is being made or changed. The message names the pods, volume or server that is waited for.",
    remedy: "Wait. If the message does not change for ten minutes, look at the pods, volume or server that it names.",
    command: "kubectl wait --for=condition=Ready --timeout=10m <object>",
  },
  ProgressingWithRetry: {
    meaning: "Work goes on after a failure.",
    causes:
      "A step failed and is tried again, with pauses that grow up to minutes. It is never given up. The message may be that of another operator.",
    remedy: "Read the message: it names the step. Mend what it names; the next try comes by itself.",
    command: "kubectl events --for <object>",
  },
  DependencyNotReady: {
    meaning: "Something that this object needs exists and is not Ready.",
    causes: "The named tenant, module or region is still being made, or broke.",
    remedy: "Look at the object that the message names, not at this one.",
    command: "socle status <tenant>",
  },
  DependencyMissing: {
    meaning: "Something that this object needs does not exist.",
    causes: "The named object, Secret or key was never made, was removed, or is spelt differently.",
    remedy:
      "Make the object or key that the message names, in the namespace that it names. Nothing has to be restarted.",
    command: "kubectl describe <object>",
  },
  DependencyUnavailable: {
    meaning: "A server that this object needs does not answer.",
    causes:
      "Keycloak, PostgreSQL, the object store or the App Suite is down, slow, or cut off by the network. Data and finalizers stay until it answers.",
    remedy:
      "Bring the server back, or the way to it. Only where it is gone for good, annotate a module that is being deleted with socle.dev/abandon-external and its uid.",
    command: "socle doctor",
  },
  CapabilityMissing: {
    meaning: "This cluster, region or version cannot do what is asked.",
    causes:
      "A storage class, ingress class, Gateway, issuer or operator is missing, a class does not let volumes grow, or this release has no driver for it.",
    remedy: "Install or name what the message asks for, or ask for less. It goes on by itself.",
    command: "socle doctor",
  },
  ProviderUnreachable: {
    meaning: "The API server, or the API of the cloud provider, does not answer.",
    causes: "Network, overload, a restart, or an expired credential of the provider.",
    remedy:
      "See whether the API server answers you. For NumSpot, compare spec.provider.apiURL and the Secret of the account.",
    command: "kubectl get --raw /readyz",
  },
  InvalidSpec: {
    meaning: "A value is refused, and will be until a person changes it.",
    causes: "The named field breaks a rule that could not be checked when the object was written.",
    remedy:
      "Change the field that the message names. An older operator may not know a newer value: compare the versions.",
    command: "kubectl explain <kind>.spec",
  },
  PolicyDenied: {
    meaning: "A policy forbids it.",
    causes:
      "An admission policy of the cluster refused the named object, the country of the region is not among those of the tenant, or an account holds more than it needs.",
    remedy:
      "Read which policy, and change what it refuses. Countries and rights are decided by people: do not widen them to get past.",
    command: "kubectl get validatingadmissionpolicies",
  },
  NotEntitled: {
    meaning: "The tenant may not have it.",
    causes:
      "What a maker of software sells is not there, such as the enterprise token that single sign-on of OpenProject takes.",
    remedy: "Buy the token, put it into a Secret of the home namespace, and name it in the Tenant.",
    command: "kubectl get tenant <name> -o yaml",
  },
  NameTaken: {
    meaning: "The name belongs to somebody else.",
    causes:
      "Another tenant or the platform holds it, or a parent or child of it, or it was served in the past and is never given out again.",
    remedy: "Choose another name, or end the tenant that holds it. A name that is Tombstoned is never given again.",
    command: "kubectl get nameclaims -o wide",
  },
  NotOwned: {
    meaning: "An object of that name exists and does not carry our mark.",
    causes: "It was made by hand, by another installation, or for another tenant.",
    remedy:
      "Find out whose it is, and give the one or the other another name. Where it is yours and bears no mark, adoptionPolicy Adopt takes it over with its data.",
    command: "kubectl describe moduledeployment <name> -n t-<tenant>",
  },
  NotQualified: {
    meaning: "The region lacks a proof that the tenant requires.",
    causes: "A qualification is missing, not verified, or not valid today.",
    remedy:
      "Somebody who has read the proof sets it to Verified in the region, with their own name. What runs goes on meanwhile.",
    command: "kubectl get sovereignregion <name> -o yaml",
  },
  QuotaExceeded: {
    meaning: "A quota is used up.",
    causes: "The tier is too small for the modules and sizes that are asked for.",
    remedy: "Choose smaller sizes, or a larger tier, which cannot be taken back.",
    command: "kubectl describe quota -n t-<tenant>-apps",
  },
  LimitReached: {
    meaning: "The region takes no more.",
    causes: "It is cordoned, or limits.tenants, limits.seats or keycloak.maxRealms is reached.",
    remedy: "Raise the limit if the platform carries it, set state to Enabled, or choose another region.",
    command: "kubectl get sovereignregions -o wide",
  },
  FieldConflict: {
    meaning: "Somebody else set a field that the Tenant states too, to another value.",
    causes: "The named field manager wrote it first. Nothing is forced: take it out of one of the two places.",
    remedy: "Take the field out of the Tenant, or out of what the named manager applies.",
    command: "kubectl get moduledeployment <name> -n t-<tenant> -o yaml --show-managed-fields",
  },
  DriftFound: {
    meaning: "Something that we own was changed by hand, and left as it is.",
    causes: "driftPolicy is Report, or managementPolicy is Observe.",
    remedy:
      "Find out who changed it and why. Then undo it, or set driftPolicy to Correct and managementPolicy to Managed.",
    command: "kubectl describe moduledeployment <name> -n t-<tenant>",
  },
  DriftCorrected: {
    meaning: "Something that we own was changed by hand, and put back.",
    causes: "Somebody edited the realm, the database or a child object.",
    remedy: "Make the change where it belongs, in the Tenant or the module. If it comes again, find out who does it.",
    command: "kubectl events --for moduledeployment/<name> -n t-<tenant>",
  },
  Paused: {
    meaning: "Nothing is done, on request.",
    causes: "managementPolicy is Paused.",
    remedy: "Set managementPolicy back to Managed when the reason for the pause is over.",
    command:
      'kubectl patch moduledeployment <name> -n t-<tenant> --type merge -p \'{"spec":{"managementPolicy":"Managed"}}\'',
  },
  AwaitingConfirmation: {
    meaning: "A person has to do something outside of the cluster, and then confirm it.",
    causes:
      "URIs have to be registered at an identity provider, a file published by the ministry, or an exception approved by a second person.",
    remedy: "Do what the message asks for, then confirm it as it says. Nobody should confirm what they did not do.",
    command: "kubectl describe <object>",
  },
  ProbeFailed: {
    meaning: "The application answered wrongly, or not at all.",
    causes: "A credential was changed by hand, the application is broken, or the way to it is blocked.",
    remedy:
      "Look at the events and logs of the pods of the module, then at its certificate and the way of a request to it.",
    command: "kubectl describe <object>",
  },
  VersionUnsupported: {
    meaning: "The version cannot be used.",
    causes: "It would go back, which no database does, or it is older than what Socle works with.",
    remedy: "Ask for the version that the message names, or leave version out. The way back is a backup.",
    command: "socle version",
  },
  CertificateExpiring: {
    meaning: "A certificate ends soon.",
    causes: "Its issuer did not renew it, or it is a file that a person has to replace.",
    remedy: "See what cert-manager says of it, or put a new certificate into the Secret.",
    command: "kubectl get certificates -A",
  },
  Expired: {
    meaning: "Its last day has passed.",
    causes: "An exception ended. A proof that ended is NotQualified.",
    remedy: "Mend what was excused, or file a new exception; no end is prolonged.",
    command: "kubectl get policyexceptions -A",
  },
  NoticePeriod: {
    meaning: "Erasure waits: the contacts were told less than 21 days ago.",
    causes: "Delete was asked for, and the period after lifecycle.erasureNoticeSentAt runs (SecNumCloud 19.4.a).",
    remedy: "Nothing: it goes on by itself. To keep the data, set lifecycle.deletionPolicy to Retain before it ends.",
    command: "kubectl get tenant <name> -o jsonpath={.spec.lifecycle.erasureNoticeSentAt}",
  },
  ControlFailed: {
    meaning: "A check of the catalogue failed, and no exception excuses it.",
    causes: "The message names the check and the object.",
    remedy: "Change the field that the finding names, or ask for an exception with an end.",
    command: "kubectl get reports.openreports.io -n t-<tenant> -o yaml",
  },
  EvidenceStoreMissing: {
    meaning: "There is nowhere to write reports of checks.",
    causes: "The kind for reports is not installed in this cluster.",
    remedy:
      "Install the definitions of OpenReports: reports are written from then on. The checks themselves go on without them.",
    command: "kubectl get crd reports.openreports.io clusterreports.openreports.io",
  },
  Terminating: {
    meaning: "It is being removed.",
    causes: "Somebody deleted it, and confirmed.",
    remedy: "Wait. If it stays, the message names what is still there; look at the finalizers and the server of that.",
    command: "kubectl get <object> -o yaml",
  },
  RemovalBlocked: {
    meaning: "It was deleted, and nothing was touched.",
    causes:
      "Deletion protection is on, the confirmation is missing, or something still needs it, as tenants need their region.",
    remedy:
      "If the deletion was a slip, nothing is lost. If it is meant, do what the message says: each tenant needs deletionProtection false and its name in the annotation socle.dev/confirm-delete.",
    command: "kubectl describe <object>",
  },
  PermissionMissing: {
    meaning: "A right is missing.",
    causes: "The named account lacks the named grant, or its credential is wrong: a Secret was lost or changed.",
    remedy:
      "Give the account the grant that the message names and no other, or write the right credential into its Secret.",
    command: "socle doctor",
  },
  Timeout: {
    meaning: "It took too long, and was stopped.",
    causes: "A server is overloaded or hangs. It is tried again.",
    remedy: "Look at the load of the server and at the network. If the lease was lost, look at the operator's pods.",
    command: "socle doctor",
  },
  InternalError: {
    meaning: "A bug of ours. Nothing for the reader to change.",
    causes: "The log of the operator holds the trace.",
    remedy:
      "Report it with the trace and the versions that socle version prints. Ask for the next try by the annotation socle.dev/reconcile-requested-at.",
    command: "kubectl logs -n socle-system deploy/socle",
  },
} as const satisfies Readonly<Record<string, ReasonPage>>;

export type Reason = keyof typeof reasons;

/**
 * Reasons of the public contract that no code of this release writes, and what will write them. A test holds this list to the code:
 * one that is written is taken off.
 */
export const reservedReasons: Readonly<Partial<Record<Reason, string>>> = {
  QuotaExceeded: "pods that a quota refuses, which WorkloadAvailable counts as not ready",
  CertificateExpiring: "certificates of routes",
};

/** metav1.Condition. `type` and `reason` are open: a live object may carry those of a newer release. */
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
  Tenant: {
    feeding: ["NamesClaimed", "RegionAdmitted", "IsolationReady", "ModulesReady"],
    shown: ["ControlsSatisfied"],
  },
  ModuleDeployment: {
    feeding: [
      "DependenciesReady",
      "Owned",
      "CredentialsReady",
      "DatabaseReady",
      "SSOReady",
      "WorkloadAvailable",
      "EndpointReachable",
    ],
    shown: ["UpToDate", "DriftFree", "Published"],
  },
  SovereignRegion: {
    // In the order in which one follows from the other: the first that is wrong becomes the summary.
    feeding: ["CapabilitiesVerified", "IdentityReady", "Reachable"],
    shown: ["QualificationsValid", "CapacityAvailable"],
  },
  TenantIdentityProvider: { feeding: ["DomainsAdmitted", "Configured", "RegistrationConfirmed"], shown: [] },
  PolicyException: { feeding: ["Active"], shown: [] },
} as const satisfies Readonly<
  Record<string, { readonly feeding: readonly string[]; readonly shown: readonly string[] }>
>;

/** Kinds that have conditions. */
export type ConditionedKind = keyof typeof conditionTypes;

/** The summary, and the two abnormal-true types of kstatus: on every kind. */
export type SummaryType = "Ready" | "Reconciling" | "Stalled";

/** Condition types that a kind may carry. */
export type ConditionType<Kind extends ConditionedKind = ConditionedKind> = {
  [K in Kind]:
    | SummaryType
    | (typeof conditionTypes)[K]["feeding"][number]
    | (typeof conditionTypes)[K]["shown"][number];
}[Kind];

/** Condition types of the public contract that no code of this release writes, and what will write them. Held to the code by a test. */
export const reservedTypes: Readonly<Partial<Record<ConditionType, string>>> = {};

/** What each condition type says when it is True. */
export const conditionMeanings: Readonly<Record<ConditionType, string>> = {
  Ready: "Everything that feeds it is True for the spec of now, and the application answered.",
  Reconciling: "Work goes on. Absent otherwise.",
  Stalled: "Nothing goes on until a person changes something. Absent otherwise.",
  NamesClaimed: "The domain, the mail domains and the legal identifier belong to this tenant and to no other.",
  RegionAdmitted:
    "The region exists, lies where the tenant's data may lie, holds the proofs that it requires, and has room.",
  IsolationReady: "The namespaces exist with Pod Security, quota, rights and a default deny. Nothing runs before.",
  ModulesReady: "Every module is Ready.",
  ControlsSatisfied:
    "The checks of the catalogue pass or are excused. Only checks marked for onboarding hold back the first Ready.",
  DependenciesReady: "The tenant is isolated and every module that this one needs is Ready.",
  Owned: "The names outside of Kubernetes are claimed for this tenant, and what carries them carries our mark.",
  CredentialsReady: "The generated Secrets exist with all their keys.",
  DatabaseReady:
    "Role, database and bucket exist, as far as the module has them, are ours and are as declared; the key of the bucket is there.",
  SSOReady: "The realm, or the client of the module in it, exists, is ours and is as declared.",
  WorkloadAvailable:
    "The pods of the module are available; for the webmail, which has none, its context on the App Suite is open, ours and as declared.",
  EndpointReachable: "The application answered a functional probe.",
  UpToDate: "What runs is what is asked for: the version, and the size of volumes.",
  DriftFree: "Nothing that we own differs from what is declared.",
  Published: "The public way to the module is open. It opens when the application has answered, and stays.",
  Reachable: "Keycloak and PostgreSQL of the region answer, and the platform's role has its rights.",
  CapabilitiesVerified: "Every class, issuer, certificate and bundle that the region names exists.",
  IdentityReady:
    "Keycloak runs, where the region asks for one of its own, and the platform's account creates realms and holds nothing more.",
  QualificationsValid: "Every proof that tenants of the region require is verified and valid today.",
  CapacityAvailable: "There is room for one more tenant.",
  DomainsAdmitted: "The e-mail domains belong to the tenant.",
  Configured: "The broker in the realm is as declared.",
  RegistrationConfirmed: "A person confirmed that the URIs at the provider are the ones printed in status.",
  Active: "The exception is approved and has not ended.",
};
