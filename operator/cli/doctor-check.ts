import type { KubeApi } from "../kube/kube-api.ts";

/** What one check found. */
export interface Diagnosis {
  readonly check: string;
  readonly result: "ok" | "problem" | "unknown";
  readonly message: string;
  /** What to do; only where something is wrong or open. */
  readonly remedy?: string;
}
export type Finding = Omit<Diagnosis, "check">;

export interface Patient {
  readonly kube: KubeApi;
  /** Milliseconds since the epoch, as the machine of the person has it. */
  readonly now: number;
}

export interface DoctorCheck {
  readonly name: string;
  readonly run: (patient: Patient) => Promise<readonly Finding[]>;
}

export const ok = (message: string): Finding[] => [{ result: "ok", message }];
