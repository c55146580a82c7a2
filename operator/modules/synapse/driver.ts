import { labels } from "../../../constructs/labels.ts";
import { namespaceName, publicCertificateName } from "../../../constructs/names.ts";
import {
  synapseFiles,
  synapseName,
  type WebClientInput,
  webClientName,
} from "../../../constructs/synapse/synapse-input.ts";
import { synapseManifests, synapseRoute } from "../../../constructs/synapse/synapse-manifests.ts";
import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { ModuleName } from "../../../crds/v1alpha1/modules.ts";
import { webClient } from "../../keycloak/client-plan.ts";
import { quantityValue } from "../../reconcile/subset.ts";
import { isOlder } from "../../reconcile/version-order.ts";
import { moduleAccessibility } from "../accessibility.ts";
import { imageOfVersion, imageReference } from "../catalogue.ts";
import { siblingConferences } from "../conference-host.ts";
import type {
  ApplicationWanted,
  Behind,
  CapabilityGap,
  ClientWanted,
  DesiredModule,
  ModuleDriver,
  ModuleInput,
  SecretDesired,
  SecretKey,
} from "../driver.ts";
import { type ModuleDatabase, moduleDatabase } from "../module-database.ts";
import { publishingGap, publishingOf } from "../publishing.ts";
import { realmAccount, type TenantRealm, tenantRealm } from "../tenant-realm.ts";
import { trustGap } from "../trust-bundle.ts";
import { pullSecretOf } from "../pull-secret.ts";
import { homeserverYaml } from "./configuration.ts";
import { probeHomeserver, unfinishedUpdates } from "./probe.ts";
import { homeserverSize, webClientSize } from "./size.ts";
import { webClientJson } from "./web-client-configuration.ts";

const needed: readonly ModuleName[] = ["PostgreSQL", "Keycloak"];
const clientId = "synapse";

/** A Matrix homeserver of the tenant's own: its users come from the realm, and from nowhere else. */
export const synapseDriver: ModuleDriver = {
  module: "Synapse",
  requires: () => needed,
  gap(input): CapabilityGap | undefined {
    return (
      missingModule(input) ??
      nameProblem(input) ??
      versionProblem(input) ??
      trustGap(input) ??
      publishingGap(input.region, input.cluster)
    );
  },
  desired(input): DesiredModule {
    const world = worldOf(input);
    const { host, url, serverName, secrets, database } = world;
    return {
      claims: [
        { kind: "MatrixServerName", value: serverName },
        { kind: "Hostname", value: host },
        { kind: "Hostname", value: world.webHost },
        ...database.claims,
      ],
      secrets: [database.credentials, secrets],
      database: database.wanted,
      client: clientWanted(input, world),
      application: applicationWanted(input, world),
      url: world.webClientUrl,
      endpoints: [{ name: "homeserver", url }],
      version: world.version,
      ...(world.behind === undefined ? {} : { behind: world.behind }),
      resolved: { serverName, database: database.name, storage: world.storage },
    };
  },
  holdsBack: unfinishedUpdates,
  probe: probeHomeserver,
};

/** What the parts of the module have in common. */
interface World {
  readonly tenant: string;
  readonly namespace: string;
  readonly host: string;
  readonly url: string;
  readonly webHost: string;
  readonly webClientUrl: string;
  readonly serverName: string;
  readonly version: string;
  /** Why it is not the version that is asked for. */
  readonly behind: Behind | undefined;
  readonly image: string;
  /** Of the volume of media, as it was at first: another size asks for no other volume, since none could shrink again. */
  readonly storage: string;
  readonly database: ModuleDatabase;
  readonly realm: TenantRealm;
  readonly secrets: SecretDesired;
}

function sibling({ siblings }: Pick<ModuleInput, "siblings">, module: ModuleName): ModuleDeployment | undefined {
  return siblings.find(({ spec }) => spec.module === module);
}

function missingModule(input: ModuleInput): CapabilityGap | undefined {
  const missing = needed.find((module) => sibling(input, module) === undefined);
  return missing === undefined ? undefined : { message: `Module ${missing} is not part of the tenant yet.` };
}

function chosenServerName({ tenant, module }: ModuleInput): string {
  return module.spec.synapse?.serverName ?? module.status?.resolved?.["serverName"] ?? tenant.spec.domain;
}

