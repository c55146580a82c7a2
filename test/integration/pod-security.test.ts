import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubeConnection } from "../../operator/kube/kubeconfig.ts";
import { controls, podSecurityVersion } from "../../operator/policy/pod-security/controls.ts";
import { podSecurityViolations } from "../../operator/policy/pod-security/violations.ts";
import { type Answer, Transport } from "../../operator/runtime/transport.ts";
import {
  changed,
  corpus,
  corpusPods,
  type CorpusPod,
  type Level,
  passingPod,
  silentPods,
  windowsPod,
} from "../support/pod-security-corpus.ts";
import { seeded } from "../support/seeded.ts";
import { eventually, testCluster, uniqueName } from "../support/test-cluster.ts";

const levels: readonly Level[] = ["baseline", "restricted"];
const namespaces = { baseline: uniqueName("pods"), restricted: uniqueName("pods") };
let transport: Transport;

beforeAll(async () => {
  const { kubectl, kubeconfig } = testCluster();
  transport = new Transport({ ...(await kubeConnection({ kubeconfig, environment: {} })), userAgent: "socle-pods" });
  await kubectl.apply(
    levels.map((level) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: namespaces[level],
        labels: {
          "pod-security.kubernetes.io/enforce": level,
          "pod-security.kubernetes.io/enforce-version": podSecurityVersion,
        },
      },
    })),
  );
  for (const level of levels)
    await eventually(() => kubectl.ok(["get", "serviceaccount", "default", "-n", namespaces[level]]));
});
afterAll(async () => {
  await testCluster().kubectl.ok(["delete", "namespace", ...Object.values(namespaces), "--wait=false"]);
  await transport.close();
});

/** What the server calls each control; `seccompProfile` is two of them, one for each level. */
const serverNames: Readonly<Record<string, string>> = {
  hostProcess: "host-process",
  "host namespaces": "host-namespaces",
  privileged: "privileged",
  "non-default capabilities": "capabilities",
  "hostPath volumes": "host-path-volumes",
  hostPort: "host-ports",
  "probe or lifecycle host": "probe-hosts",
  "forbidden AppArmor profile": "apparmor",
  "forbidden AppArmor profiles": "apparmor",
  seLinuxOptions: "selinux",
  procMount: "proc-mount",
  "seccompProfile of baseline": "seccomp",
  "seccompProfile of restricted": "seccomp-required",
  "forbidden sysctls": "sysctls",
  "restricted volume types": "volume-types",
  "allowPrivilegeEscalation != false": "privilege-escalation",
  "runAsNonRoot != true": "run-as-non-root",
  "runAsUser=0": "run-as-user",
  "unrestricted capabilities": "capabilities-dropped",
};

function controlOf(level: Level, name: string): string {
  return serverNames[name] ?? serverNames[`${name} of ${level}`] ?? `what it calls ${name}`;
}

interface Verdict {
  readonly control: string;
  /** The containers that are named. */
  readonly containers: readonly string[];
}

