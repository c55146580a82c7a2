import type { Manifest, ObjectRef } from "../../../constructs/manifest.ts";
import type { KeycloakApi, ObservedRealm, ServiceAccount } from "../../keycloak/keycloak-api.ts";
import { creationBody, realmPlan, serviceAccountRepair } from "../../keycloak/plan.ts";
import type {
  ApplicationWanted,
  BucketWanted,
  ClientWanted,
  ContextWanted,
  CopiedSecret,
  DatabaseHost,
  DatabaseWanted,
  DesiredModule,
  ModuleAccess,
  RealmWanted,
  SecretDesired,
  SecretKey,
} from "../../modules/driver.ts";
import type { PostgresApi } from "../../postgres/postgres-api.ts";
import { claimNames } from "../../reconcile/claim-names.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import { declaredFinding } from "../../reconcile/postgres-cluster.ts";
import {
  applyObjects,
  liveWorkload,
  provideWorkload,
  type Unseen,
  type WorkloadWanted,
} from "../../reconcile/workload.ts";
import { provideApplication } from "./application.ts";
import { copyBucketKey, provideOwnBucket } from "./bucket.ts";
import { provideOwnContext } from "./context.ts";
import { copySecret, provideCopies } from "./copies.ts";
import { provideClient } from "./realm-client.ts";
import { AlreadyExistsError, TerminalError, TransientError, WaitingError } from "../../runtime/errors.ts";
import { type ExternalReport, type Mode, provideDatabase } from "../../systems/database.ts";
import type { SecretData } from "../../systems/secret-store.ts";
import { type ModulePorts, type ModuleScene, ownerOf } from "./scene.ts";
import { generatedSecret, pullSecretShells } from "./secrets.ts";

/** Systems and Secrets of one module, fetched when they are first asked for. */
export function moduleAccess(scene: ModuleScene, ports: ModulePorts): ModuleAccess {
  return {
    postgres: (host) =>
      databaseServer(host, { scene, ports, read: (secret) => ports.secrets.ensure(generatedSecret(scene, secret)) }),
    keycloak: () => Promise.resolve(ports.systems.keycloakServer(scene.region)),
    openXchange: () => Promise.resolve(ports.systems.openXchange(scene.region)),
    get: (url, signal) => ports.web.get(url, signal),
    secret: async (key: SecretKey) => {
      const data = await ports.secrets.ensure(generatedSecret(scene, key.secret));
      return data[key.key] ?? "";
    },
  };
}

interface ServerPlaces {
  readonly scene: ModuleScene;
  readonly ports: ModulePorts;
  readonly read: (secret: SecretDesired) => Promise<SecretData | undefined>;
}

/** The PostgreSQL server that a database lives on, connected. */
export async function databaseServer(host: DatabaseHost, { scene, ports, read }: ServerPlaces): Promise<PostgresApi> {
  if (host.kind === "region") return ports.systems.postgres(scene.region);
  const [administrator, certificate] = [await read(host.administrator), await read(host.certificate)];
  const { name, namespace = "" } = scene.module.metadata;
  if (administrator === undefined || certificate === undefined)
    throw new WaitingError("DependencyMissing", `The Secrets of the server of ${namespace}/${name} do not exist.`);
  return ports.systems.postgresAt(`${namespace}/${name}`, {
    host: host.host,
    port: host.port,
    tls: "VerifyFull",
    ca: certificate["ca.crt"] ?? "",
    username: administrator["username"] ?? "",
    password: administrator["password"] ?? "",
  });
}

