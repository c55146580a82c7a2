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
  return execFileSync(command, args, { encoding: "utf8" })
    .split("\n")
    .filter((line) => line !== "");
}

/** The host as it is now. */
export function hostState(): HostState {
  return {
    mounts: readFileSync("/proc/self/mounts", "utf8").split("\n").toSorted(),
    interfaces: readdirSync("/sys/class/net").toSorted(),
    routes: lines("ip", ["route", "show", "table", "all"]),
    packetFilters: lines("nft", ["list", "tables"]),
    networkNamespaces: lines("ip", ["netns", "list"]),
    controlGroups: globSync("/sys/fs/cgroup/{,*/}socle-node-*").toSorted(),
    settings: Object.fromEntries(
      settings
        .filter((name) => existsSync(`/proc/sys/${name}`))
        .map((name) => [name, readFileSync(`/proc/sys/${name}`, "utf8")]),
    ),
    directories: usualPlaces.filter((path) => existsSync(path)),
  };
}

/** State of a TCP socket that listens, as the kernel writes it. */
const listening = "0A";
const loopback = ["0100007F", "00000000000000000000000001000000"];

/** Sockets of this host that take connections or datagrams from elsewhere than 127.0.0.1 and ::1, as the kernel lists them. */
export function openToOthers(): string[] {
  return ["tcp", "tcp6", "udp", "udp6"].flatMap((protocol) =>
    socketsOf(protocol)
      .filter(({ state }) => protocol.startsWith("udp") || state === listening)
      .filter(({ local }) => !loopback.includes(local.split(":")[0] ?? ""))
      .map(({ local }) => `${protocol} ${local}`),
  );
}

/** Addresses of this host on which somebody takes connections to that port, in hexadecimal as the kernel lists them. */
export function listeningAddresses(port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["tcp", "tcp6"].flatMap((protocol) =>
    socketsOf(protocol)
      .filter(({ local, state }) => state === listening && local.endsWith(suffix))
      .map(({ local }) => local.slice(0, -suffix.length)),
  );
}

function socketsOf(protocol: string): { readonly local: string; readonly state: string }[] {
  const [, ...rows] = readFileSync(`/proc/net/${protocol}`, "utf8").trim().split("\n");
  return rows.map((row) => {
    const [, local = "", , state = ""] = row.trim().split(/\s+/);
    return { local, state };
  });
}

/** The process namespace of a process; undefined when the process is gone. */
export function processNamespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** Ids, as the host counts, of the processes in that namespace; dead ones that their parent has not collected yet do not count. */
export function processesIn(namespace: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && processNamespaceOf(pid) === namespace && !isDead(pid));
}

function isDead(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}
