import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { auditLogFile, home, ingressAuthorityFile, network, type NodeConfig } from "./layout.ts";

/** One program of the node and how it is started. */
export interface ComponentCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const pki = (name: string): string => join(home, "pki", name);
const containerdSocket = "/run/containerd/containerd.sock";
const paths = {
  containerdConfig: join(home, "containerd.toml"),
  kubeletConfig: join(home, "kubelet.yaml"),
  networkConfig: join(home, "cni", "net.d"),
  resolver: join(home, "resolv.conf"),
};

/** Writes the configuration files of containerd, the kubelet and the pod network. */
export function writeConfiguration(config: NodeConfig): void {
  mkdirSync(paths.networkConfig, { recursive: true });
  writeFileSync(join(paths.networkConfig, "10-pods.conflist"), JSON.stringify(podNetwork()));
  writeFileSync(paths.containerdConfig, containerdConfig(config));
  writeFileSync(paths.kubeletConfig, JSON.stringify(kubeletConfig(config)));
  writeFileSync(paths.resolver, "# Nothing outside of the cluster can be reached, so nothing is resolved.\n");
}

function podNetwork(): unknown {
  const ipam = {
    type: "host-local",
    dataDir: join(home, "cni", "addresses"),
    ranges: [[{ subnet: network.podCidr }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  const bridge = { type: "bridge", bridge: "pods", isGateway: true, hairpinMode: true, ipam };
  return { cniVersion: "1.0.0", name: "pods", plugins: [bridge] };
}

function containerdConfig({ sandboxImage, tools }: NodeConfig): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const quoted = (text: string): string => JSON.stringify(text);
  return [
    "version = 2",
    `root = ${quoted(join(home, "containerd"))}`,
    'state = "/run/containerd"',
    `[grpc]\naddress = ${quoted(containerdSocket)}`,
    `[${cri}]`,
    `sandbox_image = ${quoted(sandboxImage)}`,
    "disable_apparmor = true",
    // Without the capability to lower its score, runc would fail for every pod.
    "restrict_oom_score_adj = true",
    // Older containerd keeps ports below 1024 from users other than root; Kubernetes expects them open.
    "enable_unprivileged_ports = true",
    "enable_unprivileged_icmp = true",
    `[${cri}.cni]\nbin_dir = ${quoted(dirname(tools.bridge))}\nconf_dir = ${quoted(paths.networkConfig)}`,
    `[${cri}.containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"`,
    `[${cri}.containerd.runtimes.runc.options]\nSystemdCgroup = false`,
  ].join("\n");
}

function kubeletConfig({ controlGroup }: NodeConfig): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki("ca.crt") },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: pki("kubelet-server.crt"),
    tlsPrivateKeyFile: pki("kubelet-server.key"),
    address: network.nodeAddress,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${controlGroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [network.dnsAddress],
    clusterDomain: "cluster.local",
    resolvConf: paths.resolver,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    // Images cannot be pulled again: none may be deleted to make room.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: {
      "memory.available": "100Mi",
      "nodefs.available": "1%",
      "imagefs.available": "1%",
      "nodefs.inodesFree": "1%",
    },
    registryPullQPS: 0,
    kubeAPIQPS: 200,
    kubeAPIBurst: 400,
  };
}

/** Every program of the node, by name. */
export function componentCommands(config: NodeConfig): Readonly<Record<ComponentName, ComponentCommand>> {
  const program = (name: ComponentName, args: readonly string[]): ComponentCommand => ({
    name,
    command: join(config.assets, name),
    args,
  });
  return {
    etcd: program("etcd", etcdArguments()),
    containerd: { name: "containerd", command: config.tools.containerd, args: ["-c", paths.containerdConfig] },
    "kube-apiserver": program("kube-apiserver", apiServerArguments()),
    "kube-controller-manager": program("kube-controller-manager", [
      ...actingAs("manager"),
      `--service-account-private-key-file=${pki("sa.key")}`,
      `--root-ca-file=${pki("ca.crt")}`,
      "--use-service-account-credentials=true",
      // With the default of 20 requests a second the first ServiceAccount would come seconds later.
      "--kube-api-qps=500",
      "--kube-api-burst=1000",
    ]),
    "kube-scheduler": program("kube-scheduler", actingAs("scheduler")),
    kubelet: program("kubelet", [
      `--config=${paths.kubeletConfig}`,
      `--kubeconfig=${pki("kubelet.kubeconfig")}`,
      `--root-dir=${join(home, "kubelet")}`,
      `--hostname-override=${network.nodeName}`,
      `--node-ip=${network.nodeAddress}`,
    ]),
    "kube-proxy": program("kube-proxy", [
      `--kubeconfig=${pki("proxy.kubeconfig")}`,
      `--hostname-override=${network.nodeName}`,
      "--proxy-mode=nftables",
      `--cluster-cidr=${network.podCidr}`,
      `--bind-address=${network.nodeAddress}`,
      // Limits of connection tracking belong to the whole machine.
      "--conntrack-max-per-core=0",
      "--conntrack-min=0",
      "--conntrack-tcp-timeout-established=0",
      "--conntrack-tcp-timeout-close-wait=0",
    ]),
    agent: {
      name: "agent",
      command: process.execPath,
      args: [fileURLToPath(new URL("./agent.ts", import.meta.url)), pki(""), config.tools.nft],
    },
    ingress: {
      name: "ingress",
      command: process.execPath,
      args: [
        fileURLToPath(new URL("./ingress.ts", import.meta.url)),
        pki(""),
        config.nginx,
        String(config.ingressPort),
        join(home, ingressAuthorityFile),
      ],
    },
  };
}

/** The programs of the node, in the order of their start. */
export const componentNames = [
  "etcd",
  "containerd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "agent",
  "ingress",
] as const;
export type ComponentName = (typeof componentNames)[number];

function actingAs(identity: string): string[] {
  const kubeconfig = pki(`${identity}.kubeconfig`);
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--bind-address=127.0.0.1",
    "--leader-elect=false",
    `--cert-dir=${pki("")}`,
  ];
}

function etcdArguments(): string[] {
  const client = "http://127.0.0.1:2379";
  const peer = "http://127.0.0.1:2380";
  return [
    `--data-dir=${join(home, "etcd", "data")}`,
    "--unsafe-no-fsync",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--log-level=warn",
  ];
}

function apiServerArguments(): string[] {
  return [
    "--etcd-servers=http://127.0.0.1:2379",
    "--bind-address=0.0.0.0",
    `--advertise-address=${network.nodeAddress}`,
    `--secure-port=${network.apiPort}`,
    `--client-ca-file=${pki("ca.crt")}`,
    `--tls-cert-file=${pki("apiserver.crt")}`,
    `--tls-private-key-file=${pki("apiserver.key")}`,
    `--service-account-key-file=${pki("sa.pub")}`,
    `--service-account-signing-key-file=${pki("sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-cluster-ip-range=${network.serviceCidr}`,
    `--kubelet-client-certificate=${pki("kubelet-client.crt")}`,
    `--kubelet-client-key=${pki("kubelet-client.key")}`,
    `--kubelet-certificate-authority=${pki("ca.crt")}`,
    "--kubelet-preferred-address-types=InternalIP",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    "--anonymous-auth=false",
    "--profiling=false",
    `--cert-dir=${pki("")}`,
    `--audit-policy-file=${pki("audit-policy.yaml")}`,
    `--audit-log-path=${join(home, auditLogFile)}`,
  ];
}
