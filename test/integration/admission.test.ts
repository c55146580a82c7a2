import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inDays } from "../support/days.ts";
import { admissionManifests } from "../../crds/admission.ts";
import { policyName } from "../../crds/admission/policy.ts";
import { releasedPolicies, topicOf } from "../../operator/policy/admission/policies.ts";
import { admissionRules } from "../../operator/policy/admission/rules.ts";
import { eventually, kubectl, uniqueName } from "../support/test-cluster.ts";

/** Who asks. Rights are given below so that admission, not RBAC, decides. */
interface Person {
  readonly as: string;
  readonly asGroups?: readonly string[];
}
const operator: Person = { as: "socle-operator" };
/** Of the platform team: may do everything. */
const paula: Person = { as: "paula", asGroups: ["system:masters"] };
/** Of a ministry: may write every namespaced kind, and Tenants not at all. */
const alice: Person = { as: "alice", asGroups: ["minagri-admins"] };
/** Of the platform's security group. */
const sam: Person = { as: "sam" };
const robot: Person = { as: "system:serviceaccount:default:robot" };
/** Flux as it is mostly installed: may do everything. */
const pipeline: Person = { as: "system:serviceaccount:flux-system:kustomize-controller", asGroups: ["system:masters"] };
const namespaceController: Person = { as: "system:serviceaccount:kube-system:namespace-controller" };
const garbageCollector: Person = { as: "system:serviceaccount:kube-system:generic-garbage-collector" };

/** One request to the API server, always as a dry run: admission judges it like a real one, and nothing changes. */
interface Request {
  readonly who: Person;
  readonly args: readonly string[];
  readonly input?: string;
}
interface Row {
  readonly title: string;
  readonly request: Request;
}
interface Refusal extends Row {
  /** What the message tells the person: object, field, remedy. */
  readonly says: readonly string[];
}
interface Case {
  readonly topic: string;
  readonly accepts: readonly Row[];
  /** The first one is also asked while the policy is switched off. */
  readonly refuses: readonly [Refusal, ...Refusal[]];
}

const dryRun = "--dry-run=server";
const tenant = uniqueName("adm")
  .replaceAll(/[^a-z0-9]/g, "")
  .slice(0, 20);
const unconfirmed = `${tenant}b`;
const confirmed = `${tenant}c`;
const home = `t-${tenant}`;
const region = `${tenant}-region`;
const claim = `domain-${tenant}`;
const roles = `socle-test-${tenant}`;

const api = "socle.dev/v1alpha1";
type Manifest = Readonly<Record<string, unknown>>;
const place = { namespace: home };

const create = (who: Person, object: Manifest): Request => ({
  who,
  args: ["create", "-f", "-", dryRun],
  input: JSON.stringify(object),
});
const patch = (who: Person, target: readonly string[], change: object): Request => ({
  who,
  args: ["patch", ...target, "--type=merge", "-p", JSON.stringify(change), dryRun],
});
const remove = (who: Person, ...target: string[]): Request => ({
  who,
  args: ["delete", ...target, dryRun, "--wait=false"],
});
const inHome = (kind: string, name: string): string[] => [kind, name, "-n", home];

const namespace = (
  name: string,
  labels: Record<string, string>,
  annotations: Record<string, string> = {},
): Manifest => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels, annotations },
});
const secret = (name: string, inNamespace: string, labels: Record<string, string> = {}): Manifest => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: inNamespace, labels },
  stringData: { key: "first" },
});
const moduleDeployment = (module: string, spec: object = {}, ofTenant = tenant): Manifest => ({
  apiVersion: api,
  kind: "ModuleDeployment",
  metadata: { name: module.toLowerCase(), ...place },
  spec: { tenantRef: { name: ofTenant }, module, ...spec },
});
const identityProvider = (name: string, ofTenant: string): Manifest => ({
  apiVersion: api,
  kind: "TenantIdentityProvider",
  metadata: { name, ...place },
  spec: {
    tenantRef: { name: ofTenant },
    alias: name,
    protocol: "SAML",
    saml: { metadataURL: "https://idp.agri.gouv.example/metadata" },
  },
});
const exception = (name: string, spec: object = {}): Manifest => ({
  apiVersion: api,
  kind: "PolicyException",
  metadata: { name, ...place },
  spec: {
    check: "10-20",
    target: { module: "Nextcloud" },
    justification: "The image reads the password from the environment only; a fix is announced",
    compensatingMeasures: ["password rotated monthly"],
    risk: "Low",
    requestedBy: "alice",
    expiresAt: inDays(30),
    ...spec,
  },
});
const nameClaim = (name: string): Manifest => ({
  apiVersion: api,
  kind: "NameClaim",
  metadata: { name },
  spec: { kind: "Domain", value: `${name}.example`, holder: { name: tenant, legalIdentifier: "SIREN:110070018" } },
});
const qualification = (over: object = {}): object => ({
  scheme: "HDS",
  reference: "certificate-1",
  holder: "IaaS provider",
  scope: ["HDS1"],
  validFrom: "2026-01-01",
  validUntil: "2028-01-01",
  evidenceURI: "https://evidence.example/hds.pdf",
  ...over,
});
const verifiedBy = (name: string, over: object = {}): object =>
  qualification({ verification: "Verified", verifiedBy: name, ...over });
