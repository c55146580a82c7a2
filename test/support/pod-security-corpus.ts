/** Pods that break the Pod Security Standards in every way there is, one at a time, and pods that nearly do. */
export interface CorpusPod {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly containers: readonly CorpusContainer[];
    readonly initContainers?: readonly CorpusContainer[];
  };
}

interface CorpusContainer {
  readonly name: string;
  readonly [field: string]: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a row does to a pod that broke nothing. Fields are merged; undefined takes one out. */
interface Change {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Fields;
  /** The pod's security context. */
  readonly security?: Fields;
  /** One container: the second of two, or an init container that goes on running. */
  readonly container?: Fields;
  /** Every container. */
  readonly containers?: Fields;
}

export interface CorpusRow {
  readonly title: string;
  readonly change: Change;
  /** The controls that it breaks, at each level. */
  readonly baseline: readonly string[];
  readonly restricted: readonly string[];
}

export type Level = "baseline" | "restricted";
export type Place = "containers" | "initContainers";

const isObject = (value: unknown): value is Fields =>
  value !== null && typeof value === "object" && !Array.isArray(value);

function merged(base: Fields, change: Fields): Fields {
  const entries = Object.entries(change).map(([key, value]) => {
    const before = base[key];
    return [key, isObject(before) && isObject(value) ? merged(before, value) : value];
  });
  return { ...base, ...(Object.fromEntries(entries) as Fields) };
}

const image = "registry.example/program:1";
const container = (name: string, level: Level): CorpusContainer => ({
  name,
  image,
  ...(level === "baseline"
    ? {}
    : { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } }),
});

/** The least that each level lets pass. */
export function passingPod(level: Level): CorpusPod {
  const securityContext = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
  return {
    metadata: { name: "pod" },
    spec: {
      ...(level === "baseline" ? {} : { securityContext }),
      containers: [container("first", level), container("second", level)],
    },
  };
}

/** The pod with that change, made at the last of those containers. */
export function changed(pod: CorpusPod, change: Change, place: Place, level: Level): CorpusPod {
  const { annotations, spec = {}, security, container: one, containers: all = {} } = change;
  const { containers, initContainers = [] } = pod.spec;
  const listed = {
    containers,
    // It may have ports, probes and hooks, as it goes on running.
    initContainers:
      one === undefined || place === "containers"
        ? initContainers
        : [...initContainers, { ...container(`sidecar-${initContainers.length}`, level), restartPolicy: "Always" }],
  };
  const inEach = (name: Place): readonly CorpusContainer[] =>
    listed[name].map((before, index) => {
      const isChosen = name === place && index === listed[name].length - 1;
      return merged(merged(before, all), isChosen ? (one ?? {}) : {}) as CorpusContainer;
    });
  return {
    metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } },
    spec: {
      ...merged(pod.spec, { ...spec, securityContext: security ?? {} }),
      containers: inEach("containers"),
      initContainers: inEach("initContainers"),
    },
  };
}

/** What restricted calls a control that it has in a form of its own. */
const stricter: Readonly<Record<string, string>> = {
  capabilities: "capabilities-dropped",
  "host-path-volumes": "volume-types",
  seccomp: "seccomp-required",
};

/** Breaks these at both levels. */
const broken = (title: string, controls: readonly string[], change: Change): CorpusRow => ({
  title,
  change,
  baseline: controls,
  restricted: controls.map((control) => stricter[control] ?? control),
});
/** Breaks these at restricted alone. */
const strict = (title: string, controls: readonly string[], change: Change): CorpusRow => ({
  title,
  change,
  baseline: [],
  restricted: controls,
});
const fine = (title: string, change: Change): CorpusRow => broken(title, [], change);
const context = (securityContext: Fields): Change => ({ container: { securityContext } });
const volume = (source: Fields): Change => ({ spec: { volumes: [{ name: "volume", ...source }] } });

