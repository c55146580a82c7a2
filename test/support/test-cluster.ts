import { readFileSync } from "node:fs";
import { inject } from "vitest";
import { Kubectl, type KubectlResult } from "./installation.ts";
import type { Lanes } from "./lanes.ts";

/** The control plane of this test run. */
export function testCluster(): Lanes & { readonly kubectl: Kubectl } {
  const lanes = inject("lanes");
  return { ...lanes, kubectl: new Kubectl(lanes.assets, ["--kubeconfig", lanes.kubeconfig]) };
}

export interface Caller {
  /** User to act as; the cluster administrator by default. */
  readonly as?: string;
  readonly asGroups?: readonly string[];
  /** Standard input. */
  readonly input?: string;
}

/** kubectl against the control plane of this run. Never throws: a refusal is a result. */
export async function kubectl(args: readonly string[], caller: Caller = {}): Promise<KubectlResult> {
  const { as, asGroups = [], input } = caller;
  const identity = as === undefined ? [] : [`--as=${as}`, ...asGroups.map((group) => `--as-group=${group}`)];
  return await testCluster().kubectl.run([...args, ...identity], input);
}

const firstPauseMs = 100;
const longestPauseMs = 1_000;

/**
 * Repeats the check until it throws no more, and returns what it returned. Fails with the last error after the deadline. The longer it takes, the
 * more seldom it looks: a look is a kubectl, which takes a sixth of a second of the cores that what is waited for needs.
 */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 30_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.3, longestPauseMs)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

let counter = 0;

/** A name that no other test of this run uses: a letter first, then letters and digits. */
export function uniqueName(prefix: string): string {
  counter += 1;
  return `${prefix}${process.pid.toString(36)}${counter.toString(36)}`;
}

/** One finished request as the API server recorded it. */
export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly userAgent?: string;
  readonly stage: string;
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

/** Every request of that user that the audit log shows so far. */
export function auditEvents(log: string, username: string): AuditEvent[] {
  return readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.includes(`"username":"${username}"`))
    .map((line) => JSON.parse(line) as AuditEvent);
}
