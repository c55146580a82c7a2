import type { Manifest, ObjectRef } from "../../constructs/manifest.ts";
import { apiVersion, names } from "../../crds/group.ts";
import type { ModuleDeployment } from "../../crds/v1alpha1/module-deployment.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { hourMs, InMemoryWorld } from "./in-memory-world.ts";

type Modules = Tenant["spec"]["modules"];

/** What people do to a world, one act after the other; the operator settles after each. */
export interface Story {
  readonly name: string;
  /** Done before anything can fail. */
  readonly before: readonly Act[];
  readonly acts: readonly Act[];
}
export type Act = (world: InMemoryWorld) => Promise<void> | void;

const tenantRef: ObjectRef = { apiVersion, kind: "Tenant", name: "minagri" };
const secret = (name: string, data: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "socle-system" },
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
});

/** A cluster as a platform team has it, with a region that works, and things of somebody else. */
export async function platformWorld(): Promise<InMemoryWorld> {
  const world = new InMemoryWorld();
  const { host, port, username, password } = world.postgres.server;
  const { clientId: clientID, clientSecret } = world.keycloak.platform;
  const named = (kind: string, group: string, name: string): Manifest => ({
    apiVersion: group,
    kind,
    metadata: { name },
  });
  for (const manifest of [
    named("Namespace", "v1", "socle-system"),
    named("Namespace", "v1", "somebody-else"),
    named("StorageClass", "storage.k8s.io/v1", "encrypted"),
    named("IngressClass", "networking.k8s.io/v1", "edge"),
    secret("keycloak-platform", { clientID, clientSecret }),
    secret("postgresql-platform", { username, password }),
    secret("tls", { "tls.crt": "c", "tls.key": "k" }),
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "theirs", namespace: "somebody-else" }, data: {} },
  ])
    await world.kube.create(manifest);
  world.postgres.addRole("foreign", { canLogin: true, password: "theirs" });
  world.postgres.addDatabase("foreign", "foreign", { sessions: ["foreign"] });
  world.keycloak.addForeignRealm("foreign");
  await world.kube.create({
    apiVersion,
    kind: "SovereignRegion",
    metadata: { name: "region" },
    spec: {
      provider: { type: "Other", regionCode: "test" },
      country: "FR",
      zones: ["test-a"],
      ingress: { className: "edge", tlsSecretRef: { name: "tls" }, from: { cidrs: ["10.0.0.0/8"] } },
      storage: { className: "encrypted" },
      keycloak: {
        mode: "External",
        url: "https://sso.example",
        adminCredentialsSecretRef: { name: "keycloak-platform" },
      },
      postgresql: {
        defaultDriver: "External",
        server: {
          host,
          port,
          tls: "Disable",
          cidrs: ["10.0.0.1/32"],
          adminCredentialsSecretRef: { name: "postgresql-platform" },
        },
      },
    },
  });
  return world;
}

/** A tenant with those modules appears. */
export function onboard(
  modules: Modules,
  domain = "ministere.suite.example",
  requiredQualifications: Tenant["spec"]["compliance"]["requiredQualifications"] = [],
): Act {
  return async (world) => {
    await world.kube.create({
      apiVersion,
      kind: "Tenant",
      metadata: { name: "minagri" },
      spec: {
        displayName: "Ministère",
        organization: {
          type: "Ministry",
          identifier: { scheme: "SIREN", value: "110070018" },
          contacts: [
            { role: "DPO", email: "dpo@ministere.example" },
            { role: "SecurityOfficer", email: "rssi@ministere.example" },
          ],
        },
        domain,
        mailDomains: ["ministere.example"],
        regionRef: { name: "region" },
        tier: "Pilot",
        seats: 50,
        compliance: { dataClasses: ["Internal"], requiredQualifications },
        modules,
        administrators: [{ kind: "Group", name: "admins", role: "TenantAdmin" }],
      },
    });
  };
}

/** Changes the spec of the tenant. */
export function change(spec: (before: Tenant["spec"]) => Tenant["spec"]): Act {
  return (world) => {
    world.kube.edit<Tenant & KubeObject>(tenantRef, (tenant) => ({ ...tenant, spec: spec(tenant.spec) }));
  };
}

/** Changes what lies in the spec of a module and is not the Tenant's to say. */
export function changeModule(module: string, spec: Partial<ModuleDeployment["spec"]>): Act {
  const ref: ObjectRef = { apiVersion, kind: "ModuleDeployment", namespace: "t-minagri", name: module.toLowerCase() };
  return (world) => {
    world.kube.edit<ModuleDeployment & KubeObject>(ref, (live) => ({ ...live, spec: { ...live.spec, ...spec } }));
  };
}

/** Somebody confirms that the tenant is to go, and deletes it. */
export const remove: Act = async (world) => {
  const { metadata } = world.kube.edit<Tenant & KubeObject>(tenantRef, (tenant) => ({
    ...tenant,
    metadata: { ...tenant.metadata, annotations: { [names.confirmDelete]: tenant.metadata.name } },
    spec: { ...tenant.spec, lifecycle: { ...tenant.spec.lifecycle, deletionProtection: false } },
  }));
  await world.kube.delete(tenantRef, { uid: metadata.uid });
};

/** Everything of the tenant is to be erased; the notice ends in a little more than an hour. */
export const noticeOfErasure: Act = (world) => {
  const sent = world.now - 21 * 24 * hourMs + 1.1 * hourMs;
  const erasureNoticeSentAt = new Date(sent).toISOString();
  return change((spec) => ({
    ...spec,
    modules: spec.modules.map((entry) => ({ ...entry, deletionPolicy: "Delete" })),
    lifecycle: { ...spec.lifecycle, deletionPolicy: "Delete", erasureNoticeSentAt },
  }))(world);
};

export const hours =
  (count: number): Act =>
  (world) =>
    world.pass(count * hourMs);

const postgresql = { module: "PostgreSQL" } as const;
const keycloak = { module: "Keycloak" } as const;
const both: Modules = [postgresql, keycloak];

export const onboarding: Story = { name: "onboarding", before: [], acts: [onboard(both)] };

export const stories: readonly Story[] = [
  onboarding,
  {
    name: "a module added and another removed",
    before: [onboard([postgresql])],
    acts: [change((spec) => ({ ...spec, modules: both })), change((spec) => ({ ...spec, modules: [keycloak] }))],
  },
  { name: "removal with its data kept, and return", before: [onboard(both)], acts: [remove, onboard(both)] },
  { name: "erasure after the notice", before: [onboard(both), noticeOfErasure], acts: [remove, hours(2)] },
];

/** The world after the acts, told to settle after each. */
export async function play(world: InMemoryWorld, acts: readonly Act[]): Promise<void> {
  for (const act of acts) {
    await act(world);
    await world.settle();
  }
}