const sovereignRegion = (name: string, qualifications: readonly object[]): Manifest => ({
  apiVersion: api,
  kind: "SovereignRegion",
  metadata: { name },
  spec: {
    provider: { type: "Other", regionCode: "here" },
    country: "FR",
    zones: ["here-a"],
    qualifications,
    ingress: { className: "edge", tlsSecretRef: { name: "wildcard" }, from: { cidrs: ["192.0.2.0/24"] } },
    trustBundle: { configMapRef: { name: "platform-ca" } },
    storage: { className: "encrypted" },
    keycloak: { url: "https://sso.suite.gouv.example" },
  },
});
const tenantNamed = (name: string, lifecycle: object, annotations: Record<string, string> = {}): Manifest => ({
  apiVersion: api,
  kind: "Tenant",
  metadata: { name, annotations },
  spec: {
    displayName: "Ministry of tests",
    organization: {
      type: "PublicBody",
      identifier: { scheme: "Internal", value: "TEST1" },
      contacts: [
        { role: "DPO", email: "dpo@agri.gouv.example" },
        { role: "SecurityOfficer", email: "rssi@agri.gouv.example" },
      ],
    },
    domain: `${name}.suite.gouv.example`,
    regionRef: { name: region },
    tier: "Pilot",
    seats: 10,
    compliance: { dataClasses: ["Internal"] },
    modules: [{ module: "Nextcloud" }],
    administrators: [{ kind: "Group", name: "minagri-admins", role: "TenantAdmin" }],
    lifecycle,
  },
});
const protectedLabels = { "socle.dev/protect": "true" };
const cnpgCluster: Manifest = {
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  metadata: { name: "guarded", ...place, labels: protectedLabels },
  spec: { instances: 1, storage: { size: "1Gi" } },
};
const claimOfVolume: Manifest = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "guarded", ...place, labels: protectedLabels },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};
const job = (inNamespace: string): Manifest => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "migrate", namespace: inNamespace },
  spec: {
    template: {
      spec: { restartPolicy: "Never", containers: [{ name: "migrate", image: "registry.example/migrate:1" }] },
    },
  },
});
const attestation = (attestedBy: string): Manifest => ({
  apiVersion: api,
  kind: "Attestation",
  metadata: { name: `${tenant}-policy` },
  spec: {
    check: "5-06",
    subject: { kind: "SovereignRegion", name: region },
    statement: "The security policy is in force and was reviewed this year.",
    evidence: { uri: "https://documents.platform.example/policy.pdf", sha256: "a".repeat(64) },
    attestedBy,
    validFrom: inDays(-1),
    expiresAt: inDays(300),
  },
});
const roleBinding = (inNamespace: string): Manifest => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: "admission-test", namespace: inNamespace },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: roles },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "alice" }],
});

const statusOf = (who: Person, ...target: string[]): Request =>
  patch(who, [...target, "--subresource=status"], { status: { observedGeneration: 7 } });
const tune = (who: Person, module: string, spec: object): Request =>
  patch(who, inHome("moduledeployments", module), { spec });
const mark = (who: Person, metadata: object): Request =>
  patch(who, inHome("moduledeployments", "nextcloud"), { metadata });
const home_ = ["namespace", home];
const refused = (title: string, request: Request, ...says: string[]): Refusal => ({ title, request, says });
const accepted = (title: string, request: Request): Row => ({ title, request });

