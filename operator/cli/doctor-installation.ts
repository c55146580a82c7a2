import { admissionManifests, admissionParameter } from "../../crds/admission.ts";
import { group, names } from "../../crds/group.ts";
import { kinds } from "../../crds/kinds.ts";
import type { Manifest } from "../../constructs/manifest.ts";
import { access } from "../access.ts";
import type { KubeApi, KubeObject } from "../kube/kube-api.ts";

/** What one check found. */
export interface Diagnosis {
  readonly check: string;
  readonly result: "ok" | "problem" | "unknown";
  readonly message: string;
  /** What to do; only where something is wrong or open. */
  readonly remedy?: string;
}
export type Finding = Omit<Diagnosis, "check">;

export interface DoctorCheck {
  readonly name: string;
  readonly run: (kube: KubeApi) => Promise<readonly Finding[]>;
}

/** What must be there for any tenant, in the order in which it is mended. */
export const installationChecks: readonly DoctorCheck[] = [
  { name: "Kinds", run: checkKinds },
  { name: "Admission policies", run: checkPolicies },
  { name: "Operator", run: checkOperator },
  { name: "Rights of the operator", run: checkRights },
  { name: "Network policies", run: checkNetworkPolicies },
];

const ok = (message: string): Finding[] => [{ result: "ok", message }];

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function checkKinds(kube: KubeApi): Promise<Finding[]> {
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
    { result: "problem", message: `Not established: ${bad.join(", ")}.`, remedy: "Apply crds/generated/crd-*.yaml." },
  ];
}

async function checkPolicies(kube: KubeApi): Promise<Finding[]> {
  const wanted = admissionManifests() as Manifest[];
  const live = await Promise.all(
    wanted.map(({ apiVersion, kind, metadata }) => kube.get({ apiVersion, kind, name: metadata.name })),
  );
  const missing = wanted.filter((_manifest, index) => live[index] === undefined);
  const { namespace } = admissionParameter;
  const parameter = await kube.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name: admissionParameter.name });
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push({
      result: "problem",
      message: `Missing: ${missing.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(", ")}. What they guard is open.`,
      remedy: "Apply crds/generated/admission.yaml.",
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

async function checkOperator(kube: KubeApi): Promise<Finding[]> {
  const lease = await kube.get<LeaseObject>({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    namespace: names.operatorNamespace,
    name: "socle-operator",
  });
  const holder = lease?.spec?.holderIdentity ?? "";
  const remedy = `Is it running? kubectl -n ${names.operatorNamespace} get pods`;
  if (holder === "") return [{ result: "problem", message: "No operator holds the lease.", remedy }];
  const ageMs = Date.now() - Date.parse(lease?.spec?.renewTime ?? "");
  const longestMs = (lease?.spec?.leaseDurationSeconds ?? 15) * 2_000;
  if (!(ageMs < longestMs)) {
    return [
      { result: "problem", message: `${holder} last renewed its lease ${Math.round(ageMs / 1000)} s ago.`, remedy },
    ];
  }
  return ok(`${holder.split("_")[0] ?? holder} is active.`);
}

interface Review extends KubeObject {
  readonly status?: { readonly allowed?: boolean };
}

/** Asks the API server about each right that the operator declares, for the user that the policies know as the operator. */
async function checkRights(kube: KubeApi): Promise<Finding[]> {
  const parameter = await kube.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>({
    apiVersion: "v1",
    kind: "ConfigMap",
    namespace: admissionParameter.namespace,
    name: admissionParameter.name,
  });
  const user = parameter?.data?.["operatorUsername"];
  if (user === undefined) return [{ result: "unknown", message: "Nobody says who the operator is." }];
  const asked = access
    .filter((rule) => rule.scope === "cluster" || rule.scope === "operatorNamespace")
    .flatMap((rule) => rule.resources.flatMap((resource) => rule.verbs.map((verb) => ({ rule, resource, verb }))));
  const answers = await Promise.all(
    asked.map(async ({ rule, resource, verb }) => {
      const [name = "", subresource = ""] = resource.split("/");
      const namespace = rule.scope === "cluster" ? "" : names.operatorNamespace;
      const resourceAttributes = { group: rule.apiGroup, resource: name, subresource, verb, namespace };
      const spec = { user, groups: groupsOf(user), resourceAttributes };
      const review = await kube.create<Review>({
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        metadata: { name: "" },
        spec,
      });
      return review.status?.allowed === true;
    }),
  );
  const missing = asked.filter((_right, index) => answers[index] !== true);
  if (missing.length === 0) return ok(`${user} holds all ${asked.length} rights.`);
  const list = missing.map(({ verb, resource }) => `${verb} ${resource}`).join(", ");
  return [
    {
      result: "problem",
      message: `${user} may not: ${list}.`,
      remedy: "Apply crds/generated/rbac.yaml and bind it to that user.",
    },
  ];
}

/** A ServiceAccount's user name implies its groups; the API server adds them to real requests only. */
function groupsOf(user: string): string[] {
  const account = /^system:serviceaccount:([^:]+):/.exec(user)?.[1];
  return [
    "system:authenticated",
    ...(account === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${account}`]),
  ];
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

/** NetworkPolicy is an object that nobody has to obey: whether traffic is refused depends on an agent on each node. */
async function checkNetworkPolicies(kube: KubeApi): Promise<Finding[]> {
  const [nodes, agents] = await Promise.all([
    kube.list({ apiVersion: "v1", kind: "Node" }),
    kube.list({ apiVersion: "apps/v1", kind: "DaemonSet" }),
  ]);
  if (nodes.items.length === 0)
    return [{ result: "unknown", message: "The cluster has no node, so there is no traffic to refuse." }];
  const found = agents.items.find(({ metadata }) => knownAgents.some((name) => metadata.name.startsWith(name)));
  if (found !== undefined) {
    return ok(`DaemonSet ${found.metadata.namespace ?? ""}/${found.metadata.name} is known to enforce them.`);
  }
  return [
    {
      result: "problem",
      message: "No agent is known that enforces them: the isolation of tenants may be without effect.",
      remedy: "Install a network plugin that enforces NetworkPolicy, or ask your provider which one runs.",
    },
  ];
}
