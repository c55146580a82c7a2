import { admissionParameter } from "../../crds/admission.ts";
import { names } from "../../crds/group.ts";
import { access } from "../access.ts";
import type { AccessScope } from "../../crds/rbac.ts";
import type { KubeObject } from "../kube/kube-api.ts";
import { type Finding, ok, type Patient } from "./doctor-check.ts";

interface Review extends KubeObject {
  readonly status?: { readonly allowed?: boolean };
}

/** Where the rights of a scope are held, "" being everywhere. Those of a tenant come with its namespaces. */
const namespaceOf: Partial<Record<AccessScope, string>> = {
  cluster: "",
  operatorNamespace: names.operatorNamespace,
  identityNamespace: names.identityNamespace,
};

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
    .filter(({ scope }) => scope in namespaceOf)
    .flatMap((rule) => {
      // A right on named objects is no right on all of them, and is asked for name by name.
      const objects = rule.resourceNames ?? [""];
      return objects.flatMap((object) =>
        rule.resources.flatMap((resource) => rule.verbs.map((verb) => ({ rule, resource, object, verb }))),
      );
    });
  const answers = await Promise.all(
    asked.map(async ({ rule, resource, object, verb }) => {
      const [plural = "", subresource = ""] = resource.split("/");
      const namespace = namespaceOf[rule.scope] ?? "";
      const resourceAttributes = { group: rule.apiGroup, resource: plural, subresource, name: object, verb, namespace };
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
  const list = missing
    .map(({ verb, resource, object }) => `${verb} ${[resource, object].filter(Boolean).join(" ")}`)
    .join(", ");
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
