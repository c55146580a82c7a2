import { allContexts, type Control, containerContexts, type Finding } from "./control.ts";
import type { Pod } from "./pod-shape.ts";

/** What container runtimes give of themselves, without NET_RAW. */
const defaultCapabilities: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);
const bindingAlone: ReadonlySet<string> = new Set(["NET_BIND_SERVICE"]);

function addedBeyond(pod: Pod, allowed: ReadonlySet<string>): readonly Finding[] {
  const remedy = `take it out: only ${[...allowed].join(", ")} may be added`;
  return containerContexts(pod).flatMap(({ at, context }) =>
    (context.capabilities?.add ?? []).flatMap((value, index): Finding[] =>
      allowed.has(value) ? [] : [{ at: [...at, "capabilities", "add", index], value, remedy }],
    ),
  );
}

function keptCapabilities(pod: Pod): readonly Finding[] {
  return containerContexts(pod)
    .filter(({ context }) => context.capabilities?.drop?.includes("ALL") !== true)
    .map(({ at, context }) => ({
      at: [...at, "capabilities", "drop"],
      value: listed(context.capabilities?.drop ?? undefined),
      remedy: "let it hold ALL",
    }));
}

function listed(dropped: readonly string[] = []): string | undefined {
  return dropped.length === 0 ? undefined : dropped.join(", ");
}

function escalations(pod: Pod): readonly Finding[] {
  return containerContexts(pod)
    .filter(({ context }) => context.allowPrivilegeEscalation !== false)
    .map(({ at, context }) => ({
      at: [...at, "allowPrivilegeEscalation"],
      value: context.allowPrivilegeEscalation,
      remedy: "set it to false",
    }));
}

/** What the pod says holds for the containers that say nothing; a pod that says false is told once, at the pod. */
function perhapsRoot(pod: Pod): readonly Finding[] {
  const ofPod = pod.spec.securityContext?.runAsNonRoot ?? undefined;
  const refused = allContexts(pod).filter(({ context }) => context.runAsNonRoot === false);
  const silent = containerContexts(pod).filter(({ context }) => (context.runAsNonRoot ?? undefined) === undefined);
  return [
    ...refused.map(({ at }) => ({ at: [...at, "runAsNonRoot"], value: false, remedy: "set it to true" })),
    ...(ofPod === undefined ? silent : []).map(({ at }) => ({
      at: [...at, "runAsNonRoot"],
      value: undefined,
      remedy: "set it to true, here or at the pod",
    })),
  ];
}

function rootUsers(pod: Pod): readonly Finding[] {
  return allContexts(pod)
    .filter(({ context }) => context.runAsUser === 0)
    .map(({ at }) => ({ at: [...at, "runAsUser"], value: 0, remedy: "leave it out or name another user than root" }));
}

export const privileges: readonly Control[] = [
  {
    id: "capabilities",
    title: "Added capabilities",
    level: "baseline",
    findings: (pod) => addedBeyond(pod, defaultCapabilities),
  },
  {
    id: "capabilities-dropped",
    title: "Capabilities of each container",
    level: "restricted",
    replaces: "capabilities",
    linuxOnly: true,
    findings: (pod) => [...keptCapabilities(pod), ...addedBeyond(pod, bindingAlone)],
  },
  {
    id: "privilege-escalation",
    title: "Privilege escalation",
    level: "restricted",
    linuxOnly: true,
    findings: escalations,
  },
  { id: "run-as-non-root", title: "Running as another user than root", level: "restricted", findings: perhapsRoot },
  { id: "run-as-user", title: "Users who are not root", level: "restricted", findings: rootUsers },
];
