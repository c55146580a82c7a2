import { labels } from "../../../constructs/labels.ts";
import {
  bucketSecretName,
  entitlementSecretName,
  mailSecretName,
  namespaceName,
  publicCertificateName,
} from "../../../constructs/names.ts";
import {
  cacheName,
  enterpriseTokenKey,
  type OpenProjectInput,
  openProjectKeys,
  openProjectName,
  programs,
  webHost,
} from "../../../constructs/open-project/open-project-input.ts";
import {
  openProjectGround,
  openProjectMigration,
  openProjectPrograms,
  openProjectRoute,
} from "../../../constructs/open-project/open-project-manifests.ts";
import { refOf } from "../../../constructs/manifest.ts";
import { redisDeployment, redisHost, redisSizes } from "../../../constructs/redis/redis.ts";
import type { ModuleName } from "../../../crds/v1alpha1/modules.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import { webClient } from "../../keycloak/client-plan.ts";
import { jobOf } from "../../reconcile/jobs.ts";
import type { WorkloadWanted } from "../../reconcile/workload.ts";
import { moduleAccessibility } from "../accessibility.ts";
import { imageOfVersion, imageReference } from "../catalogue.ts";
import type {
  Behind,
  BucketWanted,
  ClientWanted,
  CopiedSecret,
  DesiredModule,
  ModuleDriver,
  ModuleInput,
  SecretDesired,
} from "../driver.ts";
import { type ModuleDatabase, moduleDatabase } from "../module-database.ts";
import { publishingOf } from "../publishing.ts";
import { pullSecretOf } from "../pull-secret.ts";
import { realmAccount, type TenantRealm, tenantRealm } from "../tenant-realm.ts";
import { loginProvider, projectsConfiguration } from "./configuration.ts";
import { databaseUrl } from "./database-url.ts";
import { needed, projectsGap } from "./gaps.ts";
import { probeProjects } from "./probe.ts";
import { connectionsOf, poolOf, type ProjectsSize, projectsSize } from "./size.ts";
import { versionChoice } from "./version.ts";

const clientId = "openproject";
/** Of the image's tag: without servers of its own beside the application. */
const slim = "-slim";
const mailSecret = mailSecretName("OpenProject");
const entitlementSecret = entitlementSecretName("OpenProject");

/** Projects of the tenant's own: people log in through the realm, which takes an enterprise token of the makers. */
export const openProjectDriver: ModuleDriver = {
  module: "OpenProject",
  requires: () => needed,
  gap: projectsGap,
  desired(input): DesiredModule {
    const world = worldOf(input);
    const { database, bucket } = world;
    return {
      claims: [
        { kind: "Hostname", value: world.host },
        { kind: "Bucket", value: `${bucket.server}/${bucket.desired.bucket}` },
        ...database.claims,
      ],
      secrets: [database.credentials, administrator, world.secrets],
      copied: copiedSecrets(input),
      database: database.wanted,
      bucket,
      client: clientWanted(input, world),
      ...refusal(input),
      application: {
        workload: workloadWanted(input, world),
        route: openProjectRoute({
          namespace: world.namespace,
          labels: world.labels,
          host: world.host,
          publishing: publishingOf(input.region),
          tlsSecret: publicCertificateName,
        }),
        certificateSecret: publicCertificateName,
      },
      url: world.url,
      version: world.version,
      ...(world.behind === undefined ? {} : { behind: world.behind }),
      resolved: { database: database.name, bucket: bucket.desired.bucket },
    };
  },
  probe: probeProjects,
};

/** Who sets it up. In the home namespace: the ministry's identity administrators read it there. */
const administrator: SecretDesired = {
  name: "openproject-administrator",
  place: "home",
  random: { password: 32 },
  plain: { username: "admin" },
};

/** What the parts of the module have in common. */
interface World {
  readonly tenant: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly host: string;
  /** The host with its port if that is not 443. */
  readonly authority: string;
  readonly url: string;
  readonly version: string;
  readonly behind: Behind | undefined;
  readonly image: string;
  readonly size: ProjectsSize;
  readonly database: ModuleDatabase;
  readonly bucket: BucketWanted;
  readonly realm: TenantRealm;
  readonly secrets: SecretDesired;
}

