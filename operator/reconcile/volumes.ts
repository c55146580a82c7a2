import { type Manifest, refOf } from "../../constructs/manifest.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { refText } from "./plan.ts";
import { type Finding, succeeded } from "./story.ts";
import { quantityValue } from "./subset.ts";

/** Where an object says which size of which class it wants. */
interface Claim {
  readonly size: string;
  readonly storageClass: string;
}

interface StorageSpec {
  readonly storageClassName?: string;
  readonly resources?: { readonly requests?: { readonly storage?: string } };
  readonly storage?: { readonly storageClass?: string; readonly size?: string };
}

interface LiveClaim extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly capacity?: { readonly storage?: string };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const sameObject = (left: Manifest, right: Manifest): boolean => refText(refOf(left)) === refText(refOf(right));

/** A class as far as growth is concerned. */
export type FindClass = (name: string) => (KubeObject & { readonly allowVolumeExpansion?: boolean }) | undefined;

/** What cannot be done to a volume, and why: a sentence for the person who asked. */
type Refusal = { readonly keep: string; readonly finding: Finding };

function claimOf(object: Manifest): Claim | undefined {
  const spec = (object["spec"] ?? {}) as StorageSpec;
  if (object.kind === "PersistentVolumeClaim") {
    const size = spec.resources?.requests?.storage;
    return size === undefined ? undefined : { size, storageClass: spec.storageClassName ?? "" };
  }
  const { size, storageClass = "" } = (object.kind === "Cluster" ? spec.storage : undefined) ?? {};
  return size === undefined ? undefined : { size, storageClass };
}

function withSize(manifest: Manifest, size: string): Manifest {
  const spec = manifest["spec"] as StorageSpec;
  const grown =
    manifest.kind === "PersistentVolumeClaim"
      ? { ...spec, resources: { ...spec.resources, requests: { ...spec.resources?.requests, storage: size } } }
      : { ...spec, storage: { ...spec.storage, size } };
  return { ...manifest, spec: grown };
}

/**
 * The manifests with each volume at a size that the API server will accept: a claim that its class does not let grow, or that is not bound
 * yet, keeps the size that it has, and none is asked to shrink. Without this the same refused request would be sent for ever.
 */
export function withPossibleVolumes(
  manifests: readonly Manifest[],
  live: readonly KubeObject[],
  classOf: FindClass,
): readonly Manifest[] {
  return manifests.map((manifest) => {
    const refusal = refusalOf(manifest, live, classOf);
    return refusal === undefined ? manifest : withSize(manifest, refusal.keep);
  });
}

function refusalOf(wanted: Manifest, live: readonly KubeObject[], classOf: FindClass): Refusal | undefined {
  const asked = claimOf(wanted);
  const found = live.find((object) => sameObject(object, wanted)) as LiveClaim | undefined;
  const has = found === undefined ? undefined : claimOf(found);
  if (asked === undefined || found === undefined || has === undefined) return undefined;
  const { kind, metadata } = wanted;
  const volume = `${kind === "Cluster" ? "Volumes of Cluster" : "Volume"} ${metadata.namespace ?? ""}/${metadata.name}`;
  const difference = (quantityValue(asked.size) ?? 0) - (quantityValue(has.size) ?? 0);
  if (difference === 0) return undefined;
  const keep = (reason: "CapabilityMissing" | "Progressing", message: string): Refusal => ({
    keep: has.size,
    finding: { status: "False", reason, message },
  });
  if (difference < 0)
    return keep(
      "CapabilityMissing",
      `${volume} has ${has.size} and ${asked.size} is asked for: no volume shrinks. Ask for ${has.size} or more.`,
    );
  // The class that it was made with decides, whatever the region names today.
  if (classOf(has.storageClass)?.allowVolumeExpansion !== true)
    return keep(
      "CapabilityMissing",
      `${volume} has ${has.size} and ${asked.size} is asked for, but StorageClass ${has.storageClass} does not let volumes grow: it stays at ${has.size}. Set allowVolumeExpansion of that class to true, if its provisioner can do it, or ask for ${has.size} again.`,
    );
  if (kind === "PersistentVolumeClaim" && found.status?.phase !== "Bound")
    return keep("Progressing", `${volume} grows from ${has.size} to ${asked.size} once it is bound.`);
  return undefined;
}

/** Every volume has the size that was asked for. Pure; it speaks of what the caches know, so of before this pass. */
export function volumesFinding(wanted: readonly Manifest[], live: readonly KubeObject[], classOf: FindClass): Finding {
  const asking = wanted.filter((manifest) => claimOf(manifest) !== undefined);
  for (const manifest of asking) {
    const refusal = refusalOf(manifest, live, classOf);
    if (refusal !== undefined) return refusal.finding;
  }
  const missing = asking.find((manifest) => !live.some((object) => sameObject(object, manifest)));
  if (missing !== undefined) return progressing(`${missing.kind} ${placeOf(missing)} is being made.`);
  const growing = live.map(growth).find((text) => text !== undefined);
  if (growing !== undefined) return progressing(growing);
  const sizes = asking.map((manifest) => claimOf(manifest)?.size ?? "").join(", ");
  return succeeded(`Volumes have the size that is asked for: ${sizes}.`);
}

const progressing = (message: string): Finding => ({ status: "False", reason: "Progressing", message });
const placeOf = ({ metadata }: Manifest): string => `${metadata.namespace ?? ""}/${metadata.name}`;

/** What a claim is waiting for, if it holds less than it asks for. */
function growth(object: KubeObject): string | undefined {
  if (object.kind !== "PersistentVolumeClaim") return undefined;
  const { phase, capacity, conditions = [] } = (object as LiveClaim).status ?? {};
  const { size = "" } = claimOf(object) ?? {};
  const volume = `Volume ${placeOf(object)}`;
  if (phase !== "Bound") return `${volume} is not bound yet.`;
  if ((quantityValue(size) ?? 0) <= (quantityValue(capacity?.storage ?? "") ?? 0)) return undefined;
  const grows = `${volume} grows from ${capacity?.storage ?? "0"} to ${size}`;
  return conditions.some(({ type, status }) => type === "FileSystemResizePending" && status === "True")
    ? `${grows}: its file system does when its pod starts next.`
    : `${grows}.`;
}
