import { group, version } from "../group.ts";
import type { AdmissionPolicy } from "./policy.ts";
import {
  byGarbageCollector,
  byNamespaceController,
  byOperator,
  byPlatform,
  nameOf,
  subjectObject,
} from "./subjects.ts";

/** What administrators of a ministry may set of a ModuleDeployment where the Tenant leaves it open. */
export const openModuleFields = {
  /** Whole fields. */
  fields: ["size", "jitsi", "collabora"],
  /** Parts of a block. */
  blocks: {
    synapse: ["maxUploadSize", "mediaRetentionDays"],
    nextcloud: ["defaultQuota", "apps", "publicLinks"],
    openXchange: ["mailQuota"],
  },
  /** Closed parts that the schema fills in when their block appears: nobody chose them. */
  defaults: { nextcloud: { primaryStorage: "ObjectStore" } },
} as const;

const open = openModuleFields;
const defaults: Readonly<Record<string, Readonly<Record<string, string>>>> = open.defaults;

const list = (values: readonly string[]): string => `[${values.map((value) => `'${value}'`).join(", ")}]`;

/** CEL: keys of either map whose values differ. Works on keys that no schema knew when this was written: closed by default. */
function differingKeys(before: string, after: string): string {
  const keys = `(${after}.map(k, k) + ${before}.map(k, k).filter(k, !(k in ${after})))`;
  return `${keys}.filter(k, !(k in ${after}) || !(k in ${before}) || ${after}[k] != ${before}[k])`;
}

function refusedInBlock(block: keyof typeof open.blocks): string {
  const before = `dyn(oldObject.spec.?${block}.orValue({}))`;
  const after = `dyn(object.spec.?${block}.orValue({}))`;
  const filled = Object.entries(defaults[block] ?? {})
    .map(
      ([part, value]) =>
        ` && !(k == '${part}' && !has(oldObject.spec.${block}) && ${after}[?k].orValue('') == '${value}')`,
    )
    .join("");
  return `${differingKeys(before, after)}.filter(k, !(k in ${list(open.blocks[block])})${filled}).map(k, 'spec.${block}.' + k)`;
}

const blockNames = Object.keys(open.blocks) as (keyof typeof open.blocks)[];
const judgedApart = [...open.fields, ...blockNames, "managementPolicy"];
const policyOf = (object: string): string => `${object}.spec.?managementPolicy.orValue('Managed')`;

/** Metadata of ours: changing it would re-assign the object, skip its clean-up or abandon its data. */
const reservedKey = "(k.startsWith('socle.dev/') || k.startsWith('app.kubernetes.io/'))";

function changedReserved(field: "labels" | "annotations", except: string): string {
  const before = `dyn(oldObject.metadata.?${field}.orValue({}))`;
  const after = `dyn(object.metadata.?${field}.orValue({}))`;
  return `${differingKeys(before, after)}.filter(k, ${reservedKey}${except}).map(k, 'metadata.${field}[' + k + ']')`;
}

function changedMetadata(field: "finalizers" | "ownerReferences"): string {
  return `(object.metadata.?${field}.orValue([]) == oldObject.metadata.?${field}.orValue([]) ? [] : ['metadata.${field}'])`;
}

/** Everybody who is neither the operator nor the platform sets the open fields of a module, and nothing else. */
export const tenantRoles: AdmissionPolicy = {
  topic: "tenant-roles",
  why: "Administrators of a ministry tune their modules; who adopts, erases, moves or pins them is decided in the Tenant.",
  withoutParameter: "Deny",
  rules: [
    {
      apiGroups: [group],
      apiVersions: [version],
      resources: ["moduledeployments"],
      operations: ["CREATE", "UPDATE", "DELETE"],
    },
  ],
  conditions: {
    "not-the-operator": `!(${byOperator})`,
    "not-kubernetes": `!(${byNamespaceController}) && !(${byGarbageCollector} && request.operation == 'UPDATE')`,
    "not-the-platform": `!${byPlatform}`,
  },
  variables: {
    changedFields: differingKeys("dyn(oldObject.spec)", "dyn(object.spec)"),
    closedFields: `variables.changedFields.filter(k, !(k in ${list(judgedApart)})).map(k, 'spec.' + k)`,
    closedParts: blockNames.map(refusedInBlock).join(" + "),
    // Observe is the platform's word: going to Paused and back would lift it.
    closedPolicy: `${policyOf("object")} == ${policyOf("oldObject")} || (${policyOf("oldObject")} in ['Managed', 'Paused'] && ${policyOf("object")} in ['Managed', 'Paused']) ? [] : ['spec.managementPolicy']`,
    closedMetadata: [
      changedReserved("labels", ""),
      changedReserved("annotations", " && k != 'socle.dev/reconcile-requested-at'"),
      changedMetadata("finalizers"),
      changedMetadata("ownerReferences"),
    ].join(" + "),
    refused: "variables.closedFields + variables.closedParts + variables.closedPolicy + variables.closedMetadata",
  },
  validations: [
    {
      expression: "request.operation == 'UPDATE'",
      message: "Modules are added and removed in spec.modules of the Tenant.",
      messageExpression: `'ModuleDeployment ' + ${nameOf(subjectObject)} + ': modules are added and removed in spec.modules of Tenant ' + ${subjectObject}.spec.tenantRef.name + '; ask the platform team.'`,
      reason: "Forbidden",
    },
    {
      expression: "request.operation != 'UPDATE' || variables.refused.size() == 0",
      message: "Only the open fields of a module can be changed here; the others are set in the Tenant.",
      messageExpression: `'ModuleDeployment ' + ${nameOf("object")} + ': ' + variables.refused.join(', ') + ' cannot be changed here. Open to administrators of the tenant are size, managementPolicy (Managed, Paused), jitsi.*, collabora.*, synapse.{maxUploadSize,mediaRetentionDays}, nextcloud.{defaultQuota,apps,publicLinks} and openXchange.mailQuota; the rest is set in spec.modules of Tenant ' + object.spec.tenantRef.name + '.'`,
      reason: "Forbidden",
    },
  ],
};
