import { labels } from "../../../constructs/labels.ts";
import { refOf } from "../../../constructs/manifest.ts";
import { bucketSecretName, namespaceName, publicCertificateName } from "../../../constructs/names.ts";
import {
  cronName,
  nextcloudAddress,
  nextcloudFiles,
  type NextcloudInput,
  nextcloudName,
  pushName,
  redisName,
} from "../../../constructs/nextcloud/nextcloud-input.ts";
import { nextcloudManifests, nextcloudRoute } from "../../../constructs/nextcloud/nextcloud-manifests.ts";
import { redisDeployment, redisHost, redisPort, redisSizes } from "../../../constructs/redis/redis.ts";
import { webClient } from "../../keycloak/client-plan.ts";
import { jobOf } from "../../reconcile/jobs.ts";
import type { WorkloadWanted } from "../../reconcile/workload.ts";
import { moduleAccessibility } from "../accessibility.ts";
import { imageOfVersion, imageReference } from "../catalogue.ts";
import type {
  ApplicationWanted,
  BucketWanted,
  ClientWanted,
  DesiredModule,
  ModuleDriver,
  ModuleInput,
  SecretDesired,
} from "../driver.ts";
import { type ModuleDatabase, moduleDatabase } from "../module-database.ts";
import { publishingOf } from "../publishing.ts";
import { realmAccount, type TenantRealm, tenantRealm } from "../tenant-realm.ts";
import { pullSecretOf } from "../pull-secret.ts";
import { configurationPhp, type NextcloudSettings } from "./configuration.ts";
import { needed, nextcloudGap, sibling } from "./gap.ts";
import { occCommands, providerName } from "./occ-settings.ts";
import { probeNextcloud } from "./probe.ts";
import { pushEnvironment } from "./push-environment.ts";
import { connectionsOf, nextcloudSize } from "./size.ts";
import { type VersionChoice, versionChoice } from "./version.ts";

const clientId = "nextcloud";
/** So long can be brought back what was overwritten or deleted. */
const oldVersionsDays = 30;

/** Files, calendars and contacts of the tenant's own: people log in through the realm, and nothing asks a host of its maker. */
export const nextcloudDriver: ModuleDriver = {
  module: "Nextcloud",
  requires: () => needed,
  gap: nextcloudGap,
  desired(input): DesiredModule {
    const world = worldOf(input);
    const { database, secrets, bucket } = world;
    return {
      claims: [
        { kind: "Hostname", value: world.host },
        ...database.claims,
        ...(bucket === undefined
          ? []
          : [{ kind: "Bucket" as const, value: `${bucket.server}/${bucket.desired.bucket}` }]),
      ],
      secrets: [database.credentials, secrets],
      database: database.wanted,
      ...(bucket === undefined ? {} : { bucket }),
      client: clientWanted(input, world),
      application: applicationWanted(input, world),
      url: world.url,
      version: world.version,
      ...(world.choice.behind === undefined ? {} : { behind: world.choice.behind }),
      resolved: { database: database.name, storage: world.storage },
    };
  },
  probe: probeNextcloud,
};

/** What the parts of the module have in common. */
interface World {
  readonly tenant: string;
  readonly namespace: string;
  readonly host: string;
  readonly port: string;
  readonly url: string;
  readonly choice: VersionChoice;
  readonly version: string;
  readonly image: string;
  readonly database: ModuleDatabase;
  readonly bucket: BucketWanted | undefined;
  /** Of the volume, as it was at first: another size asks for no other volume, since none could shrink again. */
  readonly storage: string;
  readonly realm: TenantRealm;
  readonly secrets: SecretDesired;
}

