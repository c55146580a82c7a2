import { group, names, version } from "../group.ts";
import type { AdmissionPolicy } from "./policy.ts";
import { annotationOf, byOperator, labelOf, nameOf } from "./subjects.ts";

const tenantOfNamespace = `${labelOf("namespaceObject", names.tenantLabel)}.orValue('')`;

/** A tenantRef names the tenant in whose namespace the object lies, so nobody acts for another ministry. */
export const tenantReference: AdmissionPolicy = {
  topic: "tenant-reference",
  why: "An object that names another tenant would configure that tenant's realm or modules.",
  rules: [
    {
      apiGroups: [group],
      apiVersions: [version],
      resources: ["moduledeployments", "tenantidentityproviders"],
      operations: ["CREATE", "UPDATE"],
    },
  ],
  // tenantRef is immutable; an object that is being deleted must be able to lose its finalizer whatever it says.
  conditions: { "not-being-deleted": "!has(object.metadata.deletionTimestamp)" },
  validations: [
    {
      expression: `object.spec.tenantRef.name == ${tenantOfNamespace}`,
      message: `spec.tenantRef.name must be the tenant of the namespace (its label ${names.tenantLabel}).`,
      messageExpression: `request.kind.kind + ' ' + ${nameOf("object")} + ': spec.tenantRef.name is ' + object.spec.tenantRef.name + ', but namespace ' + request.namespace + (${tenantOfNamespace} == '' ? ' belongs to no tenant' : ' belongs to tenant ' + ${tenantOfNamespace}) + '; create it in namespace t-' + object.spec.tenantRef.name + ' or correct the reference.'`,
      reason: "Invalid",
    },
  ],
};

const label = (object: string): string => labelOf(object, names.tenantLabel);
const unchanged = (key: string): string => `${annotationOf("object", key)} == ${annotationOf("oldObject", key)}`;

/** A namespace belongs to a tenant from its creation by the operator, or never: an existing one cannot be slipped under it. */
export const namespaceOwnership: AdmissionPolicy = {
  topic: "namespace-ownership",
  why: `The label ${names.tenantLabel} gives the operator its rights in a namespace and tells admission whose it is.`,
  onlyLabelled: names.tenantLabel,
  withoutParameter: "Deny",
  rules: [
    {
      apiGroups: [""],
      apiVersions: ["v1"],
      // Labels can be changed through these subresources too.
      resources: ["namespaces", "namespaces/status", "namespaces/finalize"],
      operations: ["CREATE", "UPDATE"],
    },
  ],
  variables: { byOperator },
  validations: [
    {
      expression: "request.operation != 'CREATE' || variables.byOperator",
      message: `Only the operator creates namespaces with the label ${names.tenantLabel}.`,
      messageExpression: `'Namespace ' + object.metadata.name + ': only the operator sets metadata.labels[${names.tenantLabel}]; create a Tenant and it makes the namespaces, or leave the label out.'`,
      reason: "Forbidden",
    },
    {
      expression: `request.operation != 'CREATE' || object.metadata.name == 't-' + ${label("object")}.orValue('') || object.metadata.name.startsWith('t-' + ${label("object")}.orValue('') + '-')`,
      message: `A namespace with the label ${names.tenantLabel} is named t-<tenant> or t-<tenant>-<part>.`,
      messageExpression: `'Namespace ' + object.metadata.name + ' cannot carry ${names.tenantLabel}=' + ${label("object")}.orValue('') + ': namespaces of that tenant are named t-' + ${label("object")}.orValue('') + ' or t-' + ${label("object")}.orValue('') + '-<part>.'`,
      reason: "Invalid",
    },
    {
      expression: `request.operation != 'UPDATE' || ${label("object")} == ${label("oldObject")}`,
      message: `The label ${names.tenantLabel} of a namespace is set at its creation and never changes.`,
      messageExpression: `'Namespace ' + object.metadata.name + ': metadata.labels[${names.tenantLabel}] is set at creation only; keep ' + (${label("oldObject")}.hasValue() ? 'it at ' + ${label("oldObject")}.value() : 'the namespace without it') + '.'`,
      reason: "Forbidden",
    },
    {
      // Policies and reconciler trust these two; whoever could write them would widen what a tenant may do.
      expression: `request.operation != 'UPDATE' || variables.byOperator || (${unchanged(names.modules)} && ${unchanged(names.legalIdentifier)})`,
      message: `The annotations ${names.modules} and ${names.legalIdentifier} are written by the operator only.`,
      messageExpression: `'Namespace ' + object.metadata.name + ': only the operator writes metadata.annotations[${names.modules}] and [${names.legalIdentifier}]; change spec.modules of Tenant ' + ${label("object")}.orValue('') + ' instead.'`,
      reason: "Forbidden",
    },
  ],
};

const entitled = `${annotationOf("namespaceObject", names.modules)}.orValue('')`;

/** A module exists only if the Tenant lists it. Admission cannot read the Tenant; it reads what the operator wrote of it. */
export const moduleEntitlement: AdmissionPolicy = {
  topic: "module-entitlement",
  why: "A module that the Tenant does not list would run without anybody having asked or paid for it.",
  withoutParameter: "Deny",
  rules: [{ apiGroups: [group], apiVersions: [version], resources: ["moduledeployments"], operations: ["CREATE"] }],
  // The operator reads the Tenant itself, and the API server may see its annotation a moment after the operator wrote it.
  conditions: { "not-the-operator": `!(${byOperator})` },
  validations: [
    {
      expression: `${entitled}.split(',').exists(m, m.trim() == object.spec.module)`,
      message: `The module is not in the annotation ${names.modules} of the namespace: add it to spec.modules of the Tenant.`,
      messageExpression: `'ModuleDeployment ' + ${nameOf("object")} + ': spec.module ' + object.spec.module + ' is not among the modules of the tenant (' + (${entitled} == '' ? 'none' : ${entitled}) + '); add it to spec.modules of Tenant ' + object.spec.tenantRef.name + '.'`,
      reason: "Invalid",
    },
  ],
};
