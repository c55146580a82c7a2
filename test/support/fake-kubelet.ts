import { socleResourceTypes } from "../../crds/resource-types.ts";
import { builtinResourceTypes } from "../../operator/kube/builtin-resource-types.ts";
import { HttpKubeApi } from "../../operator/kube/http-kube-api.ts";
import type { KubeObject } from "../../operator/kube/kube-api.ts";
import { kubeConnection } from "../../operator/kube/kubeconfig.ts";
import { Transport } from "../../operator/runtime/transport.ts";

const volumeType = {
  apiVersion: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  namespaced: false,
};
const podType = { apiVersion: "v1", kind: "Pod", plural: "pods", namespaced: true };
const ofOurs = { labelSelector: "app.kubernetes.io/managed-by=socle" };
const lookEveryMs = 300;

interface Pod extends KubeObject {
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
  readonly status?: { readonly phase?: string };
}

interface Claim extends KubeObject {
  readonly spec: {
    readonly accessModes: readonly string[];
    readonly storageClassName: string;
    readonly resources: { readonly requests: Readonly<Record<string, string>> };
  };
  readonly status?: { readonly phase?: string };
}

/**
 * A FAKE kubelet for a control plane without nodes: it says of every pod of ours that it runs and is ready, and of one of a Job that it ended well; each
 * claim of a volume gets one that nothing is behind. No program runs. The pods are real objects, made by the real controllers and admitted by the real
 * API server.
 */
export class FakeKubelet {
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  /** With the rights of that kubeconfig. */
  constructor(kubeconfig: string) {
    this.#ended = this.#run(kubeconfig);
  }

  /** @throws Error with what it could not say of a pod. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(kubeconfig: string): Promise<void> {
    const connection = await kubeConnection({ kubeconfig, environment: {} });
    const transport = new Transport({ ...connection, userAgent: "fake-kubelet" });
    const kube = new HttpKubeApi(
      transport,
      [...builtinResourceTypes, ...socleResourceTypes, podType, volumeType],
      Math.random,
    );
    while (!this.#stop.signal.aborted) {
      const { items } = await kube.list<Pod>(podType, ofOurs);
      await this.#provision(kube);
      for (const pod of items.filter(({ status }) => status?.phase === "Pending"))
        await kube.apply(told(pod), { fieldManager: "fake-kubelet", subresource: "status", force: true });
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
    await transport.close();
  }

  async #provision(kube: HttpKubeApi): Promise<void> {
    const claims = await kube.list<Claim>({ apiVersion: "v1", kind: "PersistentVolumeClaim" }, ofOurs);
    for (const claim of claims.items.filter(({ status }) => status?.phase === "Pending"))
      await kube.apply(volumeOf(claim), { fieldManager: "fake-kubelet", force: true });
  }
}

function volumeOf({ metadata, spec }: Claim) {
  const { name, namespace = "", uid } = metadata;
  const { accessModes, storageClassName, resources } = spec;
  return {
    apiVersion: volumeType.apiVersion,
    kind: volumeType.kind,
    metadata: { name: uid },
    spec: {
      accessModes,
      storageClassName,
      capacity: resources.requests,
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid },
      hostPath: { path: "/nowhere" },
    },
  };
}

function told({ apiVersion, kind, metadata, spec }: Pod) {
  const { name, namespace = "", ownerReferences = [] } = metadata;
  const ends = ownerReferences.some((owner) => owner.kind === "Job");
  const at = new Date().toISOString();
  const state = ends ? { terminated: { exitCode: 0, finishedAt: at } } : { running: { startedAt: at } };
  const containerStatuses = spec.containers.map((container) => ({
    name: container.name,
    image: container.image,
    imageID: "none: a FAKE kubelet runs nothing",
    ready: !ends,
    restartCount: 0,
    state,
  }));
  const condition = (type: string) => ({ type, status: ends ? "False" : "True", lastTransitionTime: at });
  return {
    apiVersion,
    kind,
    metadata: { name, namespace },
    status: {
      phase: ends ? "Succeeded" : "Running",
      conditions: [condition("Ready"), condition("ContainersReady")],
      containerStatuses,
    },
  };
}