function worldOf(input: ModuleInput): World {
  const { module, region } = input;
  const tenant = input.tenant.metadata.name;
  const { httpsPort } = region.spec.ingress;
  const [host, port] = [`drive.${input.tenant.spec.domain}`, httpsPort === 443 ? "" : `:${httpsPort}`];
  const choice = versionChoice(input);
  const { version, reference } = imageOfVersion(region.spec, "nextcloud", choice.runs) ?? {
    version: "",
    reference: "",
  };
  const size = nextcloudSize(module.spec);
  const database = moduleDatabase(input, {
    // A module that is missing is a gap, and then nobody asks for this.
    postgresql: sibling(input, "PostgreSQL") ?? module,
    application: nextcloudName,
    connections: connectionsOf(size),
    labels: moduleLabels({ tenant }),
  });
  const bucket = bucketWanted(input);
  return {
    tenant,
    namespace: namespaceName(tenant, "apps"),
    host,
    port,
    url: `https://${host}${port}`,
    choice,
    version,
    image: reference,
    database,
    bucket,
    storage: module.status?.resolved?.["storage"] ?? (bucket === undefined ? size.filesStorage : size.storage),
    realm: tenantRealm(tenant, sibling(input, "Keycloak") ?? module, region),
    secrets: ownSecrets(database),
  };
}

/** Made once and kept: what they sign and encrypt is worth nothing without them. */
function ownSecrets({ copies }: ModuleDatabase): SecretDesired {
  return {
    name: "nextcloud-secrets",
    place: "apps",
    random: {
      "instance-id": 12,
      "password-salt": 40,
      secret: 64,
      "admin-password": 40,
      "client-secret": 48,
      "redis-password": 48,
    },
    plain: {},
    copies,
  };
}

/** What is overwritten stays a while: files of people are not in any other place. */
function bucketWanted({ tenant, module, region, marker }: ModuleInput): BucketWanted | undefined {
  const { objectStore } = region.spec.storage;
  if (module.spec.nextcloud?.primaryStorage === "Volume" || objectStore === undefined) return undefined;
  return {
    desired: { bucket: `${tenant.metadata.name}-nextcloud`, marker, versioned: true, oldVersionsDays },
    server: new URL(objectStore.url).host,
  };
}

function moduleLabels({ tenant }: Pick<World, "tenant">): Record<string, string> {
  return labels({ tenant, component: "drive", module: "Nextcloud" });
}

function clientWanted({ marker }: ModuleInput, { realm, url, secrets }: World): ClientWanted {
  return {
    desired: {
      realm: realm.realm,
      clientId,
      marker,
      representation: webClient({
        name: "Fichiers et agenda",
        redirectUris: [`${url}/apps/user_oidc/code`, `${url}/index.php/apps/user_oidc/code`],
        postLogoutRedirectUris: [`${url}/`],
        backchannelLogoutUrl: `${url}/index.php/apps/user_oidc/backchannel-logout/${providerName}`,
      }),
    },
    secret: { secret: secrets, key: "client-secret" },
    operatorSecret: { secret: { ...realm.operatorSecret, of: "Keycloak" }, key: "clientSecret" },
    operatorClientId: realmAccount,
    server: realm.server,
  };
}

function applicationWanted(input: ModuleInput, world: World): ApplicationWanted {
  const { namespace, host } = world;
  return {
    workload: workloadWanted(input, world),
    route: nextcloudRoute({
      namespace,
      labels: moduleLabels(world),
      host,
      publishing: publishingOf(input.region),
      tlsSecret: publicCertificateName,
    }),
    certificateSecret: publicCertificateName,
  };
}

/**
 * Locks first; then the data are brought to the code, with nobody at them; then what can be set while people work. Each Job is called after what it
 * carries out, so it runs once for each image, or for each wish.
 */
function workloadWanted(input: ModuleInput, world: World): WorkloadWanted {
  const { namespace } = world;
  const wanted = nextcloudInput(input, world);
  const { foundation, prepare, settings, serving } = nextcloudManifests(wanted);
  const prepareJobs = prepare.map((manifest) => jobOf(manifest));
  const settingsJobs = settings.map((manifest) => jobOf(manifest, [wanted.settings, wanted.trustBundle]));
  const deployment = (name: string) => ({ apiVersion: "apps/v1", kind: "Deployment", namespace, name });
  return {
    gates: [
      {
        manifests: [...(world.database.wanted.objects ?? []), ...foundation],
        awaits: [redisDeployment({ name: redisName, namespace })],
      },
      {
        manifests: prepareJobs,
        awaits: prepareJobs.map(refOf),
        stops: [
          deployment(nextcloudName),
          deployment(pushName),
          { apiVersion: "batch/v1", kind: "CronJob", namespace, name: cronName },
        ],
      },
      { manifests: settingsJobs, awaits: settingsJobs.map(refOf) },
    ],
    manifests: [
      ...serving,
      ...moduleAccessibility(input, {
        of: nextcloudName,
        namespace,
        labels: moduleLabels(world),
        service: "Fichiers et agenda",
        hosts: [world.host],
      }),
    ],
    awaits: [deployment(nextcloudName), deployment(pushName)],
  };
}

