import { ingressClass, network } from "./layout.ts";
import { provisioner } from "./local-volumes.ts";

/** Name of the storage class that claims get by default. */
export const storageClassName = "local";

const metadata = { name: "coredns", namespace: "kube-system" };
const labels = { "k8s-app": "kube-dns" };
const rbac = "rbac.authorization.k8s.io";

const corefile = `.:53 {
    errors
    health {
        lameduck 1s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 5
    }
    cache 5
}
localhost:53 {
    errors
    file /etc/coredns/localhost.zone
}
`;

/** Every name below localhost is the ingress, here as on the host, where such names are the host itself. The one without labels stays the pod. */
const localhostZone = `$ORIGIN localhost.
$TTL 5
@ IN SOA ns admin 1 60 60 60 5
@ IN NS ns
* IN A ${network.ingressAddress}
`;

/** What every cluster has besides its own objects: names of Services, storage, and a class of Ingresses. */
export function clusterManifests(corednsImage: string): unknown[] {
  return [storageClass, classOfIngresses, ...accessOfDns, ...dns(corednsImage)];
}

const storageClass = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: storageClassName, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner,
  volumeBindingMode: "WaitForFirstConsumer",
  reclaimPolicy: "Delete",
};

const classOfIngresses = {
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name: ingressClass },
  spec: { controller: "node-lane.socle.dev/ingress" },
};

const accessOfDns = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata },
  {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRole",
    metadata: { name: "system:coredns" },
    rules: [
      { apiGroups: [""], resources: ["services", "pods", "namespaces"], verbs: ["list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: "system:coredns" },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:coredns" },
    subjects: [{ kind: "ServiceAccount", ...metadata }],
  },
];

function dns(image: string): unknown[] {
  const ports = [
    { name: "dns", protocol: "UDP" },
    { name: "dns-tcp", protocol: "TCP" },
  ];
  const container = {
    name: "coredns",
    image,
    imagePullPolicy: "IfNotPresent",
    args: ["-conf", "/etc/coredns/Corefile"],
    ports: ports.map((port) => ({ ...port, containerPort: 53 })),
    resources: { requests: { cpu: "20m", memory: "40Mi" }, limits: { memory: "170Mi" } },
    readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    volumeMounts: [{ name: "configuration", mountPath: "/etc/coredns", readOnly: true }],
  };
  const pod = {
    serviceAccountName: metadata.name,
    // Its own questions must not come back to it.
    dnsPolicy: "Default",
    priorityClassName: "system-cluster-critical",
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [container],
    volumes: [{ name: "configuration", configMap: { name: metadata.name } }],
  };
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { Corefile: corefile, "localhost.zone": localhostZone } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { ...metadata, labels },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "kube-dns", namespace: metadata.namespace, labels },
      spec: {
        clusterIP: network.dnsAddress,
        selector: labels,
        ports: ports.map((port) => ({ ...port, port: 53 })),
      },
    },
  ];
}
