import type { BridgeInput, JitsiInput } from "../../../constructs/jitsi/jitsi-input.ts";
import { bridgeName, jitsiName, jitsiParts, loginPath, partName } from "../../../constructs/jitsi/jitsi-input.ts";
import { jitsiManifests, jitsiRoute } from "../../../constructs/jitsi/jitsi-manifests.ts";
import { labels } from "../../../constructs/labels.ts";
import { namespaceName, publicCertificateName } from "../../../constructs/names.ts";
import { webClient } from "../../keycloak/client-plan.ts";
import { moduleAccessibility } from "../accessibility.ts";
import { imageOfVersion, imageReference } from "../catalogue.ts";
import { conferenceHost } from "../conference-host.ts";
import type {
  ApplicationWanted,
  CapabilityGap,
  ClientWanted,
  DesiredModule,
  ModuleDriver,
  ModuleInput,
  SecretDesired,
} from "../driver.ts";
import { publishingGap, publishingOf } from "../publishing.ts";
import { realmAccount, type TenantRealm, tenantRealm } from "../tenant-realm.ts";
import { trustGap } from "../trust-bundle.ts";
import { pullSecretOf } from "../pull-secret.ts";
import { jitsiEnvironment, type JitsiSettings, secretKeys } from "./environment.ts";
import { type BridgePlace, bridgePlaces } from "./media.ts";
import { pageSettings } from "./page-settings.ts";
import { probeConferences } from "./probe.ts";
import { heapOf, jitsiSize, loginResources, pageResources } from "./size.ts";

const clientId = "jitsi";
/** The first release whose images run without root. */
const firstRootless = 11_146;

/** Video conferences of the tenant's own: people log in through the realm, and everything they send goes over bridges of the tenant. */
export const jitsiDriver: ModuleDriver = {
  module: "Jitsi",
  requires: () => ["Keycloak"],
  gap(input): CapabilityGap | undefined {
    return (
      missingRealm(input) ??
      missingMedia(input) ??
      trustGap(input) ??
      versionProblem(input) ??
      publishingGap(input.region, input.cluster)
    );
  },
  desired(input): DesiredModule {
    const world = worldOf(input);
    return {
      claims: [{ kind: "Hostname", value: world.settings.host }],
      secrets: [secrets],
      client: clientWanted(input, world),
      application: applicationWanted(input, world),
      url: world.settings.url,
      version: world.version,
      resolved: {},
    };
  },
  probe: (desired, access, signal) => probeConferences(desired, access, signal),
};

/** Made once: who knew the first could sign tokens for every room. */
const secrets: SecretDesired = {
  name: "jitsi-secrets",
  place: "apps",
  random: { [secretKeys.token]: 64, [secretKeys.jicofo]: 40, [secretKeys.bridge]: 40, [secretKeys.client]: 48 },
  plain: {},
};

/** What the parts of the module have in common. */
interface World {
  readonly tenant: string;
  readonly version: string;
  readonly realm: TenantRealm;
  readonly settings: JitsiSettings;
  readonly places: readonly BridgePlace[];
}

function missingRealm({ siblings }: ModuleInput): CapabilityGap | undefined {
  if (siblings.some(({ spec }) => spec.module === "Keycloak")) return undefined;
  return { message: "Module Keycloak is not part of the tenant yet." };
}

function missingMedia({ region }: ModuleInput): CapabilityGap | undefined {
  if (region.spec.media !== undefined) return undefined;
  return {
    message: `Region ${region.metadata.name} says no way for pictures and sounds to the videobridges; set spec.media of the SovereignRegion (exposure LoadBalancer or NodePort).`,
  };
}

function versionProblem(input: ModuleInput): CapabilityGap | undefined {
  const version = versionOf(input);
  const release = Number(/^stable-(\d+)(-\d+)?$/.exec(version)?.[1] ?? 0);
  if (release >= firstRootless) return undefined;
  return {
    reason: "VersionUnsupported",
    message: `version ${version} of module Jitsi is none that can run without root: ask for stable-${firstRootless}-1 or a later stable-….`,
  };
}

/** Nothing of a release lasts longer than its pods, so an older one may follow a newer. */
function versionOf({ module, region }: ModuleInput): string {
  const asked = module.spec.version ?? module.status?.version;
  return imageOfVersion(region.spec, "jitsi-web", asked)?.version ?? "";
}

