import { apiVersion } from "../../crds/group.ts";
import type { PolicyException } from "../../crds/v1alpha1/policy-exception.ts";
import type { KubeApi, KubeObject } from "../kube/kube-api.ts";
import { catalogue } from "../policy/catalogue/catalogue.ts";
import { exitCode, type Terminal } from "./terminal.ts";

/** Which exception a person approves. */
export interface ApproveWish {
  readonly namespace: string;
}

interface Review extends KubeObject {
  readonly status?: { readonly userInfo?: { readonly username?: string } };
}

/**
 * The one field that an approval sets has a manager of its own: whoever applies the exception again from a repository, which cannot hold its approval,
 * does not take it away (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
 */
const fieldManager = "socle-approval";

/** Approves an exception as the user of the kubeconfig. The API server decides who may; this says beforehand what it would refuse. */
export async function runApprove(
  name: string,
  { namespace }: ApproveWish,
  { kube, terminal, now }: { readonly kube: KubeApi; readonly terminal: Terminal; readonly now: number },
): Promise<number> {
  const ref = { apiVersion, kind: "PolicyException", namespace, name };
  const title = `PolicyException ${namespace}/${name}`;
  const exception = await kube.get<PolicyException>(ref);
  if (exception === undefined)
    throw new Error(`${title} does not exist; kubectl get policyexceptions -A lists those that do.`);
  const { spec } = exception;
  const user = await userName(kube);
  if (spec.approvedBy !== undefined) {
    terminal.print(`${title} was approved by ${spec.approvedBy}; nothing changed.`);
    return spec.approvedBy === user ? exitCode.done : exitCode.notWell;
  }
  const obstacle = obstacleTo(spec, user, now);
  if (obstacle !== undefined) throw new Error(`${title}: ${obstacle}`);
  await kube.apply(
    { apiVersion, kind: ref.kind, metadata: { name, namespace }, spec: { approvedBy: user } },
    { fieldManager },
  );
  terminal.print(
    `${title} is approved by ${user}.`,
    ...table(spec).map(([label, text]) => `  ${label.padEnd(9)} ${text}`),
  );
  return exitCode.done;
}

/** What stands in the way of an approval, with what to do. */
function obstacleTo(
  { requestedBy, check, expiresAt }: PolicyException["spec"],
  user: string,
  now: number,
): string | undefined {
  if (requestedBy === user)
    return `${user} asked for it, and nobody approves their own; ask somebody else of the security group.`;
  const known = catalogue.find(({ id }) => id === check);
  if (known === undefined) return `spec.check ${check} is no check of this version; socle policy catalog lists them.`;
  if (!known.excusable) return `check ${check} cannot be excused; what it finds has to be mended.`;
  if (Date.parse(expiresAt) <= now) return `it ended on ${expiresAt}; file a new one.`;
  return undefined;
}

/** What the person answers for from now on. */
function table({ check, target, risk, justification, compensatingMeasures, expiresAt }: PolicyException["spec"]) {
  const { module, kind = "every kind", name = "every name" } = target;
  return [
    ["excuses", `check ${check} of ${module} (${kind}, ${name}), until ${expiresAt}`],
    ["risk", risk],
    ["because", justification],
    ...compensatingMeasures.map((measure): [string, string] => ["meanwhile", measure]),
  ] as const;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review */
async function userName(kube: KubeApi): Promise<string> {
  const review = await kube.create<Review>({
    apiVersion: "authentication.k8s.io/v1",
    kind: "SelfSubjectReview",
    metadata: { name: "" },
  });
  const user = review.status?.userInfo?.username;
  if (user === undefined) throw new Error("The API server does not say who you are; is it of version 1.28 or newer?");
  return user;
}
