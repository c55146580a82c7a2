import { expect } from "vitest";
import type { Platform } from "./platform.ts";

interface Container {
  readonly name: string;
  readonly securityContext?: { readonly readOnlyRootFilesystem?: boolean };
}

/** Pods run there, the API server admits none that the restricted profile forbids, and no container of any can write its root. */
export async function expectRestrictedPods(platform: Platform, namespace: string): Promise<void> {
  const { labels } = (await platform.get(["namespace", namespace]))?.metadata ?? {};
  expect(labels?.["pod-security.kubernetes.io/enforce"]).toBe("restricted");
  const pods = await platform.list(["pods", "-n", namespace]);
  expect(pods.length).toBeGreaterThan(0);
  const writable = pods.flatMap(({ metadata, spec }) => {
    const { initContainers = [], containers } = spec as {
      readonly initContainers?: readonly Container[];
      readonly containers: readonly Container[];
    };
    return [...initContainers, ...containers]
      .filter(({ securityContext }) => securityContext?.readOnlyRootFilesystem !== true)
      .map(({ name }) => `${metadata.name}/${name}`);
  });
  expect(writable).toEqual([]);
}
