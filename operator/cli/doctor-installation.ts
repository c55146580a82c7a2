import { admissionParameter } from "../../crds/admission.ts";
import { group, names } from "../../crds/group.ts";
import { kinds } from "../../crds/kinds.ts";
import { releasedPolicies } from "../policy/admission/policies.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { type DoctorCheck, type Finding, ok, type Patient } from "./doctor-check.ts";
import { checkRights } from "./doctor-rights.ts";

/** What must be there for any tenant, in the order in which it is mended. */
export const installationChecks: readonly DoctorCheck[] = [
  { name: "Kinds", run: checkKinds },
  { name: "Admission policies", run: checkPolicies },
  { name: "Operator", run: checkOperator },
  { name: "Rights of the operator", run: checkRights },
  { name: "Network policies", run: checkNetworkPolicies },
];

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function checkKinds({ kube }: Patient): Promise<Finding[]> {
  const wanted = kinds.map((kind) => `${kind.plural}.${group}`);
  const live = await Promise.all(
    wanted.map((name) =>
      kube.get<Definition>({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", name }),
    ),
  );
  const bad = wanted.filter(
    (_name, index) =>
      live[index]?.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") !== true,
  );
  if (bad.length === 0) return ok(`All ${wanted.length} kinds of ${group} are established.`);
  return [
    {
      result: "problem",
      message: `Not established: ${bad.join(", ")}.`,
      remedy: "Upgrade the chart socle-crds, or apply crds/generated/crd-*.yaml.",
    },
  ];
}

interface Binding extends KubeObject {
  readonly spec?: { readonly validationActions?: readonly string[] };
}

async function checkPolicies({ kube }: Patient): Promise<Finding[]> {
  const wanted = releasedPolicies();
  const live = await Promise.all(
    wanted.map(({ apiVersion, kind, metadata }) => kube.get<Binding>({ apiVersion, kind, name: metadata.name })),
  );
  const missing = wanted.filter((_manifest, index) => live[index] === undefined);
  const soft = live.filter(
    (binding) =>
      binding?.kind === "ValidatingAdmissionPolicyBinding" &&
      binding.spec?.validationActions?.includes("Deny") !== true,
  );
  const { namespace } = admissionParameter;
  const parameter = await kube.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name: admissionParameter.name });
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push({
      result: "problem",
      message: `Missing: ${missing.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(", ")}. What they guard is open.`,
      remedy: "Upgrade both charts, or apply crds/generated/admission*.yaml.",
    });
  }
  if (soft.length > 0) {
    findings.push({
      result: "problem",
      message: `Bound without the action Deny: ${soft.map((binding) => binding?.metadata.name ?? "").join(", ")}. They warn and let everything through.`,
      remedy: "Upgrade both charts, or apply crds/generated/admission*.yaml.",
    });
  }
  if (parameter === undefined) {
    findings.push({
      result: "problem",
      message: `ConfigMap ${admissionParameter.namespace}/${admissionParameter.name} is missing: the policies refuse everything that they judge.`,
      remedy: "Create it with data.operatorUsername, the operator's user name.",
    });
  }
  return findings.length > 0 ? findings : ok(`All ${wanted.length / 2} policies are bound.`);
}

interface LeaseObject extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
    readonly leaseDurationSeconds?: number;
  };
}

async function checkOperator({ kube, now }: Patient): Promise<Finding[]> {
  const lease = await kube.get<LeaseObject>({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    namespace: names.operatorNamespace,
    name: "socle-operator",
  });
  const holder = lease?.spec?.holderIdentity ?? "";
  const remedy = `Is it running? kubectl -n ${names.operatorNamespace} get pods`;
  if (holder === "") return [{ result: "problem", message: "No operator holds the lease.", remedy }];
  const ageMs = now - Date.parse(lease?.spec?.renewTime ?? "");
  const longestMs = (lease?.spec?.leaseDurationSeconds ?? 15) * 2_000;
  if (!(ageMs < longestMs)) {
    const seconds = `${Math.round(ageMs / 1000)} s ago by the clock of this machine`;
    return [{ result: "problem", message: `${holder} last renewed its lease ${seconds}.`, remedy }];
  }
  return ok(`${holder.split("_")[0] ?? holder} is active.`);
}

/** Agents known to enforce NetworkPolicy; each runs as a DaemonSet of about that name. */
const knownAgents = [
  "antrea-agent",
  "calico-node",
  "cilium",
  "canal",
  "kube-router",
  "ovnkube-node",
  "weave-net",
  "kindnet",
  "aws-node",
  "azure-npm",
  "kube-network-policies",
];

/** Agents that connect pods and refuse nothing, unless one of those above runs beside them. */
const idleAgents = ["kube-flannel", "flannel"];

/** NetworkPolicy is an object that nobody has to obey: whether traffic is refused depends on an agent on each node. */
async function checkNetworkPolicies({ kube }: Patient): Promise<Finding[]> {
  const [nodes, agents] = await Promise.all([
    kube.list({ apiVersion: "v1", kind: "Node" }),
    kube.list({ apiVersion: "apps/v1", kind: "DaemonSet" }),
  ]);
  if (nodes.items.length === 0) {
    const remedy = "Run `socle doctor` again once the cluster has nodes.";
    return [{ result: "unknown", message: "The cluster has no node, so there is no traffic to refuse.", remedy }];
  }
  const agentOf = (known: readonly string[]): string | undefined => {
    const agent = agents.items.find(({ metadata }) => known.some((name) => metadata.name.startsWith(name)));
    return agent === undefined ? undefined : `DaemonSet ${agent.metadata.namespace ?? ""}/${agent.metadata.name}`;
  };
  const enforcing = agentOf(knownAgents);
  if (enforcing !== undefined) return ok(`${enforcing} is known to enforce them.`);
  const idle = agentOf(idleAgents);
  const remedy = "Install a network plugin that enforces NetworkPolicy, or ask your provider which one runs.";
  if (idle !== undefined) {
    const message = `${idle} does not enforce them, and nothing beside it is known to: the isolation of tenants is without effect.`;
    return [{ result: "problem", message, remedy }];
  }
  // Not every agent is a DaemonSet, nor of a name that is known here: its absence proves nothing.
  const message = "No agent is known here that enforces them: the isolation of tenants may be without effect.";
  return [{ result: "unknown", message, remedy }];
}
