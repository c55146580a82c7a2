import { allContexts, type Control, containerContexts, containersOf, type Finding } from "./control.ts";
import type { FieldPath } from "./field-path.ts";
import type { Container, Pod } from "./pod-shape.ts";

const leaveOut = "leave it out or set it to false";

function hostProcesses(pod: Pod): readonly Finding[] {
  return allContexts(pod)
    .filter(({ context }) => context.windowsOptions?.hostProcess === true)
    .map(({ at }) => ({ at: [...at, "windowsOptions", "hostProcess"], value: true, remedy: leaveOut }));
}

function hostNamespaces({ spec }: Pod): readonly Finding[] {
  return (["hostNetwork", "hostPID", "hostIPC"] as const)
    .filter((field) => spec[field] === true)
    .map((field) => ({ at: ["spec", field], value: true, remedy: leaveOut }));
}

function privilegedContainers(pod: Pod): readonly Finding[] {
  return containerContexts(pod)
    .filter(({ context }) => context.privileged === true)
    .map(({ at }) => ({ at: [...at, "privileged"], value: true, remedy: leaveOut }));
}

/** On the host's network the API server makes a host port of each port that names none. */
function hostPorts(pod: Pod): readonly Finding[] {
  const onHost = pod.spec.hostNetwork === true;
  return containersOf(pod).flatMap(({ at, container }) =>
    (container.ports ?? []).flatMap(({ hostPort, containerPort }, index): Finding[] => {
      const here = [...at, "ports", index];
      if ((hostPort ?? 0) !== 0)
        return [{ at: [...here, "hostPort"], value: hostPort, remedy: "leave it out and publish by a Service" }];
      if (!onHost || (containerPort ?? 0) === 0) return [];
      const remedy = "leave hostNetwork out, which makes it a port of the host";
      return [{ at: [...here, "containerPort"], value: containerPort, remedy }];
    }),
  );
}

function namedHosts(pod: Pod): readonly Finding[] {
  return containersOf(pod)
    .flatMap(handlersOf)
    .flatMap(({ at, handler }) =>
      (["httpGet", "tcpSocket"] as const)
        .map((field) => ({ at: [...at, field, "host"], value: handler?.[field]?.host }))
        .filter(({ value }) => (value ?? "") !== ""),
    )
    .map((found) => ({ ...found, remedy: "leave it out, so that the pod itself is asked" }));
}

interface PlacedHandler {
  readonly at: FieldPath;
  readonly handler: Container["livenessProbe"];
}

function handlersOf({ at, container }: { readonly at: FieldPath; readonly container: Container }): PlacedHandler[] {
  const probes = (["livenessProbe", "readinessProbe", "startupProbe"] as const).map((field) => ({
    at: [...at, field],
    handler: container[field],
  }));
  const hooks = (["postStart", "preStop"] as const).map((field) => ({
    at: [...at, "lifecycle", field],
    handler: container.lifecycle?.[field],
  }));
  return [...probes, ...hooks];
}

export const hostAccess: readonly Control[] = [
  { id: "host-process", title: "Processes of a Windows host", level: "baseline", findings: hostProcesses },
  { id: "host-namespaces", title: "Namespaces of the host", level: "baseline", findings: hostNamespaces },
  { id: "privileged", title: "Privileged containers", level: "baseline", findings: privilegedContainers },
  { id: "host-ports", title: "Ports of the host", level: "baseline", findings: hostPorts },
  // New with 1.34: the kubelet would ask any host on behalf of whoever writes the pod.
  { id: "probe-hosts", title: "Hosts named by probes and hooks", level: "baseline", findings: namedHosts },
];
