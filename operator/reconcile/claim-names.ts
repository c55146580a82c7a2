import type { Manifest } from "../../constructs/manifest.ts";
import { apiVersion, names } from "../../crds/group.ts";
import type { NameClaim } from "../../crds/v1alpha1/name-claim.ts";
import type { KubeApi, ObjectCache } from "../kube/kube-api.ts";
import { AlreadyExistsError, ConflictError, TerminalError, WaitingError } from "../runtime/errors.ts";
import {
  type ClaimHolder,
  claimManifest,
  claimName,
  decideClaim,
  domainsOverlap,
  overlappingClaim,
  type WantedClaim,
} from "./claims.ts";

export interface ClaimPorts {
  readonly kube: KubeApi;
  readonly claims: ObjectCache<NameClaim>;
}

const claimRef = (name: string) => ({ apiVersion, kind: "NameClaim", name });

/** Domains that this process is claiming right now. */
const underWay = new Map<string, Promise<unknown>>();
/** How long to wait for the cache to show what was just written; after that the API server is asked for a list. */
const cachePatienceMs = 2_000;

/**
 * Holds every wanted name for the holder, or throws TerminalError("NameTaken") for the first that belongs to somebody else.
 * Held names cost nothing: they are seen in the cache. A name that is free costs one create.
 *
 * Safe with two operators at once: creation is the lock for equal names. For a domain under another's, both create first and
 * look second, at a state that has both creations if the other's was first; whoever sees an unconfirmed rival gives its own fresh
 * claim back, so never two go on.
 */
export async function claimNames(
  wanted: readonly WantedClaim[],
  holder: ClaimHolder,
  ports: ClaimPorts,
): Promise<void> {
  const missing = wanted.filter((claim) => !isConfirmed(claim, holder, ports.claims.get({ name: claimName(claim) })));
  for (const claim of missing) refuseKnownRival(claim, holder, ports.claims);
  for (const claim of missing) {
    if (!mayHaveRivals(claim)) await claimOne(claim, holder, ports);
    else
      await inTurn(claim.value, async () => {
        refuseKnownRival(claim, holder, ports.claims);
        await claimOne(claim, holder, ports);
      });
  }
}

/** Only a domain has rivals under other names: those above and under it. For all other names creation alone is the lock. */
function mayHaveRivals({ kind }: WantedClaim): boolean {
  return kind === "Domain";
}

/** Of two tenants of this process that ask at once for domains that exclude each other, the first gets its own and the second is told so. */
async function inTurn(domain: string, claim: () => Promise<void>): Promise<void> {
  for (;;) {
    const before = [...underWay].filter(([other]) => domainsOverlap(other, domain)).map(([, end]) => end);
    if (before.length === 0) break;
    await Promise.allSettled(before);
  }
  const mine = claim();
  underWay.set(domain, mine);
  try {
    await mine;
  } finally {
    underWay.delete(domain);
  }
}

function isConfirmed(wanted: WantedClaim, holder: ClaimHolder, live: NameClaim | undefined): boolean {
  return decideClaim(wanted, holder, live).kind === "held" && live?.metadata.labels?.[names.confirmedLabel] === "true";
}

/**
 * A rival that the cache shows for good is answer enough: to claim, look and give back again would free a name for a moment, and every
 * freed name wakes those who wait for one, this tenant included. When the rival goes, its event wakes them too.
 */
function refuseKnownRival(wanted: WantedClaim, holder: ClaimHolder, claims: ObjectCache<NameClaim>): void {
  const decision = decideClaim(wanted, holder, claims.get({ name: claimName(wanted) }));
  if (decision.kind === "taken") throw new TerminalError("NameTaken", decision.message);
  const rival = mayHaveRivals(wanted) ? overlappingClaim(wanted, holder, claims.list()) : undefined;
  if (rival !== undefined && isForGood(rival)) throw new TerminalError("NameTaken", overlapMessage(wanted, rival));
}

function isForGood(rival: NameClaim): boolean {
  return rival.metadata.labels?.[names.confirmedLabel] === "true" || rival.spec.state !== "Held";
}

function overlapMessage(wanted: WantedClaim, rival: NameClaim): string {
  return `${wanted.kind} ${wanted.value} lies under, or above, ${rival.spec.value} of tenant ${rival.spec.holder.name}; choose a domain outside of it.`;
}

async function claimOne(wanted: WantedClaim, holder: ClaimHolder, ports: ClaimPorts): Promise<void> {
  const { claim, fresh } = await presentClaim(wanted, holder, ports);
  if (isConfirmed(wanted, holder, claim)) {
    ports.claims.noteWrite(claim);
    return;
  }
  const rival = await rivalOf(wanted, holder, { claim, ports });
  if (rival !== undefined) {
    // Only what was made here, and as it was made: another operator may have confirmed it for the same tenant, and gone on.
    if (fresh) await giveBack(claim, ports, { resourceVersion: claim.metadata.resourceVersion });
    const message = overlapMessage(wanted, rival);
    if (isForGood(rival)) throw new TerminalError("NameTaken", message);
    throw new WaitingError("NameTaken", message, { retryAfterMs: 2_000 });
  }
  await confirm(wanted, holder, { held: claim, ports });
}

