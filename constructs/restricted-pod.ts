import { k8s } from "cdk8s-plus-28";

/** The pod's half of Pod Security `restricted`, as one user with one group; no token of the API server inside. */
export function restrictedPod(
  user: number,
): Pick<k8s.PodSpec, "automountServiceAccountToken" | "enableServiceLinks" | "securityContext"> {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

/** What a container is promised and held to. */
export interface ContainerResources {
  /** A request only: a limit would slow it down while cores lie idle. Kubernetes notation. */
  readonly cpu: string;
  /** Request and limit, in MiB. */
  readonly memoryMi: number;
}

/** The container's half, with a read-only root and a bound. */
export function restrictedContainer(
  name: string,
  { image, resources }: { readonly image: string; readonly resources: ContainerResources },
): k8s.Container {
  const memory = k8s.Quantity.fromString(`${resources.memoryMi}Mi`);
  return {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    resources: { requests: { cpu: k8s.Quantity.fromString(resources.cpu), memory }, limits: { memory } },
  };
}
