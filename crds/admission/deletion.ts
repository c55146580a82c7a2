import { group, names, version } from "../group.ts";
import type { AdmissionPolicy } from "./policy.ts";
import { annotationOf, byNamespaceController, byOperator, byServiceAccount, labelOf } from "./subjects.ts";

const confirmation = annotationOf("oldObject", names.confirmDelete);
const permission = annotationOf("oldObject", names.allowCrdDelete);

/** CEL: what somebody reads in the log of Flux or Argo CD, who took a file away and meant no deletion. */
const ifPruned = `(${byServiceAccount} ? ' If a pipeline prunes it because its file is gone, put the file back, with the annotations kustomize.toolkit.fluxcd.io/prune: disabled and argocd.argoproj.io/sync-options: Prune=false,Delete=false.' : '')`;

/** A Tenant is deleted only when protection is off and its own name confirms it. The reconciler checks the same again. */
export const tenantDeletion: AdmissionPolicy = {
  topic: "tenant-deletion",
  why: "A Tenant that is deleted by a slip of the hand or by a prune of GitOps takes a whole ministry down.",
  rules: [{ apiGroups: [group], apiVersions: [version], resources: ["tenants"], operations: ["DELETE"] }],
  validations: [
    {
      // A missing field protects: status quo of an object that was written before the default existed.
      expression: "!oldObject.spec.?lifecycle.?deletionProtection.orValue(true)",
      message: "The Tenant is protected: set spec.lifecycle.deletionProtection to false if the deletion is meant.",
      messageExpression: `'Tenant ' + oldObject.metadata.name + ' is protected: set spec.lifecycle.deletionProtection to false if the deletion is meant.' + ${ifPruned}`,
      reason: "Forbidden",
    },
    {
      expression: `${confirmation}.orValue('') == oldObject.metadata.name`,
      message: `The deletion is not confirmed: annotate the Tenant with ${names.confirmDelete}=<its name>.`,
      messageExpression: `'The deletion of Tenant ' + oldObject.metadata.name + ' is not confirmed: run kubectl annotate tenant ' + oldObject.metadata.name + ' ${names.confirmDelete}=' + oldObject.metadata.name + ' if it is meant.' + ${ifPruned}`,
      reason: "Forbidden",
    },
  ],
};

/** Our definitions stay: with a definition go all its objects, and no policy about those objects is asked. */
export const definitionDeletion: AdmissionPolicy = {
  topic: "definition-deletion",
  why: "Deleting a CustomResourceDefinition deletes every object of the kind without asking any policy about them.",
  rules: [
    {
      apiGroups: ["apiextensions.k8s.io"],
      apiVersions: ["v1"],
      resources: ["customresourcedefinitions"],
      operations: ["DELETE"],
    },
  ],
  // Not by resourceNames: a deletion of a whole collection carries no name.
  conditions: { ours: `oldObject.spec.group == '${group}'` },
  validations: [
    {
      expression: `${permission}.orValue('') == oldObject.metadata.name`,
      message: `Deleting this definition deletes all its objects: annotate it with ${names.allowCrdDelete}=<its name> if that is meant.`,
      messageExpression: `'Deleting CustomResourceDefinition ' + oldObject.metadata.name + ' deletes every ' + oldObject.spec.names.kind + ': run kubectl annotate crd ' + oldObject.metadata.name + ' ${names.allowCrdDelete}=' + oldObject.metadata.name + ' if that is meant.'`,
      reason: "Forbidden",
    },
  ],
};

const kindAndName =
  "request.kind.kind + ' ' + oldObject.metadata.?namespace.optMap(n, n + '/').orValue('') + oldObject.metadata.name";

/**
 * What holds data and says so is deleted by the operator only, and nobody else takes the label off first. The namespace
 * controller may empty a namespace that the operator deleted; the garbage collector may not: in other platforms one wrong
 * ownerReference, collected in seconds, has cost tenants their volumes.
 */
export const protectedData: AdmissionPolicy = {
  topic: "protected-data",
  why: `Objects labelled ${names.protectLabel} hold data or keys of a ministry that nothing can make again.`,
  onlyLabelled: names.protectLabel,
  withoutParameter: "Deny",
  rules: [
    {
      apiGroups: [""],
      apiVersions: ["v1"],
      // Labels can be changed through these subresources too.
      resources: [
        "namespaces",
        "namespaces/status",
        "namespaces/finalize",
        "persistentvolumeclaims",
        "persistentvolumeclaims/status",
        "secrets",
      ],
      operations: ["UPDATE", "DELETE"],
    },
    {
      apiGroups: ["postgresql.cnpg.io"],
      apiVersions: ["v1"],
      resources: ["clusters", "databases"],
      operations: ["UPDATE", "DELETE"],
    },
  ],
  conditions: { "not-the-operator": `!(${byOperator})` },
  validations: [
    {
      expression: `request.operation != 'DELETE' || !(${labelOf("oldObject", names.protectLabel)}.hasValue()) || ${byNamespaceController}`,
      message: `Objects labelled ${names.protectLabel} are deleted by the operator only.`,
      messageExpression: `${kindAndName} + ' is labelled ${names.protectLabel}: only the operator deletes it. Delete what it belongs to (the ModuleDeployment or the Tenant, with deletionPolicy Delete) instead.'`,
      reason: "Forbidden",
    },
    {
      expression: `request.operation != 'UPDATE' || !(${labelOf("oldObject", names.protectLabel)}.hasValue()) || ${labelOf("object", names.protectLabel)} == ${labelOf("oldObject", names.protectLabel)}`,
      message: `The label ${names.protectLabel} is removed or changed by the operator only.`,
      messageExpression: `${kindAndName} + ': only the operator removes or changes metadata.labels[${names.protectLabel}]; leave it as it is (' + ${labelOf("oldObject", names.protectLabel)}.orValue('') + ').'`,
      reason: "Forbidden",
    },
    {
      // A signing key that is overwritten is as lost as one that is deleted, and who may hand in Secrets may write this one too.
      expression: `request.operation != 'UPDATE' || request.resource.resource != 'secrets' || !(${labelOf("oldObject", names.protectLabel)}.hasValue()) || dyn(object).?data == dyn(oldObject).?data`,
      message: `The content of a Secret labelled ${names.protectLabel} is written by the operator only.`,
      messageExpression: `${kindAndName} + ' is labelled ${names.protectLabel}: only the operator writes its data. Put your values into a Secret of your own and reference that one.'`,
      reason: "Forbidden",
    },
  ],
};