const cases: readonly Case[] = [
  {
    topic: "tenant-reference",
    accepts: [
      accepted("a module of the tenant of the namespace", create(paula, moduleDeployment("Collabora"))),
      accepted("an identity provider of the tenant of the namespace", create(alice, identityProvider("new", tenant))),
    ],
    refuses: [
      refused(
        "an identity provider that names another tenant",
        create(alice, identityProvider("new", "minfin")),
        `${home}/new`,
        "spec.tenantRef.name is minfin",
        `belongs to tenant ${tenant}`,
        "t-minfin",
      ),
      refused(
        "a module that names another tenant",
        create(paula, moduleDeployment("Collabora", {}, "minfin")),
        `${home}/collabora`,
        "spec.tenantRef.name",
      ),
      refused(
        "a module in a namespace of nobody",
        create(operator, { ...moduleDeployment("Synapse"), metadata: { name: "synapse", namespace: "default" } }),
        "belongs to no tenant",
      ),
    ],
  },
  {
    topic: "tenant-deletion",
    accepts: [accepted("deleting a Tenant that is unprotected and confirmed", remove(paula, "tenant", confirmed))],
    refuses: [
      refused(
        "deleting a Tenant that is unprotected but not confirmed",
        remove(paula, "tenant", unconfirmed),
        `Tenant ${unconfirmed}`,
        `socle.dev/confirm-delete=${unconfirmed}`,
      ),
      refused(
        "deleting a protected Tenant, although confirmed",
        remove(paula, "tenant", tenant),
        `Tenant ${tenant} is protected`,
        "spec.lifecycle.deletionProtection",
      ),
      refused("deleting it as the operator", remove(operator, "tenant", tenant), `Tenant ${tenant} is protected`),
      refused(
        "pruning it by a pipeline whose file is gone",
        remove(pipeline, "tenant", tenant),
        `Tenant ${tenant} is protected`,
        "put the file back",
        "kustomize.toolkit.fluxcd.io/prune: disabled",
        "argocd.argoproj.io/sync-options: Prune=false,Delete=false",
      ),
      refused(
        "deleting all Tenants at once",
        remove(paula, "--raw", `/apis/${api}/tenants?dryRun=All&labelSelector=test%3D${tenant}`),
        "is not confirmed",
      ),
    ],
  },
  {
    topic: "protected-data",
    accepts: [
      accepted("the operator deletes a protected Secret", remove(operator, ...inHome("secret", "guarded"))),
      accepted(
        "the operator takes the label off",
        patch(operator, inHome("secret", "guarded"), { metadata: { labels: { "socle.dev/protect": null } } }),
      ),
      accepted(
        "the namespace controller empties a namespace",
        remove(namespaceController, ...inHome("secret", "guarded")),
      ),
      accepted("anybody with the right deletes what is not protected", remove(alice, ...inHome("secret", "plain"))),
      accepted(
        "another label of a protected Secret changes",
        patch(alice, inHome("secret", "guarded"), { metadata: { labels: { reviewed: "yes" } } }),
      ),
    ],
    refuses: [
      refused(
        "deleting a protected Secret",
        remove(alice, ...inHome("secret", "guarded")),
        `Secret ${home}/guarded`,
        "only the operator deletes it",
      ),
      refused(
        "deleting it as an administrator of the cluster",
        remove(paula, ...inHome("secret", "guarded")),
        `Secret ${home}/guarded`,
      ),
      refused(
        "the garbage collector collecting it",
        remove(garbageCollector, ...inHome("secret", "guarded")),
        `Secret ${home}/guarded`,
      ),
      refused(
        "deleting a protected volume claim",
        remove(alice, ...inHome("pvc", "guarded")),
        `PersistentVolumeClaim ${home}/guarded`,
      ),
      refused(
        "deleting a protected database cluster",
        remove(alice, ...inHome("clusters.postgresql.cnpg.io", "guarded")),
        `Cluster ${home}/guarded`,
      ),
      refused("deleting a protected namespace", remove(paula, ...home_), `Namespace ${home}`),
      refused(
        "deleting all Secrets of a namespace at once",
        remove(alice, "secrets", "--all", "-n", home),
        `Secret ${home}/guarded`,
      ),
      refused(
        "taking the label off first",
        patch(alice, inHome("secret", "guarded"), { metadata: { labels: { "socle.dev/protect": null } } }),
        "metadata.labels[socle.dev/protect]",
      ),
      refused(
        "taking the label off a volume claim through its status",
        patch(alice, [...inHome("pvc", "guarded"), "--subresource=status"], {
          metadata: { labels: { "socle.dev/protect": null } },
        }),
        "metadata.labels[socle.dev/protect]",
      ),
      refused(
        "taking the label off a namespace through its status",
        patch(alice, [...home_, "--subresource=status"], { metadata: { labels: { "socle.dev/protect": null } } }),
        "metadata.labels[socle.dev/protect]",
      ),
      refused(
        "overwriting a protected Secret",
        patch(alice, inHome("secret", "guarded"), { stringData: { key: "second" } }),
        `Secret ${home}/guarded`,
        "Secret of your own",
      ),
    ],
  },
  {
    topic: "definition-deletion",
    accepts: [
      accepted("deleting a definition of ours that says so", remove(paula, "crd", "policyexceptions.socle.dev")),
      accepted("deleting a definition of somebody else", remove(paula, "crd", `things.${tenant}.example`)),
    ],
    refuses: [
      refused(
        "deleting a definition of ours",
        remove(paula, "crd", "tenants.socle.dev"),
        "tenants.socle.dev deletes every Tenant",
        "socle.dev/allow-crd-delete=tenants.socle.dev",
      ),
      refused(
        "deleting it as the operator",
        remove(operator, "crd", "nameclaims.socle.dev"),
        "nameclaims.socle.dev deletes every NameClaim",
      ),
    ],
  },
  {
    topic: "observed-state",
    accepts: [
      accepted("the operator writes the status of a Tenant", statusOf(operator, "tenant", tenant)),
      accepted(
        "the operator writes the status of a module",
        statusOf(operator, ...inHome("moduledeployment", "nextcloud")),
      ),
    ],
    refuses: [
      refused(
        "an administrator of the cluster writing the status of a Tenant",
        statusOf(paula, "tenant", tenant),
        `Tenant ${tenant}`,
        "only the operator writes status",
        "change spec",
      ),
      refused(
        "writing the status of a module",
        statusOf(alice, ...inHome("moduledeployment", "nextcloud")),
        `ModuleDeployment ${home}/nextcloud`,
      ),
      refused(
        "writing the status of an identity provider",
        statusOf(alice, ...inHome("tenantidentityprovider", "agents")),
        `TenantIdentityProvider ${home}/agents`,
      ),
      refused(
        "writing the status of an exception",
        statusOf(alice, ...inHome("policyexception", "asked")),
        `PolicyException ${home}/asked`,
      ),
      refused(
        "writing the status of a region",
        statusOf(paula, "sovereignregion", region),
        `SovereignRegion ${region}`,
      ),
    ],
  },
  {
    topic: "name-claims",
    accepts: [
      accepted("the operator claims a name", create(operator, nameClaim(`domain-${tenant}b`))),
      accepted("the operator frees a name", remove(operator, "nameclaim", claim)),
    ],
    refuses: [
      refused(
        "an administrator of the cluster claiming a name",
        create(paula, nameClaim(`domain-${tenant}b`)),
        `NameClaim domain-${tenant}b`,
        "only the operator writes NameClaims",
        `Tenant ${tenant}`,
      ),
      refused(
        "changing a claim",
        patch(paula, ["nameclaim", claim], { spec: { state: "Retained" } }),
        `NameClaim ${claim}`,
      ),
      refused("deleting a claim", remove(paula, "nameclaim", claim), `NameClaim ${claim}`),
      refused(
        "the garbage collector collecting a claim",
        remove(garbageCollector, "nameclaim", claim),
        `NameClaim ${claim}`,
      ),
    ],
  },
  {
    topic: "namespace-ownership",
    accepts: [
      accepted(
        "the operator creates a namespace of a tenant",
        create(operator, namespace(`${home}-apps`, { "socle.dev/tenant": tenant })),
      ),
      accepted("anybody creates a namespace without the label", create(paula, namespace(`${tenant}-free`, {}))),
      accepted(
        "another label of a tenant's namespace changes",
        patch(paula, home_, { metadata: { labels: { reviewed: "yes" } } }),
      ),
      accepted(
        "the operator rewrites the list of modules",
        patch(operator, home_, { metadata: { annotations: { "socle.dev/modules": "Nextcloud" } } }),
      ),
    ],
    refuses: [
      refused(
        "somebody else creating a namespace of a tenant",
        create(paula, namespace(`${home}-apps`, { "socle.dev/tenant": tenant })),
        `Namespace ${home}-apps`,
        "metadata.labels[socle.dev/tenant]",
        "create a Tenant",
      ),
      refused(
        "slipping an existing namespace under a tenant",
        patch(paula, ["namespace", "default"], { metadata: { labels: { "socle.dev/tenant": tenant } } }),
        "Namespace default",
        "set at creation only",
      ),
      refused(
        "slipping one under it that has the right name",
        patch(paula, ["namespace", `t-${tenant}free`], {
          metadata: { labels: { "socle.dev/tenant": `${tenant}free` } },
        }),
        "set at creation only",
      ),
      refused(
        "the operator giving a namespace to another tenant",
        patch(operator, home_, { metadata: { labels: { "socle.dev/tenant": "minfin" } } }),
        `keep it at ${tenant}`,
      ),
      refused(
        "giving a namespace to another tenant",
        patch(paula, home_, { metadata: { labels: { "socle.dev/tenant": "minfin" } } }),
        `keep it at ${tenant}`,
      ),
      refused(
        "taking the label off",
        patch(paula, home_, { metadata: { labels: { "socle.dev/tenant": null } } }),
        `keep it at ${tenant}`,
      ),
      refused(
        "taking the label off through the status",
        patch(alice, [...home_, "--subresource=status"], { metadata: { labels: { "socle.dev/tenant": null } } }),
        `keep it at ${tenant}`,
      ),
      refused(
        "the operator naming it after nobody",
        create(operator, namespace("t-elsewhere", { "socle.dev/tenant": tenant })),
        "Namespace t-elsewhere",
        `t-${tenant}-<part>`,
      ),
      refused(
        "widening the list of modules by hand",
        patch(paula, home_, { metadata: { annotations: { "socle.dev/modules": "OpenProject" } } }),
        "metadata.annotations[socle.dev/modules]",
        `Tenant ${tenant}`,
      ),
    ],
  },
  {
    topic: "module-entitlement",
    accepts: [
      accepted("a module that the Tenant lists", create(paula, moduleDeployment("Collabora"))),
      accepted("the operator, which reads the Tenant itself", create(operator, moduleDeployment("OpenProject"))),
    ],
    refuses: [
      refused(
        "a module that the Tenant does not list",
        create(paula, moduleDeployment("OpenProject")),
        `${home}/openproject`,
        "spec.module OpenProject",
        "Nextcloud, Synapse, Collabora",
        `spec.modules of Tenant ${tenant}`,
      ),
      refused(
        "a module in a namespace of the tenant that lists none",
        create(paula, {
          ...moduleDeployment("Nextcloud"),
          metadata: { name: "nextcloud", namespace: `${home}-office` },
        }),
        "(none)",
      ),
    ],
  },
  {
    topic: "tenant-roles",
    accepts: [
      accepted("an administrator of the ministry sets the size", tune(alice, "nextcloud", { size: "M" })),
      accepted(
        "sets quota, apps and links of a block that was not there",
        tune(alice, "nextcloud", { nextcloud: { defaultQuota: "5Gi", apps: ["deck"], publicLinks: "WithPassword" } }),
      ),
      accepted(
        "sets upload size and retention beside a closed field",
        tune(alice, "synapse", { synapse: { maxUploadSize: "50Mi", mediaRetentionDays: 30 } }),
      ),
      accepted("pauses a module", tune(alice, "nextcloud", { managementPolicy: "Paused" })),
      accepted(
        "sets conferences and documents",
        tune(alice, "jitsi", { jitsi: { maxParticipants: 40, guests: "Refused" } }),
      ),
      accepted("asks for a reconcile", mark(alice, { annotations: { "socle.dev/reconcile-requested-at": "now" } })),
      accepted("applies from git, which leaves its own marks", {
        who: alice,
        args: ["apply", "-f", "-", dryRun],
        input: JSON.stringify({
          ...moduleDeployment("Nextcloud", { size: "L" }),
          metadata: { name: "nextcloud", ...place, labels: { "gitops.example/name": "suite" } },
        }),
      }),
      accepted("applies from git on the server's side", {
        who: alice,
        args: ["apply", "--server-side", "--field-manager=git", "-f", "-", dryRun],
        input: JSON.stringify(moduleDeployment("Nextcloud", { size: "L" })),
      }),
      accepted(
        "the platform team pins a version",
        tune(paula, "nextcloud", { version: "33.0.1", driftPolicy: "Report" }),
      ),
      accepted(
        "the operator applies what the Tenant states",
        tune(operator, "nextcloud", { version: "33.0.1", deletionPolicy: "Delete" }),
      ),
      accepted(
        "the garbage collector takes its finalizer off",
        patch(garbageCollector, inHome("moduledeployments", "nextcloud"), { metadata: { finalizers: [] } }),
      ),
    ],
    refuses: [
      refused(
        "an administrator of the ministry pinning a version",
        tune(alice, "nextcloud", { version: "33.0.1", size: "M" }),
        `${home}/nextcloud: spec.version cannot be changed here`,
        `Tenant ${tenant}`,
      ),
      refused("asking for erasure", tune(alice, "nextcloud", { deletionPolicy: "Delete" }), "spec.deletionPolicy"),
      refused(
        "adopting what is not ours",
        tune(alice, "nextcloud", { adoptionPolicy: "Adopt" }),
        "spec.adoptionPolicy",
      ),
      refused("silencing drift", tune(alice, "nextcloud", { driftPolicy: "Report" }), "spec.driftPolicy"),
      refused(
        "weakening the second factor",
        tune(alice, "keycloak", { keycloak: { mfa: "Optional" } }),
        "spec.keycloak cannot",
      ),
      refused(
        "giving up reconciling",
        tune(alice, "nextcloud", { managementPolicy: "Observe" }),
        "spec.managementPolicy",
      ),
      refused(
        "lifting Observe by a pause",
        tune(alice, "jitsi", { managementPolicy: "Paused" }),
        "spec.managementPolicy",
      ),
      refused(
        "lifting Observe by leaving it out",
        tune(alice, "jitsi", { managementPolicy: null }),
        "spec.managementPolicy",
      ),
      refused(
        "several at once, all of which are named",
        tune(alice, "nextcloud", { version: "1", driftPolicy: "Report" }),
        "spec.driftPolicy",
        "spec.version",
      ),
      refused("removing the finalizer", mark(alice, { finalizers: [] }), "metadata.finalizers"),
      refused(
        "giving it an owner that the garbage collector would follow",
        mark(alice, {
          ownerReferences: [
            { apiVersion: "v1", kind: "ConfigMap", name: "gone", uid: "0b5c1b9e-6f0e-4f0e-9d3a-2f6f3f1f9a11" },
          ],
        }),
        "metadata.ownerReferences",
      ),
      refused(
        "changing a label of ours",
        mark(alice, { labels: { "socle.dev/tenant": "minfin" } }),
        "metadata.labels[socle.dev/tenant]",
      ),
      refused(
        "abandoning external data",
        mark(alice, { annotations: { "socle.dev/abandon-external": "uid" } }),
        "metadata.annotations[socle.dev/abandon-external]",
      ),
      refused(
        "adding a module",
        create(alice, moduleDeployment("Collabora")),
        "modules are added and removed in spec.modules",
      ),
      refused(
        "removing a module",
        remove(alice, ...inHome("moduledeployments", "nextcloud")),
        "modules are added and removed in spec.modules",
      ),
    ],
  },
  {
    topic: "operator-reach",
    accepts: [
      accepted("the operator writes a Secret in a tenant's namespace", create(operator, secret("new", home))),
      accepted("the operator writes a RoleBinding in a tenant's namespace", create(operator, roleBinding(home))),
      accepted("the operator writes a Secret in its own namespace", create(operator, secret("new", "socle-system"))),
      accepted("others write Secrets where they may", create(paula, secret("new", "default"))),
    ],
    refuses: [
      refused(
        "the operator writing a Secret elsewhere",
        create(operator, secret("new", "default")),
        "Secret default/new",
        "socle.dev/tenant",
      ),
      refused(
        "writing a RoleBinding elsewhere",
        create(operator, roleBinding("kube-system")),
        "RoleBinding kube-system/admission-test",
      ),
      refused("running a Job elsewhere", create(operator, job("default")), "Job default/migrate"),
      refused(
        "writing in a namespace that is only named like a tenant's",
        create(operator, secret("new", `t-${tenant}free`)),
        `Secret t-${tenant}free/new`,
      ),
      refused(
        "deleting a Secret elsewhere",
        remove(operator, "secret", tenant, "-n", "default"),
        `Secret default/${tenant}`,
      ),
    ],
  },
  {
    topic: "operator-namespaces",
    accepts: [
      accepted(
        "the operator creates a namespace of a tenant",
        create(operator, namespace(`${home}-data`, { "socle.dev/tenant": tenant })),
      ),
      accepted("the operator deletes a namespace of a tenant", remove(operator, ...home_)),
      accepted("others create namespaces", create(paula, namespace(`${tenant}-free`, {}))),
    ],
    refuses: [
      refused(
        "the operator creating any other namespace",
        create(operator, namespace(`${tenant}-free`, {})),
        `Namespace ${tenant}-free`,
        "t-*",
      ),
      refused(
        "deleting any other namespace",
        remove(operator, "namespace", `t-${tenant}free`),
        `Namespace t-${tenant}free`,
      ),
      refused(
        "labelling any other namespace",
        patch(operator, ["namespace", "default"], {
          metadata: { labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
        }),
        "Namespace default",
      ),
      refused("deleting its own namespace", remove(operator, "namespace", "socle-system"), "Namespace socle-system"),
    ],
  },
  {
    topic: "exception-approval",
    accepts: [
      accepted("an exception of 89 days", create(alice, exception("new", { expiresAt: inDays(89) }))),
      accepted(
        "an approval by the security group",
        patch(sam, inHome("policyexception", "asked"), { spec: { approvedBy: "sam" } }),
      ),
      accepted(
        "shortening an exception",
        patch(alice, inHome("policyexception", "asked"), { spec: { expiresAt: inDays(2) } }),
      ),
    ],
    refuses: [
      refused(
        "an exception that is approved at creation",
        create(sam, exception("new", { approvedBy: "sam" })),
        `PolicyException ${home}/new`,
        "spec.approvedBy",
        "by setting spec.approvedBy to their own user name",
      ),
      refused(
        "an exception of 91 days",
        create(alice, exception("new", { expiresAt: inDays(91) })),
        "spec.expiresAt",
        "at most 90 days",
      ),
      refused(
        "an approval in the name of somebody else",
        patch(sam, inHome("policyexception", "asked"), { spec: { approvedBy: "paula" } }),
        "spec.approvedBy is paula",
        "comes from sam",
      ),
      refused(
        "an approval without the verb",
        patch({ as: "bob" }, inHome("policyexception", "asked"), { spec: { approvedBy: "bob" } }),
        "verb approve",
        "security group",
      ),
      refused(
        "an approval by a ServiceAccount that holds the verb",
        patch(robot, inHome("policyexception", "asked"), { spec: { approvedBy: robot.as } }),
        "ServiceAccount",
      ),
    ],
  },
  {
    topic: "attested-in-person",
    accepts: [
      accepted("what sam attests in their own name", create(sam, attestation("sam"))),
      accepted("what somebody of the platform attests", create(paula, attestation("paula"))),
    ],
    refuses: [
      refused(
        "attesting in the name of somebody else",
        create(sam, attestation("paula")),
        `Attestation ${tenant}-policy`,
        "spec.attestedBy is paula",
        "comes from sam",
      ),
      refused(
        "a ServiceAccount that attests in its own name",
        create(robot, attestation(robot.as)),
        "ServiceAccount",
        "a person of the security group",
      ),
    ],
  },
  {
    topic: "region-evidence",
    accepts: [
      accepted(
        "a region whose proofs nobody has read yet",
        create(paula, sovereignRegion(`${region}-b`, [qualification()])),
      ),
      accepted(
        "who has read the proof sets Verified",
        patch(paula, ["sovereignregion", region], {
          spec: { qualifications: [verifiedBy("sam"), verifiedBy("paula", { reference: "certificate-2" })] },
        }),
      ),
      accepted(
        "somebody else changes the region and leaves what sam verified",
        patch(paula, ["sovereignregion", region], { spec: { state: "Cordoned", qualifications: [verifiedBy("sam")] } }),
      ),
      accepted(
        "anybody withdraws a verification",
        patch(paula, ["sovereignregion", region], {
          spec: { qualifications: [verifiedBy("sam", { verification: "Withdrawn" })] },
        }),
      ),
      accepted(
        "the address changes while there are no tenants",
        patch(paula, ["sovereignregion", `${region}-empty`], {
          spec: { keycloak: { url: "https://sso.other.example" } },
        }),
      ),
    ],
    refuses: [
      refused(
        "verifying in the name of somebody else",
        create(paula, sovereignRegion(`${region}-b`, [verifiedBy("sam")])),
        `SovereignRegion ${region}-b`,
        "HDS certificate-1",
        "you are paula",
      ),
      refused(
        "prolonging what somebody else verified",
        patch(paula, ["sovereignregion", region], {
          spec: { qualifications: [verifiedBy("sam", { validUntil: "2040-01-01" })] },
        }),
        "HDS certificate-1",
      ),
      refused(
        "a ServiceAccount verifying in its own name",
        create(robot, sovereignRegion(`${region}-b`, [verifiedBy(robot.as)])),
        "ServiceAccount",
        "a person",
      ),
      refused(
        "changing the address while there are tenants",
        patch(paula, ["sovereignregion", region], { spec: { keycloak: { url: "https://sso.other.example" } } }),
        "spec.keycloak.url",
        "stays https://sso.suite.gouv.example",
        "3 now",
      ),
    ],
  },
  {
    topic: "parameter-writers",
    accepts: [
      accepted(
        "who may change policies says who the operator is",
        patch(paula, ["configmap", "socle-admission", "-n", "socle-system"], { data: { note: "new" } }),
      ),
      accepted(
        "other ConfigMaps of the namespace are free",
        create(alice, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "free", namespace: "socle-system" } }),
      ),
    ],
    refuses: [
      refused(
        "making oneself the operator",
        patch(alice, ["configmap", "socle-admission", "-n", "socle-system"], { data: { operatorUsername: "alice" } }),
        "socle-system/socle-admission",
        "data.operatorUsername",
        "platform team",
      ),
      refused(
        "the operator renaming itself",
        patch(operator, ["configmap", "socle-admission", "-n", "socle-system"], {
          data: { operatorUsername: "alice" },
        }),
        "data.operatorUsername",
      ),
      refused(
        "deleting the parameter",
        remove(alice, "configmap", "socle-admission", "-n", "socle-system"),
        "data.operatorUsername",
      ),
    ],
  },
];

