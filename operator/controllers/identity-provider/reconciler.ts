import { refOf } from "../../../constructs/manifest.ts";
import { apiVersion, names } from "../../../crds/group.ts";
import type { TenantIdentityProvider } from "../../../crds/v1alpha1/tenant-identity-provider.ts";
import type { Registration } from "../../identity/registration.ts";
import { digest } from "../../reconcile/digest.ts";
import { addFinalizer, finalizerState, removeFinalizer } from "../../reconcile/finalizer.ts";
import { publishStatus } from "../../reconcile/publish-status.ts";
import {
  type Chapter,
  failuresBeforeUnknown,
  type Finding,
  type StoryEnd,
  succeeded,
  tellStory,
} from "../../reconcile/story.ts";
import {
  gone,
  keyString,
  type ObjectKey,
  type Outcome,
  type ReconcileContext,
  type Reconciler,
  requeue,
  settled,
} from "../../runtime/reconciler.ts";
import { endBroker, provideBroker } from "./broker.ts";
import { domainsFinding, realmFinding, registrationFinding } from "./checks.ts";
import { identityProviderStatus } from "./status.ts";
import { type IdentityProviderPorts, type IdentityProviderScene, sceneOf, secretKey } from "./scene.ts";

/** What this process remembers of a provider between two passes; losing it costs one look more. */
interface Memory {
  failures: number;
  lookedAt: number;
  lookedFor: string;
}

/** Domains → the broker in the realm → the word of a person that the provider knows us. The realm trusts nobody before. */
export class IdentityProviderReconciler implements Reconciler {
  readonly #ports: IdentityProviderPorts;
  readonly #memories = new Map<string, Memory>();