/** The controls that a refusal names, each with its containers; none if the pod is let in, and undefined if it is no pod at all. */
function verdictOf(level: Level, { status, json }: Answer): readonly Verdict[] | undefined {
  if (status === 200 || status === 201) return [];
  const { message } = json as { readonly message: string };
  if (status === 422) return undefined;
  const [, said] = /violates PodSecurity "[a-z]+:v1\.34": (.*)$/.exec(message) ?? [];
  if (status !== 403 || said === undefined) throw new Error(`${status}: ${message}`);
  return [...said.matchAll(/([^,(][^(]*?) \(([^()]*)\)/g)].map(([, name = "", detail = ""]) => ({
    control: controlOf(level, name.trim()),
    containers: [...detail.matchAll(/containers? ((?:"[^"]+"(?:, )?)+)/g)].flatMap(([, list = ""]) =>
      [...list.matchAll(/"([^"]+)"/g)].map(([, container = ""]) => container),
    ),
  }));
}

async function create(level: Level, pod: CorpusPod): Promise<readonly Verdict[] | undefined> {
  const path = `/api/v1/namespaces/${namespaces[level]}/pods?dryRun=All&fieldValidation=Strict`;
  const body = { apiVersion: "v1", kind: "Pod", ...pod };
  return verdictOf(level, await transport.call({ method: "POST", path, body }));
}

/** What differs between the server's verdict and ours, in words; nothing if they agree on every control and container. */
function disagreement(level: Level, pod: CorpusPod, server: readonly Verdict[]): readonly string[] {
  const ours = podSecurityViolations(level, pod);
  const found = new Set(ours.map(({ control }) => control));
  const told = new Set(server.map(({ control }) => control));
  return [
    ...[...told].filter((id) => !found.has(id)).map((id) => `only the server finds ${id}`),
    ...[...found].filter((id) => !told.has(id)).map((id) => `only we find ${id}`),
    ...server.flatMap(({ control: id, containers }) =>
      containers
        .filter((name) => !ours.some(({ control, field }) => control === id && concerns(pod, field, name)))
        .map((name) => `only the server finds ${id} in ${name}`),
    ),
  ];
}

/** Does that field belong to that container? An annotation carries its name. */
function concerns({ spec }: CorpusPod, field: string, name: string): boolean {
  if (field.startsWith("metadata.annotations")) return field.endsWith(`/${name}"]`);
  const [, list = "", index = ""] = /^spec\.(\w*[cC]ontainers)\[(\d+)\]/.exec(field) ?? [];
  const containers = (spec[list] ?? []) as readonly { readonly name: string }[];
  return containers[Number(index)]?.name === name;
}

interface Case {
  readonly title: string;
  readonly pod: CorpusPod;
}

interface Judged extends Case {
  readonly server: readonly Verdict[] | undefined;
}

async function judged(level: Level, cases: readonly Case[]): Promise<readonly Judged[]> {
  return await Promise.all(cases.map(async (one) => ({ ...one, server: await create(level, one.pod) })));
}

function disagreements(level: Level, all: readonly Judged[]): readonly string[] {
  return all.flatMap(({ title, pod, server }) =>
    disagreement(level, pod, server ?? []).map((difference) => `${title}: ${difference}`),
  );
}

/** The controls that a level holds a pod to. */
function held(level: Level): string[] {
  const all = controls.filter((control) => level === "restricted" || control.level === "baseline");
  return all.map(({ id }) => id).filter((id) => !all.some(({ replaces }) => replaces === id));
}

describe.each(levels)("at level %s, a real API server and we say the same", (level) => {
  test("of pods that break one control, or nearly do", async () => {
    const all = await judged(level, corpusPods(level));
    expect(all.filter(({ server }) => server === undefined).map(({ title }) => title)).toEqual([]);
    expect(disagreements(level, all)).toEqual([]);
    // Each control was tried for real.
    const refused = new Set(all.flatMap(({ server = [] }) => server.map(({ control }) => control)));
    expect([...refused].sort()).toEqual(held(level).sort());
  });

  test("of pods for Windows, for Linux and for any system", async () => {
    const pods = [windowsPod, ...silentPods];
    const all = await judged(
      level,
      pods.map((pod) => ({ title: JSON.stringify(pod.spec), pod })),
    );
    expect(all.filter(({ server }) => server === undefined)).toEqual([]);
    expect(disagreements(level, all)).toEqual([]);
  });

  test("of pods that break several at random", async () => {
    const random = seeded(34);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const cases = Array.from({ length: 400 }, () => {
      const rows = Array.from({ length: 2 + Math.floor(random() * 4) }, () => pick(corpus));
      const base = pick([level, "restricted"] as const);
      const place = (): "containers" | "initContainers" => pick(["containers", "initContainers"]);
      const pod = rows.reduce((before, { change }) => changed(before, change, place(), base), passingPod(base));
      return { title: rows.map(({ title }) => title).join(" + "), pod };
    });
    // Not all go together: what is no pod at all is refused before anybody asks what it may do.
    const all = (await judged(level, cases)).filter(({ server }) => server !== undefined);
    expect(all.length).toBeGreaterThan(150);
    expect(disagreements(level, all)).toEqual([]);
  });

  test("of containers that are added to a pod that runs", async () => {
    const { kubectl } = testCluster();
    const pod = passingPod(level);
    const { name } = pod.metadata;
    await kubectl.apply([
      { apiVersion: "v1", kind: "Pod", ...pod, metadata: { ...pod.metadata, namespace: namespaces[level] } },
    ]);
    const contexts = new Map(
      corpusPods(level).flatMap(({ title, container }) =>
        container === undefined ? [] : [[JSON.stringify(container["securityContext"]), { title, container }]],
      ),
    );
    const path = `/api/v1/namespaces/${namespaces[level]}/pods/${name}/ephemeralcontainers?dryRun=All`;
    const all = await Promise.all(
      [...contexts.values()].map(async ({ title, container: { securityContext } }) => {
        const ephemeralContainers = [{ name: "debug", image: "registry.example/debug:1", securityContext }];
        const body = { spec: { ephemeralContainers } };
        const answer = await transport.call({
          method: "PATCH",
          path,
          body,
          contentType: "application/strategic-merge-patch+json",
        });
        return { title, pod: { ...pod, spec: { ...pod.spec, ephemeralContainers } }, server: verdictOf(level, answer) };
      }),
    );
    expect(all.filter(({ server = [] }) => server.length > 0).length).toBeGreaterThan(8);
    expect(
      disagreements(
        level,
        all.filter(({ server }) => server !== undefined),
      ),
    ).toEqual([]);
  });
});
