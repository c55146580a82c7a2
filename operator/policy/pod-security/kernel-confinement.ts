import { allContexts, type Control, containerContexts, type Finding } from "./control.ts";
import type { Pod } from "./pod-shape.ts";

/** For AppArmor and seccomp alike. */
const confined: ReadonlySet<string> = new Set(["RuntimeDefault", "Localhost"]);
const toConfined = "set it to RuntimeDefault or Localhost";

function looseProfiles(pod: Pod, field: "appArmorProfile" | "seccompProfile"): readonly Finding[] {
  return allContexts(pod).flatMap(({ at, context }): Finding[] => {
    const profile = context[field];
    if (profile === undefined || profile === null || confined.has(profile.type ?? "")) return [];
    return [{ at: [...at, field, "type"], value: profile.type, remedy: toConfined }];
  });
}

const appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

/** How profiles were named before they had a field; the API server still reads it. */
function looseAnnotations({ metadata }: Pod): readonly Finding[] {
  return Object.entries(metadata?.annotations ?? {})
    .filter(([key, value]) => key.startsWith(appArmorAnnotation) && !isConfinedAnnotation(value ?? ""))
    .map(([key, value]) => ({
      at: ["metadata", "annotations", key],
      value,
      remedy: "leave it out or set it to runtime/default or to localhost/ and a profile",
    }));
}

function isConfinedAnnotation(value: string): boolean {
  return value === "" || value === "runtime/default" || value.startsWith("localhost/");
}

/** container_engine_t since 1.31. */
const containerTypes: ReadonlySet<string> = new Set([
  "",
  "container_t",
  "container_init_t",
  "container_kvm_t",
  "container_engine_t",
]);

function seLinuxOptions(pod: Pod): readonly Finding[] {
  return allContexts(pod).flatMap(({ at, context }): Finding[] => {
    const { type, user, role } = context.seLinuxOptions ?? {};
    const here = [...at, "seLinuxOptions"];
    const remedy = "leave it out or set it to container_t, container_init_t, container_kvm_t or container_engine_t";
    return [
      ...(containerTypes.has(type ?? "") ? [] : [{ at: [...here, "type"], value: type, remedy }]),
      ...((user ?? "") === "" ? [] : [{ at: [...here, "user"], value: user, remedy: "leave it out" }]),
      ...((role ?? "") === "" ? [] : [{ at: [...here, "role"], value: role, remedy: "leave it out" }]),
    ];
  });
}

/** A user namespace (`hostUsers: false`) changes nothing: the feature that would is alpha in 1.34, and off. */
function procMounts(pod: Pod): readonly Finding[] {
  return containerContexts(pod)
    .filter(({ context: { procMount } }) => procMount !== undefined && procMount !== null && procMount !== "Default")
    .map(({ at, context }) => ({
      at: [...at, "procMount"],
      value: context.procMount,
      remedy: "leave it out or set it to Default",
    }));
}

/** What the pod says holds for the containers that say nothing; a wrong profile of the pod is told once, at the pod. */
function unsetSeccomp(pod: Pod): readonly Finding[] {
  if ((pod.spec.securityContext?.seccompProfile ?? undefined) !== undefined) return [];
  return containerContexts(pod)
    .filter(({ context }) => (context.seccompProfile ?? undefined) === undefined)
    .map(({ at }) => ({
      at: [...at, "seccompProfile", "type"],
      value: undefined,
      remedy: `${toConfined}, here or at the pod`,
    }));
}

/** Those that touch the pod alone: tcp_rmem and tcp_wmem since 1.32, the four of tcp_keepalive and tcp_fin since 1.29. */
const safeSysctls: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

function unsafeSysctls({ spec }: Pod): readonly Finding[] {
  return (spec.securityContext?.sysctls ?? []).flatMap(({ name }, index): Finding[] =>
    safeSysctls.has(name ?? "")
      ? []
      : [
          {
            at: ["spec", "securityContext", "sysctls", index, "name"],
            value: name,
            remedy: "take it out: it is none of those that touch the pod alone",
          },
        ],
  );
}

export const kernelConfinement: readonly Control[] = [
  {
    id: "apparmor",
    title: "AppArmor profiles",
    level: "baseline",
    findings: (pod) => [...looseProfiles(pod, "appArmorProfile"), ...looseAnnotations(pod)],
  },
  { id: "selinux", title: "SELinux options", level: "baseline", findings: seLinuxOptions },
  { id: "proc-mount", title: "How /proc is mounted", level: "baseline", findings: procMounts },
  {
    id: "seccomp",
    title: "Seccomp profiles",
    level: "baseline",
    findings: (pod) => looseProfiles(pod, "seccompProfile"),
  },
  { id: "sysctls", title: "Settings of the kernel", level: "baseline", findings: unsafeSysctls },
  {
    id: "seccomp-required",
    title: "A seccomp profile for each container",
    level: "restricted",
    replaces: "seccomp",
    linuxOnly: true,
    findings: (pod) => [...looseProfiles(pod, "seccompProfile"), ...unsetSeccomp(pod)],
  },
];