const host: readonly CorpusRow[] = [
  broken("a pod of the host's processes", ["host-process", "host-namespaces"], {
    spec: { hostNetwork: true },
    security: { windowsOptions: { hostProcess: true } },
  }),
  broken("containers that are the host's processes", ["host-process", "host-namespaces"], {
    spec: { hostNetwork: true },
    containers: { securityContext: { windowsOptions: { hostProcess: true } } },
  }),
  fine("no process of the host", { security: { windowsOptions: { hostProcess: false } } }),
  fine("a container that is no process of the host", context({ windowsOptions: { hostProcess: false } })),
  ...["hostNetwork", "hostPID", "hostIPC"].flatMap((field) => [
    broken(`${field} true`, ["host-namespaces"], { spec: { [field]: true } }),
    fine(`${field} false`, { spec: { [field]: false } }),
    fine(`${field} null`, { spec: { [field]: null } }),
  ]),
  fine("a process namespace that the containers share", { spec: { shareProcessNamespace: true } }),
  {
    ...broken("a privileged container", ["privileged"], context({ privileged: true, allowPrivilegeEscalation: true })),
    restricted: ["privileged", "privilege-escalation"],
  },
  fine("a container that says it is not privileged", context({ privileged: false })),
  broken("a port of the host", ["host-ports"], { container: { ports: [{ containerPort: 8080, hostPort: 8080 }] } }),
  broken("a second port that is the host's", ["host-ports"], {
    container: { ports: [{ containerPort: 8080 }, { containerPort: 53, hostPort: 5353, protocol: "UDP" }] },
  }),
  broken("a port on the host's network", ["host-namespaces", "host-ports"], {
    spec: { hostNetwork: true },
    container: { ports: [{ containerPort: 8080 }] },
  }),
  fine("a port of its own", { container: { ports: [{ containerPort: 8080, hostPort: 0 }] } }),
];

const probed = (field: string, handler: Fields): Change => ({
  container: field.endsWith("Probe") ? { [field]: handler } : { lifecycle: { [field]: handler } },
});
const handlers = ["livenessProbe", "readinessProbe", "startupProbe", "postStart", "preStop"];
const probes: readonly CorpusRow[] = handlers.flatMap((field) => [
  broken(
    `${field} that asks another host over HTTP`,
    ["probe-hosts"],
    probed(field, { httpGet: { port: 80, host: "192.0.2.1" } }),
  ),
  broken(
    `${field} that asks another host over TCP`,
    ["probe-hosts"],
    probed(field, { tcpSocket: { port: 80, host: "other" } }),
  ),
  fine(
    `${field} that asks the pod over HTTP`,
    probed(field, {
      httpGet: { port: 80, host: "", httpHeaders: [{ name: "Host", value: "other" }] },
    }),
  ),
  fine(`${field} that asks the pod over TCP`, probed(field, { tcpSocket: { port: 80 } })),
  fine(`${field} by a command`, probed(field, { exec: { command: ["true"] } })),
]);

const profiles: readonly CorpusRow[] = (
  [
    ["apparmor", "appArmorProfile"],
    ["seccomp", "seccompProfile"],
  ] as const
).flatMap(([control, field]) => {
  const local = { [field]: { type: "Localhost", localhostProfile: "profiles/strict.json" } };
  return [
    broken(`${field} Unconfined at the pod`, [control], { security: { [field]: { type: "Unconfined" } } }),
    broken(`${field} Unconfined at a container`, [control], context({ [field]: { type: "Unconfined" } })),
    broken(`${field} Unconfined at the pod and set at each container`, [control], {
      security: { [field]: { type: "Unconfined" } },
      containers: { securityContext: { [field]: { type: "RuntimeDefault" } } },
    }),
    fine(`${field} RuntimeDefault at the pod`, { security: { [field]: { type: "RuntimeDefault" } } }),
    fine(`${field} RuntimeDefault at a container`, context({ [field]: { type: "RuntimeDefault" } })),
    fine(`${field} Localhost at the pod`, { security: local }),
    fine(`${field} Localhost at a container`, context(local)),
  ];
});

