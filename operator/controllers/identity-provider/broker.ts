import { namespaceName } from "../../../constructs/names.ts";
import { names } from "../../../crds/group.ts";
import { openIdBroker, proConnectBroker, samlBroker } from "../../identity/broker.ts";
import type { DiscoveredProvider } from "../../identity/discovery.ts";
import { admissionOf } from "../../identity/proconnect.ts";
import type { BrokerDesired } from "../../keycloak/broker-desired.ts";
import { brokerPlan, endBrokerPlan, secretIsDue } from "../../keycloak/broker-plan.ts";
import type { KeycloakApi, ObservedRealm, ServiceAccount } from "../../keycloak/keycloak-api.ts";
import { isTrue } from "../../reconcile/conditions.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import { TerminalError, TransientError, WaitingError } from "../../runtime/errors.ts";
import { clientIsKnown, errorOf, isConfirmed } from "./checks.ts";
import { documentAt, readOpenIdProvider } from "./provider.ts";
import { type IdentityProviderPorts, type IdentityProviderScene, secretKey } from "./scene.ts";

/** What came of a look at the realm. */
export interface BrokerReport {
  readonly finding: Finding;
  /** Fields that somebody had changed by hand; they are as wanted again. */
  readonly corrected: readonly string[];
}

interface Work {
  readonly scene: IdentityProviderScene;
  readonly ports: IdentityProviderPorts;
  readonly signal: AbortSignal;
}

interface RealmAccess {
  readonly api: KeycloakApi;
  readonly account: ServiceAccount;
}

/** The realm trusts the provider as asked for. Asks the provider, then the realm; two requests when nothing differs. */
export async function provideBroker(work: Work): Promise<BrokerReport> {
  const { scene, signal } = work;
  const access = await realmAccess(work);
  const { desired, provider } = await desiredBroker(work, access);
  const observed = await realmOf(access, scene, signal);
  const at = { desired, observed };
  const secret = isSecretAsked(work, at) ? await provenSecret(work, provider) : undefined;
  const plan = brokerPlan({ ...at, secret });
  if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
  for (const change of plan.changes)
    await access.api.execute({ account: access.account, realm: desired.realm, change }, signal);
  const { realm, issuer } = scene.realm;
  const state = isConfirmed(scene) ? "trusts" : "is ready to trust";
  return {
    finding: succeeded(`Realm ${realm} of ${new URL(issuer).host} ${state} provider ${desired.alias}.`),
    corrected: plan.drift,
  };
}

/** Nobody comes in through the provider any more; who is who is kept. */
export async function endBroker(work: Work): Promise<Finding> {
  const { scene, signal } = work;
  const { api, account } = await realmAccess(work);
  const observed = await api.observeRealm(account, account.realm, signal);
  const { alias, protocol } = scene.identityProvider.spec;
  const ended: BrokerDesired = {
    realm: account.realm,
    alias,
    providerId: protocol === "SAML" ? "saml" : "oidc",
    marker: scene.marker,
    fields: {},
    config: {},
    mappers: [],
    flows: [],
  };
  const changes = observed === undefined ? [] : endBrokerPlan({ desired: ended, observed });
  for (const change of changes) await api.execute({ account, realm: account.realm, change }, signal);
  return succeeded(`Realm ${account.realm} sends nobody to provider ${alias}.`);
}

async function realmAccess({ scene, ports }: Work): Promise<RealmAccess> {
  const { realm, tenant, region } = scene;
  const { operatorSecret } = realm;
  const data = await ports.secrets.ensure({
    namespace: namespaceName(tenant.metadata.name, operatorSecret.place),
    name: operatorSecret.name,
    random: operatorSecret.random,
    plain: operatorSecret.plain,
    labels: {},
    ownerLabels: { [names.tenantLabel]: tenant.metadata.name, [names.moduleLabel]: "Keycloak" },
    foreign: true,
  });
  const account = {
    realm: realm.realm,
    clientId: operatorSecret.plain["clientID"] ?? "",
    clientSecret: data["clientSecret"] ?? "",
  };
  return { api: ports.systems.keycloakServer(region), account };
}

