import { describe, expect, it } from "vitest";
import { fc } from "../../../test/support/fast-check.ts";
import {
  corpusPods,
  type Level,
  passingPod,
  silentPods,
  windowsPod,
} from "../../../test/support/pod-security-corpus.ts";
import { controls } from "./controls.ts";
import { podSecurityViolations } from "./violations.ts";

const levels: readonly Level[] = ["baseline", "restricted"];
const controlsOf = (level: Level, pod: unknown): string[] => [
  ...new Set(podSecurityViolations(level, pod).map(({ control }) => control)),
];

describe.each(levels)("at level %s", (level) => {
  it.each(corpusPods(level))("$title breaks $breaks", ({ pod, breaks }) => {
    expect(controlsOf(level, pod).sort()).toEqual([...breaks].sort());
  });
});

describe("a pod for Windows", () => {
  it("need not say what only Linux can do", () => {
    expect(podSecurityViolations("restricted", windowsPod)).toEqual([]);
  });

  it("is held to everything else", () => {
    const restricted = ["capabilities-dropped", "privilege-escalation", "run-as-non-root", "seccomp-required"];
    expect(silentPods.map((pod) => controlsOf("restricted", pod).sort())).toEqual([
      restricted,
      restricted,
      ["run-as-non-root"],
    ]);
  });

  it("gets no capability by it", () => {
    const containers = [{ name: "a", securityContext: { capabilities: { add: ["SYS_ADMIN"] } } }];
    const pod = { spec: { ...windowsPod.spec, containers } };
    expect(controlsOf("restricted", pod)).toEqual(["capabilities"]);
  });
});

/** A field of the second container, in the restricted pod. */
const second = (fields: object) => {
  const { spec } = passingPod("restricted");
  return { spec: { ...spec, containers: [spec.containers[0], { ...spec.containers[1], ...fields }] } };
};
const context = (fields: object) => {
  const [, container] = passingPod("restricted").spec.containers;
  return second({ securityContext: { ...(container?.["securityContext"] as object), ...fields } });
};
const inSpec = (fields: object) => ({ spec: { ...passingPod("restricted").spec, ...fields } });
const inSecurity = (fields: object) =>
  inSpec({ securityContext: { ...(passingPod("restricted").spec["securityContext"] as object), ...fields } });

