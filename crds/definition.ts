import { type PlacedRule, withRules } from "./cel-rules.ts";
import { group, names, version } from "./group.ts";
import { type SchemaNode, structuralSchema } from "./structural-schema.ts";
import type { KindMeta } from "./v1alpha1/status.ts";

/** How a definition differs from the one that ships; for tests that show what a rule is worth. */
export interface DefinitionVariant {
  /** API group; ours unless given. */
  readonly group?: string;
  /** CEL rules that stay; all unless given. */
  readonly keep?: (rule: PlacedRule) => boolean;
}

/** The CustomResourceDefinition of a kind. Pure; the same kind gives the same object. */
export function customResourceDefinition(meta: KindMeta, variant: DefinitionVariant = {}): Record<string, unknown> {
  const { plural, singular, kind, shortNames } = meta;
  const inGroup = variant.group ?? group;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${inGroup}`,
      labels: { [names.partOfLabel]: names.partOf, [names.managedByLabel]: names.managedBy },
    },
    spec: {
      group: inGroup,
      scope: meta.scope,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ["socle"] },
      versions: [servedVersion(meta, variant.keep ?? (() => true))],
    },
  };
}

function servedVersion(meta: KindMeta, keep: (rule: PlacedRule) => boolean): Record<string, unknown> {
  const selectable = meta.selectableFields.map((jsonPath) => ({ jsonPath }));
  return {
    name: version,
    served: true,
    storage: true,
    additionalPrinterColumns: meta.columns,
    ...(selectable.length === 0 ? {} : { selectableFields: selectable }),
    ...(meta.status === undefined ? {} : { subresources: { status: {} } }),
    schema: { openAPIV3Schema: withRules(objectSchema(meta), "", keep) },
  };
}

function objectSchema(meta: KindMeta): SchemaNode {
  return {
    type: "object",
    description: meta.description,
    required: ["spec"],
    ...(meta.objectRules.length === 0 ? {} : { "x-kubernetes-validations": meta.objectRules }),
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: { description: "What is asked for", ...structuralSchema(meta.spec, "spec") },
      ...(meta.status === undefined ? {} : { status: statusSchema(meta.status) }),
    },
  };
}

/** The default makes a new object carry observedGeneration -1 from its first second: kstatus would take an absent one for a finished one. */
function statusSchema(status: NonNullable<KindMeta["status"]>): SchemaNode {
  return {
    ...structuralSchema(status, "status"),
    description: "What was found; written by the operator only",
    default: { observedGeneration: -1 },
  };
}