/** What a module is made of, step by step: done for one that is managed, only looked at for one that is observed. */
export interface ModuleWork {
  readonly access: ModuleAccess;
  own(desired: DesiredModule): Promise<Finding>;
  secrets(desired: DesiredModule): Promise<Finding>;
  copies(copied: readonly CopiedSecret[]): Promise<ExternalReport>;
  server(wanted: WorkloadWanted): Promise<Finding>;
  database(wanted: DatabaseWanted): Promise<ExternalReport>;
  bucket(wanted: BucketWanted): Promise<ExternalReport>;
  bucketKey(wanted: BucketWanted): Promise<Finding>;
  realm(wanted: RealmWanted): Promise<ExternalReport>;
  client(wanted: ClientWanted): Promise<ExternalReport>;
  context(wanted: ContextWanted): Promise<ExternalReport>;
  /** Pods first; with `published` also the way to them. */
  application(wanted: ApplicationWanted, published: boolean): Promise<Finding>;
}

/** The work of a module whose managementPolicy is Managed. */
export function providing(scene: ModuleScene, ports: ModulePorts, mode: Mode & Unseen): ModuleWork {
  const access = moduleAccess(scene, ports);
  return {
    access,
    own: async (desired) => {
      await claimNames(desired.claims, scene.holder, ports);
      return succeeded(`${desired.claims.length} names are held by tenant ${scene.holder.name}.`);
    },
    secrets: (desired) => provideSecrets(desired, { scene, ports, mode }),
    copies: (copied) => provideCopies(copied, scene, { ports, mode }),
    server: (wanted) => provideWorkload(wanted, ownerOf(scene), { ...ports, applied: mode.applied }),
    database: async ({ desired, server, host, password, declared, objects }) => {
      if (declared !== undefined) return await declareDatabase({ declared, objects: objects ?? [] }, scene, ports);
      const place = { desired, server, api: await access.postgres(host), password: await access.secret(password) };
      return await provideDatabase(place, mode);
    },
    bucket: (wanted) => provideOwnBucket(wanted, { scene, ports }, mode),
    bucketKey: (wanted) => copyBucketKey(wanted, scene, { ports, mode }),
    // Asked for here and not before: a region without credentials makes a check of this step, not of none.
    realm: async (wanted) =>
      await provideRealm(wanted, { access, platform: ports.systems.keycloak(scene.region) }, mode),
    client: (wanted) => provideClient(wanted, access, mode),
    context: (wanted) => provideOwnContext(wanted, access, mode),
    application: (wanted, published) => provideApplication(wanted, { scene, ports, mode, published }),
  };
}

/** What another operator makes of the objects is in the caches already: it costs nothing to look each time. */
async function declareDatabase(
  { declared, objects }: { readonly declared: readonly ObjectRef[]; readonly objects: readonly Manifest[] },
  scene: ModuleScene,
  ports: ModulePorts,
): Promise<ExternalReport> {
  await applyObjects(objects, ownerOf(scene), ports);
  return { finding: declaredFinding(declared, liveWorkload(ownerOf(scene), ports)), drift: [], corrected: false };
}

/** Every Secret of the module exists with all its keys, and its nodes may pull its images. */
async function provideSecrets(
  desired: DesiredModule,
  { scene, ports, mode }: { readonly scene: ModuleScene; readonly ports: ModulePorts; readonly mode: Unseen },
): Promise<Finding> {
  for (const secret of desired.secrets) await ports.secrets.ensure(generatedSecret(scene, secret));
  const data = ports.systems.pullSecret(scene.region);
  if (data !== undefined)
    for (const shell of pullSecretShells(scene.tenant.metadata.name, desired))
      await copySecret(shell, data, { kube: ports.kube, applied: mode.applied });
  return succeeded(`${desired.secrets.length} Secrets are in place.`);
}

interface RealmPlaces {
  readonly access: ModuleAccess;
  readonly platform: { readonly api: KeycloakApi; readonly account: ServiceAccount };
}