async function ask({
  who,
  args,
  input,
}: Request): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return await kubectl(args, { ...who, ...(input === undefined ? {} : { input }) });
}

/** A real change, as somebody. Fails with what the API server said. */
async function really(who: Person, args: readonly string[], objects: readonly Manifest[] = []): Promise<string> {
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const answer = await kubectl(args, { ...who, input });
  if (answer.code !== 0) throw new Error(`kubectl ${args.join(" ")} as ${who.as}: ${answer.stderr}`);
  return answer.stdout;
}

async function isRefused(topic: string, request: Request): Promise<string> {
  const { code, stderr } = await ask(request);
  expect(stderr).toContain(`ValidatingAdmissionPolicy '${policyName(topic)}'`);
  expect(code).not.toBe(0);
  return stderr;
}

async function isAccepted(request: Request): Promise<void> {
  const { code, stderr } = await ask(request);
  expect({ code, stderr }).toMatchObject({ code: 0 });
}

const rbac = "rbac.authorization.k8s.io";
const every = ["*"];
const rights: readonly Manifest[] = [
  {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRole",
    metadata: { name: roles },
    // Wide, so that nothing here is refused by RBAC; without Tenants, by which admission knows the platform team.
    rules: [
      { apiGroups: ["", "apps", "batch", "networking.k8s.io", "postgresql.cnpg.io"], resources: every, verbs: every },
      {
        apiGroups: ["socle.dev"],
        resources: [
          "moduledeployments",
          "tenantidentityproviders",
          "policyexceptions",
          "attestations",
          "nameclaims",
          "sovereignregions",
        ].flatMap((kind) => [kind, `${kind}/status`]),
        verbs: ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"],
      },
    ],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRole",
    metadata: { name: `${roles}-operator` },
    rules: [{ apiGroups: ["socle.dev", rbac, "apiextensions.k8s.io"], resources: every, verbs: every }],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRole",
    metadata: { name: `${roles}-security` },
    rules: [{ apiGroups: ["socle.dev"], resources: ["policyexceptions"], verbs: ["approve"] }],
  },
  bindingOf(roles, [alice, operator, sam, robot, { as: "bob" }]),
  bindingOf(`${roles}-operator`, [operator]),
  bindingOf(`${roles}-security`, [sam, robot]),
];

