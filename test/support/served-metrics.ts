import { apiVersion } from "../../crds/group.ts";
import { openReports } from "../../operator/policy/reports.ts";
import { TransientError } from "../../operator/runtime/errors.ts";
import { selfSigned } from "../../operator/systems/self-signed.ts";
import { define } from "./in-memory-definitions.ts";
import { onboard, platformWorld, play } from "./in-memory-stories.ts";
import type { InMemoryWorld } from "./in-memory-world.ts";
import { startInMemory, systemsOf } from "./operator-in-memory.ts";
import { eventually } from "./test-cluster.ts";

/** A world in which everything that metrics can tell is so: somebody drifts, something fails, something ends. */
async function eventfulWorld(): Promise<InMemoryWorld> {
  const world = await platformWorld();
  await define(world, {
    apiVersion: openReports.apiVersion,
    kinds: [{ plural: "reports" }, { plural: "clusterreports" }],
  });
  await play(world, [onboard([{ module: "PostgreSQL" }])]);
  const { certificate, key } = await selfSigned({ names: ["suite.example"], days: 30, now: Date.now() });
  const data = Object.entries({ "tls.crt": certificate, "tls.key": key }).map(([name, text]) => [
    name,
    Buffer.from(text).toString("base64"),
  ]);
  world.kube.edit({ apiVersion: "v1", kind: "Secret", namespace: "socle-system", name: "tls" }, (secret) => ({
    ...secret,
    data: Object.fromEntries(data) as unknown,
  }));
  await world.kube.create({
    apiVersion,
    kind: "PolicyException",
    metadata: { name: "old-phones", namespace: "t-minagri" },
    spec: {
      check: "10-20",
      target: { module: "Synapse" },
      justification: "The old phones of the mountain stations need it until they are replaced.",
      compensatingMeasures: ["The port is open to their addresses alone."],
      risk: "Low",
      requestedBy: "alice",
      approvedBy: "sam",
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    },
  });
  return world;
}

/** What the operator really tells in such a world: names of metrics → labels of their series. */
export async function servedMetrics(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const world = await eventfulWorld();
  const away = () => {
    throw new TransientError("DependencyUnavailable", "Nobody answers.");
  };
  const operator = startInMemory(world.kube, { ...systemsOf(world), connectPostgres: away });
  // Counted by the transport, which a cluster in memory does without.
  operator.metrics.request("PATCH", 200);
  const wanted = [
    "socle_evidence_kept{",
    "socle_reconcile_unsuccessful_total{",
    "socle_events_total{",
    "socle_condition{",
  ];
  let text = "";
  await eventually(async () => {
    text = await operator.metrics.text();
    const missing = wanted.filter((start) => !text.includes(`\n${start}`));
    if (missing.length > 0) throw new Error(`The operator does not tell ${missing.join(", ")} yet.`);
  }, 20_000);
  await operator.stop();
  return labelsOf(text);
}

function labelsOf(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  // What has no series here, such as a limit of memory on a machine without one, is known by its type.
  for (const [, name = ""] of text.matchAll(/^# TYPE (\S+) /gm)) found.set(name, new Set());
  for (const [, name = "", labels = ""] of text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/gm)) {
    const known = found.get(name) ?? new Set();
    for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) known.add(label);
    found.set(name, known);
  }
  return found;
}
