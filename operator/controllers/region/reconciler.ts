import { X509Certificate } from "node:crypto";
import { refOf } from "../../../constructs/manifest.ts";
import { apiVersion, names } from "../../../crds/group.ts";
import type { NameClaim } from "../../../crds/v1alpha1/name-claim.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";
import type { Tenant } from "../../../crds/v1alpha1/tenant.ts";
import type { KubeApi, KubeObject, ObjectCache } from "../../kube/kube-api.ts";
import type { EventRecorder } from "../../reconcile/event-recorder.ts";
import { addFinalizer, finalizerState, removeFinalizer } from "../../reconcile/finalizer.ts";
import { type Chapter, type Finding, type StoryEnd, succeeded, tellStory } from "../../reconcile/story.ts";
import { publishStatus } from "../../reconcile/publish-status.ts";
import { TransientError, WaitingError } from "../../runtime/errors.ts";
import {
  type Clock,
  gone,
  type ObjectKey,
  type Outcome,
  type ReconcileContext,
  type Reconciler,
  requeue,
  settled,
} from "../../runtime/reconciler.ts";
import type { RegionSystems } from "../../systems/region-systems.ts";
import {
  capabilitiesFinding,
  capacityFinding,
  identityFinding,
  type ObservedCapabilities,
  qualificationsFinding,
} from "./checks.ts";
import type { ManagedIdentity } from "./identity.ts";
import type { ProviderFacts } from "./provider-facts.ts";
import { regionStatus } from "./status.ts";

export interface RegionPorts {
  readonly kube: KubeApi;
  readonly regions: ObjectCache<SovereignRegion>;
  readonly tenants: ObjectCache<Tenant>;
  readonly claims: ObjectCache<NameClaim>;
  readonly storageClasses: ObjectCache;
  readonly ingressClasses: ObjectCache;
  readonly issuers: ObjectCache;
  /** In the operator's namespace. */
  readonly gateways: ObjectCache;
  readonly systems: RegionSystems;
  /** Runs the Keycloak of regions that ask for it. */
  readonly identity: ManagedIdentity;
  /** Asks the provider what it knows of the region. */
  readonly providerFacts: ProviderFacts;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** Milliseconds between two looks at the systems of a region that works. */
  readonly probeIntervalMs: number;
}

type GatewayRef = NonNullable<SovereignRegion["spec"]["ingress"]["gatewayRef"]>;

interface Gateway extends KubeObject {
  readonly spec?: { readonly listeners?: readonly { readonly name: string; readonly protocol: string }[] };
}

/** Says whether a region can hold tenants, and why not; runs its Keycloak where it asks for one, and changes nothing else. */
export class RegionReconciler implements Reconciler {
  readonly #ports: RegionPorts;
  readonly #failures = new Map<string, number>();

