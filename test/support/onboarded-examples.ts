import { names } from "../../crds/group.ts";
import { bucketKeys } from "../../constructs/names.ts";
import { parseSovereignRegion, type SovereignRegion } from "../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../crds/v1alpha1/tenant.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { handIn } from "./equipped-region.ts";
import { examples } from "./examples.ts";
import { FakeApplications, type Seen } from "./fake-applications.ts";
import { playControllers } from "./in-memory-cluster.ts";
import { preparedWorld } from "./in-memory-platform.ts";
import { hourMs, type InMemoryWorld } from "./in-memory-world.ts";
import { accepted } from "./produced.ts";

type Written = (typeof examples)[number]["object"];
type Judged = KubeObject & Pick<Tenant, "status">;

/** Seldom more than four: one after the other come databases, what needs one, what prepares it, and what needs that. */
const mostRounds = 12;
/** In a round in which something does not answer yet, it is asked that often. */
const mostLooks = 60;
const group = { ConfigMap: "v1", Deployment: "apps/v1", StatefulSet: "apps/v1" } as const;

/** Those files of examples/ in one cluster whose platform team has prepared it, and where everything starts at once. */
export async function onboarded(regionFile: string, tenantFiles: readonly string[]): Promise<InMemoryWorld> {
  const written = exampleIn(regionFile);
  const region = accepted({ ...written }, parseSovereignRegion);
  const tenants = tenantFiles.map((file) => movedTo(region, exampleIn(file)));
  const world = await preparedWorld(region.spec);
  playApplications(world, { region, tenants });
  await world.kube.create(written);
  await world.settle();
  await startKeycloak(world, region);
  await untilReady(world);
  for (const { name } of tenants.map(({ metadata }) => metadata))
    for (const module of ["nextcloud", "openproject", "synapse"])
      await handIn(world, { name: `${name}-${module}`, namespace: names.operatorNamespace }, bucketKey(name));
  for (const tenant of tenants) await world.kube.create(tenant);
  await untilReady(world);
  for (const { spec, metadata } of tenants) await handInToken(world, metadata.name, spec as unknown as Tenant["spec"]);
  // What people handed in is not watched.
  world.now += hourMs;
  await untilReady(world);
  return world;
}

/** Regions, tenants and modules that are not Ready, with the reason that they give. */
export function unready(world: InMemoryWorld): readonly string[] {
  return world.kube
    .objects()
    .filter(({ kind }) => ["SovereignRegion", "Tenant", "ModuleDeployment"].includes(kind))
    .flatMap((object) => {
      const ready = (object as Judged).status?.conditions?.find(({ type }) => type === "Ready");
      if (ready?.status === "True") return [];
      return [
        `${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}: ${ready?.message ?? "no word"}`,
      ];
    });
}

const bucketKey = (of: string) => Object.fromEntries(bucketKeys.map((key) => [key, `${key} of ${of}`]));

function exampleIn(file: string): Written {
  const found = examples.find((example) => example.file === file);
  if (found === undefined) throw new Error(`examples/${file} holds no object of ours.`);
  return found.object;
}

const movedTo = ({ metadata }: SovereignRegion, tenant: Written): Written => ({
  ...tenant,
  spec: { ...tenant.spec, regionRef: { name: metadata.name } },
});

async function untilReady(world: InMemoryWorld): Promise<void> {
  for (let round = 0; round < mostRounds; round += 1) {
    await playControllers(world);
    await world.looks(mostLooks);
    if (unready(world).length === 0) return;
  }
}

/** Every application answers as its documentation says, and the App Suite leads each host to the realm of its tenant. */
function playApplications(
  world: InMemoryWorld,
  { region, tenants }: { readonly region: SovereignRegion; readonly tenants: readonly Written[] },
): void {
  const domains = new Map(tenants.map(({ metadata, spec }) => [metadata.name, String(spec["domain"])]));
  const realms = `${region.spec.keycloak.url}/realms`;
  const applications = new FakeApplications({
    read: (kind, namespace, name) =>
      world.kube.get<KubeObject & Seen>({ apiVersion: group[kind], kind, namespace, name }),
    domainOf: (tenant) => domains.get(tenant) ?? "",
    realms,
  });
  world.web = (url) => applications.answer(new URL(url));
  world.appSuite.loginPath = (_server, host) => {
    const [tenant = ""] = [...domains].find(([, domain]) => host === `mail.${domain}`) ?? [];
    const login = new URL(`${realms}/${tenant}/protocol/openid-connect/auth`);
    login.searchParams.set("client_id", "openxchange");
    login.searchParams.set("redirect_uri", `https://${host}/appsuite/api/oidc/auth`);
    return { status: 302, location: login.href };
  };
}

/** A new server takes its first administrator from its environment. */
async function startKeycloak(world: InMemoryWorld, { metadata }: SovereignRegion): Promise<void> {
  const name = `keycloak-${metadata.name}-bootstrap`;
  const ref = { apiVersion: "v1", kind: "Secret", namespace: names.identityNamespace, name };
  const first = await world.kube.get<KubeObject & { readonly data: Readonly<Record<string, string>> }>(ref);
  if (first === undefined) return;
  const text = (key: string): string => Buffer.from(first.data[key] ?? "", "base64").toString();
  world.keycloak.startNew({ realm: "master", clientId: text("clientID"), clientSecret: text("clientSecret") });
}

/** The ministry puts the token that it bought where its home namespace is. */
async function handInToken(world: InMemoryWorld, tenant: string, { modules }: Tenant["spec"]): Promise<void> {
  for (const { openProject } of modules) {
    if (openProject?.enterpriseTokenSecretRef === undefined) continue;
    const { name, key } = openProject.enterpriseTokenSecretRef;
    await handIn(world, { name, namespace: `t-${tenant}` }, { [key]: "bought for years" });
  }
}
