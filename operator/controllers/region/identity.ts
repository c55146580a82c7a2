import { refOf } from "../../../constructs/manifest.ts";
import { names } from "../../../crds/group.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../../kube/kube-api.ts";
import type { ServiceAccount } from "../../keycloak/keycloak-api.ts";
import { type IdentitySecret, type ManagedKeycloak, managedGap, managedKeycloak } from "../../modules/registry.ts";
import { clusterFacts } from "../../reconcile/cluster-facts.ts";
import { digest } from "../../reconcile/digest.ts";
import { markerText } from "../../reconcile/ownership.ts";
import { declaredFinding } from "../../reconcile/postgres-cluster.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import {
  endWorkload,
  liveWorkload,
  provideWorkload,
  regionOwner,
  type WorkloadPorts,
} from "../../reconcile/workload.ts";
import { isOlder } from "../../reconcile/version-order.ts";
import { TerminalError, TransientError } from "../../runtime/errors.ts";
import type { Clock } from "../../runtime/reconciler.ts";
import { provideDatabase } from "../../systems/database.ts";
import type { RegionSystems } from "../../systems/region-systems.ts";
import type { GeneratedSecret, SecretData, SecretStore } from "../../systems/secret-store.ts";
import { copySecrets } from "./identity-copies.ts";
import { isRecreated, runningServer } from "./server-version.ts";

export interface IdentityPorts {
  readonly kube: KubeApi;
  /** What regions run in the identity namespace, by kind. */
  readonly workloads: WorkloadPorts["workloads"];
  readonly storageClasses: ObjectCache;
  /** EndpointSlices of the API server's Service. */
  readonly apiServers: ObjectCache;
  /** Secrets of the identity namespace. */
  readonly identitySecrets: ObjectCache;
  readonly secrets: SecretStore;
  readonly systems: RegionSystems;
  readonly clock: Clock;
  /** UID of namespace kube-system: tells two installations on one server apart. */
  readonly installation: string;
}

/**
 * The Keycloak that a region runs by itself: Secrets → database server → database → server → accounts → the public way in, which comes last.
 * Each step looks first and may be repeated; the region is asked again when something of it changes.
 */
export class ManagedIdentity {
  readonly #ports: IdentityPorts;
  /** Digests of objects whose kinds are not watched, as this process applied them. */
  readonly #applied = new Map<string, string>();
  /** What the database of a region was last provided for. */
  readonly #databases = new Map<string, string>();

  constructor(ports: IdentityPorts) {
    this.#ports = ports;
  }