/** The claim of a name as it is now, made if there is none. Throws where it is somebody else's. */
async function presentClaim(
  wanted: WantedClaim,
  holder: ClaimHolder,
  ports: ClaimPorts,
): Promise<{ readonly claim: NameClaim; readonly fresh: boolean }> {
  // What the cache shows may be older than what is; the confirmation tests for the version.
  const known = ports.claims.get({ name: claimName(wanted) });
  if (known !== undefined) return { claim: known, fresh: false };
  try {
    return { claim: await ports.kube.create<NameClaim>(newClaim(wanted, holder)), fresh: true };
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    const live = await ports.kube.get<NameClaim>(claimRef(claimName(wanted)));
    const decision = decideClaim(wanted, holder, live);
    if (live === undefined || decision.kind === "create") throw error;
    if (decision.kind === "taken") throw new TerminalError("NameTaken", decision.message);
    return { claim: live, fresh: false };
  }
}

function newClaim(wanted: WantedClaim, holder: ClaimHolder): Manifest {
  const manifest = claimManifest(wanted, holder);
  return mayHaveRivals(wanted) ? manifest : { ...manifest, metadata: confirmed(manifest.metadata) };
}

function confirmed(metadata: Manifest["metadata"]): Manifest["metadata"] {
  return { ...metadata, labels: { ...metadata.labels, [names.confirmedLabel]: "true" } };
}

/**
 * A claim that excludes this one, at a state that is no older than the claim itself: whoever claimed before us is in it. The cache has
 * that state as soon as its watch has told of our own write; a list of all claims for every tenant would cost more with each of them.
 */
async function rivalOf(
  wanted: WantedClaim,
  holder: ClaimHolder,
  at: { readonly claim: NameClaim; readonly ports: ClaimPorts },
): Promise<NameClaim | undefined> {
  if (!mayHaveRivals(wanted)) return undefined;
  const { claims, kube } = at.ports;
  const seen = await claims.reaches(at.claim.metadata.resourceVersion, cachePatienceMs);
  const all = seen ? claims.list() : (await kube.list<NameClaim>({ apiVersion, kind: "NameClaim" })).items;
  return overlappingClaim(wanted, holder, all);
}

async function confirm(
  wanted: WantedClaim,
  holder: ClaimHolder,
  at: { held: NameClaim; ports: ClaimPorts },
): Promise<void> {
  const { metadata } = at.held;
  const manifest = claimManifest(wanted, holder);
  const patched = await at.ports.kube.patch<NameClaim>(claimRef(metadata.name), [
    { op: "test", path: "/metadata/uid", value: metadata.uid },
    { op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion },
    {
      op: "add",
      path: "/metadata/labels",
      value: { ...metadata.labels, ...confirmed(manifest.metadata).labels },
    },
    { op: "add", path: "/spec/holder", value: holder },
    { op: "add", path: "/spec/state", value: "Held" },
  ]);
  if (patched === undefined) throw new ConflictError(`The claim of ${wanted.value} was given back meanwhile.`);
  at.ports.claims.noteWrite(patched);
}

async function giveBack(claim: NameClaim, ports: ClaimPorts, asOf: { resourceVersion?: string } = {}): Promise<void> {
  await ports.kube.delete(claimRef(claim.metadata.name), { uid: claim.metadata.uid, ...asOf });
  ports.claims.noteDelete(claim);
}

/** What becomes of a tenant's claims at the end: kept for its return, closed for ever, or free again. */
export type ClaimEnd = "retain" | "tombstone" | "free";

/** Ends the given claims. Claims of anybody else are left alone, whatever the caller believed. */
export async function endClaims(
  claims: readonly NameClaim[],
  end: (claim: NameClaim) => ClaimEnd,
  ports: ClaimPorts,
): Promise<void> {
  for (const claim of claims) {
    const wish = end(claim);
    if (wish === "free") {
      if (claim.spec.state === "Tombstoned") continue;
      await giveBack(claim, ports);
      continue;
    }
    const state = wish === "retain" ? "Retained" : "Tombstoned";
    if (claim.spec.state === state || claim.spec.state === "Tombstoned") continue;
    const patched = await ports.kube.patch<NameClaim>(claimRef(claim.metadata.name), [
      { op: "test", path: "/metadata/uid", value: claim.metadata.uid },
      { op: "replace", path: "/spec/state", value: state },
    ]);
    if (patched !== undefined) ports.claims.noteWrite(patched);
  }
}
