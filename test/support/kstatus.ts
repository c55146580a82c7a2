import type { Live } from "./platform.ts";

export type KStatus = "Current" | "InProgress" | "Failed" | "Terminating";

/**
 * What tools that follow kstatus (Flux, `helm --wait`) make of an object: the rules of its documentation, in its order.
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export function kstatusOf(object: Pick<Live, "metadata" | "status">): KStatus {
  const { metadata, status } = object;
  const is = (type: string): string | undefined => status?.conditions?.find((one) => one.type === type)?.status;
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation)
    return "InProgress";
  if (is("Reconciling") === "True") return "InProgress";
  if (is("Stalled") === "True") return "Failed";
  const ready = is("Ready");
  return ready === "False" || ready === "Unknown" ? "InProgress" : "Current";
}