async function realmOf(
  { api, account }: RealmAccess,
  scene: IdentityProviderScene,
  signal: AbortSignal,
): Promise<ObservedRealm> {
  const observed = await api.observeRealm(account, account.realm, signal);
  if (observed?.marker === scene.marker) return observed;
  throw new WaitingError("DependencyNotReady", `Realm ${account.realm} is not there, or not the tenant's.`);
}

async function desiredBroker(
  work: Work,
  { api, account }: RealmAccess,
): Promise<{ readonly desired: BrokerDesired; readonly provider?: DiscoveredProvider }> {
  const { scene, ports, signal } = work;
  const { identityProvider, realm, marker, way, tenant } = scene;
  const { spec } = identityProvider;
  const common = { realm: realm.realm, marker, spec, enabled: isConfirmed(scene) };
  const asking = { web: ports.providerWeb, way, signal };
  if (spec.saml !== undefined) {
    const metadata = await api.readSamlMetadata(account, await documentAt(spec.saml.metadataURL, asking), signal);
    if ((metadata["signingCertificate"] ?? "") === "" || (metadata["singleSignOnServiceUrl"] ?? "") === "")
      throw new TerminalError(
        "InvalidSpec",
        `${spec.saml.metadataURL} is no metadata of a SAML provider with a certificate to verify its signatures by.`,
      );
    return { desired: samlBroker({ ...common, metadata }) };
  }
  const secretVersion = await ports.homeSecrets.version(secretKey(scene));
  const provider = await readOpenIdProvider(spec, asking);
  if (spec.proConnect === undefined) return { desired: openIdBroker({ ...common, provider, secretVersion }), provider };
  const admission = admissionOf(spec.proConnect, tenant.spec.organization.identifier);
  if (admission !== undefined)
    return { desired: proConnectBroker({ ...common, provider, secretVersion, admission }), provider };
  const { scheme, value } = tenant.spec.organization.identifier;
  throw new TerminalError(
    "InvalidSpec",
    `spec.proConnect: the identifier ${scheme}:${value} of tenant ${tenant.metadata.name} tells no SIREN, so list who is admitted in allowedSirens or allowedSirets.`,
  );
}

/** A secret that is in the realm and was proven is not read again. */
function isSecretAsked(
  { scene }: Work,
  at: { readonly desired: BrokerDesired; readonly observed: ObservedRealm },
): boolean {
  if (at.desired.secretVersion === undefined) return false;
  return secretIsDue(at) || !isTrue(scene.identityProvider.status?.conditions, "Configured");
}

/** The client's secret, which the provider knew a moment ago. */
async function provenSecret(work: Work, provider: DiscoveredProvider | undefined): Promise<string> {
  const { scene, ports, signal } = work;
  const at = secretKey(scene);
  const secret = await ports.homeSecrets.value(at);
  if (provider === undefined) return secret;
  const { proConnect, oidc } = scene.identityProvider.spec;
  const clientId = proConnect?.clientID ?? oidc?.clientID ?? "";
  const form = {
    grant_type: "authorization_code",
    code: "socle-asks-whether-the-client-is-known",
    redirect_uri: scene.registration.redirectURIs[0] ?? "",
    code_verifier: "socle-asks-whether-the-client-is-known-and-gives-a-verifier",
    client_id: clientId,
    client_secret: secret,
  };
  const answer = await ports.providerWeb.post({ url: provider.tokenEndpoint, form }, scene.way, signal);
  const known = clientIsKnown(answer);
  if (known === true) return secret;
  const said = `${errorOf(answer.text) ?? "no error code"}, HTTP ${answer.status}`;
  if (known === undefined)
    throw new TransientError("DependencyUnavailable", `${provider.tokenEndpoint} answered ${said}; it is asked again.`);
  throw new WaitingError(
    "PermissionMissing",
    `The provider refuses client ${clientId} (${said}): check clientID, and key ${at.key} of Secret ${at.namespace}/${at.name}.`,
    { retryAfterMs: 600_000 },
  );
}
