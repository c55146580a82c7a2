import { bridgeName, mediaName, mediaPort } from "../../../constructs/jitsi/jitsi-input.ts";
import type { Manifest } from "../../../constructs/manifest.ts";
import type { SovereignRegion } from "../../../crds/v1alpha1/sovereign-region.ts";

type Media = NonNullable<SovereignRegion["spec"]["media"]>;

/** One bridge, and where clients reach it. */
export interface BridgePlace {
  readonly index: number;
  readonly port: number;
  /** None = those of the node that it runs on. */
  readonly addresses: readonly string[];
  /** Port and addresses are known: before that nobody could reach it. */
  readonly known: boolean;
  /** One too many: it takes no new conference, and goes when its last one has ended. */
  readonly retires: boolean;
}

interface MediaService extends Manifest {
  readonly spec?: { readonly ports?: readonly { readonly nodePort?: number }[] };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

interface LiveBridge extends Manifest {
  readonly metadata: Manifest["metadata"] & { readonly generation?: number };
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly observedGeneration?: number; readonly replicas?: number };
}

/**
 * The bridges that are wanted, and those that still run although they are not. What the cluster chooses, the port of the nodes or the address of
 * a load balancer, is read back from the Services that asked for it. Pure.
 */
export function bridgePlaces(wanted: number, media: Media, live: readonly Manifest[]): BridgePlace[] {
  const places = Array.from({ length: wanted }, (_, index) => placeOf(index, media, live));
  return [...places, ...retiring(wanted, live).map((index) => ({ ...placeOf(index, media, live), retires: true }))];
}

function placeOf(index: number, { exposure, addresses = [] }: Media, live: readonly Manifest[]): BridgePlace {
  const service = live.find(({ kind, metadata }) => kind === "Service" && metadata.name === mediaName(index)) as
    | MediaService
    | undefined;
  const place = { index, addresses, retires: false };
  if (exposure === "NodePort") {
    const nodePort = service?.spec?.ports?.[0]?.nodePort;
    return { ...place, port: nodePort ?? mediaPort(index), known: nodePort !== undefined };
  }
  const given = (service?.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  const reached = addresses.length > 0 ? addresses : given;
  return { ...place, port: mediaPort(index), addresses: reached, known: reached.length > 0 };
}

/** Indices of bridges beyond the wanted ones whose pods are not gone, in order. */
function retiring(wanted: number, live: readonly Manifest[]): number[] {
  return live
    .filter(({ kind }) => kind === "StatefulSet")
    .flatMap((object) => {
      const index = Number(/^jitsi-bridge-(\d+)$/.exec(object.metadata.name)?.[1] ?? Number.NaN);
      return index >= wanted && object.metadata.name === bridgeName(index) && isThere(object) ? [index] : [];
    })
    .sort((left, right) => left - right);
}

/** The controller counts a pod until it is really gone. */
function isThere({ metadata, spec, status }: LiveBridge): boolean {
  if ((spec?.replicas ?? 1) > 0) return true;
  return status?.observedGeneration !== metadata.generation || (status?.replicas ?? 0) > 0;
}