/** People's addresses end with it, so it is a name of theirs. */
function nameProblem(input: ModuleInput): CapabilityGap | undefined {
  const name = chosenServerName(input);
  const { domain, mailDomains = [] } = input.tenant.spec;
  const own = [domain, ...mailDomains];
  if (!own.includes(name))
    return {
      reason: "InvalidSpec",
      message: `synapse.serverName ${name} is neither the domain of tenant ${input.tenant.metadata.name} nor one of its mailDomains (${own.join(", ")}); choose one of these.`,
    };
  // That of the tenant's domain is asked before it is let into the region; a mail domain is only looked at where it is to be a server's name.
  const platform = new URL(input.region.spec.keycloak.url).hostname;
  if (name !== platform && !name.endsWith(`.${platform}`)) return undefined;
  return {
    reason: "InvalidSpec",
    message: `synapse.serverName ${name} is, or lies under, ${platform}, the Keycloak of region ${input.region.metadata.name}: people there would bear the platform's name. Choose ${domain} or another of the mailDomains.`,
  };
}

/** The tag of its image is made of it, and whether it is older than what runs is told by its numbers. */
function versionProblem({ module, tenant }: ModuleInput): CapabilityGap | undefined {
  const { version } = module.spec;
  if (version === undefined || /^\d+\.\d+\.\d+(rc\d+)?$/.test(version)) return undefined;
  return {
    reason: "InvalidSpec",
    message: `version ${version} of module Synapse of tenant ${tenant.metadata.name} is no version of Synapse: write three numbers, such as 1.163.2.`,
  };
}

function worldOf(input: ModuleInput): World {
  const { module, region } = input;
  const tenant = input.tenant.metadata.name;
  const { domain } = input.tenant.spec;
  const { httpsPort } = region.spec.ingress;
  const port = httpsPort === 443 ? "" : `:${httpsPort}`;
  const [host, webHost] = [`matrix.${domain}`, `chat.${domain}`];
  const runs = input.held === undefined ? runningVersion(module) : module.status?.version;
  const { version, reference } = imageOfVersion(region.spec, "synapse", runs) ?? { version: "", reference: "" };
  const database = moduleDatabase(input, {
    // A module that is missing is a gap, and then nobody asks for this.
    postgresql: sibling(input, "PostgreSQL") ?? module,
    application: synapseName,
    connections: homeserverSize(module.spec).connections,
    labels: moduleLabels({ tenant }),
  });
  return {
    tenant,
    namespace: namespaceName(tenant, "apps"),
    host,
    url: `https://${host}${port}`,
    webHost,
    webClientUrl: `https://${webHost}${port}`,
    serverName: chosenServerName(input),
    version,
    behind: behindOf(input, version),
    image: reference,
    storage: module.status?.resolved?.["storage"] ?? homeserverSize(module.spec).storage,
    database,
    realm: tenantRealm(tenant, sibling(input, "Keycloak") ?? module, region),
    secrets: ownSecrets(module, database),
  };
}

/** The version that is asked for, unless an older one than what runs: Synapse refuses a database that a newer one has changed. */
function runningVersion({ spec, status }: ModuleDeployment): string | undefined {
  const { version: asked } = spec;
  const runs = status?.version;
  if (asked === undefined || runs === undefined) return asked ?? runs;
  return isOlder(asked, runs) ? runs : asked;
}

function behindOf({ module, held }: ModuleInput, runs: string): Behind | undefined {
  if (held !== undefined) return { reason: "Progressing", message: held };
  const asked = module.spec.version ?? runs;
  if (asked === runs) return undefined;
  return {
    reason: "VersionUnsupported",
    message: `Synapse ${runs} runs and ${asked} is asked for: an older version may not understand the database any more. Ask for ${runs} or a newer one, or restore a backup made with ${asked}.`,
  };
}

/** Made once and kept: with another signing key, others would take the homeserver for an impostor. */
function ownSecrets(module: ModuleDeployment, database: ModuleDatabase): SecretDesired {
  const given = module.spec.synapse?.signingKeySecretRef;
  const signingKey = "signing.key";
  const people: SecretDesired | undefined =
    given === undefined ? undefined : { name: given.name, place: "home", of: "people", random: {}, plain: {} };
  return {
    name: "synapse-secrets",
    place: "apps",
    random: { "macaroon-key": 50, "form-secret": 50, "registration-secret": 50, "client-secret": 48 },
    plain: {},
    signingKeys: [signingKey],
    copies: {
      ...database.copies,
      ...(people === undefined ? {} : { [signingKey]: { secret: people, key: given?.key ?? "" } }),
    },
  };
}

function moduleLabels({ tenant }: Pick<World, "tenant">): Record<string, string> {
  return labels({ tenant, component: "homeserver", module: "Synapse" });
}