function worldOf(input: ModuleInput): World {
  const { module, region, siblings, live } = input;
  const tenant = input.tenant.metadata.name;
  const { httpsPort } = region.spec.ingress;
  const host = conferenceHost(input);
  const size = jitsiSize(module.spec);
  const { maxParticipants = 100, guests = "LobbyOnly", bridges = size.bridges } = module.spec.jitsi ?? {};
  // A module that is missing, or a region without a way for media, is a gap, and then nobody asks for this.
  const realm = tenantRealm(tenant, siblings.find(({ spec }) => spec.module === "Keycloak") ?? module, region);
  return {
    tenant,
    version: versionOf(input),
    realm,
    settings: {
      namespace: namespaceName(tenant, "apps"),
      host,
      url: `https://${host}${httpsPort === 443 ? "" : `:${httpsPort}`}`,
      issuer: realm.issuer,
      clientId,
      application: tenant,
      guests,
      maxParticipants,
      peoplePerBridge: size.peoplePerBridge,
      jicofoHeap: heapOf(size.jicofo),
      bridgeHeap: heapOf(size.bridge),
    },
    places: bridgePlaces(bridges, region.spec.media ?? { exposure: "NodePort" }, live),
  };
}

function clientWanted(input: ModuleInput, { realm, settings }: World): ClientWanted {
  return {
    desired: {
      realm: realm.realm,
      clientId,
      marker: input.marker,
      representation: webClient({
        name: "Visioconférence",
        redirectUris: [`${settings.url}${loginPath}/tokenize`],
        // The adapter sends no challenge, and cannot be told that somebody logged out.
        pkce: "None",
      }),
    },
    secret: { secret: secrets, key: secretKeys.client },
    operatorSecret: { secret: { ...realm.operatorSecret, of: "Keycloak" }, key: "clientSecret" },
    operatorClientId: realmAccount,
    server: realm.server,
  };
}

function applicationWanted(input: ModuleInput, world: World): ApplicationWanted {
  const { namespace, host } = world.settings;
  const apps = { apiVersion: "apps/v1", namespace };
  return {
    workload: {
      manifests: [
        ...jitsiManifests(jitsiInput(input, world)),
        ...moduleAccessibility(input, {
          of: jitsiName,
          namespace,
          labels: moduleLabels(world),
          service: "Visioconférence",
          hosts: [host],
        }),
      ],
      awaits: [
        ...jitsiParts.map((part) => ({ ...apps, kind: "Deployment", name: partName(part) })),
        // One that retires is nobody's to wait for.
        ...staying(world).map(({ index }) => ({ ...apps, kind: "StatefulSet", name: bridgeName(index) })),
      ],
    },
    route: jitsiRoute({
      namespace,
      labels: moduleLabels(world),
      host,
      publishing: publishingOf(input.region),
      tlsSecret: publicCertificateName,
    }),
    certificateSecret: publicCertificateName,
  };
}

function staying({ places }: World): readonly BridgePlace[] {
  return places.filter(({ retires }) => !retires);
}

function moduleLabels({ tenant }: Pick<World, "tenant">): Record<string, string> {
  return labels({ tenant, component: "conferences", module: "Jitsi" });
}

function jitsiInput(input: ModuleInput, world: World): JitsiInput {
  const { region, module, trustBundle } = input;
  const { settings, version } = world;
  const size = jitsiSize(module.spec);
  const image = (program: string): string => imageOfVersion(region.spec, `jitsi-${program}`, version)?.reference ?? "";
  return {
    namespace: settings.namespace,
    labels: moduleLabels(world),
    version,
    ...pullSecretOf(region),
    secrets: secrets.name,
    web: {
      image: image("web"),
      replicas: size.pages,
      resources: pageResources,
      environment: jitsiEnvironment.web(settings),
    },
    prosody: {
      image: image("prosody"),
      replicas: 1,
      resources: size.prosody,
      environment: jitsiEnvironment.prosody(settings),
    },
    jicofo: {
      image: image("jicofo"),
      replicas: 1,
      resources: size.jicofo,
      environment: jitsiEnvironment.jicofo(settings),
    },
    login: {
      image: imageReference(region.spec, "jitsi-oidc-adapter") ?? "",
      replicas: size.pages,
      resources: loginResources,
      environment: jitsiEnvironment.login(settings),
    },
    bridges: world.places.map((place): BridgeInput => {
      const { index, port, addresses } = place;
      const replicas = place.known && !place.retires ? 1 : 0;
      const environment = jitsiEnvironment.bridge(settings, place);
      return { index, port, addresses, replicas, image: image("jvb"), resources: size.bridge, environment };
    }),
    exposure: region.spec.media?.exposure ?? "NodePort",
    pageSettings: pageSettings(settings.guests),
    ...(trustBundle === undefined ? {} : { trustBundle }),
    ingressFrom: region.spec.ingress.from,
  };
}
