export type KStatus = "Current" | "InProgress" | "Failed" | "Terminating";

interface Judged {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/**
 * What tools that follow kstatus (Flux, `helm --wait`) make of an object: the rules of its documentation, in its order. The library itself judges the same states in test/contract.
 * @see https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export function kstatusOf({ metadata, status }: Judged): KStatus {
  const is = (type: string): string | undefined => status?.conditions?.find((one) => one.type === type)?.status;
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation)
    return "InProgress";
  if (is("Reconciling") === "True") return "InProgress";
  if (is("Stalled") === "True") return "Failed";
  const ready = is("Ready");
  return ready === "False" || ready === "Unknown" ? "InProgress" : "Current";
}