  constructor(ports: RegionPorts) {
    this.#ports = ports;
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<Outcome> {
    const region = this.#ports.regions.get(key);
    if (region === undefined) {
      this.#failures.delete(key.name);
      this.#ports.providerFacts.forget(key.name);
      return gone;
    }
    const state = finalizerState(region, names.regionFinalizer);
    if (state === "deleting") return await this.#end(region);
    if (state === "released") return settled;
    // Tenants could not even end without the region that their realms and databases are in.
    if (state === "absent") {
      const patched = await this.#ports.kube.patch<SovereignRegion>(
        refOf(region),
        addFinalizer(region, names.regionFinalizer),
      );
      if (patched !== undefined) this.#ports.regions.noteWrite(patched);
      return requeue(0);
    }
    const failures = this.#failures.get(key.name) ?? 0;
    const end = await tellStory(this.#chapters(region, context.signal), {
      previous: region.status?.conditions ?? [],
      failures,
      generation: region.metadata.generation ?? 0,
    });
    this.#failures.set(key.name, end.error === undefined ? 0 : failures + 1);
    await this.#ports.providerFacts.observe(region, context);
    await this.#publish(region, end);
    if (end.error !== undefined) throw end.error;
    return requeue(Math.min(end.againAfterMs ?? this.#ports.probeIntervalMs, this.#ports.probeIntervalMs));
  }

  /** Every chapter is told whatever the others found: a person mends all of them in one go. */
  #chapters(region: SovereignRegion, signal: AbortSignal): Chapter[] {
    const tenants = () =>
      this.#ports.tenants.list().filter((tenant) => tenant.spec.regionRef.name === region.metadata.name);
    let isMade = false;
    const always = (type: string, run: () => Promise<Finding>): Chapter => ({ type, run, optional: true });
    return [
      always("CapabilitiesVerified", () => Promise.resolve(capabilitiesFinding(region, this.#capabilities(region)))),
      always("IdentityReady", async () => {
        isMade = region.spec.keycloak.mode === "External";
        const finding = await this.#identity(region, signal);
        isMade ||= finding.status === "True";
        return finding;
      }),
      // A server that is being made is no failure to reach one: what changes in it is watched.
      always("Reachable", () => (isMade ? this.#reach(region, signal) : Promise.resolve(waitsForIdentity))),
      always("QualificationsValid", () =>
        Promise.resolve(qualificationsFinding(region, tenants(), this.#ports.clock.now())),
      ),
      always("CapacityAvailable", () => Promise.resolve(capacityFinding(region, tenants()))),
    ];
  }

  async #reach(region: SovereignRegion, signal: AbortSignal): Promise<Finding> {
    const answered: string[] = [];
    await this.#ports.systems.keycloak(region).api.ping(signal);
    answered.push(`Keycloak at ${region.spec.keycloak.url}`);
    const { server } = region.spec.postgresql;
    if (server !== undefined) {
      const rights = await this.#ports.systems.postgres(region).platformRights(signal);
      if (!rights.createDatabase || !rights.createRole) {
        throw new TransientError(
          "PermissionMissing",
          `The platform role of PostgreSQL ${server.host}:${server.port} needs CREATEDB and CREATEROLE; grant them with ALTER ROLE.`,
        );
      }
      answered.push(`PostgreSQL at ${server.host}:${server.port}`);
    }
    const { objectStore } = region.spec.storage;
    if (objectStore !== undefined) {
      await this.#ports.systems.objectStore(region).ping(signal);
      answered.push(`the object store at ${objectStore.url}`);
    }
    const { openXchange } = region.spec;
    if (openXchange !== undefined) {
      await this.#ports.systems.openXchange(region).ping(signal);
      answered.push(`the App Suite at ${openXchange.url}`);
    }
    return succeeded(
      answered.length === 0 ? "The region names no external system." : `${answered.join(" and ")} answered.`,
    );
  }

  async #identity(region: SovereignRegion, signal: AbortSignal): Promise<Finding> {
    if (region.spec.keycloak.mode === "Managed") {
      // What it needs is said by its own condition; a volume of a class that does not exist would wait for ever.
      const capable = capabilitiesFinding(region, this.#capabilities(region));
      if (capable.status !== "True")
        return { ...capable, reason: "DependencyNotReady", message: "Waits for CapabilitiesVerified." };
      const server = await this.#ports.identity.provide(region, signal);
      if (server.status !== "True") return server;
    }
    const { api, account } = this.#ports.systems.keycloak(region);
    const prefix = `${new URL(region.spec.keycloak.url).host}/`;
    const claimed = (): string[] =>
      this.#ports.claims
        .list()
        .filter(({ spec }) => spec.kind === "RealmName" && spec.value.startsWith(prefix))
        .map(({ spec }) => spec.value.slice(prefix.length));
    // A realm is claimed before it is made and deleted before its claim is: one that came or went meanwhile is ours too.
    const before = claimed();
    const rights = await api.platformRights(account, signal);
    return identityFinding(rights, new Set([...before, ...claimed()]));
  }

  /** While tenants live in it a region stays whole; then its own server stops, if it has one, and its data stays. */
  async #end(region: SovereignRegion): Promise<Outcome> {
    const { name } = region.metadata;
    const tenants = this.#ports.tenants.list().filter((tenant) => tenant.spec.regionRef.name === name);
    const run = async (): Promise<Finding> => {
      if (tenants.length > 0) {
        const some = tenants.slice(0, 5).map((tenant) => tenant.metadata.name);
        return {
          status: "False",
          reason: "RemovalBlocked",
          message: `${tenants.length} tenants live in region ${name} (${some.join(", ")}): nothing was touched. Delete or move them first.`,
        };
      }
      if (region.spec.keycloak.mode === "External") return succeeded("Nothing of the region's own runs.");
      return await this.#ports.identity.end(region);
    };
    const failures = this.#failures.get(name) ?? 0;
    const end = await tellStory([{ type: "IdentityReady", run }], {
      previous: region.status?.conditions ?? [],
      failures,
      generation: region.metadata.generation ?? 0,
    });
    this.#failures.set(name, end.error === undefined ? 0 : failures + 1);
    if (!end.checks.every((check) => check.status === "True")) {
      await this.#publish(region, end);
      if (end.error !== undefined) throw end.error;
      return requeue(end.againAfterMs ?? this.#ports.probeIntervalMs);
    }
    const patched = await this.#ports.kube.patch<SovereignRegion>(
      refOf(region),
      removeFinalizer(region, names.regionFinalizer),
    );
    if (patched !== undefined && (patched.metadata.finalizers ?? []).length === 0)
      this.#ports.regions.noteDelete(patched);
    return settled;
  }

  #capabilities(region: SovereignRegion): ObservedCapabilities {
    const { storage, ingress, images } = region.spec;
    const hasSecret = (reference: { readonly name: string } | undefined): boolean | undefined =>
      reference === undefined ? undefined : this.#ports.systems.hasSecret(reference.name);
    return {
      storageClass: this.#ports.storageClasses.get({ name: storage.className }) !== undefined,
      ingressClass:
        ingress.className === undefined
          ? undefined
          : this.#ports.ingressClasses.get({ name: ingress.className }) !== undefined,
      gateway: ingress.gatewayRef === undefined ? undefined : this.#gateway(ingress.gatewayRef),
      issuer:
        ingress.clusterIssuer === undefined
          ? undefined
          : this.#ports.issuers.get({ name: ingress.clusterIssuer }) !== undefined,
      tlsSecret: hasSecret(ingress.tlsSecretRef),
      pullSecret: hasSecret(images?.pullSecretRef),
      trustBundle: this.#trustBundle(region),
    };
  }

  #gateway({ name, listener }: GatewayRef): ObservedCapabilities["gateway"] {
    const gateway = this.#ports.gateways.get({ namespace: names.operatorNamespace, name }) as Gateway | undefined;
    if (gateway === undefined) return "absent";
    const found = gateway.spec?.listeners?.some((one) => one.name === listener && one.protocol === "HTTPS") === true;
    return found ? "present" : "no-listener";
  }

  #trustBundle(region: SovereignRegion): ObservedCapabilities["trustBundle"] {
    let pem: string | undefined;
    try {
      pem = this.#ports.systems.trustBundle(region);
    } catch (error) {
      if (error instanceof WaitingError) return "absent";
      throw error;
    }
    if (pem === undefined) return "not-named";
    return isCertificate(pem) ? "present" : "no-certificate";
  }

  async #publish(region: SovereignRegion, end: StoryEnd): Promise<void> {
    const { kube, regions, events, tenants, clock, providerFacts } = this.#ports;
    const provider = providerFacts.seen(region.metadata.name);
    const status = regionStatus(region, { end, tenants: tenants.list(), provider }, clock.now());
    await publishStatus(
      { object: region, apiVersion, kind: "SovereignRegion", status, fieldManager: "socle-region-status" },
      { kube, cache: regions, events },
    );
  }
}

const waitsForIdentity: Finding = {
  status: "False",
  reason: "DependencyNotReady",
  message: "Waits for IdentityReady.",
};

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
