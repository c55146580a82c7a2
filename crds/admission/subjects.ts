import { group } from "../group.ts";
import { admissionParameter } from "./policy.ts";

/** CEL: the request comes from the operator. Only for policies with a parameter. */
export const byOperator = `request.userInfo.username == params.data.${admissionParameter.key}`;

const controllerManager = "system:kube-controller-manager";
const namespaceController = "system:serviceaccount:kube-system:namespace-controller";
const garbageCollector = "system:serviceaccount:kube-system:generic-garbage-collector";

/**
 * CEL: the namespace controller empties a namespace that is being deleted. Refused, the namespace would stay Terminating for
 * ever; who may delete the namespace was decided before. Where the controller manager runs all its controllers under one name,
 * that name counts only while the namespace is being deleted, since the garbage collector then has the same name.
 */
export const byNamespaceController = [
  `request.userInfo.username == '${namespaceController}'`,
  `(request.userInfo.username == '${controllerManager}' && request.namespace != '' && namespaceObject != null && namespaceObject.status.phase == 'Terminating')`,
].join(" || ");

/**
 * CEL: the garbage collector, which takes the finalizers `foregroundDeletion` and `orphan` off objects that somebody entitled
 * deleted. It may never delete what holds data: an ownerReference set by mistake must not cost a ministry its files.
 */
export const byGarbageCollector = `request.userInfo.username in ['${garbageCollector}', '${controllerManager}']`;

/** CEL: the request comes from a program. Approvals are given by people. */
export const byServiceAccount = "request.userInfo.username.startsWith('system:serviceaccount:')";

/** CEL: the user may change any Tenant, so belongs to the platform, not to a ministry. */
export const byPlatform = `authorizer.group('${group}').resource('tenants').check('update').allowed()`;

/** CEL: a metadata label or annotation as an optional. */
export function labelOf(object: string, key: string): string {
  return `${object}.metadata.?labels[?'${key}']`;
}

/** CEL: an annotation as an optional. */
export function annotationOf(object: string, key: string): string {
  return `${object}.metadata.?annotations[?'${key}']`;
}

/** CEL: `namespace/name`, or `name`, of an object. */
export function nameOf(object: string): string {
  return `${object}.metadata.?namespace.optMap(n, n + '/').orValue('') + ${object}.metadata.name`;
}

/** CEL: the object of a request, which a DELETE carries as the old one. */
export const subjectObject = "(request.operation == 'DELETE' ? oldObject : object)";
