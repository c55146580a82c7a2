import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LaneUnavailable } from "../control-plane/assets.ts";
import type { Progress } from "../servers/cache.ts";
import { runCommand } from "../servers/run-command.ts";

/** Programs and files that the node takes from Debian, each with the package that brings it. The first path that exists is used. */
const fromDebian = {
  containerd: { package: "containerd", paths: ["/usr/bin/containerd", "/usr/local/bin/containerd"] },
  ctr: { package: "containerd", paths: ["/usr/bin/ctr", "/usr/local/bin/ctr"] },
  runc: { package: "runc", paths: ["/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc"] },
  bridge: { package: "containernetworking-plugins", paths: ["/usr/lib/cni/bridge", "/opt/cni/bin/bridge"] },
  nft: { package: "nftables", paths: ["/usr/sbin/nft"] },
  ip: { package: "iproute2", paths: ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"] },
  unshare: { package: "util-linux", paths: ["/usr/bin/unshare"] },
  mount: { package: "mount", paths: ["/usr/bin/mount", "/bin/mount"] },
  psql: { package: "postgresql-client", paths: ["/usr/lib/postgresql/*/bin/psql"] },
  certificates: { package: "ca-certificates", paths: ["/etc/ssl/certs/ca-certificates.crt"] },
  zones: { package: "tzdata", paths: ["/usr/share/zoneinfo"] },
} as const;

/** Where each of those programs and files is on this host. */
export type HostTools = Readonly<Record<keyof typeof fromDebian, string>>;

const waysOut =
  "Two ways out: `npm run demo` plays without pods, and `npm run demo -- --context NAME` plays on a cluster that you have.";

/** @throws LaneUnavailable that says what is missing, and the ways out. */
export function refuse(missing: string): never {
  throw new LaneUnavailable(`A Kubernetes node cannot run here. ${missing} ${waysOut}`);
}

/** What can be said before anything is installed or built; each sentence names one thing that is missing. */
export interface HostFacts {
  readonly platform: string;
  readonly uid: number | undefined;
  /** Text of /proc/filesystems. */
  readonly filesystems: string;
  /** Text of /proc/cgroups. */
  readonly controllers: string;
}

/** The first thing that keeps a node from running on such a host; undefined when there is none. */
export function missingOn(host: HostFacts): string | undefined {
  if (host.platform !== "linux") return `It needs Linux, and this is ${host.platform}.`;
  if (host.uid !== 0) return "It needs root, to make namespaces, mounts and network interfaces: run it with sudo.";
  if (!/\boverlay$/m.test(host.filesystems))
    return "The kernel lacks overlayfs (CONFIG_OVERLAY_FS), from which containers get their file systems.";
  for (const controller of ["cpu", "cpuset", "memory", "devices", "pids"]) {
    const enabled = new RegExp(`^${controller}\\s+\\d+\\s+\\d+\\s+1$`, "m").test(host.controllers);
    // On a host with one hierarchy only, devices are limited by programs of the kernel and the controller is not listed.
    if (!enabled && controller !== "devices") return `The kernel has no cgroup controller ${controller}.`;
  }
  return undefined;
}

function factsOfThisHost(): HostFacts {
  const linux = process.platform === "linux";
  if (linux && process.getuid?.() === 0)
    for (const module of ["overlay", "br_netfilter"]) spawnSync("modprobe", ["-q", module]);
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    filesystems: linux ? readFileSync("/proc/filesystems", "utf8") : "",
    controllers: linux ? readFileSync("/proc/cgroups", "utf8") : "",
  };
}

/**
 * The tools of this host, after installing from Debian those that are missing.
 * @throws LaneUnavailable that names what is missing and the ways out.
 */
export async function hostTools(progress: Progress): Promise<HostTools> {
  const missing = missingOn(factsOfThisHost());
  if (missing !== undefined) refuse(missing);
  if (Object.keys(toolsThatAreThere()).length < Object.keys(fromDebian).length) await install(progress);
  const tools = toolsThatAreThere();
  const absent = Object.keys(fromDebian).find((name) => !(name in tools));
  if (absent !== undefined) refuse(`${absent} was not found, although its package is installed.`);
  tryKernel(tools as HostTools);
  return tools as HostTools;
}