function worldOf(input: ModuleInput): World {
  const { module, region, siblings } = input;
  const tenant = input.tenant.metadata.name;
  const { httpsPort } = region.spec.ingress;
  const host = `projects.${input.tenant.spec.domain}`;
  const authority = `${host}${httpsPort === 443 ? "" : `:${httpsPort}`}`;
  const size = projectsSize(module.spec);
  const own = labels({ tenant, component: "projects", module: "OpenProject" });
  // A module that is missing is a gap, and then nobody asks for this.
  const sibling = (wanted: ModuleName) => siblings.find(({ spec }) => spec.module === wanted) ?? module;
  const database = moduleDatabase(input, {
    postgresql: sibling("PostgreSQL"),
    application: openProjectName,
    connections: connectionsOf(size),
    labels: own,
  });
  const { version: chosen, behind } = versionChoice(input);
  const tag = chosen === undefined ? undefined : `${chosen}${slim}`;
  const { version, reference } = imageOfVersion(region.spec, openProjectName, tag) ?? { version: "", reference: "" };
  return {
    tenant,
    namespace: namespaceName(tenant, "apps"),
    labels: own,
    host,
    authority,
    url: `https://${authority}`,
    version: version.endsWith(slim) ? version.slice(0, -slim.length) : version,
    behind,
    image: reference,
    size,
    database,
    bucket: bucketWanted(input),
    realm: tenantRealm(tenant, sibling("Keycloak"), region),
    secrets: {
      name: "openproject-secrets",
      place: "apps",
      // The first encrypts what is stored: with another one it could not be read again.
      random: { [openProjectKeys.secretKeyBase]: 128, [openProjectKeys.client]: 48, [openProjectKeys.cache]: 40 },
      plain: {},
      copies: { ...database.copies, [openProjectKeys.administrator]: { secret: administrator, key: "password" } },
    },
  };
}

function bucketWanted({ tenant, module, region, marker }: ModuleInput): BucketWanted {
  const bucket = module.status?.resolved?.["bucket"] ?? `${tenant.metadata.name}-${openProjectName}`;
  return {
    desired: { bucket, marker, versioned: false },
    server: new URL(storeOf(region).url).host,
  };
}

/** Who may not log in gets no pages either: the one account with a password would be all there is. */
function refusal({ tenant, module }: ModuleInput): Pick<DesiredModule, "loginRefused"> {
  if (module.spec.openProject?.enterpriseTokenSecretRef !== undefined) return {};
  const { name } = tenant.metadata;
  return {
    loginRefused: `OpenProject logs people in through the realm with an enterprise token only, which its makers sell: put yours into a Secret of namespace ${namespaceName(name, "home")} and name it in openProject.enterpriseTokenSecretRef of module OpenProject of tenant ${name}.`,
  };
}

function copiedSecrets({ module, region }: ModuleInput): readonly CopiedSecret[] {
  const token = module.spec.openProject?.enterpriseTokenSecretRef;
  return [
    ...(region.spec.smtp?.credentialsSecretRef === undefined
      ? []
      : [{ name: mailSecret, from: { kind: "mail account" as const } }]),
    ...(token === undefined
      ? []
      : [
          {
            name: entitlementSecret,
            from: { kind: "people" as const, secret: token.name, key: token.key, as: enterpriseTokenKey },
          },
        ]),
  ];
}

function clientWanted(input: ModuleInput, { realm, url, secrets }: World): ClientWanted {
  return {
    desired: {
      realm: realm.realm,
      clientId,
      marker: input.marker,
      representation: webClient({
        name: "Projets",
        redirectUris: [`${url}/auth/${loginProvider}/callback`],
        postLogoutRedirectUris: [`${url}/`],
        backchannelLogoutUrl: `${url}/auth/${loginProvider}/backchannel-logout`,
        // A provider that comes with the seed sends no challenge.
        pkce: "None",
      }),
    },
    secret: { secret: secrets, key: openProjectKeys.client },
    operatorSecret: { secret: { ...realm.operatorSecret, of: "Keycloak" }, key: "clientSecret" },
    operatorClientId: realmAccount,
    server: realm.server,
  };
}

