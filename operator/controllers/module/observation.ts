import type { ObservedRealm, ServiceAccount } from "../../keycloak/keycloak-api.ts";
import { realmPlan } from "../../keycloak/plan.ts";
import { clientPlan } from "../../keycloak/client-plan.ts";
import type {
  BucketWanted,
  ClientWanted,
  ContextWanted,
  DatabaseWanted,
  DesiredModule,
  ModuleAccess,
  RealmWanted,
  SecretKey,
} from "../../modules/driver.ts";
import { databasePlan } from "../../postgres/plan.ts";
import { decideClaim, claimName } from "../../reconcile/claims.ts";
import { type Finding, succeeded } from "../../reconcile/story.ts";
import { declaredFinding } from "../../reconcile/postgres-cluster.ts";
import { rolloutFinding } from "../../reconcile/rollout.ts";
import { allAwaited, allManifests, isSame, liveWorkload, type WorkloadWanted } from "../../reconcile/workload.ts";
import { TerminalError, WaitingError } from "../../runtime/errors.ts";
import { observeBucket } from "./bucket.ts";
import { observeContext } from "./context.ts";
import { observeCopies } from "./copies.ts";
import { databaseServer, lookAsPlatform, lookAtRealm, type ModuleWork } from "./provision.ts";
import { type ExternalReport, type Mode, takesPassword } from "../../systems/database.ts";
import { type ModulePorts, type ModuleScene, ownerOf } from "./scene.ts";
import { generatedSecret, secretNamespace } from "./secrets.ts";

/**
 * The work of a module whose managementPolicy is Observe: the same questions as for one that is managed, and not one change. No
 * name is claimed, no Secret made, nothing written outside; what is missing and what differs is said.
 */
export function observing(scene: ModuleScene, ports: ModulePorts, mode: ObserveMode): ModuleWork {
  const access = readingAccess(scene, ports);
  const seen = new Observer(scene, ports, mode);
  return {
    access,
    own: (desired) => Promise.resolve(seen.names(desired)),
    secrets: (desired) => seen.secrets(desired),
    copies: (copied) => observeCopies(copied, scene, ports),
    server: (wanted) => Promise.resolve(seen.server(wanted)),
    database: (wanted) => seen.database(wanted),
    bucket: (wanted) => seen.bucket(wanted),
    bucketKey: (wanted) => Promise.resolve(seen.bucketKey(wanted)),
    realm: (wanted) => seen.realm(wanted),
    client: (wanted) => seen.client(wanted),
    context: (wanted) => seen.context(wanted),
    application: (wanted) => Promise.resolve(seen.server(wanted.workload)),
  };
}

/** Observing changes nothing, so it corrects nothing and remembers nothing that it applied. */
type ObserveMode = Pick<Mode, "adopt" | "signal">;

/** Systems of the module, and its Secrets as far as they exist. */
function readingAccess(scene: ModuleScene, ports: ModulePorts): ModuleAccess {
  return {
    postgres: (host) =>
      databaseServer(host, { scene, ports, read: (secret) => ports.secrets.read(generatedSecret(scene, secret)) }),
    keycloak: () => Promise.resolve(ports.systems.keycloakServer(scene.region)),
    openXchange: () => Promise.resolve(ports.systems.openXchange(scene.region)),
    get: (url, signal) => ports.web.get(url, signal),
    secret: async (key) => {
      const value = await secretValue(key, scene, ports);
      if (value !== undefined) return value;
      throw new WaitingError("DependencyMissing", `Secret ${secretPlace(key, scene)} does not exist.`);
    },
  };
}

async function secretValue({ secret, key }: SecretKey, scene: ModuleScene, ports: ModulePorts) {
  return (await ports.secrets.read(generatedSecret(scene, secret)))?.[key];
}

function secretPlace({ secret }: Pick<SecretKey, "secret">, scene: ModuleScene): string {
  return `${secretNamespace(scene.tenant.metadata.name, secret.place)}/${secret.name}`;
}

class Observer {
  readonly #scene: ModuleScene;
  readonly #ports: ModulePorts;
  readonly #mode: ObserveMode;

  constructor(scene: ModuleScene, ports: ModulePorts, mode: ObserveMode) {
    this.#scene = scene;
    this.#ports = ports;
    this.#mode = mode;
  }

