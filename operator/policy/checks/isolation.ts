import { createHash } from "node:crypto";
import { apiVersion as ourVersion, names } from "../../../crds/group.ts";
import type { Evaluation, Surroundings } from "../check.ts";
import type { Peer, Policy, Rule } from "../reachability/world.ts";
import type { Problem, Read } from "../read.ts";
import type { Seen } from "../seen.ts";
import { oncePer } from "../surroundings.ts";
import { closedPolicies, networkPolicies, policiesOf } from "./network-policies.ts";
import { tenantOfNamespace } from "./tenant-namespace.ts";

/** That it is there is all; what is said of it stands in its policies. */
const namespaces = (scope: "tenant" | "platform"): Read => ({ apiVersion: "v1", kind: "Namespace", scope, fields: [] });

/** 9-34. https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-ingress-and-all-egress-traffic */
export const defaultDeny: Evaluation = {
  status: "implemented",
  subjects: [namespaces("tenant")],
  related: [closedPolicies],
  concerns: ({ metadata }) => metadata.labels?.[names.tenantLabel] !== undefined,
  judge: ({ name }, surroundings) => {
    const isClosed = ({ pods, ingress, egress }: Policy): boolean =>
      pods.length === 0 && ingress?.length === 0 && egress?.length === 0;
    if (policiesOf(name, surroundings).some(isClosed)) return [];
    const message = `No NetworkPolicy closes ${name}; add one that selects every pod, names Ingress and Egress in policyTypes and has no rule.`;
    return [{ field: "metadata.name", observed: "no default deny", message }];
  },
};

/** Namespaces that the platform runs in. */
export const platformNamespaces: readonly string[] = [names.operatorNamespace, names.identityNamespace];
/** Those whose pods may call any public host, on https alone: identity providers of tenants are such hosts. */
export const publicHttpsFrom: readonly string[] = [names.identityNamespace];
const wholeNetwork = ["0.0.0.0/0", "::/0"];

const isEverybody = (peer: Peer): boolean =>
  "block" in peer ? wholeNetwork.includes(peer.block.cidr) : peer.namespaces?.length === 0 && peer.pods.length === 0;

const isHttpsAlone = ({ ports = [] }: Rule): boolean =>
  ports.length > 0 &&
  ports.every((port) => port.protocol === "TCP" && "from" in port && port.from === 443 && port.to === 443);

function isOpen(rule: Rule): boolean {
  return rule.peers === undefined || rule.peers.some(isEverybody);
}

/** 9-39. What the platform calls is a list: the API servers, the registry, names, and what regions declare. */
export const platformNetwork: Evaluation = {
  status: "implemented",
  subjects: [namespaces("platform")],
  related: [
    networkPolicies("platform", {
      podSelector: [{ matchLabels: { app: "drive" } }],
      policyTypes: [["Ingress"], ["Egress"]],
      ingress: [[{}], [{ from: [{ namespaceSelector: {} }] }], [{ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }]],
      egress: [
        [{}],
        [{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }],
        [{ to: [{ ipBlock: { cidr: "::/0" } }], ports: [{ port: 443 }] }],
      ],
    }),
  ],
  concerns: ({ metadata }) => platformNamespaces.includes(metadata.name),
  judge: ({ name }, surroundings) => {
    const policies = policiesOf(name, surroundings);
    const holdsAll = policies.some(
      ({ pods, ingress, egress }) => pods.length === 0 && ingress !== undefined && egress !== undefined,
    );
    const problems: Problem[] = [];
    const add = (observed: string, message: string): void => {
      problems.push({ field: "metadata.name", observed, message });
    };
    if (!holdsAll)
      add(
        "no default deny",
        `No NetworkPolicy holds every pod of ${name}; add one that selects all of them, both ways.`,
      );
    if (policies.some(({ ingress = [] }) => ingress.some(isOpen)))
      add("open to everybody", `A NetworkPolicy lets everybody into ${name}; name who may call it.`);
    const isExcused = (rule: Rule): boolean =>
      publicHttpsFrom.includes(name) && rule.peers !== undefined && isHttpsAlone(rule);
    if (policies.some(({ egress = [] }) => egress.some((rule) => isOpen(rule) && !isExcused(rule))))
      add("calls everybody", `A NetworkPolicy lets pods of ${name} call every address; name those that they need.`);
    return problems;
  },
};