function bindingOf(role: string, people: readonly Person[]): Manifest {
  return {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: role },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
    subjects: people.map((person) => ({ apiGroup: rbac, kind: "User", name: person.as })),
  };
}

const definition = (group: string, plural: string, kind: string, version: string): Manifest => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { plural, singular: kind.toLowerCase(), kind },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
});
const cnpgDefinition = "clusters.postgresql.cnpg.io";
let madeCnpg = false;

beforeAll(async () => {
  const definitions = [definition(`${tenant}.example`, "things", "Thing", "v1")];
  if ((await kubectl(["get", "crd", cnpgDefinition])).code !== 0) {
    definitions.push(definition("postgresql.cnpg.io", "clusters", "Cluster", "v1"));
    madeCnpg = true;
  }
  await really(paula, ["apply", "-f", "-"], [...definitions, ...rights]);
  await really(paula, ["wait", "--for=condition=Established", "--timeout=30s", "crd", cnpgDefinition]);
  await really(paula, [
    "annotate",
    "--overwrite",
    "crd",
    "policyexceptions.socle.dev",
    "socle.dev/allow-crd-delete=policyexceptions.socle.dev",
  ]);
  await really(
    paula,
    ["create", "-f", "-"],
    [
      namespace(`t-${tenant}free`, {}),
      secret(tenant, "default"),
      sovereignRegion(`${region}-empty`, []),
      tenantNamed(tenant, {}, { "socle.dev/confirm-delete": tenant }),
      {
        ...tenantNamed(unconfirmed, { deletionProtection: false }),
        metadata: { name: unconfirmed, labels: { test: tenant } },
      },
      tenantNamed(confirmed, { deletionProtection: false }, { "socle.dev/confirm-delete": confirmed }),
    ],
  );
  await really(sam, ["create", "-f", "-"], [sovereignRegion(region, [verifiedBy("sam")])]);
  await really(
    operator,
    ["create", "-f", "-"],
    [
      namespace(
        home,
        { "socle.dev/tenant": tenant, ...protectedLabels },
        { "socle.dev/modules": "Nextcloud, Synapse, Collabora" },
      ),
      namespace(`${home}-office`, { "socle.dev/tenant": tenant }),
      nameClaim(claim),
      secret("guarded", home, protectedLabels),
      secret("plain", home),
      claimOfVolume,
      {
        ...moduleDeployment("Nextcloud"),
        metadata: {
          name: "nextcloud",
          ...place,
          labels: { "socle.dev/tenant": tenant },
          finalizers: ["socle.dev/module"],
        },
      },
      moduleDeployment("Jitsi", { managementPolicy: "Observe" }),
      moduleDeployment("Synapse", { synapse: { serverName: "agri.gouv.example" } }),
      moduleDeployment("Keycloak", { keycloak: { mfa: "Required" } }),
      identityProvider("agents", tenant),
      exception("asked"),
    ],
  );
  // Its resource may have become known a moment ago.
  await eventually(async () => await really(operator, ["create", "-f", "-"], [cnpgCluster]));
  await really(operator, [
    "patch",
    "sovereignregion",
    region,
    "--subresource=status",
    "--type=merge",
    "-p",
    JSON.stringify({ status: { tenants: 3 } }),
  ]);
  for (const { topic, refuses } of cases) await eventually(async () => await isRefused(topic, refuses[0].request));
});

