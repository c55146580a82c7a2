import { cpSync } from "node:fs";
import { join } from "node:path";
import { cached, cacheKey, type Progress } from "../servers/cache.ts";
import { installDefinitionsIn, moduleDirectory } from "./definitions.ts";
import type { Kubectl } from "./installation.ts";
import type { Live, Platform } from "./platform.ts";

export const cloudNativePgModule = { path: "github.com/cloudnative-pg/cloudnative-pg", version: "v1.30.0" } as const;

const group = "postgresql.cnpg.io";
const plurals = ["clusters", "databases", "databaseroles"];

/** Directory with `config` of CloudNativePG as its Go module holds it: definitions, rights, the manifest of its manager. Fetched once. */
export async function cloudNativePgConfig(progress: Progress): Promise<string> {
  const { path, version } = cloudNativePgModule;
  return await cached(cacheKey("cloudnative-pg", [path, version]), progress, (making) => {
    progress(`fetching ${path} ${version}`);
    cpSync(join(moduleDirectory(`${path}@${version}`), "config"), join(making, "config"), { recursive: true });
    return Promise.resolve();
  });
}

/** Installs the definitions, and nothing that would serve them. */
export async function installDefinitions(kubectl: Kubectl, progress: Progress): Promise<void> {
  const bases = join(await cloudNativePgConfig(progress), "config", "crd", "bases");
  await installDefinitionsIn(bases, { group, plurals }, kubectl);
}

export async function removeDefinitions(kubectl: Kubectl): Promise<void> {
  await kubectl.ok(["delete", "crd", ...plurals.map((plural) => `${plural}.${group}`)]);
}

/**
 * Plays the operator of CloudNativePG towards the API server: writes the status that the real one would write, and makes the claims of volumes
 * as it does. No database runs.
 */
export class PlayedCloudNativePg {
  readonly #platform: Platform;
  readonly #namespace: string;

  constructor(platform: Platform, namespace: string) {
    this.#platform = platform;
    this.#namespace = namespace;
  }

  async get(kind: string): Promise<Live> {
    const live = await this.#platform.get([`${kind}.postgresql.cnpg.io`, "postgresql", "-n", this.#namespace]);
    if (live === undefined) throw new Error(`${kind} ${this.#namespace}/postgresql does not exist`);
    return live;
  }

  async says(kind: string, status: object): Promise<void> {
    const of = [`${kind}.postgresql.cnpg.io`, "postgresql", "-n", this.#namespace];
    await this.#platform.kubectl.ok([
      "patch",
      ...of,
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status }),
    ]);
  }

  /** The Cluster works, with all its instances. */
  async clusterWorks(): Promise<void> {
    const { spec } = await this.get("cluster");
    const at = new Date().toISOString();
    await this.says("cluster", {
      phase: "Cluster in healthy state",
      instances: spec["instances"],
      readyInstances: spec["instances"],
      image: spec["imageName"],
      currentPrimary: "postgresql-1",
      targetPrimary: "postgresql-1",
      conditions: [{ type: "Ready", status: "True", reason: "ClusterIsReady", message: "", lastTransitionTime: at }],
    });
  }

  /** Role or database were carried out as they are now. */
  async applied(kind: "database" | "databaserole"): Promise<void> {
    const { metadata } = await this.get(kind);
    await this.says(kind, { applied: true, observedGeneration: metadata.generation, message: null });
  }

  async sleeps(): Promise<void> {
    const at = new Date().toISOString();
    const condition = { status: "True", reason: "Hibernated", message: "Cluster has been hibernated" };
    await this.says("cluster", {
      readyInstances: 0,
      conditions: [{ type: "cnpg.io/hibernation", ...condition, lastTransitionTime: at }],
    });
  }

  /** The claim of the first instance, owned by its Cluster and with the labels that the Cluster hands on. */
  async makesVolume(): Promise<void> {
    const { metadata, spec } = await this.get("cluster");
    const { labels } = spec["inheritedMetadata"] as { readonly labels: object };
    const { size, storageClass } = spec["storage"] as { readonly size: string; readonly storageClass: string };
    const owner = { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", name: metadata.name, uid: metadata.uid };
    await this.#platform.kubectl.apply([
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: {
          name: "postgresql-1",
          namespace: this.#namespace,
          labels: { ...labels, "cnpg.io/cluster": "postgresql", "app.kubernetes.io/managed-by": "cloudnative-pg" },
          ownerReferences: [{ ...owner, controller: true }],
        },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: storageClass,
          resources: { requests: { storage: size } },
        },
      },
    ]);
  }
}