const appArmor = (name: string): string => `container.apparmor.security.beta.kubernetes.io/${name}`;
const kernel: readonly CorpusRow[] = [
  ...profiles,
  broken("an AppArmor annotation unconfined", ["apparmor"], { annotations: { [appArmor("first")]: "unconfined" } }),
  fine("an AppArmor annotation runtime/default", { annotations: { [appArmor("first")]: "runtime/default" } }),
  fine("an AppArmor annotation localhost/", { annotations: { [appArmor("first")]: "localhost/strict" } }),
  fine("an AppArmor annotation that is empty", { annotations: { [appArmor("first")]: "" } }),
  fine("an annotation of another name", { annotations: { "container.example/first": "unconfined" } }),
  strict("a seccomp annotation, which is read no more", ["seccomp-required"], {
    annotations: { "seccomp.security.alpha.kubernetes.io/pod": "runtime/default" },
    security: { seccompProfile: undefined },
  }),
  ...[{ type: "spc_t" }, { type: "Container_t" }, { user: "system_u" }, { role: "system_r" }].flatMap(
    (seLinuxOptions) => [
      broken(`SELinux ${JSON.stringify(seLinuxOptions)} at the pod`, ["selinux"], { security: { seLinuxOptions } }),
      broken(`SELinux ${JSON.stringify(seLinuxOptions)} at a container`, ["selinux"], context({ seLinuxOptions })),
    ],
  ),
  ...["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"].flatMap((type) => [
    fine(`SELinux type ${type} at the pod`, { security: { seLinuxOptions: { type } } }),
    fine(`SELinux type ${type} at a container`, context({ seLinuxOptions: { type } })),
  ]),
  fine("an SELinux level", { security: { seLinuxOptions: { level: "s0:c123,c456" } } }),
  broken("/proc unmasked in a user namespace", ["proc-mount"], {
    spec: { hostUsers: false },
    ...context({ procMount: "Unmasked" }),
  }),
  fine("/proc as it is by default", context({ procMount: "Default" })),
  fine("a user namespace", { spec: { hostUsers: false } }),
  ...["kernel.msgmax", "net.core.somaxconn", "net.ipv4.tcp_mem", "net/ipv4/tcp_syncookies"].map((name) =>
    broken(`sysctl ${name}`, ["sysctls"], { security: { sysctls: [{ name, value: "1" }] } }),
  ),
  ...[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
  ].map((name) => fine(`sysctl ${name}`, { security: { sysctls: [{ name, value: "1" }] } })),
  strict("no seccomp profile", ["seccomp-required"], { security: { seccompProfile: undefined } }),
  strict("a seccomp profile at one container of several", ["seccomp-required"], {
    security: { seccompProfile: undefined },
    ...context({ seccompProfile: { type: "RuntimeDefault" } }),
  }),
  fine("a seccomp profile at each container", {
    security: { seccompProfile: undefined },
    containers: { securityContext: { seccompProfile: { type: "RuntimeDefault" } } },
  }),
];

const defaults =
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(" ");
const power: readonly CorpusRow[] = [
  ...["NET_RAW", "NET_ADMIN", "SYS_PTRACE", "ALL", "CAP_CHOWN", "chown"].map((name) =>
    broken(
      `capability ${name} added`,
      ["capabilities"],
      context({ capabilities: { add: ["NET_BIND_SERVICE", name] } }),
    ),
  ),
  ...defaults.map((name) =>
    strict(`capability ${name} added`, ["capabilities-dropped"], context({ capabilities: { add: [name] } })),
  ),
  fine("capability NET_BIND_SERVICE added", context({ capabilities: { add: ["NET_BIND_SERVICE"] } })),
  fine("no capability added", context({ capabilities: { add: [] } })),
  fine("capabilities dropped beside all", context({ capabilities: { drop: ["NET_RAW", "ALL"] } })),
  ...[undefined, [], ["NET_RAW"], ["all"]].map((drop) =>
    strict(
      `capabilities dropped: ${JSON.stringify(drop)}`,
      ["capabilities-dropped"],
      context({ capabilities: { drop } }),
    ),
  ),
  strict("a container without a security context", ["capabilities-dropped", "privilege-escalation"], {
    container: { securityContext: undefined },
  }),
  ...[true, undefined, null].map((allowPrivilegeEscalation) =>
    strict(
      `allowPrivilegeEscalation ${String(allowPrivilegeEscalation)}`,
      ["privilege-escalation"],
      context({ allowPrivilegeEscalation }),
    ),
  ),
  ...[false, undefined, null].map((runAsNonRoot) =>
    strict(`runAsNonRoot ${String(runAsNonRoot)} at the pod`, ["run-as-non-root"], { security: { runAsNonRoot } }),
  ),
  strict("runAsNonRoot false at a container", ["run-as-non-root"], context({ runAsNonRoot: false })),
  strict("runAsNonRoot false at the pod and true at each container", ["run-as-non-root"], {
    security: { runAsNonRoot: false },
    containers: { securityContext: { runAsNonRoot: true } },
  }),
  strict("runAsNonRoot true at one container of several", ["run-as-non-root"], {
    security: { runAsNonRoot: undefined },
    ...context({ runAsNonRoot: true }),
  }),
  fine("runAsNonRoot true at each container", {
    security: { runAsNonRoot: undefined },
    containers: { securityContext: { runAsNonRoot: true } },
  }),
  strict("runAsUser 0 at the pod", ["run-as-user"], { security: { runAsUser: 0 } }),
  strict("runAsUser 0 at a container", ["run-as-user"], context({ runAsUser: 0 })),
  strict("runAsUser 0 at the pod and another at each container", ["run-as-user"], {
    security: { runAsUser: 0 },
    containers: { securityContext: { runAsUser: 1000 } },
  }),
  strict("runAsUser 0 in a user namespace", ["run-as-user"], {
    spec: { hostUsers: false },
    security: { runAsUser: 0 },
  }),
  fine("runAsUser of another", { security: { runAsUser: 1 }, ...context({ runAsUser: 1000 }) }),
  fine("runAsGroup 0", { security: { runAsGroup: 0, fsGroup: 0 } }),
];