  names(desired: DesiredModule): Finding {
    const { holder } = this.#scene;
    for (const wanted of desired.claims) {
      const decision = decideClaim(wanted, holder, this.#ports.claims.get({ name: claimName(wanted) }));
      if (decision.kind === "taken") return { status: "False", reason: "NameTaken", message: decision.message };
      if (decision.kind !== "held")
        return this.#missing(`${wanted.kind} ${wanted.value} is not claimed for tenant ${holder.name}`);
    }
    return succeeded(`${desired.claims.length} names are held by tenant ${holder.name}.`);
  }

  async secrets(desired: DesiredModule): Promise<Finding> {
    for (const secret of desired.secrets) {
      if ((await this.#ports.secrets.read(generatedSecret(this.#scene, secret))) === undefined)
        return this.#missing(`Secret ${secretPlace({ secret }, this.#scene)} does not exist`);
    }
    return succeeded(`${desired.secrets.length} Secrets are in place.`);
  }

  server(wanted: WorkloadWanted): Finding {
    const live = liveWorkload(ownerOf(this.#scene), this.#ports);
    const missing = allManifests(wanted).find(
      (manifest) => this.#ports.workloads.has(manifest.kind) && !live.some((object) => isSame(object, manifest)),
    );
    if (missing !== undefined)
      return this.#missing(
        `${missing.kind} ${missing.metadata.namespace ?? ""}/${missing.metadata.name} does not exist`,
      );
    return rolloutFinding(allAwaited(wanted), live);
  }

  async database({ desired, password: key, server, host, declared }: DatabaseWanted): Promise<ExternalReport> {
    if (declared !== undefined)
      return unchanged(declaredFinding(declared, liveWorkload(ownerOf(this.#scene), this.#ports)));
    const { adopt, signal } = this.#mode;
    const api = await readingAccess(this.#scene, this.#ports).postgres(host);
    const observed = await api.observe(desired, signal);
    const absent = [
      ...(observed.role === undefined ? [`role ${desired.role}`] : []),
      ...(observed.database === undefined ? [`database ${desired.database}`] : []),
    ];
    if (absent.length > 0) return unchanged(this.#missing(`PostgreSQL ${server} has no ${absent.join(" and no ")}`));
    const password = await secretValue(key, this.#scene, this.#ports);
    const passwordWorks =
      password === undefined ? {} : { passwordWorks: await takesPassword(api, { ...desired, password }, signal) };
    const plan = databasePlan({ desired, observed, adopt, ...passwordWorks });
    if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
    const differences = plan.changes.map(({ kind, why }) => `${kind} (${why})`);
    return unchanged(succeeded(`Database ${desired.database} and its role exist on ${server}.`), differences);
  }

  async bucket(wanted: BucketWanted): Promise<ExternalReport> {
    const seen = await observeBucket(wanted, { scene: this.#scene, ports: this.#ports }, this.#mode);
    const { desired, server } = wanted;
    return seen ?? unchanged(this.#missing(`Object store ${server} has no bucket ${desired.bucket}`));
  }

  bucketKey({ desired }: BucketWanted): Finding {
    this.#ports.systems.bucketKey(this.#scene.region, desired.bucket);
    return succeeded("Its key is there.");
  }

  async realm(wanted: RealmWanted): Promise<ExternalReport> {
    const { desired, server } = wanted;
    const { observed, ownRefused } = await this.#look(wanted);
    if (observed === undefined) return unchanged(this.#missing(`Keycloak ${server} has no realm ${desired.realm}`));
    const plan = realmPlan({ desired, observed, adopt: this.#mode.adopt, correct: true });
    if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
    const differences = [
      // What the realm says was applied is our own note, and a missing note no difference.
      ...plan.changes.flatMap((change) => change.fields),
      ...(ownRefused ? [`clients.${desired.serviceAccountClientId}`] : []),
    ];
    return unchanged(succeeded(`Realm ${desired.realm} exists on ${server}.`), differences);
  }

  async client(wanted: ClientWanted): Promise<ExternalReport> {
    const { desired, server } = wanted;
    const [account, secret] = [
      await secretValue(wanted.operatorSecret, this.#scene, this.#ports),
      await secretValue(wanted.secret, this.#scene, this.#ports),
    ];
    const { realm, clientId } = desired;
    if (account === undefined) return unchanged(this.#missing(`The account of realm ${realm} has no Secret`));
    const own = { realm, clientId: wanted.operatorClientId, clientSecret: account };
    const api = this.#ports.systems.keycloakServer(this.#scene.region);
    const observed = await api.observeClient(own, clientId, this.#mode.signal);
    if (observed === undefined)
      return unchanged(this.#missing(`Realm ${realm} of ${server} has no client ${clientId}`));
    const plan = clientPlan({ desired, observed, secret: secret ?? "", adopt: this.#mode.adopt });
    if (plan.kind === "refused") throw new TerminalError(plan.reason, plan.message);
    return unchanged(
      succeeded(`Client ${clientId} exists in realm ${realm}.`),
      plan.changes.flatMap(({ fields }) => fields),
    );
  }

  async context(wanted: ContextWanted): Promise<ExternalReport> {
    const seen = await observeContext(wanted, readingAccess(this.#scene, this.#ports), this.#mode);
    const { desired, server } = wanted;
    return seen ?? unchanged(this.#missing(`App Suite ${server} has no context ${desired.name}`));
  }

  async #look({ desired, operatorSecret }: RealmWanted): Promise<{ observed?: ObservedRealm; ownRefused: boolean }> {
    const { adopt, signal } = this.#mode;
    const { api, account: platform } = this.#ports.systems.keycloak(this.#scene.region);
    const { realm, serviceAccountClientId: clientId } = desired;
    const clientSecret = await secretValue(operatorSecret, this.#scene, this.#ports);
    const own: ServiceAccount | undefined = clientSecret === undefined ? undefined : { realm, clientId, clientSecret };
    const { observed, ownRefused } =
      own === undefined
        ? { observed: await lookAsPlatform(api, { realm, platform, adopt }, signal), ownRefused: false }
        : await lookAtRealm(api, { own, platform, adopt }, signal);
    return observed === undefined ? { ownRefused } : { observed, ownRefused };
  }

  /** Nothing tells when it appears, so it is looked for again. */
  #missing(what: string): Finding {
    return {
      status: "False",
      reason: "DependencyMissing",
      message: `${what}, and managementPolicy Observe makes nothing. Set it to Managed, or make it by hand.`,
      againAfterMs: this.#ports.probeIntervalMs,
    };
  }
}

function unchanged(finding: Finding, drift: readonly string[] = []): ExternalReport {
  return { finding, drift, corrected: false };
}