/** The realm is there, ours, enabled, and as we want it. One request when nothing differs. */
export async function provideRealm(wanted: RealmWanted, places: RealmPlaces, mode: Mode): Promise<ExternalReport> {
  const { api, account: platform } = places.platform;
  const { desired } = wanted;
  const clientSecret = await places.access.secret(wanted.operatorSecret);
  const own: ServiceAccount = { realm: desired.realm, clientId: desired.serviceAccountClientId, clientSecret };
  const { account, observed, ownRefused } = await lookAtRealm(api, { own, platform, adopt: mode.adopt }, mode.signal);
  if (observed === undefined) return await createRealm(wanted, { ...places, clientSecret }, mode);
  // Here the mark is read: the platform account may write into a realm that is ours, and the plan refuses any other.
  const repair = ownRefused ? { repair: serviceAccountRepair(desired, clientSecret) } : {};
  const plan = realmPlan({ desired, observed, ...repair, adopt: mode.adopt, correct: mode.correct });
  if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
  for (const change of plan.changes) await api.execute({ account, realm: desired.realm, change }, mode.signal);
  const { drift } = plan;
  const left = drift.length > 0 && !mode.correct;
  const exists = `Realm ${desired.realm} exists on ${wanted.server}`;
  return {
    finding: succeeded(left ? `${exists}; differences are only reported.` : `${exists}.`),
    drift,
    corrected: drift.length > 0 && mode.correct,
  };
}

interface Look {
  readonly account: ServiceAccount;
  readonly observed: ObservedRealm | undefined;
  /** The realm does not know its own account, its secret or its rights. Not so where the realm is merely disabled. */
  readonly ownRefused: boolean;
}

/**
 * Looks with the realm's own account first: that is one request. Where it is refused (the realm is disabled, or never was ours)
 * the platform account looks; it has rights only on realms that it made, so a refusal means that somebody else made this one.
 */
export async function lookAtRealm(
  api: KeycloakApi,
  accounts: { readonly own: ServiceAccount; readonly platform: ServiceAccount; readonly adopt: boolean },
  signal: AbortSignal,
): Promise<Look> {
  const { own, platform } = accounts;
  let ownRefused = false;
  try {
    return { account: own, observed: await api.observeRealm(own, own.realm, signal), ownRefused };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    ownRefused = error instanceof TransientError;
  }
  const look = { realm: own.realm, platform, adopt: accounts.adopt };
  return { account: platform, observed: await lookAsPlatform(api, look, signal), ownRefused };
}

/** What the platform account sees; without rights on the realm it says whether somebody else made it. */
export async function lookAsPlatform(
  api: KeycloakApi,
  look: { readonly realm: string; readonly platform: ServiceAccount; readonly adopt: boolean },
  signal: AbortSignal,
): Promise<ObservedRealm | undefined> {
  const { realm, platform } = look;
  try {
    return await api.observeRealm(platform, realm, signal);
  } catch (error) {
    if (look.adopt || !isRefusal(error) || !(await api.realmExists(platform, realm, signal))) throw error;
    const message = `Realm ${realm} exists and was not made by Socle; choose another realmName, or set adoptionPolicy Adopt and grant the platform account its rights.`;
    throw new TerminalError("NotOwned", message, { cause: error });
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof WaitingError || (error instanceof TransientError && error.reason === "PermissionMissing");
}

async function createRealm(
  wanted: RealmWanted,
  places: RealmPlaces & { clientSecret: string },
  mode: Mode,
): Promise<ExternalReport> {
  const { desired } = wanted;
  const { api, account } = places.platform;
  const oneTimePassword = await places.access.secret(wanted.administratorPassword);
  const body = creationBody(desired, { serviceAccountSecret: places.clientSecret, oneTimePassword });
  const change = {
    kind: "create" as const,
    method: "POST" as const,
    path: "",
    body,
    fields: [],
    why: "the realm is missing",
  };
  try {
    await api.execute({ account, realm: desired.realm, change }, mode.signal);
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    throw new WaitingError(
      "Progressing",
      `Realm ${desired.realm} appeared on ${wanted.server} while it was being made; looking again.`,
      { retryAfterMs: 1_000, cause: error },
    );
  }
  // As it is said of one that exists, so that the next look has nothing new to say.
  return { finding: succeeded(`Realm ${desired.realm} exists on ${wanted.server}.`), drift: [], corrected: false };
}