/** Ground, then tables, then programs: while tables change, no program of any version reads them. */
function workloadWanted(input: ModuleInput, world: World): WorkloadWanted {
  const wanted = openProjectInput(input, world);
  const { namespace, database } = world;
  const migration = jobOf(openProjectMigration(wanted));
  return {
    gates: [
      {
        manifests: [...(database.wanted.objects ?? []), ...openProjectGround(wanted)],
        awaits: [redisDeployment({ name: cacheName, namespace })],
      },
      { manifests: [migration], awaits: [refOf(migration)], stops: programs(namespace) },
    ],
    manifests: [
      ...openProjectPrograms(wanted),
      ...moduleAccessibility(input, {
        of: openProjectName,
        namespace,
        labels: world.labels,
        service: "Projets",
        hosts: [world.host],
      }),
    ],
    awaits: programs(namespace),
  };
}

function openProjectInput(input: ModuleInput, world: World): OpenProjectInput {
  const { region, module, trustBundle } = input;
  const { size, namespace } = world;
  const [store, mail] = [storeOf(region), mailOf(region)];
  const program = ({ replicas, threads, resources }: ProjectsSize["web"] | ProjectsSize["worker"]) => ({
    replicas,
    resources,
    values: { OPENPROJECT_DB_POOL: String(poolOf(threads)) },
  });
  const [web, worker] = [program(size.web), program(size.worker)];
  return {
    namespace,
    labels: world.labels,
    version: world.version,
    image: world.image,
    cacheImage: imageReference(region.spec, "redis") ?? "",
    ...pullSecretOf(region),
    web: {
      ...web,
      values: {
        ...web.values,
        OPENPROJECT_WEB_WORKERS: String(size.web.processes),
        OPENPROJECT_WEB_MAX__THREADS: String(size.web.threads),
      },
    },
    worker: {
      ...worker,
      values: { ...worker.values, OPENPROJECT_GOOD__JOB__MAX__THREADS: String(size.worker.threads) },
    },
    cache: redisSizes[module.spec.size ?? "S"],
    configuration: configuration(input, world),
    values: { DATABASE_URL: databaseUrl(world.database), OPENPROJECT_RAILS__CACHE__STORE: "redis" },
    secrets: {
      own: world.secrets.name,
      bucket: bucketSecretName(module.spec.module),
      entitlement: entitlementSecret,
      ...(mail.credentialsSecretRef === undefined ? {} : { mail: mailSecret }),
    },
    ...(trustBundle === undefined ? {} : { trustBundle }),
    objectStore: { cidrs: store.cidrs ?? [], port: portOf(store.url) },
    mail: { cidrs: mail.cidrs, port: mail.port },
    ingressFrom: region.spec.ingress.from,
  };
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
}

function configuration({ region, tenant }: ModuleInput, world: World): string {
  const { namespace, realm, bucket } = world;
  const { url, region: signedFor, pathStyle } = storeOf(region);
  const { host, port, tls, from, credentialsSecretRef } = mailOf(region);
  return projectsConfiguration({
    host: world.authority,
    innerHost: webHost(namespace),
    realm: { issuer: realm.issuer, clientId, displayName: tenant.spec.displayName },
    bucket: { name: bucket.desired.bucket, url, region: signedFor, pathStyle },
    mail: { host, port, tls, from, account: credentialsSecretRef !== undefined },
    cacheHost: redisHost({ name: cacheName, namespace }),
  });
}

/** A region without one is a gap, and then nobody asks for this. */
function storeOf({ spec }: SovereignRegion): NonNullable<SovereignRegion["spec"]["storage"]["objectStore"]> {
  const nowhere = { url: "https://nowhere.invalid", region: "", pathStyle: true, credentialsSecretRef: { name: "" } };
  return spec.storage.objectStore ?? nowhere;
}

/** The same of outgoing mail. */
function mailOf({ spec }: SovereignRegion): NonNullable<SovereignRegion["spec"]["smtp"]> {
  return (
    spec.smtp ?? { host: "nowhere.invalid", port: 587, tls: "StartTLS", from: "nobody@nowhere.invalid", cidrs: [] }
  );
}
