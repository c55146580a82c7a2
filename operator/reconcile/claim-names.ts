import { apiVersion, names } from "../../crds/group.ts";
import type { NameClaim } from "../../crds/v1alpha1/name-claim.ts";
import type { KubeApi, ObjectCache } from "../kube/kube-api.ts";
import { AlreadyExistsError, ConflictError, TerminalError, WaitingError } from "../runtime/errors.ts";
import {
  type ClaimHolder,
  claimManifest,
  claimName,
  decideClaim,
  overlappingClaim,
  type WantedClaim,
} from "./claims.ts";

export interface ClaimPorts {
  readonly kube: KubeApi;
  readonly claims: ObjectCache<NameClaim>;
}

const claimRef = (name: string) => ({ apiVersion, kind: "NameClaim", name });

/** One claim at a time in this process: of two tenants that ask at once, the first gets the name and the second is told so. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Holds every wanted name for the holder, or throws TerminalError("NameTaken") for the first that belongs to somebody else.
 * Held names cost nothing: they are seen in the cache.
 *
 * Safe with two operators at once: creation is the lock for equal names. For a domain under another's, both create first and
 * look second with a consistent list; whoever sees an unconfirmed rival gives its own fresh claim back, so never two go on.
 */
export async function claimNames(
  wanted: readonly WantedClaim[],
  holder: ClaimHolder,
  ports: ClaimPorts,
): Promise<void> {
  const missing = wanted.filter((claim) => !isConfirmed(claim, holder, ports.claims.get({ name: claimName(claim) })));
  if (missing.length === 0) return;
  for (const claim of missing) refuseKnownRival(claim, holder, ports.claims);
  const mine = turn.then(async () => {
    for (const claim of missing) await claimOne(claim, holder, ports);
  });
  turn = mine.catch(() => undefined);
  await mine;
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
  const rival = overlappingClaim(wanted, holder, claims.list());
  if (rival !== undefined && isForGood(rival)) throw new TerminalError("NameTaken", overlapMessage(wanted, rival));
}

function isForGood(rival: NameClaim): boolean {
  return rival.metadata.labels?.[names.confirmedLabel] === "true" || rival.spec.state !== "Held";
}

function overlapMessage(wanted: WantedClaim, rival: NameClaim): string {
  return `${wanted.kind} ${wanted.value} lies under, or above, ${rival.spec.value} of tenant ${rival.spec.holder.name}; choose a domain outside of it.`;
}

async function claimOne(wanted: WantedClaim, holder: ClaimHolder, ports: ClaimPorts): Promise<void> {
  const live = await ports.kube.get<NameClaim>(claimRef(claimName(wanted)));
  const decision = decideClaim(wanted, holder, live);
  if (decision.kind === "taken") throw new TerminalError("NameTaken", decision.message);
  const { claim: held, fresh } =
    live === undefined ? await createClaim(wanted, holder, ports) : { claim: live, fresh: false };
  const rival = await rivalOf(wanted, holder, ports);
  if (rival !== undefined) {
    // Only what was made here, and as it was made: another operator may have confirmed it for the same tenant, and gone on.
    if (fresh) await giveBack(held, ports, { resourceVersion: held.metadata.resourceVersion });
    const message = overlapMessage(wanted, rival);
    if (isForGood(rival)) throw new TerminalError("NameTaken", message);
    throw new WaitingError("NameTaken", message, { retryAfterMs: 2_000 });
  }
  await confirm(wanted, holder, { held, ports });
}

async function createClaim(
  wanted: WantedClaim,
  holder: ClaimHolder,
  ports: ClaimPorts,
): Promise<{ readonly claim: NameClaim; readonly fresh: boolean }> {
  try {
    return { claim: await ports.kube.create<NameClaim>(claimManifest(wanted, holder)), fresh: true };
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    const live = await ports.kube.get<NameClaim>(claimRef(claimName(wanted)));
    const decision = decideClaim(wanted, holder, live);
    if (live === undefined || decision.kind === "create") throw error;
    if (decision.kind === "taken") throw new TerminalError("NameTaken", decision.message);
    return { claim: live, fresh: false };
  }
}

async function rivalOf(wanted: WantedClaim, holder: ClaimHolder, ports: ClaimPorts): Promise<NameClaim | undefined> {
  if (wanted.kind !== "Domain") return undefined;
  const { items } = await ports.kube.list<NameClaim>({ apiVersion, kind: "NameClaim" });
  return overlappingClaim(wanted, holder, items);
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
      value: { ...metadata.labels, ...manifest.metadata.labels, [names.confirmedLabel]: "true" },
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