function clientWanted(input: ModuleInput, world: World): ClientWanted {
  const { realm, url, webClientUrl, secrets } = world;
  const secret: SecretKey = { secret: secrets, key: "client-secret" };
  return {
    desired: {
      realm: realm.realm,
      clientId,
      marker: input.marker,
      representation: webClient({
        name: "Messagerie",
        redirectUris: [`${url}/_synapse/client/oidc/callback`],
        postLogoutRedirectUris: [`${webClientUrl}/`],
        backchannelLogoutUrl: `${url}/_synapse/client/oidc/backchannel_logout`,
      }),
    },
    secret,
    operatorSecret: { secret: { ...realm.operatorSecret, of: "Keycloak" }, key: "clientSecret" },
    operatorClientId: realmAccount,
    server: realm.server,
  };
}

function applicationWanted(input: ModuleInput, world: World): ApplicationWanted {
  const { tenant, module, region, trustBundle } = input;
  const { cpu, memoryMi } = homeserverSize(module.spec);
  const { from } = region.spec.ingress;
  const { namespace } = world;
  const own = moduleLabels(world);
  const federates = tenant.spec.network.matrixFederation !== "Closed";
  const certificateSecret = publicCertificateName;
  return {
    workload: {
      manifests: [
        ...(world.database.wanted.objects ?? []),
        ...synapseManifests(
          {
            namespace,
            labels: own,
            version: world.version,
            image: world.image,
            ...pullSecretOf(region),
            resources: { cpu, memoryMi },
            configuration: configuration(input, world),
            secrets: world.secrets.name,
            storageClass: region.spec.storage.className,
            storage: world.storage,
            ...(trustBundle === undefined ? {} : { trustBundle }),
            ingressFrom: from,
            federates,
          },
          webClientWanted(input, world),
        ),
        ...moduleAccessibility(input, {
          of: synapseName,
          namespace,
          labels: own,
          service: "Messagerie",
          hosts: [world.webHost, world.host, tenant.spec.domain],
        }),
      ],
      awaits: [
        { apiVersion: "apps/v1", kind: "StatefulSet", namespace, name: synapseName },
        { apiVersion: "apps/v1", kind: "Deployment", namespace, name: webClientName },
      ],
    },
    route: synapseRoute({
      namespace,
      labels: own,
      host: world.host,
      webHost: world.webHost,
      apex: tenant.spec.domain,
      publishing: publishingOf(region),
      tlsSecret: certificateSecret,
      federates,
    }),
    ...elsewhereOf(input, world),
    certificateSecret,
  };
}

/** A name that is a mail domain is served by the ministry itself: whether it serves what leads here cannot be known. */
function elsewhereOf({ tenant }: ModuleInput, { serverName }: World): Pick<ApplicationWanted, "elsewhere"> {
  if (serverName === tenant.spec.domain) return {};
  const files = `https://${serverName}/.well-known/matrix/server and client, as status.publish of the Tenant says`;
  return { elsewhere: `The ministry has to serve ${files}: other homeservers find it by them.` };
}

function webClientWanted(input: ModuleInput, world: World): WebClientInput {
  const { region, module, tenant } = input;
  const conferences = siblingConferences(input);
  return {
    namespace: world.namespace,
    labels: moduleLabels(world),
    image: imageReference(region.spec, "element-web") ?? "",
    ...pullSecretOf(region),
    ...webClientSize(module.spec),
    configuration: webClientJson({
      serverName: world.serverName,
      homeserverUrl: world.url,
      webClientUrl: world.webClientUrl,
      brand: tenant.spec.displayName,
      ...(conferences === undefined ? {} : { conferenceHost: conferences }),
    }),
    homeserver: world.url,
  };
}

function configuration(input: ModuleInput, world: World): string {
  const { tenant, module } = input;
  const { database, realm } = world;
  const { synapse } = module.spec;
  const { server, name, tls } = database;
  const authorities = { server: synapseFiles.secrets.databaseAuthority, region: synapseFiles.trust, public: undefined };
  const authority = authorities[database.authority];
  const { matrixFederation, matrixAllowlist = [] } = tenant.spec.network;
  return homeserverYaml({
    serverName: world.serverName,
    publicUrl: world.url,
    webClientUrl: world.webClientUrl,
    servesDiscovery: world.serverName === tenant.spec.domain,
    database: {
      host: server.host,
      port: server.port,
      name,
      tls,
      ...(authority === undefined ? {} : { authority }),
      connections: homeserverSize(module.spec).connections,
    },
    realm: { issuer: realm.issuer, clientId, displayName: tenant.spec.displayName },
    federation: matrixFederation,
    allowlist: matrixAllowlist,
    maxUploadBytes: quantityValue(synapse?.maxUploadSize ?? "100Mi") ?? 0,
    mediaRetentionDays: synapse?.mediaRetentionDays ?? 0,
  });
}
