import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { home, network } from "./layout.ts";
import type { AgentApi, Watched } from "./watch.ts";

/** Name that storage classes give to this provisioner. */
export const provisioner = "node-lane.socle.dev/local";

const provisionedBy = "pv.kubernetes.io/provisioned-by";
const selectedNode = "volume.kubernetes.io/selected-node";

export interface StorageClass extends Watched {
  readonly provisioner: string;
  readonly reclaimPolicy?: string;
  readonly volumeBindingMode?: string;
}

export interface VolumeClaim extends Watched {
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly accessModes: readonly string[];
    readonly volumeMode?: string;
    readonly resources: { readonly requests: { readonly storage: string } };
  };
}

export interface Volume extends Watched {
  readonly spec: { readonly persistentVolumeReclaimPolicy: string };
  readonly status?: { readonly phase?: string };
}

/** The part of the cluster that decides which volumes there should be. */
export interface StorageWorld {
  readonly classes: readonly StorageClass[];
  readonly claims: readonly VolumeClaim[];
  readonly volumes: readonly Volume[];
}

/** A volume for each claim of our classes that waits for one. Its directory belongs to root: pods ask for it by fsGroup, as with real storage. */
export function wantedVolumes({ classes, claims, volumes }: StorageWorld): (Watched & { readonly spec: unknown })[] {
  const there = new Set(volumes.map(({ metadata }) => metadata.name));
  return claims.flatMap((claim) => {
    const storage = classes.find(({ metadata }) => metadata.name === claim.spec.storageClassName);
    const name = `pvc-${claim.metadata.uid}`;
    const waits = claim.spec.volumeName === undefined && !there.has(name);
    if (storage?.provisioner !== provisioner || !waits || claim.spec.volumeMode === "Block") return [];
    const placed = claim.metadata.annotations?.[selectedNode] !== undefined;
    return storage.volumeBindingMode === "WaitForFirstConsumer" && !placed ? [] : [volumeFor(claim, storage, name)];
  });
}

function volumeFor(claim: VolumeClaim, storage: StorageClass, name: string): Watched & { readonly spec: unknown } {
  const { name: claimName, namespace, uid } = claim.metadata;
  const node = { key: "kubernetes.io/hostname", operator: "In", values: [network.nodeName] };
  const volume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, annotations: { [provisionedBy]: provisioner } },
    spec: {
      capacity: { storage: claim.spec.resources.requests.storage },
      accessModes: claim.spec.accessModes,
      persistentVolumeReclaimPolicy: storage.reclaimPolicy ?? "Delete",
      storageClassName: storage.metadata.name,
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name: claimName, namespace, uid },
      local: { path: directoryOf(name) },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [node] }] } },
    },
  };
  return volume as unknown as Watched & { readonly spec: unknown };
}

/** Volumes whose claims are gone and whose class says that the data go too. */
export function releasedVolumes({ volumes }: StorageWorld): Volume[] {
  return volumes.filter(
    ({ metadata, spec, status }) =>
      metadata.annotations?.[provisionedBy] === provisioner &&
      spec.persistentVolumeReclaimPolicy === "Delete" &&
      status?.phase === "Released",
  );
}

function directoryOf(volume: string): string {
  return join(home, "volumes", volume);
}

/** Makes the volumes that are wanted and removes those that are released. One that fails holds up no other; all that failed are told at the end. */
export async function provision(api: Pick<AgentApi, "call">, world: StorageWorld): Promise<void> {
  const acts = [
    ...wantedVolumes(world).map((volume) => make(api, volume)),
    ...releasedVolumes(world).map((volume) => remove(api, volume)),
  ];
  const outcomes = await Promise.allSettled(acts);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [String(outcome.reason)] : []));
  if (reasons.length > 0) throw new Error(reasons.join("; "));
}

const path = "/api/v1/persistentvolumes";

async function make(api: Pick<AgentApi, "call">, volume: Watched): Promise<void> {
  mkdirSync(directoryOf(volume.metadata.name), { recursive: true, mode: 0o755 });
  const { status, text } = await api.call("POST", path, { body: volume });
  if (status !== 201 && status !== 409) throw new Error(`${volume.metadata.name} was refused: ${text}`);
}

async function remove(api: Pick<AgentApi, "call">, { metadata }: Volume): Promise<void> {
  rmSync(directoryOf(metadata.name), { recursive: true, force: true });
  const body = { preconditions: { uid: metadata.uid } };
  const { status, text } = await api.call("DELETE", `${path}/${metadata.name}`, { body });
  // No event comes of a refusal: only an error has it tried again.
  if (![200, 202, 404].includes(status)) throw new Error(`${metadata.name} was not removed: ${text}`);
}
