import { group, names, version } from "../group.ts";
import { kinds } from "../kinds.ts";
import { type AdmissionPolicy, admissionParameter } from "./policy.ts";
import { byGarbageCollector, byNamespaceController, byOperator, labelOf, nameOf, subjectObject } from "./subjects.ts";

/** What was observed is written by the one who observed it: others read Ready and act on it. */
export const observedState: AdmissionPolicy = {
  topic: "observed-state",
  why: "A forged status would open gates (region admitted, owner recorded) that only the operator may open.",
  withoutParameter: "Deny",
  rules: [
    {
      apiGroups: [group],
      apiVersions: [version],
      resources: kinds.map((meta) => `${meta.plural}/status`),
      operations: ["UPDATE"],
    },
  ],
  validations: [
    {
      expression: byOperator,
      message: "Only the operator writes status.",
      messageExpression: `request.kind.kind + ' ' + ${nameOf("object")} + ': only the operator writes status; change spec instead.'`,
      reason: "Forbidden",
    },
  ],
};

/**
 * Claims are the locks of names. The garbage collector may only take its finalizer off a claim that the operator deleted in the
 * foreground.
 */
export const nameClaims: AdmissionPolicy = {
  topic: "name-claims",
  why: "Who can write a NameClaim can take the domain, realm or database of another ministry.",
  withoutParameter: "Deny",
  rules: [
    {
      apiGroups: [group],
      apiVersions: [version],
      resources: ["nameclaims"],
      operations: ["CREATE", "UPDATE", "DELETE"],
    },
  ],
  validations: [
    {
      expression: `${byOperator} || (request.operation == 'UPDATE' && ${byGarbageCollector} && has(object.metadata.deletionTimestamp) && object.spec == oldObject.spec)`,
      message: "Only the operator writes NameClaims.",
      messageExpression: `'NameClaim ' + ${subjectObject}.metadata.name + ': only the operator writes NameClaims; names follow from the spec of Tenant ' + ${subjectObject}.spec.holder.name + '.'`,
      reason: "Forbidden",
    },
  ],
};

const own = `['${names.operatorNamespace}', '${names.identityNamespace}']`;
const tenantNamespace = `(namespaceObject != null && ${labelOf("namespaceObject", names.tenantLabel)}.hasValue())`;
const tenantMark = (object: string): string => `${labelOf(object, names.tenantLabel)}.hasValue()`;

const written = ["CREATE", "UPDATE", "DELETE"] as const;
const operatorWrites = [
  ["", "v1", ["secrets", "configmaps", "services", "serviceaccounts", "persistentvolumeclaims", "pods"]],
  ["", "v1", ["resourcequotas", "limitranges"]],
  ["apps", "v1", ["deployments", "statefulsets", "daemonsets", "replicasets"]],
  ["batch", "v1", ["jobs", "cronjobs"]],
  ["networking.k8s.io", "v1", ["networkpolicies", "ingresses"]],
  ["gateway.networking.k8s.io", "v1", ["httproutes"]],
  ["postgresql.cnpg.io", "v1", ["*"]],
  ["rbac.authorization.k8s.io", "v1", ["rolebindings", "roles"]],
] as const;

/**
 * Holds the operator itself: a stolen token of it writes in tenants' namespaces and its own two, nowhere else.
 *
 * While the parameter is missing, requests pass: the rules match such writes of everybody in the whole cluster, and a deleted
 * ConfigMap must not stop kube-system. Who may delete the ConfigMap is held by {@link parameterWriters}.
 */
export const operatorReach: AdmissionPolicy = {
  topic: "operator-reach",
  why: "RBAC lets the operator write RoleBindings and NetworkPolicies everywhere; this holds it to tenants' namespaces and its own.",
  withoutParameter: "Allow",
  rules: operatorWrites.map(([apiGroup, apiVersion, resources]) => ({
    apiGroups: [apiGroup],
    apiVersions: [apiVersion],
    resources,
    operations: written,
  })),
  conditions: { "the-operator": byOperator },
  validations: [
    {
      expression: `request.namespace in ${own} || ${tenantNamespace}`,
      message: `The operator writes only in namespaces with the label ${names.tenantLabel}, ${names.operatorNamespace} and ${names.identityNamespace}.`,
      messageExpression: `request.kind.kind + ' ' + ${nameOf(subjectObject)} + ': the operator writes only in namespaces with the label ${names.tenantLabel}, ${names.operatorNamespace} and ${names.identityNamespace}; if namespace ' + request.namespace + ' should be one of a tenant, delete it and let the operator create it.'`,
      reason: "Forbidden",
    },
  ],
};

/** The same for namespaces themselves; apart, since a namespace lies in none. */
export const operatorNamespaces: AdmissionPolicy = {
  topic: "operator-namespaces",
  why: "RBAC lets the operator write every namespace; this holds it to those of tenants and to its own.",
  withoutParameter: "Allow",
  rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["namespaces"], operations: written }],
  conditions: { "the-operator": byOperator },
  validations: [
    {
      expression: `(request.operation == 'DELETE' ? false : object.metadata.name in ${own}) || (${subjectObject}.metadata.name.startsWith('t-') && ${tenantMark(`(request.operation == 'CREATE' ? object : oldObject)`)})`,
      message: `The operator writes only namespaces t-* with the label ${names.tenantLabel}, and its own two.`,
      messageExpression: `'Namespace ' + ${subjectObject}.metadata.name + ': the operator writes only namespaces t-* that carry the label ${names.tenantLabel} since their creation, and deletes no other; rename or delete the namespace that is in the way.'`,
      reason: "Forbidden",
    },
  ],
};

/** Who the operator is, is said by those who may change the policies, and by nobody else. Has no parameter, so that it can be set. */
export const parameterWriters: AdmissionPolicy = {
  topic: "parameter-writers",
  why: "Who can write the name of the operator passes every other policy.",
  onlyNamespace: admissionParameter.namespace,
  rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: written }],
  // Not by resourceNames: a deletion of a whole collection carries no name.
  conditions: { "the-parameter": `${subjectObject}.metadata.name == '${admissionParameter.name}'` },
  validations: [
    {
      expression: `authorizer.group('admissionregistration.k8s.io').resource('validatingadmissionpolicies').check('update').allowed() || (request.operation == 'DELETE' && (${byNamespaceController}))`,
      message: `ConfigMap ${admissionParameter.name} is written only by those who may update validatingadmissionpolicies.`,
      messageExpression: `'ConfigMap ${admissionParameter.namespace}/${admissionParameter.name}: data.${admissionParameter.key} says who the operator is; only users who may update validatingadmissionpolicies write it. Ask the platform team.'`,
      reason: "Forbidden",
    },
  ],
};
