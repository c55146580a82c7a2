import { admissionParameter } from "../../crds/admission.ts";
import { names } from "../../crds/group.ts";
import { access } from "../access.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { type Finding, ok, type Patient } from "./doctor-check.ts";

interface Review extends KubeObject {
  readonly status?: { readonly allowed?: boolean };
}

/** Asks the API server about each right that the operator declares, for the user that the policies know as the operator. */
export async function checkRights({ kube }: Patient): Promise<Finding[]> {
  const parameter = await kube.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>({
    apiVersion: "v1",
    kind: "ConfigMap",
    namespace: admissionParameter.namespace,
    name: admissionParameter.name,
  });
  const user = parameter?.data?.[admissionParameter.key];
  if (user === undefined) {
    const place = `${admissionParameter.namespace}/${admissionParameter.name}`;
    return [
      {
        result: "unknown",
        message: "Nobody says who the operator is, so nobody can be asked about.",
        remedy: `Give ConfigMap ${place} the key ${admissionParameter.key}.`,
      },
    ];
  }
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
