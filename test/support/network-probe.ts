import type { NodeLane } from "../node-lane/node-lane.ts";

type Node = Pick<NodeLane, "images" | "kubectl">;

/** What a pod meets at an address: an open port, nobody who answers, or what the system calls it. */
export type Meeting = "open" | "silence" | (string & {});

/** A pod that listens on one port and asks whom it is told to. */
export interface NetworkProbe {
  readonly address: string;
  ask(host: string, port: number): Promise<Meeting>;
  end(): Promise<void>;
}

export const probePort = 8080;

const listen = `require("node:net").createServer((socket) => socket.end()).listen(${probePort})`;
const ask = `
const socket = require("node:net").connect({ host: process.argv[1], port: Number(process.argv[2]), timeout: 2000 });
const say = (what) => { console.log(what); process.exit(0); };
socket.once("connect", () => say("open")).once("timeout", () => say("silence")).once("error", ({ code }) => say(code));
`;

/** In that namespace, which is made if it is not there; it asks for nothing that the restricted profile forbids. */
export async function networkProbe({ images, kubectl }: Node, namespace: string, name: string): Promise<NetworkProbe> {
  const place = ["-n", namespace];
  await kubectl.run(["create", "namespace", namespace]);
  await kubectl.ok(["wait", "--for=create", "serviceaccount/default", ...place, "--timeout=30s"]);
  await kubectl.apply([probePod(images.socle, { namespace, name })]);
  await kubectl.ok(["wait", `pod/${name}`, ...place, "--for=condition=Ready", "--timeout=60s"]);
  return {
    address: await kubectl.ok(["get", "pod", name, ...place, "-o", "jsonpath={.status.podIP}"]),
    ask: async (host, port) =>
      (await kubectl.ok(["exec", name, ...place, "--", "node", "-e", ask, host, String(port)])).trim(),
    end: async () => {
      await kubectl.ok(["delete", "pod", name, ...place]);
    },
  };
}

function probePod(image: string, metadata: { readonly name: string; readonly namespace: string }): unknown {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "probe",
          image,
          command: ["node", "-e", listen],
          resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
}