const foreignSources: readonly Fields[] = [
  { gcePersistentDisk: { pdName: "disk" } },
  { awsElasticBlockStore: { volumeID: "disk" } },
  { gitRepo: { repository: "https://git.example/code" } },
  { nfs: { server: "192.0.2.1", path: "/share" } },
  { iscsi: { targetPortal: "192.0.2.1:3260", iqn: "iqn.2001-04.com.example:storage", lun: 0 } },
  { glusterfs: { endpoints: "servers", path: "share" } },
  { rbd: { monitors: ["192.0.2.1:6789"], image: "disk" } },
  { flexVolume: { driver: "example/driver" } },
  { cinder: { volumeID: "disk" } },
  { cephfs: { monitors: ["192.0.2.1:6789"] } },
  { flocker: { datasetName: "data" } },
  { fc: { targetWWNs: ["50060e801049cfd1"], lun: 0 } },
  { azureFile: { secretName: "key", shareName: "share" } },
  { vsphereVolume: { volumePath: "[store] disk" } },
  { quobyte: { registry: "192.0.2.1:7861", volume: "data" } },
  { azureDisk: { diskName: "disk", diskURI: "https://disks.example/disk" } },
  { portworxVolume: { volumeID: "disk" } },
  { photonPersistentDisk: { pdID: "disk" } },
  { scaleIO: { gateway: "https://gateway.example", system: "system", volumeName: "disk", secretRef: { name: "key" } } },
  { storageos: { volumeName: "data", volumeNamespace: "apps" } },
];
const ownSources: readonly Fields[] = [
  {},
  { hostPath: null, emptyDir: {} },
  { emptyDir: { medium: "Memory" } },
  { configMap: { name: "settings" } },
  { secret: { secretName: "keys" } },
  { csi: { driver: "csi.example" } },
  { downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
  { projected: { sources: [{ configMap: { name: "settings" } }] } },
  { persistentVolumeClaim: { claimName: "data" } },
  {
    ephemeral: {
      volumeClaimTemplate: {
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    },
  },
];
const sourceName = (source: Fields): string => Object.keys(source).at(-1) ?? "without a source";
const volumes: readonly CorpusRow[] = [
  broken("a volume hostPath", ["host-path-volumes"], volume({ hostPath: { path: "/var/run" } })),
  broken("a second volume hostPath", ["host-path-volumes"], {
    spec: {
      volumes: [
        { name: "one", emptyDir: {} },
        { name: "two", hostPath: { path: "/" } },
      ],
    },
  }),
  ...foreignSources.map((source) => strict(`a volume ${sourceName(source)}`, ["volume-types"], volume(source))),
  ...ownSources.map((source) => fine(`a volume ${sourceName(source)}`, volume(source))),
];

/** Each changes a pod that both levels let pass; those about a container are tried at a container and at an init container. */
export const corpus: readonly CorpusRow[] = [fine("nothing", {}), ...host, ...probes, ...kernel, ...power, ...volumes];

/** A pod that may not have what only Linux has, and does without. */
export const windowsPod: CorpusPod = {
  metadata: { name: "pod" },
  spec: {
    os: { name: "windows" },
    securityContext: { runAsNonRoot: true },
    containers: [{ name: "first", image }],
  },
};

/** A pod that says nothing of what restricted asks for, and that it is for Linux or for no system. */
export const silentPods: readonly CorpusPod[] = [
  { metadata: { name: "pod" }, spec: { containers: [{ name: "first", image }] } },
  { metadata: { name: "pod" }, spec: { os: { name: "linux" }, containers: [{ name: "first", image }] } },
  { metadata: { name: "pod" }, spec: { os: { name: "windows" }, containers: [{ name: "first", image }] } },
];

interface CorpusCase {
  readonly title: string;
  readonly pod: CorpusPod;
  readonly breaks: readonly string[];
  /** The container that alone was changed, if one was. */
  readonly container: CorpusContainer | undefined;
}

/** Every row at every place where it makes a difference. */
export function corpusPods(level: Level): readonly CorpusCase[] {
  return corpus.flatMap(({ title, change, [level]: breaks }) => {
    const places: readonly Place[] = change.container === undefined ? ["containers"] : ["containers", "initContainers"];
    const isAlone = Object.keys(change).join() === "container";
    return places.map((place) => {
      const pod = changed(passingPod(level), change, place, level);
      const container = isAlone ? pod.spec[place]?.at(-1) : undefined;
      return { title: `${title} (${place})`, pod, breaks, container };
    });
  });
}