function nextcloudInput(input: ModuleInput, world: World): NextcloudInput {
  const { region, module, trustBundle, siblings } = input;
  const { namespace, tenant, bucket } = world;
  const { size = "S" } = module.spec;
  const { web, workers, push } = nextcloudSize(module.spec);
  const settings = systemSettings(input, world);
  const hasOffice = siblings.some(({ spec }) => spec.module === "Collabora");
  return {
    namespace,
    labels: moduleLabels(world),
    version: world.version,
    image: world.image,
    ...pullSecretOf(region),
    secrets: world.secrets.name,
    ...(bucket === undefined ? {} : { bucketSecret: bucketSecretName("Nextcloud"), objectStore: storeOf(input) }),
    ...(trustBundle === undefined ? {} : { trustBundle }),
    host: world.host,
    web: { resources: web, workers },
    push: { resources: push, environment: pushEnvironment(settings) },
    redis: { image: imageReference(region.spec, "redis") ?? "", resources: redisSizes[size] },
    configuration: {
      serving: configurationPhp(settings, "serving"),
      administering: configurationPhp(settings, "administering"),
    },
    settings: JSON.stringify(occSettings(input, world), undefined, 2),
    storageClass: region.spec.storage.className,
    storage: world.storage,
    ...(hasOffice ? { office: namespaceName(tenant, "office") } : {}),
    ingressFrom: region.spec.ingress.from,
  };
}

function storeOf({ region }: ModuleInput): { readonly cidrs: readonly string[]; readonly port: number } {
  const { url = "https://", cidrs = [] } = region.spec.storage.objectStore ?? {};
  const { port, protocol } = new URL(url);
  return { cidrs, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}

function systemSettings({ region }: ModuleInput, world: World): NextcloudSettings {
  const { namespace, host, port, url, database, bucket } = world;
  const authorities = {
    server: nextcloudFiles.secrets.databaseAuthority,
    region: nextcloudFiles.trust,
    public: undefined,
  };
  const authority = authorities[database.authority];
  const store = region.spec.storage.objectStore;
  return {
    namespace,
    host: `${host}${port}`,
    url,
    database: {
      host: database.server.host,
      port: database.server.port,
      name: database.name,
      tls: database.tls,
      ...(authority === undefined ? {} : { authority }),
    },
    redis: { host: redisHost({ name: redisName, namespace }), port: redisPort },
    ...(bucket === undefined || store === undefined
      ? {}
      : {
          bucket: {
            name: bucket.desired.bucket,
            url: store.url,
            region: store.region,
            pathStyle: store.pathStyle,
          },
        }),
    proxies: region.spec.ingress.from.cidrs ?? [],
  };
}

function occSettings(input: ModuleInput, { namespace, url, port, realm }: World): readonly (readonly string[])[] {
  const { tenant, module, siblings, trustBundle } = input;
  const {
    defaultQuota = "10Gi",
    apps = ["calendar", "contacts"],
    publicLinks = "Refused",
  } = module.spec.nextcloud ?? {};
  const hasOffice = siblings.some(({ spec }) => spec.module === "Collabora");
  const office = { url: `https://docs.${tenant.spec.domain}${port}`, callback: nextcloudAddress(namespace) };
  return occCommands({
    displayName: tenant.spec.displayName,
    url,
    issuer: realm.issuer,
    clientId,
    defaultQuota,
    apps,
    publicLinks,
    ...(hasOffice ? { office } : {}),
    trusted: trustBundle !== undefined,
  });
}
