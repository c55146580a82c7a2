import type { Manifest, ObjectRef } from "../../../constructs/manifest.ts";
import type { KubeApi, KubeObject } from "../../kube/kube-api.ts";
import { allReads } from "../../policy/as-read.ts";
import type { Check } from "../../policy/check.ts";
import type { CheckedWorld } from "../../policy/checked-world.ts";
import { digestOf } from "../../policy/digest.ts";

export interface SettingsPorts {
  readonly kube: Pick<KubeApi, "get">;
  readonly world: Pick<CheckedWorld, "of" | "put" | "remove">;
  readonly catalogue: readonly Check[];
}

const runners = ["apps/v1 Deployment", "apps/v1 StatefulSet"] as const;
interface Template {
  readonly spec?: {
    readonly template?: {
      readonly spec?: { readonly volumes?: readonly { readonly configMap?: { readonly name?: string } }[] };
    };
  };
}

/**
 * ConfigMaps that checks read. Those of tenants are never listed and never watched: each that a pod mounts is read by its name, and again when a template of
 * the tenant's pods has changed, as a change of settings restarts those who read them.
 */
export class MountedSettings {
  readonly #ports: SettingsPorts;
  readonly #names: ReadonlySet<string>;
  readonly #seen = new Map<string, string>();

  constructor(ports: SettingsPorts) {
    this.#ports = ports;
    this.#names = new Set(
      allReads(ports.catalogue).flatMap(({ kind, named = [] }) => (kind === "ConfigMap" ? named : [])),
    );
  }

  /** Reads into the checked world what changed. @throws what the API server answers; what was read before stays. */
  async read(tenant: string): Promise<void> {
    const { kube, world } = this.#ports;
    const workloads = runners.flatMap((kind) => world.of(tenant, kind));
    const state = digestOf(workloads.map((one) => (one as Manifest & Template).spec?.template));
    if (this.#seen.get(tenant) === state) return;
    const wanted = new Map(
      workloads.flatMap((one) => this.#mountedBy(one)).map((ref) => [`${ref.namespace ?? ""}/${ref.name}`, ref]),
    );
    for (const known of world.of(tenant, "v1 ConfigMap"))
      if (!wanted.has(`${known.metadata.namespace ?? ""}/${known.metadata.name}`)) world.remove(known);
    for (const ref of wanted.values()) {
      const live = await kube.get<KubeObject>(ref);
      if (live === undefined) world.remove({ ...ref, metadata: ref });
      else world.put(live);
    }
    this.#seen.set(tenant, state);
  }

  forget(tenant: string): void {
    this.#seen.delete(tenant);
  }

  #mountedBy(workload: Manifest & Template): readonly ObjectRef[] {
    const { namespace } = workload.metadata;
    if (namespace === undefined) return [];
    return (workload.spec?.template?.spec?.volumes ?? []).flatMap(({ configMap }): readonly ObjectRef[] => {
      const name = configMap?.name;
      if (name === undefined || !this.#names.has(name)) return [];
      return [{ apiVersion: "v1", kind: "ConfigMap", namespace, name }];
    });
  }
}