const claims: Read = {
  apiVersion: ourVersion,
  kind: "NameClaim",
  scope: "cluster",
  fields: [
    { path: "spec.kind", whenAbsent: "error", violations: ["Database"] },
    { path: "spec.value", whenAbsent: "error", violations: ["objects.example/of-another"] },
    { path: "spec.holder.name", whenAbsent: "error", violations: ["agri"] },
  ],
};
const volumes: Read = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  scope: "tenant",
  fields: [
    { path: "spec.volumeName", whenAbsent: { default: "" }, violations: ["volume-of-agri"] },
    { path: "spec.dataSourceRef.namespace", whenAbsent: { default: "" }, violations: ["t-agri-data", "default"] },
  ],
};

/** 9-36. A bucket, database or realm belongs to whoever holds its claim; a volume to the namespace of the one claim that names it. */
export const dataApart: Evaluation = {
  status: "implemented",
  subjects: [claims, volumes],
  concerns: ({ kind, metadata }) => kind === "NameClaim" || tenantOfNamespace(metadata.namespace) !== undefined,
  judge: (object, surroundings) =>
    object.object.kind === "NameClaim" ? claimProblems(object, surroundings) : volumeProblems(object, surroundings),
};

/** The name that a claim has to have: only so is its creation a lock. */
function lockOf(kind: string, value: string): string {
  return `${kind.toLowerCase()}-${createHash("sha256").update(value).digest("hex").slice(0, 32)}`;
}

const byName = oncePer(({ of }) =>
  Map.groupBy(of("NameClaim"), (claim) =>
    JSON.stringify([claim.text("spec.kind").value, claim.text("spec.value").value]),
  ),
);

function claimProblems(claim: Seen, surroundings: Surroundings): readonly Problem[] {
  const { value: kind } = claim.text("spec.kind");
  const { field: valueField, value } = claim.text("spec.value");
  const { value: holder } = claim.text("spec.holder.name");
  const claims = byName(surroundings).get(JSON.stringify([kind, value])) ?? [];
  const rivals = claims.filter((other) => other.text("spec.holder.name").value !== holder);
  const problems = rivals.map((rival) => ({
    field: valueField,
    observed: value,
    message: `${kind} ${value} is held by tenant ${holder} and, in ${rival.name}, by tenant ${rival.text("spec.holder.name").value}; move the data of one of them, then delete its claim.`,
  }));
  if (claim.name === lockOf(kind, value)) return problems;
  const message = `The name of this claim is not made of ${kind} ${value}, so it locks nothing; delete it, and the operator claims the name again.`;
  return [...problems, { field: "metadata.name", observed: claim.name, message }];
}

const byVolume = oncePer(({ of }) =>
  Map.groupBy(of("PersistentVolumeClaim"), (claim) => claim.text("spec.volumeName").value),
);

function volumeProblems(claim: Seen, surroundings: Surroundings): readonly Problem[] {
  const tenant = tenantOfNamespace(claim.namespace);
  const { field, value: volume } = claim.text("spec.volumeName");
  const source = claim.text("spec.dataSourceRef.namespace");
  const problems: Problem[] = [];
  const claims = volume === "" ? [] : (byVolume(surroundings).get(volume) ?? []);
  const sharing = claims.find((other) => tenantOfNamespace(other.namespace) !== tenant);
  if (sharing !== undefined) {
    const message = `Volume ${volume} is named by ${sharing.namespace ?? ""}/${sharing.name} too; give each its own.`;
    problems.push({ field, observed: volume, message });
  }
  if (source.value !== "" && tenantOfNamespace(source.value) !== tenant) {
    const message = `The volume is filled from ${source.value}, which is not of tenant ${tenant ?? ""}; fill it from data of its own.`;
    problems.push({ field: source.field, observed: source.value, message });
  }
  return problems;
}