afterAll(async () => {
  await kubectl(
    ["patch", "moduledeployment", "nextcloud", "-n", home, "--type=merge", "-p", '{"metadata":{"finalizers":null}}'],
    operator,
  );
  await kubectl(["delete", "namespace", home, `${home}-office`, "--wait=false"], operator);
  await kubectl(["delete", "nameclaim", claim], operator);
  await kubectl(
    ["patch", "tenant", tenant, "--type=merge", "-p", '{"spec":{"lifecycle":{"deletionProtection":false}}}'],
    paula,
  );
  await kubectl(["annotate", "tenant", unconfirmed, `socle.dev/confirm-delete=${unconfirmed}`], paula);
  await kubectl(["delete", "tenant", tenant, unconfirmed, confirmed], paula);
  await kubectl(["delete", "sovereignregion", region, `${region}-empty`], paula);
  await kubectl(["delete", "namespace", `t-${tenant}free`, "--wait=false"], paula);
  await kubectl(["delete", "secret", tenant, "-n", "default"], paula);
  await kubectl(["annotate", "crd", "policyexceptions.socle.dev", "socle.dev/allow-crd-delete-"], paula);
  await kubectl(["delete", "crd", `things.${tenant}.example`, ...(madeCnpg ? [cnpgDefinition] : [])], paula);
  for (const name of [roles, `${roles}-operator`, `${roles}-security`])
    await kubectl(["delete", "clusterrolebinding,clusterrole", name], paula);
});

