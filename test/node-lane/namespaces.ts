import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home, network, type NodeConfig } from "./layout.ts";

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
}

/**
 * Mounts of the node, in its own mount namespace. Where programs insist on fixed paths below /run and /var, the host's directories are covered: the
 * host never sees a file of the node outside of its data directory.
 */
export function makeMounts({ data, tools }: NodeConfig): void {
  const mount = (...args: string[]): void => {
    run(tools.mount, args);
  };
  for (const name of ["run", "etcd", "kubelet", "cni", "volumes", "var-log", "log"])
    mkdirSync(join(data, name), { recursive: true });
  const cover = join(data, "run");
  mount("-t", "tmpfs", "-o", "mode=755,size=256m", "tmpfs", cover);
  for (const name of ["node", "lock", "netns", "groups", "sysctl", "var-lib/upper", "var-lib/work"])
    mkdirSync(join(cover, name), { recursive: true });
  mount("--bind", data, join(cover, "node"));
  mount("--rbind", cover, "/run");
  const layers = "lowerdir=/var/lib,upperdir=/run/var-lib/upper,workdir=/run/var-lib/work";
  mount("-t", "overlay", "-o", layers, "overlay", "/var/lib");
  mount("--bind", join(home, "var-log"), "/var/log");
  // The kubelet's directory must hand mounts on to the containers, and a mount can only do that when it is one of its own.
  mount("--bind", join(home, "kubelet"), join(home, "kubelet"));
  mount("--make-shared", join(home, "kubelet"));
  // /sys shows the interfaces of the network namespace in which it was mounted; control groups come along.
  mount("--rbind", "/sys/fs/cgroup", "/run/groups");
  mount("-t", "sysfs", "sysfs", "/sys");
  mount("--rbind", "/run/groups", "/sys/fs/cgroup");
  coverSettings(mount);
}

/** The kubelet sets these, and they belong to the whole machine: it gets files to write to instead. */
const machineSettings = {
  "vm/overcommit_memory": 1,
  "vm/panic_on_oom": 0,
  "kernel/panic": 10,
  "kernel/panic_on_oops": 1,
  "kernel/keys/root_maxkeys": 1_000_000,
  "kernel/keys/root_maxbytes": 25_000_000,
};

function coverSettings(mount: (...args: string[]) => void): void {
  for (const [name, value] of Object.entries(machineSettings)) {
    const file = join("/run/sysctl", name.replaceAll("/", "."));
    writeFileSync(file, `${value}\n`);
    mount("--bind", file, join("/proc/sys", name));
  }
}

/** The network of the node: a pair of interfaces that lead to each other, and a default route that refuses. Nothing leads to the host or beyond. */
export function makeNetwork({ tools }: NodeConfig): void {
  const ip = (line: string): void => {
    run(tools.ip, line.split(" "));
  };
  ip("link set lo up");
  ip("link add eth0 type veth peer name eth0-end");
  ip("link set eth0-end up");
  ip("link set eth0 up");
  ip(`address add ${network.nodeAddress}/24 dev eth0`);
  ip(`address add ${network.ingressAddress}/24 dev eth0`);
  ip(`route add ${network.serviceCidr} dev eth0`);
  ip("route add unreachable default metric 4000");
  const settings = {
    "net/ipv4/ip_forward": 1,
    "net/ipv6/conf/all/disable_ipv6": 1,
    "net/ipv6/conf/default/disable_ipv6": 1,
    // Packets between two pods cross the bridge only: without this neither Services nor policies see them.
    "net/bridge/bridge-nf-call-iptables": 1,
  };
  for (const [name, value] of Object.entries(settings)) writeFileSync(join("/proc/sys", name), String(value));
}
