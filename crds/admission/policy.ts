import { names } from "../group.ts";

/** One rule of `matchConstraints`: which requests a policy looks at. */
export interface ResourceRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly ("CREATE" | "UPDATE" | "DELETE")[];
}

/** One CEL condition that a request must meet. */
export interface Validation {
  /** True = admitted. */
  readonly expression: string;
  /** Static sentence, used when `messageExpression` cannot be evaluated. */
  readonly message: string;
  /** CEL that names the object, the field and the remedy. */
  readonly messageExpression: string;
  /** Forbidden (403): the wrong person. Invalid (422): the wrong content. */
  /** Of the answer to whoever asked. @defaultValue Invalid, as the API server takes it */
  readonly reason?: "Forbidden" | "Invalid";
}

/** One ValidatingAdmissionPolicy with its binding, before it is written as manifests. */
export interface AdmissionPolicy {
  /** Names the policy `socle-<topic>.socle.dev`. */
  readonly topic: string;
  /** What would happen without it; shown by `kubectl describe`. */
  readonly why: string;
  readonly rules: readonly ResourceRule[];
  /** Only objects that carry this label, before or after the request. */
  readonly onlyLabelled?: string;
  /** Only objects in the namespace of this name. */
  readonly onlyNamespace?: string;
  /** Only objects in namespaces that carry this label. */
  readonly onlyNamespacesLabelled?: string;
  /**
   * What becomes of requests while the parameter does not exist; absent = the policy has no parameter. The API server decides
   * this before it evaluates match conditions, so it concerns every request that `rules` match, whoever sends it.
   */
  readonly withoutParameter?: "Deny" | "Allow";
  /** Name → CEL; the policy holds only requests for which all are true. */
  readonly conditions?: Readonly<Record<string, string>>;
  /** Name → CEL, evaluated lazily and in this order. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly validations: readonly Validation[];
}

/**
 * The ConfigMap that tells the policies who the operator is: a service account in a cluster, a client certificate elsewhere. Its
 * value under `key` is the user name as the API server sees it.
 */
export const admissionParameter = {
  namespace: names.operatorNamespace,
  name: "socle-admission",
  key: "operatorUsername",
} as const;

/** The full name of the policy about a topic, and of its binding. */
export function policyName(topic: string): string {
  return `socle-${topic}.socle.dev`;
}

/** The policy and its binding as plain JSON. Pure: the same policy gives the same manifests. */
export function policyManifests(policy: AdmissionPolicy): object[] {
  const metadata = {
    name: policyName(policy.topic),
    labels: { [names.managedByLabel]: names.managedBy, [names.partOfLabel]: names.partOf },
    annotations: { "kubernetes.io/description": policy.why },
  };
  const { name, namespace } = admissionParameter;
  const parameter = policy.withoutParameter;
  const apiVersion = "admissionregistration.k8s.io/v1";
  return [
    { apiVersion, kind: "ValidatingAdmissionPolicy", metadata, spec: policySpec(policy) },
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata,
      spec: {
        policyName: metadata.name,
        validationActions: ["Deny"],
        ...(parameter === undefined ? {} : { paramRef: { name, namespace, parameterNotFoundAction: parameter } }),
      },
    },
  ];
}

function policySpec(policy: AdmissionPolicy): object {
  const { onlyLabelled } = policy;
  const namespaceSelector = namespacesOf(policy);
  const conditions = named(policy.conditions);
  const variables = named(policy.variables);
  return {
    failurePolicy: "Fail",
    ...(policy.withoutParameter === undefined ? {} : { paramKind: { apiVersion: "v1", kind: "ConfigMap" } }),
    matchConstraints: {
      matchPolicy: "Equivalent",
      ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
      ...(onlyLabelled === undefined
        ? {}
        : { objectSelector: { matchExpressions: [{ key: onlyLabelled, operator: "Exists" }] } }),
      // The server would add the scope; stating it, a second apply changes nothing.
      resourceRules: policy.rules.map((rule) => ({ ...rule, scope: "*" })),
    },
    ...(conditions.length === 0 ? {} : { matchConditions: conditions }),
    ...(variables.length === 0 ? {} : { variables }),
    validations: policy.validations,
  };
}

function namespacesOf({ onlyNamespace, onlyNamespacesLabelled }: AdmissionPolicy): object | undefined {
  if (onlyNamespace !== undefined) return { matchLabels: { "kubernetes.io/metadata.name": onlyNamespace } };
  if (onlyNamespacesLabelled === undefined) return undefined;
  return { matchExpressions: [{ key: onlyNamespacesLabelled, operator: "Exists" }] };
}

function named(expressions: Readonly<Record<string, string>> = {}): { name: string; expression: string }[] {
  return Object.entries(expressions).map(([name, expression]) => ({ name, expression }));
}