function toolsThatAreThere(): Partial<HostTools> {
  const found = Object.entries(fromDebian).map(([name, { paths }]) => [name, firstThatExists(paths)] as const);
  return Object.fromEntries(found.filter(([, path]) => path !== undefined));
}

function firstThatExists(paths: readonly string[]): string | undefined {
  return paths.flatMap((path) => (path.includes("*") ? globSync(path) : [path])).find((path) => existsSync(path));
}

async function install(progress: Progress): Promise<void> {
  const there = toolsThatAreThere();
  const packages = [
    ...new Set(Object.entries(fromDebian).flatMap(([name, tool]) => (name in there ? [] : [tool.package]))),
  ].toSorted();
  await installFromDebian(packages, progress);
}

/** @throws LaneUnavailable where there is no apt-get. */
export async function installFromDebian(packages: readonly string[], progress: Progress): Promise<void> {
  progress(`installing from Debian: ${packages.join(", ")}`);
  await aptGet(["install", "--no-install-recommends"], { packages, directory: "/", progress });
}

/** Puts the archives of these packages into `directory` and installs nothing. */
export async function downloadFromDebian(
  packages: readonly string[],
  directory: string,
  progress: Progress,
): Promise<void> {
  progress(`downloading from Debian: ${packages.join(", ")}`);
  await aptGet(["download"], { packages, directory, progress });
}

async function aptGet(action: readonly string[], { packages, directory, progress }: AptPackages): Promise<void> {
  const apt = (args: readonly string[]): Promise<string> =>
    runCommand({
      command: "apt-get",
      args: ["-q", "-y", "-o", "DPkg::Lock::Timeout=300", ...args],
      cwd: directory,
      env: { PATH: process.env["PATH"] ?? "", DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    });
  try {
    await apt([...action, ...packages]);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    if (cause?.code === "ENOENT")
      refuse(`It needs ${packages.join(", ")}, and there is no apt-get to install them with: install them by hand.`);
    progress("refreshing the lists of Debian packages");
    await apt(["update"]);
    await apt([...action, ...packages]);
  }
}

interface AptPackages {
  readonly packages: readonly string[];
  /** Where apt-get runs: downloads come to lie there. */
  readonly directory: string;
  readonly progress: Progress;
}

/** What the kernel must be able to do, tried in a network namespace that ends with the trial. */
const trials = [
  {
    script: "true",
    missing: "This process may not make namespaces: it is probably in a container without privileges.",
  },
  { script: "ip link add left type veth peer name right", missing: "The kernel has no veth interfaces (CONFIG_VETH)." },
  { script: "ip link add middle type bridge", missing: "The kernel has no network bridges (CONFIG_BRIDGE)." },
  {
    script: "test -e /proc/sys/net/bridge/bridge-nf-call-iptables",
    missing:
      "The kernel does not filter bridged packets (CONFIG_BRIDGE_NETFILTER), on which Services and NetworkPolicies stand.",
  },
  {
    script:
      "printf 'table inet t { chain c { type filter hook forward priority 0; ct state established accept; }; }' | nft -f - && " +
      "printf 'table ip n { chain c { type nat hook prerouting priority 0; }; }' | nft -f -",
    missing:
      "The kernel lacks nftables with connection tracking and address translation (CONFIG_NF_TABLES, NFT_CT, NFT_NAT).",
  },
] as const;

function tryKernel(tools: HostTools): void {
  const directories = [tools.ip, tools.nft].map((path) => join(path, ".."));
  const env = { PATH: [...directories, process.env["PATH"] ?? ""].join(":") };
  for (const { script, missing } of trials) {
    const args = ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--mount-proc", "sh", "-c", script];
    if (spawnSync(tools.unshare, args, { env, stdio: "ignore" }).status !== 0) refuse(missing);
  }
}