describe.each(cases)("policy $topic", ({ topic, accepts, refuses }) => {
  test.each(accepts)("accepts: $title", async ({ request }) => {
    await isAccepted(request);
  });

  test.each(refuses)("refuses: $title", async ({ request, says }) => {
    const message = await isRefused(topic, request);
    for (const words of says) expect(message).toContain(words);
  });

  test("it is this policy that refuses: without its binding the same request passes", async () => {
    const binding = admissionManifests().filter((object) => {
      const { kind, metadata } = object as { readonly kind: string; readonly metadata: { readonly name: string } };
      return kind === "ValidatingAdmissionPolicyBinding" && metadata.name === policyName(topic);
    }) as Manifest[];
    expect(binding).toHaveLength(1);
    await really(paula, ["delete", "validatingadmissionpolicybinding", policyName(topic)]);
    try {
      await eventually(async () => {
        await isAccepted(refuses[0].request);
      });
    } finally {
      await really(paula, ["apply", "-f", "-"], binding);
      await eventually(async () => await isRefused(topic, refuses[0].request));
    }
  });
});

const withToken = (object: Manifest, pod: readonly string[], value: boolean): Manifest => {
  const [first, ...rest] = pod;
  if (first === undefined) return { ...object, automountServiceAccountToken: value };
  return { ...object, [first]: withToken((object[first] ?? {}) as Manifest, rest, value) };
};
const podTemplate = (job(home)["spec"] as { readonly template: Manifest }).template;
const app = { matchLabels: { app: "drive" } };
const serving = {
  ...podTemplate,
  metadata: { labels: app.matchLabels },
  spec: { containers: [{ name: "a", image: "registry.example/a:1" }] },
};
const named = (kind: string, apiVersion: string, spec: object, labels: object = {}): Manifest => ({
  apiVersion,
  kind,
  metadata: { name: "judged", ...place, labels },
  spec,
});
const forDatabase = { "app.kubernetes.io/component": "database" };
const ports = [{ port: 5432 }];
const service = (type: string, labels: object): Manifest => named("Service", "v1", { type, ports }, labels);
const database = (spec: object): Manifest => named("Cluster", "postgresql.cnpg.io/v1", { instances: 1, ...spec });
const template = ["spec", "template", "spec"];