  /** True once the server runs, the platform's account works in it, and nobody holds the first administrator's credentials any more. */
  async provide(region: SovereignRegion, signal: AbortSignal): Promise<Finding> {
    const stands = liveWorkload(regionOwner(region.metadata.name, "PostgreSQL"), this.#ports);
    const gap = managedGap(region, clusterFacts(this.#ports), stands);
    if (gap !== undefined) throw new TerminalError(gap.reason, gap.message);
    const running = runningServer(region, this.#ports.workloads);
    const wanted = this.#wanted(region, running?.version);
    if (running !== undefined && isOlder(wanted.version, running.version)) {
      throw new TerminalError(
        "VersionUnsupported",
        `Keycloak ${running.version} runs, and ${wanted.version} is older: no database goes back. Set spec.keycloak.managed.version of region ${region.metadata.name} to ${running.version} or newer.`,
      );
    }
    await this.#secrets(region, wanted);
    await copySecrets(region, this.#ports);
    const database = await this.#database(region, wanted, signal);
    if (database.status !== "True") return database;
    const server = await this.#server(region, wanted);
    if (server.status !== "True" || this.#isBootstrapped(wanted)) return server;
    await this.#bootstrap(region, wanted, signal);
    return await this.#server(region, wanted);
  }

  /** Stops what runs and closes the way in; volumes and Secrets stay, and everything returns with a region of that name. */
  async end(region: SovereignRegion): Promise<Finding> {
    const wanted = this.#wanted(region, runningServer(region, this.#ports.workloads)?.version);
    const ending = { ports: this.#ports, erasing: false };
    const name = region.metadata.name;
    const server = await endWorkload(
      wanted.workload({ published: false, stopped: true }),
      regionOwner(name, "Keycloak"),
      ending,
    );
    if (server.status !== "True" || wanted.databaseServer === undefined) return server;
    // A kind that went away took its objects along.
    const kinds = wanted.databaseServer.awaits.map(({ kind }) => kind);
    if (kinds.some((kind) => this.#ports.workloads.get(kind)?.hasSynced !== true)) return server;
    return await endWorkload(wanted.databaseServer, regionOwner(name, "PostgreSQL"), ending);
  }

  #wanted(region: SovereignRegion, runs: string | undefined): ManagedKeycloak {
    const marker = markerText({
      installation: this.#ports.installation,
      // No tenant has a name with a colon.
      tenant: `region:${region.metadata.name}`,
      legalIdentifier: "",
      module: "Keycloak",
    });
    const trustBundle = this.#ports.systems.trustBundle(region);
    return managedKeycloak(region, { runs, trustBundle, marker, cluster: clusterFacts(this.#ports) });
  }

  #isBootstrapped({ names: own }: Pick<ManagedKeycloak, "names">): boolean {
    const has = (name: string): boolean =>
      this.#ports.identitySecrets.get({ namespace: own.namespace, name }) !== undefined;
    return has(own.platformSecret) && !has(own.bootstrapSecret);
  }

  /** The first administrator's Secret comes before that of the platform: where only the second exists, the first did its work and is gone. */
  async #secrets(region: SovereignRegion, { secrets }: ManagedKeycloak): Promise<void> {
    const ensure = async (secret: IdentitySecret | undefined): Promise<void> => {
      if (secret !== undefined) await this.#ports.secrets.ensure(regionSecret(region, secret));
    };
    const platform = await this.#ports.secrets.read(regionSecret(region, secrets.platform));
    if (platform === undefined) {
      await ensure(secrets.bootstrap);
      await ensure(secrets.platform);
    }
    await ensure(secrets.breakGlass);
    await ensure(secrets.certificate);
    await ensure(secrets.database);
    await ensure(secrets.databaseAdministrator);
    await ensure(secrets.databaseCertificate);
  }

  async #database(region: SovereignRegion, wanted: ManagedKeycloak, signal: AbortSignal): Promise<Finding> {
    const { name } = region.metadata;
    const { secrets, databaseServer, database } = wanted;
    const owner = regionOwner(name, "PostgreSQL");
    if (databaseServer !== undefined) {
      const server = await provideWorkload(databaseServer, owner, { ...this.#ports, applied: this.#applied });
      if (server.status !== "True") return server;
    }
    if (database.declared !== undefined) return declaredFinding(database.declared, liveWorkload(owner, this.#ports));
    // Looked at once per process and wish: afterwards the server itself says through its health when it is gone.
    const wish = digest(database);
    if (this.#databases.get(name) === wish) return succeeded("The database exists.");
    const password = (await this.#ports.secrets.ensure(regionSecret(region, secrets.database)))["password"] ?? "";
    const api =
      databaseServer === undefined ? this.#ports.systems.postgres(region) : await this.#ownServer(region, wanted);
    const place = { desired: database.desired, server: `${database.host}:${database.port}`, api, password };
    const report = await provideDatabase(place, { adopt: false, correct: true, signal });
    if (report.finding.status === "True") this.#databases.set(name, wish);
    return report.finding;
  }

  async #ownServer(region: SovereignRegion, { secrets, database }: ManagedKeycloak) {
    const read = async (secret: IdentitySecret | undefined): Promise<SecretData> =>
      secret === undefined ? {} : await this.#ports.secrets.ensure(regionSecret(region, secret));
    const administrator = await read(secrets.databaseAdministrator);
    const certificate = await read(secrets.databaseCertificate);
    return this.#ports.systems.postgresAt(`the Keycloak of region ${region.metadata.name}`, {
      host: database.host,
      port: database.port,
      tls: "VerifyFull",
      ca: certificate["ca.crt"] ?? "",
      username: administrator["username"] ?? "",
      password: administrator["password"] ?? "",
    });
  }

  /**
   * Another image is another version, and two versions do not share a database: the old one stops first, and the new one starts once its last pod
   * is gone.
   */
  async #server(region: SovereignRegion, wanted: ManagedKeycloak): Promise<Finding> {
    const owner = regionOwner(region.metadata.name, "Keycloak");
    const stopped = isRecreated(runningServer(region, this.#ports.workloads), wanted.image);
    const workload = wanted.workload({ published: this.#isBootstrapped(wanted), stopped });
    const finding = await provideWorkload(workload, owner, { ...this.#ports, applied: this.#applied });
    if (!stopped) return finding;
    return {
      status: "False",
      reason: "Progressing",
      message: `Keycloak stops before version ${wanted.version} starts.`,
    };
  }

  async #bootstrap(
    region: SovereignRegion,
    { names: own, secrets }: ManagedKeycloak,
    signal: AbortSignal,
  ): Promise<void> {
    const account = async (secret: IdentitySecret): Promise<ServiceAccount> => {
      const data = await this.#ports.secrets.ensure(regionSecret(region, secret));
      return { realm: "master", clientId: data["clientID"] ?? "", clientSecret: data["clientSecret"] ?? "" };
    };
    const first = await account(secrets.bootstrap);
    const platform = await account(secrets.platform);
    const administrator = await this.#ports.secrets.ensure(regionSecret(region, secrets.breakGlass));
    const breakGlass = { username: administrator["username"] ?? "", password: administrator["password"] ?? "" };
    const api = this.#ports.systems.keycloakServer(region);
    try {
      await api.makeFirstAccounts(first, { platform, breakGlass }, signal);
    } catch (error) {
      // It may have gone in a pass that was cut off before its Secret went.
      if (!(error instanceof TransientError) || error.reason !== "PermissionMissing") throw error;
      await this.#prove(region, { platform, own }, signal);
      await this.#forgetFirst(region, secrets.bootstrap);
      return;
    }
    await this.#prove(region, { platform, own }, signal);
    await api.removeFirstAccount(first, signal);
    await this.#forgetFirst(region, secrets.bootstrap);
  }

  /** A token of the platform's account, with the one right that it needs. */
  async #prove(
    region: SovereignRegion,
    { platform, own }: { readonly platform: ServiceAccount; readonly own: ManagedKeycloak["names"] },
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const rights = await this.#ports.systems.keycloakServer(region).platformRights(platform, signal);
      if (rights.realmRoles.includes("create-realm")) return;
    } catch (error) {
      if (!(error instanceof TransientError) || error.reason !== "PermissionMissing") throw error;
    }
    throw new TransientError(
      "PermissionMissing",
      `Keycloak of region ${region.metadata.name} knows neither its first administrator nor client ${platform.clientId}: its database is older than the Secrets ${own.bootstrapSecret} and ${own.platformSecret} of namespace ${own.namespace}. Stop the server and make its first administrator again with kc.sh bootstrap-admin service, with the id and secret that Secret ${own.bootstrapSecret} holds.`,
    );
  }

  async #forgetFirst(region: SovereignRegion, secret: IdentitySecret): Promise<void> {
    const { namespace, name } = regionSecret(region, secret);
    const live = await this.#ports.kube.get<KubeObject>({ apiVersion: "v1", kind: "Secret", namespace, name });
    if (live !== undefined) {
      await this.#ports.kube.delete(refOf(live), { uid: live.metadata.uid });
      this.#ports.identitySecrets.noteDelete(live);
    }
    this.#ports.secrets.forget(namespace, name);
  }
}

/** A Secret of what a region runs, as the store wants it told. */
function regionSecret(region: SovereignRegion, secret: IdentitySecret): GeneratedSecret {
  return {
    ...secret,
    ownerLabels: { [names.regionLabel]: region.metadata.name },
    labels: {
      [names.managedByLabel]: names.managedBy,
      [names.partOfLabel]: names.partOf,
      [names.protectLabel]: "true",
    },
  };
}
