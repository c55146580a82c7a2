import type { ModuleDeployment } from "../../../crds/v1alpha1/module-deployment.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import { webClient } from "../../keycloak/client-plan.ts";
import { addressProblem } from "../../openxchange/soap-errors.ts";
import { quantityValue } from "../../reconcile/subset.ts";
import type {
  CapabilityGap,
  ClientWanted,
  ContextWanted,
  DesiredModule,
  ModuleDriver,
  ModuleInput,
  SecretDesired,
} from "../driver.ts";
import { realmAccount, type TenantRealm, tenantRealm } from "../tenant-realm.ts";
import { probeWebmail } from "./probe.ts";

const clientId = "openxchange";
const administratorName = "oxadmin";
const mebibyte = 1024 ** 2;
/** The server counts bytes in 63 bits. */
const largestQuotaMi = 2 ** 43 - 1;

/** Webmail: a context on the App Suite of the region, whose people come from the realm. Nothing of it runs in the cluster. */
export const openXchangeDriver: ModuleDriver = {
  module: "OpenXchange",
  requires: () => ["Keycloak"],
  gap: (input) => missingRealm(input) ?? suiteProblem(input.region) ?? quotaProblem(input),
  desired(input): DesiredModule {
    const world = worldOf(input);
    const { host, name, server, administrator, client } = world;
    return {
      claims: [
        { kind: "Hostname", value: host },
        { kind: "Context", value: `${server}/${name}` },
      ],
      secrets: [administrator, client],
      client: clientWanted(input, world),
      context: contextWanted(input, world),
      url: `https://${host}`,
      resolved: { context: name },
    };
  },
  probe: probeWebmail,
};

/** What the parts of the module have in common. */
interface World {
  readonly host: string;
  readonly name: string;
  /** Host and port of the provisioning services. */
  readonly server: string;
  readonly realm: TenantRealm;
  readonly administrator: SecretDesired;
  readonly client: SecretDesired;
}

function realmModule({ siblings }: Pick<ModuleInput, "siblings">): ModuleDeployment | undefined {
  return siblings.find(({ spec }) => spec.module === "Keycloak");
}

function missingRealm(input: ModuleInput): CapabilityGap | undefined {
  return realmModule(input) === undefined ? { message: "Module Keycloak is not part of the tenant yet." } : undefined;
}

function suiteProblem({ metadata, spec }: SovereignRegion): CapabilityGap | undefined {
  if (spec.openXchange === undefined)
    return { message: `Region ${metadata.name} names no App Suite; set spec.openXchange, or take OpenXchange out.` };
  const problem = addressProblem(spec.openXchange.url);
  return problem === undefined ? undefined : { reason: "InvalidSpec", message: `Region ${metadata.name}: ${problem}` };
}

/** The server knows the space of a context as a whole: a mailbox for each seat. */
function quotaMi({ tenant, module }: Pick<ModuleInput, "tenant" | "module">): number {
  const mailbox = quantityValue(module.spec.openXchange?.mailQuota ?? "5Gi") ?? 0;
  return (mailbox / mebibyte) * tenant.spec.seats;
}

function quotaProblem(input: ModuleInput): CapabilityGap | undefined {
  if (quotaMi(input) <= largestQuotaMi) return undefined;
  const { seats } = input.tenant.spec;
  return {
    reason: "InvalidSpec",
    message: `openXchange.mailQuota ${input.module.spec.openXchange?.mailQuota ?? ""} for ${seats} seats is more than an App Suite can count (8 EiB); choose a smaller one.`,
  };
}

function worldOf(input: ModuleInput): World {
  const { tenant, module, region } = input;
  const name = module.spec.openXchange?.contextName ?? module.status?.resolved?.["context"] ?? tenant.metadata.name;
  // A module that is missing is a gap, and then nobody asks for this.
  const realm = tenantRealm(tenant.metadata.name, realmModule(input) ?? module, region);
  return {
    host: `mail.${tenant.spec.domain}`,
    name,
    server: new URL(region.spec.openXchange?.url ?? "https://localhost").host,
    realm,
    administrator: {
      name: "openxchange-administrator",
      place: "data",
      random: { password: 40 },
      plain: { username: administratorName, context: name },
    },
    client: {
      name: "openxchange-client",
      place: "data",
      random: { clientSecret: 48 },
      plain: { clientID: clientId, issuer: realm.issuer },
    },
  };
}

/** The paths are those of the server's OpenID Connect package; its public documentation tells of no PKCE, and of no address for back-channel logout. */
function clientWanted({ marker }: ModuleInput, { host, realm, client }: World): ClientWanted {
  return {
    desired: {
      realm: realm.realm,
      clientId,
      marker,
      representation: webClient({
        name: "Courriel",
        redirectUris: [`https://${host}/appsuite/api/oidc/auth`],
        postLogoutRedirectUris: [`https://${host}/appsuite/api/oidc/logout`],
        pkce: "None",
      }),
    },
    secret: { secret: client, key: "clientSecret" },
    operatorSecret: { secret: { ...realm.operatorSecret, of: "Keycloak" }, key: "clientSecret" },
    operatorClientId: realmAccount,
    server: realm.server,
  };
}

function contextWanted(input: ModuleInput, { host, name, server, realm, administrator }: World): ContextWanted {
  const { tenant, region, marker } = input;
  const { domain, mailDomains = [] } = tenant.spec;
  // A login finds its context by the domain of its address.
  const loginMappings = mailDomains.length === 0 ? [domain] : mailDomains;
  return {
    desired: {
      name,
      marker,
      loginMappings,
      quotaMi: quotaMi(input),
      administrator: { name: administratorName, email: `${administratorName}@${loginMappings[0] ?? domain}` },
    },
    administratorPassword: { secret: administrator, key: "password" },
    server,
    web: { server: `https://${webHostOf(region)}`, host, issuer: realm.issuer },
  };
}

function webHostOf({ spec }: SovereignRegion): string {
  return spec.openXchange?.webHost ?? new URL(spec.openXchange?.url ?? "https://localhost").hostname;
}