/** Of each policy that comes from a check: what it lets pass, and what it refuses. */
const checked: Readonly<
  Record<string, { readonly passes: readonly Manifest[]; readonly breaks: readonly Manifest[] }>
> = {
  "check-9-24-deployments": ofPods(named("Deployment", "apps/v1", { selector: app, template: serving }), template),
  "check-9-24-statefulsets": ofPods(
    named("StatefulSet", "apps/v1", { selector: app, serviceName: "drive", template: serving }),
    template,
  ),
  "check-9-24-jobs": ofPods(named("Job", "batch/v1", { template: podTemplate }), template),
  "check-9-24-cronjobs": ofPods(
    named("CronJob", "batch/v1", { schedule: "@daily", jobTemplate: { spec: { template: podTemplate } } }),
    ["spec", "jobTemplate", ...template],
  ),
  "check-9-29-services": {
    passes: [service("ClusterIP", forDatabase), service("NodePort", {})],
    breaks: [service("NodePort", forDatabase), service("LoadBalancer", { "cnpg.io/cluster": "postgresql" })],
  },
  "check-9-29-clusters": {
    passes: [database({}), database({ managed: { services: { additional: [{ serviceTemplate: {} }] } } })],
    breaks: [
      database({ managed: { services: { additional: [{ serviceTemplate: { spec: { type: "LoadBalancer" } } }] } } }),
    ],
  },
  "check-10-17-clusters": {
    passes: [database({ postgresql: { pg_hba: ["hostssl all all all scram-sha-256"] } })],
    breaks: [
      database({ postgresql: { parameters: { password_encryption: "md5" } } }),
      database({ postgresql: { pg_hba: ["host all all all trust"] } }),
    ],
  },
};

function ofPods(workload: Manifest, pod: readonly string[]) {
  const byDatabaseOperator = {
    ...workload,
    metadata: { ...(workload["metadata"] as object), labels: { "cnpg.io/jobRole": "initdb" } },
  };
  return {
    passes: [withToken(workload, pod, false), byDatabaseOperator],
    breaks: [workload, withToken(workload, pod, true)],
  };
}

describe.each(admissionRules.map((rule) => ({ ...rule, topic: topicOf(rule) })))(
  "policy $topic",
  ({ topic, check, kind }) => {
    const { passes, breaks } = checked[topic] ?? { passes: [], breaks: [] };

    test("admits what keeps the rule", async () => {
      expect(passes).not.toEqual([]);
      for (const object of passes) await isAccepted(create(paula, object));
    });

    test("refuses whoever asks what breaks it, and says which object and which check", async () => {
      expect(breaks).not.toEqual([]);
      for (const object of breaks)
        await eventually(async () => {
          const said = await isRefused(topic, create(paula, object));
          expect(said).toContain(`${kind} ${home}/judged: `);
          expect(said).toContain(`(check ${check})`);
        });
    });

    test("leaves other namespaces alone", async () => {
      for (const object of breaks)
        await isAccepted(
          create(paula, { ...object, metadata: { ...(object["metadata"] as object), namespace: "default" } }),
        );
    });
  },
);

describe("what Kubernetes itself must do", () => {
  test("every policy of the code is on the server, and the type checker of the API server has no complaint", async () => {
    const names = releasedPolicies()
      .filter((object) => object.kind === "ValidatingAdmissionPolicy")
      .map((object) => object.metadata.name);
    const topics = [...cases.map((one) => one.topic), ...Object.keys(checked)];
    expect(topics.map(policyName).sort()).toEqual([...names].sort());
    await eventually(async () => {
      for (const name of names) {
        const policy = JSON.parse((await kubectl(["get", "validatingadmissionpolicy", name, "-o", "json"])).stdout) as {
          readonly status?: { readonly typeChecking?: { readonly expressionWarnings?: unknown } };
        };
        expect([name, policy.status?.typeChecking !== undefined]).toEqual([name, true]);
        expect([name, policy.status?.typeChecking?.expressionWarnings]).toEqual([name, undefined]);
      }
    });
  });

  test("a second apply of the policies changes nothing", async () => {
    const said = await really(paula, ["apply", "-f", "-"], releasedPolicies());
    const again = await really(paula, ["apply", "-f", "-"], releasedPolicies());
    expect(said).not.toBe("");
    expect(again.split("\n").filter((line) => line !== "" && !line.endsWith(" unchanged"))).toEqual([]);
  });

  test("a namespace that the operator deletes is emptied, protected Secrets and volumes included", async () => {
    const doomed = `t-${tenant}z`;
    await really(
      operator,
      ["create", "-f", "-"],
      [
        namespace(doomed, { "socle.dev/tenant": `${tenant}z`, ...protectedLabels }),
        secret("guarded", doomed, protectedLabels),
        { ...claimOfVolume, metadata: { name: "guarded", namespace: doomed, labels: protectedLabels } },
      ],
    );
    await really(operator, ["delete", "namespace", doomed, "--wait=false"]);
    await eventually(async () => {
      expect((await kubectl(["get", "namespace", doomed])).stderr).toContain("NotFound");
    });
  });
});