describe("a violation names its field, what it holds and the remedy", () => {
  const messages: readonly (readonly [string, unknown, string])[] = [
    [
      "host-process",
      inSecurity({ windowsOptions: { hostProcess: true } }),
      "spec.securityContext.windowsOptions.hostProcess is true; leave it out or set it to false.",
    ],
    ["host-namespaces", inSpec({ hostIPC: true }), "spec.hostIPC is true; leave it out or set it to false."],
    [
      "privileged",
      context({ privileged: true }),
      "spec.containers[1].securityContext.privileged is true; leave it out or set it to false.",
    ],
    [
      "host-ports",
      second({ ports: [{ containerPort: 80 }, { containerPort: 81, hostPort: 8081 }] }),
      "spec.containers[1].ports[1].hostPort is 8081; leave it out and publish by a Service.",
    ],
    [
      "probe-hosts",
      second({ lifecycle: { preStop: { tcpSocket: { port: 80, host: "other" } } } }),
      'spec.containers[1].lifecycle.preStop.tcpSocket.host is "other"; leave it out, so that the pod itself is asked.',
    ],
    [
      "volume-types",
      inSpec({ volumes: [{ name: "a" }, { name: "b", hostPath: { path: "/var/run" } }] }),
      'spec.volumes[1].hostPath is "/var/run"; use a PersistentVolumeClaim or another source that is the pod\'s own.',
    ],
    [
      "apparmor",
      {
        ...inSpec({}),
        metadata: { annotations: { "container.apparmor.security.beta.kubernetes.io/first": "unconfined" } },
      },
      'metadata.annotations["container.apparmor.security.beta.kubernetes.io/first"] is "unconfined"; ' +
        "leave it out or set it to runtime/default or to localhost/ and a profile.",
    ],
    [
      "apparmor",
      context({ appArmorProfile: {} }),
      "spec.containers[1].securityContext.appArmorProfile.type is not set; set it to RuntimeDefault or Localhost.",
    ],
    [
      "selinux",
      inSecurity({ seLinuxOptions: { role: "system_r" } }),
      'spec.securityContext.seLinuxOptions.role is "system_r"; leave it out.',
    ],
    [
      "proc-mount",
      context({ procMount: "Unmasked" }),
      'spec.containers[1].securityContext.procMount is "Unmasked"; leave it out or set it to Default.',
    ],
    [
      "sysctls",
      inSecurity({ sysctls: [{ name: "kernel.msgmax", value: "1" }] }),
      'spec.securityContext.sysctls[0].name is "kernel.msgmax"; ' +
        "take it out: it is none of those that touch the pod alone.",
    ],
    [
      "seccomp-required",
      inSecurity({ seccompProfile: { type: "Unconfined" } }),
      'spec.securityContext.seccompProfile.type is "Unconfined"; set it to RuntimeDefault or Localhost.',
    ],
    [
      "capabilities-dropped",
      context({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE", "CHOWN"] } }),
      'spec.containers[1].securityContext.capabilities.add[1] is "CHOWN"; ' +
        "take it out: only NET_BIND_SERVICE may be added.",
    ],
    [
      "capabilities-dropped",
      context({ capabilities: { drop: ["NET_RAW", "KILL"] } }),
      'spec.containers[1].securityContext.capabilities.drop is "NET_RAW, KILL"; let it hold ALL.',
    ],
    [
      "privilege-escalation",
      context({ allowPrivilegeEscalation: undefined }),
      "spec.containers[1].securityContext.allowPrivilegeEscalation is not set; set it to false.",
    ],
    [
      "run-as-non-root",
      inSecurity({ runAsNonRoot: false }),
      "spec.securityContext.runAsNonRoot is false; set it to true.",
    ],
    [
      "run-as-user",
      context({ runAsUser: 0 }),
      "spec.containers[1].securityContext.runAsUser is 0; leave it out or name another user than root.",
    ],
  ];

  it.each(messages)("%s", (control, pod, message) => {
    const { title } = controls.find(({ id }) => id === control)!;
    const violations = podSecurityViolations("restricted", pod);
    expect(violations).toEqual([
      { control, title, message, field: expect.any(String) as string, value: expect.any(String) as string },
    ]);
    expect(message.startsWith(`${violations[0]?.field ?? ""} is ${violations[0]?.value ?? ""}; `)).toBe(true);
  });

  it("from the top of the manifest", () => {
    const [violation] = podSecurityViolations("baseline", inSpec({ hostPID: true }), ["spec", "template"]);
    expect(violation?.field).toBe("spec.template.spec.hostPID");
  });

  it("for each container that the pod says nothing for", () => {
    const fields = podSecurityViolations("restricted", inSecurity({ runAsNonRoot: null })).map(({ field }) => field);
    expect(fields).toEqual([0, 1].map((index) => `spec.containers[${index}].securityContext.runAsNonRoot`));
  });
});

describe("the controls", () => {
  it("have ids of their own, which people can name", () => {
    const ids = controls.map(({ id }) => id);
    expect(new Set(ids).size).toBe(18);
    expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([]);
  });

  it("replace one of baseline, in restricted alone", () => {
    for (const { level, replaces } of controls.filter((control) => control.replaces !== undefined)) {
      expect(level).toBe("restricted");
      expect(controls.find(({ id }) => id === replaces)?.level).toBe("baseline");
    }
  });

  it("let an image be a volume", () => {
    const pod = inSpec({ volumes: [{ name: "a", image: { reference: "registry.example/data:1" } }] });
    expect(podSecurityViolations("restricted", pod)).toEqual([]);
  });

  it("let no source pass in restricted that nobody knows", () => {
    const pod = inSpec({ volumes: [{ name: "a", floppy: {} }] });
    expect(podSecurityViolations("restricted", pod)).toMatchObject([
      { control: "volume-types", field: "spec.volumes[0].floppy", value: "an object" },
    ]);
  });
});

describe("a pod that cannot be read", () => {
  const rows: readonly (readonly [unknown, string])[] = [
    [undefined, "the manifest is not set; it has to be an object."],
    ["text", "the manifest is a text; it has to be an object."],
    [{}, "spec is not set; it has to be an object."],
    [{ spec: [] }, "spec is an empty list; it has to be an object."],
    [{ spec: {} }, "spec.containers is not set; it has to be a list."],
    [inSpec({ containers: [] }), "spec.containers is an empty list; it has to be a list of at least one container."],
    [inSpec({ containers: "text" }), "spec.containers is a text; it has to be a list."],
    [inSpec({ initContainers: {} }), "spec.initContainers is an object; it has to be a list."],
    [inSpec({ ephemeralContainers: [null] }), "spec.ephemeralContainers[0] is not set; it has to be an object."],
    [inSpec({ hostNetwork: "true" }), "spec.hostNetwork is a text; it has to be true or false."],
    [inSpec({ os: "windows" }), "spec.os is a text; it has to be an object."],
    [
      inSpec({ volumes: [{ name: "a", hostPath: "/" }] }),
      "spec.volumes[0].hostPath is a text; it has to be an object.",
    ],
    [inSecurity({ runAsUser: "0" }), "spec.securityContext.runAsUser is a text; it has to be a whole number."],
    [inSecurity({ runAsUser: 0.5 }), "spec.securityContext.runAsUser is a number; it has to be a whole number."],
    [inSecurity({ runAsUser: 1e300 }), "spec.securityContext.runAsUser is a number; it has to be a whole number."],
    [inSecurity({ sysctls: {} }), "spec.securityContext.sysctls is an object; it has to be a list."],
    [
      context({ capabilities: { drop: "ALL" } }),
      "spec.containers[1].securityContext.capabilities.drop is a text; it has to be a list.",
    ],
    [
      second({ livenessProbe: { httpGet: { host: 1 } } }),
      "spec.containers[1].livenessProbe.httpGet.host is a number; it has to be a text.",
    ],
    [
      { ...inSpec({}), metadata: { annotations: [] } },
      "metadata.annotations is an empty list; it has to be an object of texts.",
    ],
    [
      { ...inSpec({}), metadata: { annotations: { a: 1 } } },
      "metadata.annotations.a is a number; it has to be a text.",
    ],
  ];

  it.each(rows)("%j passes at no level, and says why", (pod, message) => {
    for (const level of levels)
      expect(podSecurityViolations(level, pod)).toMatchObject([{ control: "malformed", message }]);
  });

  it("is told of by the kind of what stands there, never by its content", () => {
    const pod = inSpec({ containers: "a secret that slipped" });
    expect(JSON.stringify(podSecurityViolations("baseline", pod))).not.toContain("slipped");
  });
});

/** Objects with the fields that the controls read, which hold what they should or anything else. */
const names = [
  ...[
    "metadata",
    "annotations",
    "spec",
    "os",
    "name",
    "hostNetwork",
    "hostPID",
    "securityContext",
    "sysctls",
    "volumes",
  ],
  ...["containers", "initContainers", "ephemeralContainers", "capabilities", "add", "drop", "ports", "hostPort"],
  ...["seccompProfile", "appArmorProfile", "seLinuxOptions", "type", "livenessProbe", "lifecycle", "httpGet", "host"],
  ...["runAsNonRoot", "runAsUser", "windowsOptions", "hostPath", "__proto__", "constructor"],
];
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 8 },
    fc.constantFrom(true, false, null, 0, 1.5, "windows", "Unconfined", "ALL"),
    fc.anything(),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie("tree"), { maxKeys: 8 }),
  ),
}));

