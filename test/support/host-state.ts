import { execFileSync } from "node:child_process";
import { existsSync, globSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What a node could leave on the machine that runs it, apart from processes, of which a machine has others that come and go. */
export interface HostState {
  readonly mounts: readonly string[];
  readonly interfaces: readonly string[];
  readonly routes: readonly string[];
  readonly packetFilters: readonly string[];
  readonly networkNamespaces: readonly string[];
  readonly controlGroups: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly directories: readonly string[];
}

const settings = [
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "kernel/panic",
  "kernel/panic_on_oops",
  "kernel/hostname",
  "kernel/keys/root_maxkeys",
  "kernel/keys/root_maxbytes",
  "net/ipv4/ip_forward",
  "net/netfilter/nf_conntrack_max",
];

/** Where container runtimes, kubelets and network plug-ins keep things by default. */
const usualPlaces = [
  "/run/containerd",
  "/run/netns",
  "/var/lib/kubelet",
  "/var/lib/cni",
  "/var/lib/containerd",
  "/var/log/pods",
  "/var/log/containers",
  "/etc/cni/net.d",
];

function lines(command: string, args: readonly string[]): string[] {
  return execFileSync(command, args, { encoding: "utf8" }).split("\n").filter((line) => line !== "");
}

/** The host as it is now. */
export function hostState(): HostState {
  return {
    mounts: readFileSync("/proc/self/mounts", "utf8").split("\n").toSorted(),
    interfaces: readdirSync("/sys/class/net").toSorted(),
    routes: lines("ip", ["route", "show", "table", "all"]),
    packetFilters: lines("nft", ["list", "tables"]),
    networkNamespaces: lines("ip", ["netns", "list"]),
    controlGroups: globSync("/sys/fs/cgroup/{*,*/*}/socle-node-*").toSorted(),
    settings: Object.fromEntries(
      settings.filter((name) => existsSync(`/proc/sys/${name}`)).map((name) => [name, readFileSync(`/proc/sys/${name}`, "utf8")]),
    ),
    directories: usualPlaces.filter((path) => existsSync(path)),
  };
}

/** Sockets of this host that take connections or datagrams from elsewhere than 127.0.0.1 and ::1, as the kernel lists them. */
export function openToOthers(): string[] {
  const loopback = ["0100007F", "00000000000000000000000001000000"];
  return ["tcp", "tcp6", "udp", "udp6"].flatMap((protocol) =>
    readFileSync(`/proc/net/${protocol}`, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local = "", , state]) => {
        const listens = protocol.startsWith("udp") || state === "0A";
        return listens && !loopback.includes(local.split(":")[0] ?? "");
      })
      .map(([, local = ""]) => `${protocol} ${local}`),
  );
}

/** Process ids of this host that live in the process namespace of `pid`. */
export function processesInNamespaceOf(pid: number): number[] {
  const namespace = namespaceOf(pid);
  return readdirSync("/proc")
    .map(Number)
    .filter((other) => other > 0 && namespace !== undefined && namespaceOf(other) === namespace);
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
