import type { Evaluation, Parameter } from "../check.ts";
import type { FieldRead, Problem, Read } from "../read.ts";
import { type Seen, type SeenText, Unknown } from "../seen.ts";

/** A shorter prefix is a range that nobody can have declared on purpose; two halves of the internet are no less than the whole. */
export const shortestPrefix = { value: 8, unit: "bits", source: "ours" } as const satisfies Parameter;

const wide = ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "2000::/3"];
const addresses = (path: string): FieldRead => ({ path, whenAbsent: { default: "" }, violations: wide });

const outgoing: Read = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  scope: "tenant",
  fields: [
    { path: "spec.egress[].to", whenAbsent: { default: [] }, violations: [[]] },
    addresses("spec.egress[].to[].ipBlock.cidr"),
  ],
};

/** 12-35. https://kubernetes.io/docs/concepts/services-networking/network-policies/: a rule without peers lets out to everywhere. */
export const outgoingFlows: Evaluation = {
  status: "implemented",
  subjects: [outgoing],
  judge: (policy) => [
    ...withoutPeers(policy, "spec.egress[].to").map((field) => ({
      field,
      observed: "everywhere",
      message: "A rule without peers lets pods out to every address; name the addresses or pods that they need.",
    })),
    ...policy.texts("spec.egress[].to[].ipBlock.cidr").flatMap((cidr): Problem[] => {
      const message = `${cidr.value} is most of the internet; name the addresses that are needed, or a gateway that inspects what leaves.`;
      return isWide(cidr) ? [{ field: cidr.field, observed: cidr.value, message }] : [];
    }),
  ],
};

const incoming: Read = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  scope: "tenant",
  fields: [
    { path: "spec.ingress[].from", whenAbsent: { default: [] }, violations: [[]] },
    { path: "spec.ingress[].from[].namespaceSelector", whenAbsent: { default: "own" }, violations: [{}] },
    addresses("spec.ingress[].from[].ipBlock.cidr"),
    { path: "spec.ingress[].ports[].protocol", whenAbsent: { default: "TCP" }, violations: [] },
  ],
};

/**
 * 13-10. https://kubernetes.io/docs/concepts/services-networking/network-policies/: a rule without sources lets everybody in. Media of video conferences
 * come from wherever people are, over UDP; what manages and measures a module speaks TCP.
 */
export const namedSources: Evaluation = {
  status: "implemented",
  subjects: [incoming],
  judge: (policy) => {
    const media = mediaRules(policy);
    const opens = withoutPeers(policy, "spec.ingress[].from").filter((field) => !media.has(field));
    return [
      ...opens.map((field) => ({
        field,
        observed: "everybody",
        message: "A rule without sources opens ports to everybody; name the pods or addresses that may come in.",
      })),
      ...policy.each("spec.ingress[].from[].namespaceSelector").flatMap(({ field, value }): Problem[] => {
        if (value === "own" || isBounded(value)) return [];
        return [
          { field, observed: "all namespaces", message: "This selects every namespace; name those that may come in." },
        ];
      }),
      ...policy.texts("spec.ingress[].from[].ipBlock.cidr").flatMap((cidr): Problem[] => {
        const message = "A range this wide is everybody; name the addresses that may come in.";
        return isWide(cidr) ? [{ field: cidr.field, observed: cidr.value, message }] : [];
      }),
    ];
  },
};

/** Fields of rules whose list of peers is absent or empty. */
function withoutPeers(policy: Seen, path: string): readonly string[] {
  return policy.each(path).flatMap(({ field, value }) => {
    if (!Array.isArray(value)) throw new Unknown(field, `${field} is no list.`);
    return value.length === 0 ? [field] : [];
  });
}

/** Fields of rules that open ports of UDP, and no others; without ports a rule opens all. */
function mediaRules(policy: Seen): ReadonlySet<string> {
  const protocols = policy.texts("spec.ingress[].ports[].protocol");
  const rules = Map.groupBy(protocols, ({ field }) => field.replace(/\.ports\[\d+\]\.protocol$/, ".from"));
  const media = [...rules].filter(([, ports]) => ports.every(({ value }) => value === "UDP"));
  return new Set(media.map(([rule]) => rule));
}

/** @throws Unknown where it is no range of addresses. */
export function isWide({ field, value: cidr }: SeenText): boolean {
  // A peer without an ipBlock is pods.
  if (cidr === "") return false;
  const [, length] = /^[0-9a-fA-F.:]+\/(\d{1,3})$/.exec(cidr) ?? [];
  if (length === undefined) throw new Unknown(field, `${field} is no range of addresses.`);
  return Number(length) < shortestPrefix.value;
}

/** Does a selector say which ones, and not only which not? */
function isBounded(selector: unknown): boolean {
  if (typeof selector !== "object" || selector === null || Array.isArray(selector)) return false;
  const { matchLabels, matchExpressions } = selector as Readonly<Record<string, unknown>>;
  if (typeof matchLabels === "object" && matchLabels !== null && Object.keys(matchLabels).length > 0) return true;
  return Array.isArray(matchExpressions) && matchExpressions.some((one: unknown) => isPositive(one));
}

function isPositive(expression: unknown): boolean {
  const { operator } = (expression ?? {}) as Readonly<Record<string, unknown>>;
  return operator === "In" || operator === "Exists";
}