describe("whatever a file holds", () => {
  it("is judged without a crash, alone and in the place of any part of a pod", () => {
    fc.assert(
      fc.property(tree, fc.constantFrom(...levels), (anything, level) => {
        const pods = [
          anything,
          { spec: anything },
          inSpec({ containers: anything }),
          second(Object(anything) as object),
        ];
        for (const pod of pods)
          for (const { field, value, message } of podSecurityViolations(level, pod))
            expect(message).toContain(`${field} is ${value}; `);
      }),
    );
  });

  const violating = fc.constantFrom(
    ...corpusPods("restricted").filter(({ breaks, container }) => breaks.length > 0 && container !== undefined),
  );

  it("is found in a container that is added, wherever it is added", () => {
    const list = fc.constantFrom("initContainers", "containers", "ephemeralContainers");
    fc.assert(
      fc.property(violating, list, fc.nat({ max: 3 }), ({ container, breaks }, field, before) => {
        const { spec } = passingPod("restricted");
        const added = [...Array.from({ length: before }, () => spec.containers[0]), container];
        const pod = { spec: { ...spec, [field]: added } };
        expect(controlsOf("restricted", pod).sort()).toEqual([...breaks].sort());
        for (const violation of podSecurityViolations("restricted", pod))
          expect(violation.field.startsWith(`spec.${field}[${before}].`)).toBe(true);
      }),
    );
  });
});