  constructor(ports: IdentityProviderPorts) {
    this.#ports = ports;
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<Outcome> {
    const identityProvider = this.#ports.identityProviders.get(key);
    if (identityProvider === undefined) return this.#forget(key);
    const state = finalizerState(identityProvider, names.identityProviderFinalizer);
    if (state === "released") return settled;
    if (state === "deleting") return await this.#end(identityProvider, context.signal);
    if (state === "absent") {
      const patch = addFinalizer(identityProvider, names.identityProviderFinalizer);
      const patched = await this.#ports.kube.patch<TenantIdentityProvider>(refOf(identityProvider), patch);
      if (patched !== undefined) this.#ports.identityProviders.noteWrite(patched);
      return requeue(0);
    }
    return await this.#keep(identityProvider, context.signal);
  }

  async #keep(identityProvider: TenantIdentityProvider, signal: AbortSignal): Promise<Outcome> {
    const memory = this.#memory(identityProvider);
    const scenery = sceneOf(identityProvider, this.#ports);
    const chapters = "missing" in scenery ? [nowhere(scenery.missing)] : this.#chapters(scenery.scene, memory, signal);
    const end = await tellStory(chapters, {
      previous: identityProvider.status?.conditions ?? [],
      failures: memory.failures,
      generation: identityProvider.metadata.generation ?? 0,
    });
    memory.failures = end.error === undefined ? 0 : memory.failures + 1;
    await this.#publish(identityProvider, end, "missing" in scenery ? undefined : scenery.scene.registration);
    if (end.error !== undefined) throw end.error;
    return end.againAfterMs === undefined ? settled : requeue(end.againAfterMs);
  }

  #chapters(scene: IdentityProviderScene, memory: Memory, signal: AbortSignal): Chapter[] {
    return [
      { type: "DomainsAdmitted", run: () => Promise.resolve(domainsFinding(scene)) },
      { type: "Configured", run: () => this.#configure(scene, memory, signal) },
      { type: "RegistrationConfirmed", run: () => Promise.resolve(registrationFinding(scene)) },
    ];
  }

  async #configure(scene: IdentityProviderScene, memory: Memory, signal: AbortSignal): Promise<Finding> {
    const waits = realmFinding(scene);
    if (waits !== undefined) return waits;
    const { identityProvider } = scene;
    const wanted = await this.#wish(scene);
    const { clock, externalIntervalMs } = this.#ports;
    const before = identityProvider.status?.conditions?.find(({ type }) => type === "Configured");
    const left = memory.lookedAt + externalIntervalMs - clock.now();
    if (before?.status === "True" && memory.lookedFor === wanted && left > 0)
      return { ...succeeded(before.message), againAfterMs: left };
    const { finding, corrected } = await provideBroker({ scene, ports: this.#ports, signal });
    if (corrected.length > 0) this.#say(identityProvider, "DriftCorrected", `Put back: ${corrected.join(", ")}`);
    memory.lookedAt = clock.now();
    memory.lookedFor = wanted;
    return { ...finding, againAfterMs: externalIntervalMs };
  }

  /** Everything that a look is for: another one asks for a look at once. */
  async #wish(scene: IdentityProviderScene): Promise<string> {
    const { identityProvider, region, tenant, way, realm } = scene;
    const { metadata, spec } = identityProvider;
    const secret = spec.saml === undefined ? await this.#ports.homeSecrets.version(secretKey(scene)) : "";
    const asked = metadata.annotations?.[names.reconcileRequestedAt] ?? "";
    const surroundings = [way, realm.issuer, tenant.spec.organization.identifier, region.spec.keycloak];
    return digest([metadata.uid, metadata.generation, asked, secret, surroundings]);
  }

  /** Its tenant, or the realm, may be gone by now, and the broker with it. */
  async #end(identityProvider: TenantIdentityProvider, signal: AbortSignal): Promise<Outcome> {
    const scenery = sceneOf(identityProvider, this.#ports);
    const isAbandoned =
      identityProvider.metadata.annotations?.[names.abandonExternal] === identityProvider.metadata.uid;
    if (isAbandoned || "missing" in scenery) return await this.#release(identityProvider);
    const { scene } = scenery;
    const run = async (): Promise<Finding> => await endBroker({ scene, ports: this.#ports, signal });
    const end = await tellStory([{ type: "Configured", run }], {
      previous: identityProvider.status?.conditions ?? [],
      failures: failuresBeforeUnknown,
      generation: identityProvider.metadata.generation ?? 0,
    });
    if (end.error === undefined) return await this.#release(identityProvider);
    const ready = {
      type: "Ready",
      status: "False" as const,
      reason: "Terminating" as const,
      message: `Being removed: ${end.error.message} Annotate ${names.abandonExternal}=${identityProvider.metadata.uid} to leave the realm as it is.`,
    };
    await this.#publish(identityProvider, { ...end, checks: [...end.checks, ready] }, undefined);
    throw end.error;
  }

  async #release(identityProvider: TenantIdentityProvider): Promise<Outcome> {
    const patch = removeFinalizer(identityProvider, names.identityProviderFinalizer);
    const patched = await this.#ports.kube.patch<TenantIdentityProvider>(refOf(identityProvider), patch);
    if (patched !== undefined && (patched.metadata.finalizers ?? []).length === 0)
      this.#ports.identityProviders.noteDelete(patched);
    return settled;
  }

  async #publish(
    identityProvider: TenantIdentityProvider,
    end: StoryEnd,
    registration: Registration | undefined,
  ): Promise<void> {
    const { kube, identityProviders: cache, events, clock } = this.#ports;
    const status = identityProviderStatus(identityProvider, { end, registration }, clock.now());
    const fieldManager = "socle-identity-provider-status";
    await publishStatus(
      { object: identityProvider, apiVersion, kind: "TenantIdentityProvider", status, fieldManager },
      { kube, cache, events },
    );
  }

  #say(identityProvider: TenantIdentityProvider, reason: string, note: string): void {
    const regarding = { ...refOf(identityProvider), uid: identityProvider.metadata.uid };
    this.#ports.events.record({ regarding, type: "Normal", reason, action: "Reconcile", note });
  }

  #memory({ metadata }: TenantIdentityProvider): Memory {
    const key = keyString(metadata);
    const known = this.#memories.get(key);
    if (known !== undefined) return known;
    const fresh: Memory = { failures: 0, lookedAt: 0, lookedFor: "" };
    this.#memories.set(key, fresh);
    return fresh;
  }

  /** The last one of a home namespace takes the watch of its Secrets along. */
  #forget(key: ObjectKey): Outcome {
    this.#memories.delete(keyString(key));
    const { namespace = "" } = key;
    const others = this.#ports.identityProviders.list().some(({ metadata }) => metadata.namespace === namespace);
    if (!others) this.#ports.homeSecrets.forget(namespace);
    return gone;
  }
}

function nowhere(message: string): Chapter {
  const finding: Finding = { status: "False", reason: "DependencyMissing", message };
  return { type: "Configured", run: () => Promise.resolve(finding) };
}
